"""Joining the office: the link of an invitation opens one form, once."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import Invalid
from shop.users import invitations, signin
from shop.web.access import public
from shop.web.auth import blueprint
from shop.web.edge import now
from shop.web.sentences import sentence

Answer = Response | tuple[str, int]


@blueprint.get("/invitation/<token>")
@public
def join(token: str) -> str:
    """Show the form with which one who was invited sets her password."""
    return _page(token, None)


def _page(token: str, error: str | None) -> str:
    return render_template("auth/join.html", invitation=invitations.get(token, at=now()), token=token, error=error)


@blueprint.post("/invitation/<token>")
@public
def join_post(token: str) -> Answer:
    """Take the password of one who was invited."""
    invitations.get(token, at=now())
    try:
        hashed = signin.hash_secret(new_password())
    except Invalid as error:
        return _page(token, sentence(error)), error.status
    with writing():
        invitations.accept(token, hashed, at=now())
    flash(_("Your password is set. Sign in with it now."))
    return redirect(url_for("auth.sign_in"), 303)


def new_password() -> str:
    """Return the password that was typed twice; Invalid if the two differ or it is too short."""
    password = request.form.get("password", "")[:300]
    if password != request.form.get("password_again", "")[:300]:
        raise Invalid("signin.password_differs")
    return signin.checked_password(password)
