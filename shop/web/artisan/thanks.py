"""What customers thank her for, and the one tap with which she wants no such notes, or wants them again."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.artisans import people
from shop.db import writing
from shop.errors import Invalid
from shop.web.access import requires
from shop.web.artisan import blueprint, thanks_reads
from shop.web.edge import signed_in
from shop.web.language import language


@blueprint.get("/thanks")
@requires("own.work")
def thanks() -> str:
    """Show her the thank-you notes that went to her."""
    page = thanks_reads.thanks_page(people.get_own(signed_in()), language())
    return render_template("artisan/thanks.html", page=page)


@blueprint.post("/thanks/choice")
@requires("own.work")
def switch_thanks() -> Response:
    """Let notes come, or none; said outright, so that a second tap changes nothing."""
    wanted = request.form.get("thanks", "")
    if wanted not in ("on", "off"):
        raise Invalid("form.choice")
    with writing():
        people.take_thanks(people.get_own(signed_in()), wanted == "on")
    return redirect(url_for("artisan.thanks"), 303)
