"""Signing in: the card number first, then the PIN under the emblem that is printed on her card.

Nothing tells a card that exists from one that does not. An unknown number has an emblem too, always
the same, and its tries are counted like those of a card (users/signin.py).
"""

from flask import redirect, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from shop import peppers
from shop.errors import Invalid, TooMany
from shop.users import signin
from shop.web import auth
from shop.web.access import public
from shop.web.artisan import blueprint, reads
from shop.web.format import digits

Page = str | tuple[str, int]


@blueprint.get("/sign-in")
@public
def sign_in() -> Page | Response:
    """Ask for the card number, or say whom to ask if the PIN is forgotten."""
    if current_user.is_authenticated:
        return redirect(auth.home_of(current_user))
    return render_template("artisan/forgotten.html" if "forgotten" in request.args else "artisan/card.html")


@blueprint.post("/sign-in")
@public
def sign_in_post() -> Page | Response:
    """Take the card number and ask for the PIN; take both and sign her in."""
    card = signin.canonical_digits(request.form.get("card_number", "")[:40])
    if not (4 <= len(card) <= 12 and card.isascii() and card.isdigit()):
        return render_template("artisan/card.html", error=_("Look at the number on your card.")), 422
    if "pin" not in request.form:
        return _pin_page(card)
    pin = signin.canonical_digits(request.form["pin"][:40])
    if len(pin) != signin.PIN_LENGTH:
        count = digits(signin.PIN_LENGTH)
        return _pin_page(card, _("The secret number has %(count)s digits.", count=count)), 422
    return _try(card, pin)


def _try(card: str, pin: str) -> Page | Response:
    try:
        page = auth.sign_in_as(signin.find_by_card(card), pin, typed=card)
    except TooMany:
        return render_template("artisan/forgotten.html", locked=True), 429
    except Invalid:
        return _pin_page(card, _("That did not match. Give it again.")), 422
    return redirect(page, 303)


def _pin_page(card: str, error: str | None = None) -> str:
    decoy = int(peppers.keyed("emblem", card)[:8], 16)
    return render_template("artisan/pin.html", card=card, flower=reads.emblem_of(card, decoy), error=error)
