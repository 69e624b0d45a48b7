"""After placing: the order's page, paying, coming back from the gateway, cancelling.

The link carries the order's number and its secret key; whoever has it may see the order.
"""

from collections.abc import Mapping
from datetime import timedelta

from flask import current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop import phases
from shop.db import db, writing
from shop.errors import Conflict, Invalid
from shop.orders import lifecycle
from shop.orders.locks import lock
from shop.orders.models import Order, OrderStatus
from shop.payments import checkout, refunds
from shop.payments.models import AttemptStatus
from shop.web import papers
from shop.web.access import public
from shop.web.edge import counter, now
from shop.web.storefront import blueprint, reads, return_reads, thanks_reads
from shop.web.storefront.checkout import offered


def _private(text: str) -> Response:
    response = make_response(text)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/orders/<number>/<key>")
@public
def order(number: str, key: str) -> Response:
    """Show an order to its customer."""
    return order_page(number, key)


def order_page(
    number: str, key: str, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> Response:
    """Return an order's page by its link, with what was typed into a thank-you that has to be put right."""
    page = reads.order_page(number, key)
    return _private(
        render_template(
            "storefront/order.html",
            page=page,
            back=return_reads.of_order(page.order, page.lines, at=now()),
            thanks=thanks_reads.of_order(page.order, typed, errors),
            offers=offered(page.order.currency, page.order.country),
            at=now(),
        )
    )


@blueprint.get("/orders/<number>/<key>/papers/<int:paper>")
@public
def paper(number: str, key: str, paper: int) -> Response:
    """Give an invoice or a credit note to whoever has the order's link."""
    return papers.answer(lifecycle.get_for_customer(number, key), paper)


@blueprint.get("/orders/<number>/<key>/pay")
@public
def pay(number: str, key: str) -> Response:
    """Lead to the gateway's page: a link and a refresh, since a form may not post to another host."""
    found = lifecycle.get_for_customer(number, key)
    attempt = checkout.find_open(found)
    if attempt is None:
        return redirect(url_for("storefront.order", number=number, key=key), 303)
    return _private(render_template("storefront/pay.html", order=found, attempt=attempt))


@blueprint.post("/orders/<number>/<key>/pay")
@public
def pay_again(number: str, key: str) -> Response:
    """Open a new pay page for an unpaid order; an open one at another gateway is closed first."""
    gateway = request.form.get("payment_method", "")
    if gateway not in counter().gateways:
        raise Invalid("checkout.payment_method")
    standing = checkout.find_open(lifecycle.get_for_customer(number, key))
    if standing is not None and standing.gateway != gateway and standing.status is AttemptStatus.PENDING:
        phases.look(counter(), standing.id, close=True, by="customer")
    with writing():
        found = lifecycle.get_for_customer(number, key)
        hold = timedelta(minutes=current_app.config["HOLD_MINUTES"])
        prepared = checkout.reopen(found, gateway, hold=hold, at=now())
    if prepared.fresh:
        phases.open_page(counter(), prepared.attempt_id, shop_url=current_app.config["SHOP_URL"], by="customer")
    return redirect(url_for("storefront.pay", number=number, key=key), 303)


@blueprint.get("/orders/<number>/<key>/return")
@public
def come_back(number: str, key: str) -> Response:
    """Look at once what was paid, instead of trusting what the browser brings back."""
    attempt = checkout.find_open(lifecycle.get_for_customer(number, key))
    if attempt is not None:
        phases.look(counter(), attempt.id, close=False, by="customer")
    return redirect(url_for("storefront.order", number=number, key=key), 303)


@blueprint.post("/orders/<number>/<key>/cancellation")
@public
def cancel(number: str, key: str) -> Response:
    """Cancel an order before work has started; what was paid goes back."""
    standing = checkout.find_open(lifecycle.get_for_customer(number, key))
    if standing is not None:
        phases.look(counter(), standing.id, close=True, by="customer")
    with writing():
        found = lifecycle.get_for_customer(number, key)
        _cancel(found)
    flash(_("Your order is cancelled."), "good")
    return redirect(url_for("storefront.order", number=number, key=key), 303)


def _cancel(found: Order) -> None:
    lock(found)  # whoever ships it at this moment comes first, or finds it cancelled
    if found.status not in (OrderStatus.PLACED, OrderStatus.PAID):
        raise Conflict("order.moved_on", status=found.status.value)
    if not lifecycle.may_customer_cancel(found):
        raise Conflict("order.work_started")
    if found.status is OrderStatus.PAID:
        refunds.refund_order(found, "cancelled by the customer", at=now(), by="customer")
    elif checkout.find_open(found) is not None:
        raise Conflict("order.moved_on")
    else:
        lifecycle.cancel(found, at=now(), by="customer")
    db.session.flush()
