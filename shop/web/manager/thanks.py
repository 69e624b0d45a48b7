"""Thank-you notes: read by one of the office, handed on to the makers or set aside."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import Invalid
from shop.orders import thanks as notes
from shop.web import story_words
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint
from shop.web.manager.reads import thanks as reads


@blueprint.get("/thanks")
@requires("thanks.moderate")
def thanks() -> str:
    """List the notes that wait to be read, and below them those that were."""
    page = reads.thanks_page(signed_in())
    return render_template(
        "manager/thanks.html", page=page, why=lambda found: story_words.REASONS[found.reason](), kept=notes.KEPT_ASIDE
    )


@blueprint.post("/thanks/<int:thanks_id>/answer")
@requires("thanks.moderate")
def answer_thanks(thanks_id: int) -> Response:
    """Hand a note on, or set it aside."""
    said = request.form.get("answer", "")
    if said not in ("pass", "aside"):
        raise Invalid("form.choice")
    with writing():
        decide = notes.pass_on if said == "pass" else notes.set_aside
        decide(notes.get_all_of(signed_in(), thanks_id), at=now(), by=signed_in().actor)
    flash(_("Handed on.") if said == "pass" else _("Set aside."))
    return redirect(url_for("manager.thanks"), 303)
