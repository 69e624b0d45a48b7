"""The claims register: what the shop says of itself in figures, who looked at it, and what is not shown and why."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.programme import claims as register
from shop.users import audit
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint


def why_not(code: str) -> str:
    """Return why a claim is not shown."""
    names: dict[str, str] = {
        "missing": _("nobody has checked it yet"),
        "changed": _("it is counted otherwise since it was checked"),
        "expired": _("the check has run out"),
        "few": _("it rests on fewer than five makers, or on nothing"),
    }
    return names[code]


@blueprint.get("/claims")
@requires("claims.check")
def claims() -> str:
    """Show every claim with what it rests on."""
    return render_template("manager/claims.html", standings=register.standings(at=now()), why_not=why_not)


@blueprint.post("/claims/<claim_id>")
@requires("claims.check")
def check_claim(claim_id: str) -> Response:
    """Note that a claim was looked at; it may be shown for half a year."""
    with writing():
        register.check(claim_id, at=now(), by=signed_in().actor)
        audit.record("claims.check", "house", by=signed_in().actor, at=now(), reason=claim_id)
    flash(_("Noted. It may be shown for half a year."))
    return redirect(url_for("manager.claims"), 303)
