"""The bag: adding, changing, looking. Its cookie carries a random key and nothing else."""

from flask import current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import Invalid
from shop.orders import cart as carts
from shop.web.access import public
from shop.web.edge import cookie_name, now, whole
from shop.web.storefront import blueprint, reads

BAG = "bag"
KEPT_S = 60 * 60 * 24 * 30


def cart_key() -> str | None:
    """Return the key of the visitor's cart, or None."""
    return request.cookies.get(cookie_name(BAG))


def once(name: str) -> str:
    """Return a form's field that must come exactly once; Invalid otherwise."""
    values = request.form.getlist(name)
    if not values:
        raise Invalid("cart.unknown_sku" if name == "sku" else "cart.quantity_number")
    if len(values) != 1:
        raise Invalid("form.once")
    return values[0]


@blueprint.get("/cart")
@public
def cart() -> Response:
    """Show the bag."""
    response = make_response(render_template("storefront/cart.html", page=reads.cart_page(cart_key())))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/cart/lines")
@public
def add_line() -> Response:
    """Put pieces of a variant into the bag."""
    currency = request.form.get("currency", "INR")
    quantity = whole(once("quantity") if "quantity" in request.form else "1", "cart.quantity_number", least=1)
    with writing():
        key = carts.add(cart_key(), once("sku"), quantity, currency, at=now())
    flash(_("It is in your bag."), "good")
    response = redirect(url_for("storefront.cart"), 303)
    _remember(response, key)
    return response


@blueprint.post("/cart/lines/<sku>")
@public
def change_line(sku: str) -> Response:
    """Set how many of a variant are in the bag; zero takes it out."""
    quantity = whole(once("quantity"), "cart.quantity_number")
    with writing():
        carts.set_quantity(cart_key(), sku, quantity, at=now())
    return redirect(url_for("storefront.cart"), 303)


def _remember(response: Response, key: str) -> None:
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(cookie_name(BAG), key, max_age=KEPT_S, httponly=True, samesite="Lax", secure=secure)
