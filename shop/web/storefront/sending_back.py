"""Sending something back: asked from the order's page, and called off there."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import Invalid, NotFound
from shop.orders import lifecycle, returns
from shop.orders.return_models import ReturnReason, Wish
from shop.web.access import public
from shop.web.edge import now, whole
from shop.web.storefront import blueprint
from shop.web.storefront.return_reads import window


@blueprint.post("/orders/<number>/<key>/returns")
@public
def ask_return(number: str, key: str) -> Response:
    """Ask to send pieces of an order back: for another of the same, or for the money, also where nothing is said."""
    try:
        reason = ReturnReason(request.form.get("reason", ""))
        wish = Wish(request.form.get("wish", Wish.REFUND))
    except ValueError:
        raise Invalid("form.choice") from None
    with writing():
        order = lifecycle.get_for_customer(number, key)
        asked = {line.id: _pieces(f"pieces_{line.position}") for line in lifecycle.lines_of(order)}
        returns.ask(order, asked, reason, window(), wish, at=now(), by="customer")
    flash(_("We have your request and answer within two days."), "good")
    return redirect(url_for("storefront.order", number=number, key=key, _anchor="sending-back"), 303)


@blueprint.post("/orders/<number>/<key>/returns/withdrawal")
@public
def call_off_return(number: str, key: str) -> Response:
    """Let a return rest: the customer keeps everything."""
    with writing():
        order = lifecycle.get_for_customer(number, key)
        open_one = returns.find_open(order.id)
        if open_one is None:
            raise NotFound("return.unknown")
        returns.call_off(open_one, at=now(), by="customer")
    flash(_("Good: you keep everything."), "good")
    return redirect(url_for("storefront.order", number=number, key=key, _anchor="sending-back"), 303)


def _pieces(name: str) -> int:
    given = request.form.get(name, "").strip()
    return whole(given) if given else 0
