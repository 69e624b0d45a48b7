"""The bag: adding, changing, looking. Its cookie carries a random key and nothing else."""

from flask import current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError, Invalid
from shop.money import CURRENCIES
from shop.orders import cart as carts
from shop.web.access import public
from shop.web.edge import cookie_name, now, whole
from shop.web.sentences import sentence
from shop.web.storefront import bag_reads, blueprint

BAG = "bag"


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
    """Show the bag; what was just taken out can be put back."""
    return _bag()


def _bag(problem: DomainError | None = None, sku: str | None = None) -> Response:
    """Show the bag, and a refusal beside the line that it is about, or above all of them."""
    page = bag_reads.cart_page(cart_key())
    response = make_response(
        render_template(
            "storefront/cart.html",
            page=page,
            taken=bag_reads.taken_out(request.args.get("taken", ""), request.args.get("pieces", type=int)),
            currencies=[(code, code) for code in CURRENCIES],
            problem=problem,
            beside=sku if page and sku in {each.line.variant.sku for each in page.lines} else None,
            typed=request.form.get("quantity", ""),
            at=now(),
        ),
        problem.status if problem else 200,
    )
    response.headers["Cache-Control"] = "no-store"
    if page is not None:
        remember(response, page.cart.key)
    return response


@blueprint.post("/cart/lines")
@public
def add_line() -> Response:
    """Put pieces of a variant into the bag."""
    currency = request.form.get("currency", "INR")
    try:
        quantity = whole(once("quantity") if "quantity" in request.form else "1", "cart.quantity_number", least=1)
        with writing():
            key = carts.add(cart_key(), once("sku"), quantity, currency, at=now())
    except DomainError as error:
        return _bag(error)
    flash(_("It is in your bag."), "good")
    return _to_cart(key)


@blueprint.post("/cart/lines/<sku>")
@public
def change_line(sku: str) -> Response:
    """Set how many of a variant are in the bag; zero takes it out."""
    try:
        quantity = whole(once("quantity"), "cart.quantity_number")
        with writing():
            key = carts.set_quantity(cart_key(), sku, quantity, at=now())
    except DomainError as error:
        return _bag(error, sku)
    if quantity:
        return _to_cart(key)
    return _to_cart(key, url_for("storefront.cart", taken=sku, pieces=request.form.get("pieces", 1, type=int)))


@blueprint.post("/cart/currency")
@public
def change_currency() -> Response:
    """Price what is in the bag in another currency; where something is not sold in it, the bag stays as it is."""
    key = cart_key()
    try:
        with writing():
            key = carts.change_currency(key, request.form.get("currency", ""), at=now())
    except DomainError as error:
        flash(sentence(error), "bad")
    return _to_cart(key)


def _to_cart(key: str | None, where: str | None = None) -> Response:
    response = redirect(where or url_for("storefront.cart"), 303)
    if key:
        remember(response, key)
    return response


def remember(response: Response, key: str) -> None:
    """Keep the bag in this browser for another while."""
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(cookie_name(BAG), key, max_age=carts.KEPT, httponly=True, samesite="Lax", secure=secure)
