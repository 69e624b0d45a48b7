"""What is hers: her emblem, her card, the language she reads, and whether amounts are seen."""

from flask import redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.artisans import people
from shop.clock import INDIA
from shop.db import writing
from shop.errors import Invalid
from shop.users import enrolment
from shop.web.access import requires
from shop.web.artisan import blueprint
from shop.web.edge import signed_in
from shop.web.format import day, digits
from shop.web.language import LANGUAGES
from shop.web.paths import own_path


@blueprint.get("/mine")
@requires("own.work")
def mine() -> str:
    """Show her emblem, her card number, when she came before, and the choice of language."""
    return render_template("artisan/mine.html", artisan=people.get_own(signed_in()), before=_came_before())


def _came_before() -> tuple[str, str] | None:
    """Return the day and the hour of the sign-in before this one: if it was not she, she can tell someone."""
    at = signed_in().signed_in_before_at
    return (day(at, "d MMMM"), digits(at.astimezone(INDIA).strftime("%H:%M"))) if at else None


@blueprint.post("/language")
@requires("own.work")
def choose_language() -> Response:
    """Keep the language she wants to read."""
    code = request.form.get("language", "")
    if code not in LANGUAGES:
        raise Invalid("form.choice")
    user_id = signed_in().id
    with writing():
        enrolment.choose_language(user_id, code)
    return redirect(url_for("artisan.mine"), 303)


@blueprint.post("/amounts")
@requires("own.money")
def hide_amounts() -> Response:
    """Hide the amounts, or show them again, until she leaves."""
    asked = request.form.get("hide")  # said outright, so that a second tap changes nothing
    session["hidden"] = asked == "1" if asked else not session.get("hidden")
    return redirect(_page_before(), 303)


def _page_before() -> str:
    """Return the page of hers that the button was on, with its month; her first page if that is unclear."""
    home, before = url_for("artisan.home"), own_path(request.form.get("back"))
    return before if before and before.startswith(home) and before.isprintable() else home
