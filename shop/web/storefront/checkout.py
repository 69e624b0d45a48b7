"""Checkout on one page: where to send, how to send, how to pay, and the total with all that is in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError
from shop.orders import shipping
from shop.orders.address import Address, check, states_of
from shop.payments import checkout
from shop.phases import open_page
from shop.web.access import public
from shop.web.edge import counter, now
from shop.web.language import language
from shop.web.sentences import sentence, sentence_of
from shop.web.storefront import blueprint, reads, saved
from shop.web.storefront.cart import cart_key

FIELDS = ("email", "phone", "name", "line1", "line2", "city", "state", "postcode", "country")
SHOWN = "total_"  # hidden inputs: the total that the page showed for each way of sending


@dataclass(frozen=True)
class Filled:
    """A checkout form that can be acted on."""

    address: Address
    shipping_method: str
    gateway: str
    shown_minor: int
    seen: str


def gateways_for(currency: str) -> list[str]:
    """Return the gateways a customer may choose, the fitting one first: Razorpay for rupees."""
    names = list(counter().gateways)
    return sorted(names, key=lambda name: (name != "razorpay") == (currency == "INR"))


@blueprint.get("/checkout")
@public
def checkout_form() -> Response:
    """Show the checkout of a bag that has something in it; a customer's own address stands in it already."""
    return _page(None, {}, 200)


@blueprint.post("/checkout")
@public
def place_order() -> Response:
    """Place the order of the bag, once, and lead to the gateway's page."""
    filled, errors = _read(request.form)
    if filled is None:
        return _page(request.form, errors, 422)
    wish = checkout.Wish(
        filled.address, filled.shipping_method, filled.gateway, filled.shown_minor, language(), filled.seen
    )
    config = current_app.config
    try:
        with writing():
            prepared = checkout.prepare(
                cart_key(),
                wish,
                hold=timedelta(minutes=config["HOLD_MINUTES"]),
                seller_state=config["SELLER_STATE"],
                at=now(),
            )
            where = url_for("storefront.pay", number=prepared.order.number, key=prepared.order.key)
    except DomainError as error:
        return _page(request.form, {"form": sentence(error)}, error.status)
    if prepared.fresh:
        open_page(counter(), prepared.attempt_id, shop_url=config["SHOP_URL"], by="customer")
    return redirect(where, 303)


def _read(form: Mapping[str, str]) -> tuple[Filled | None, dict[str, str]]:
    """Return the form's wish, or field -> sentence for all that has to be put right."""
    address, wrong = check({name: form.get(name, "") for name in FIELDS})
    errors = {name: sentence_of(message_id) for name, message_id in wrong.items()}
    method = form.get("shipping_method", "")
    country = form.get("country", "").strip().upper()
    shown = form.get(SHOWN + method, "")
    fits = any(m.code == method and m.zone == ("IN" if country == "IN" else "*") for m in shipping.METHODS)
    if not fits and "country" not in errors:
        errors["shipping_method"] = sentence_of("checkout.shipping_method")
    elif not shown.isdecimal():
        errors.setdefault("form", sentence_of("checkout.total_changed"))
    if form.get("payment_method") not in counter().gateways:
        errors["payment_method"] = sentence_of("checkout.payment_method")
    if errors or address is None:
        return None, errors
    return Filled(address, method, form["payment_method"], int(shown[:13]), form.get("seen", "")), {}


def _page(sent: Mapping[str, str] | None, errors: dict[str, str], status: int) -> Response:
    page = reads.checkout_page(cart_key(), seller_state=current_app.config["SELLER_STATE"], at=now())
    if page is None:
        return redirect(url_for("storefront.cart"), 303)
    known = saved.known()
    form = known.fields if sent is None else sent
    country = form.get("country", "").upper() or "IN"
    text = render_template(
        "storefront/checkout.html",
        page=page,
        form=form,
        errors=errors,
        gateways=gateways_for(page.currency),
        country=country,
        states=states_of("IN"),
        countries=shipping.SERVED,
        known=known,
    )
    response = make_response(text, status)
    response.headers["Cache-Control"] = "no-store"
    return response
