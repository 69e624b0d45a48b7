"""Thanking the makers: one short note from the order's page once the parcel has arrived."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import db, writing
from shop.errors import DomainError, TooMany
from shop.orders import lifecycle, thanks
from shop.orders.thanks_models import LONGEST
from shop.users import tries
from shop.web.access import public
from shop.web.edge import client_address, now
from shop.web.language import language
from shop.web.script import written_in
from shop.web.sentences import sentence
from shop.web.storefront import blueprint
from shop.web.storefront.order import order_page

PER_ORDER, PER_ADDRESS = 8, 24  # tries in a quarter of an hour: a sentence may have to be put right
FIELD_OF = {"thanks.name": "thanks_name"}


@blueprint.post("/orders/<number>/<key>/thanks")
@public
def thank(number: str, key: str) -> Response | tuple[Response, int]:
    """Keep a customer's thank-you for the makers of her order."""
    order = lifecycle.get_for_customer(number, key)
    order_id = order.id
    name, text = request.form.get("thanks_name", "")[:60], request.form.get("thanks_text", "")[: 4 * LONGEST]
    try:
        _count(order_id)
        with writing():
            said = written_in(text, otherwise=language())
            thanks.write(lifecycle.get_for_customer(number, key), name, text, language=said, at=now())
    except DomainError as error:
        db.session.rollback()
        field = FIELD_OF.get(error.message_id, "thanks_text")
        return order_page(number, key, {"name": name, "text": text}, {field: sentence(error)}), error.status
    flash(_("Thank you. We read your words and hand them on in the workshop."), "good")
    return redirect(url_for("storefront.order", number=number, key=key, _anchor="thanks"), 303)


def _count(order_id: int) -> None:
    with writing():
        counted = tries.count("thanks-from", client_address(), PER_ADDRESS, at=now())
        counted = tries.count("thanks-of", str(order_id), PER_ORDER, at=now()) and counted
    if not counted:
        raise TooMany("thanks.too_many")
