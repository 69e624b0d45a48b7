"""A page that lies untouched closes itself; who is still there says so with one tap."""

from flask import render_template

from shop.web.access import enrols, public, requires
from shop.web.auth import blueprint


@blueprint.post("/session")
@requires("session.keep")
@enrols
def stay() -> tuple[str, int]:
    """Take that she is still there; access control has let the sign-in stand on."""
    return "", 204


@blueprint.get("/signed-out")
@public
def signed_out() -> str:
    """Show what is left of a page that closed itself: nothing of the shop and of nobody."""
    return render_template("auth/signed_out.html")
