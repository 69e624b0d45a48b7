"""Signing in: the card number first, then the PIN under the emblem that is printed on her card.

Nothing tells a card that exists from one that does not. An unknown number has an emblem too, always
the same, and what the page says after a wrong PIN depends only on the tries counted here, which
know nothing of cards. The lock that protects her is the one in users/signin.py.
"""

import hmac
import threading
from collections import OrderedDict
from datetime import datetime

from flask import current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from shop.errors import Invalid, TooMany
from shop.users import signin
from shop.web import auth
from shop.web.access import public
from shop.web.artisan import blueprint, reads
from shop.web.edge import now
from shop.web.format import digits

MOST_CARDS = 10_000
Page = str | tuple[str, int]


class Tries:
    """Wrong PINs by card number, known or not, in this process; only words depend on it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tries: OrderedDict[bytes, tuple[int, datetime]] = OrderedDict()

    def count(self, card: bytes, at: datetime) -> bool:
        """Count one wrong PIN; False once there were more than an account may have."""
        with self._lock:
            tries, until = self._tries.pop(card, (0, at + signin.LOCKED_FOR))
            if until <= at:
                tries, until = 0, at + signin.LOCKED_FOR
            self._tries[card] = tries + 1, until
            if len(self._tries) > MOST_CARDS:
                self._tries.popitem(last=False)
            return tries < signin.MOST_TRIES

    def forget(self, card: bytes) -> None:
        """Start counting again after a sign-in."""
        with self._lock:
            self._tries.pop(card, None)


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
    tries, mark = _tries(), _keyed(f"tries:{card}")
    try:
        auth.sign_in_as(signin.find_by_card(card), pin)
    except TooMany:
        signin.secret_fits(None, pin)  # takes as long as a wrong one
    except Invalid:
        pass
    else:
        tries.forget(mark)
        return redirect(url_for("artisan.home"), 303)
    if tries.count(mark, now()):
        return _pin_page(card, _("That did not match. Give it again.")), 422
    return render_template("artisan/forgotten.html", locked=True), 429


def _pin_page(card: str, error: str | None = None) -> str:
    decoy = int.from_bytes(_keyed(f"emblem:{card}")[:4])
    return render_template("artisan/pin.html", card=card, flower=reads.emblem_of(card, decoy), error=error)


def _tries() -> Tries:
    found = current_app.extensions.setdefault("artisan_tries", Tries())
    assert isinstance(found, Tries)
    return found


def _keyed(text: str) -> bytes:
    return hmac.digest(str(current_app.config["SECRET_KEY"]).encode(), text.encode(), "sha256")
