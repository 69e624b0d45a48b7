"""Orders: the list, one order, its parcel and its papers."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import Conflict, DomainError
from shop.orders import contact, lifecycle
from shop.orders.lifecycle import Progress
from shop.web import papers
from shop.web.access import requires
from shop.web.edge import now, page_from, signed_in
from shop.web.house import seller
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import orders as reads
from shop.web.manager.reads import parcels

Answer = Response | tuple[str, int]


@blueprint.get("/orders")
@requires("orders.read")
def orders() -> str:
    """List the newest orders, or those that have come so far."""
    asked = request.args.get("progress")
    if asked and asked not in list(Progress):
        abort(404)
    page = reads.order_list(signed_in(), Progress(asked) if asked else None, page_from(), at=now())
    return render_template("manager/orders.html", page=page)


@blueprint.get("/find")
@requires("orders.read")
def find() -> Response:
    """Go to the order of a number, or to the entry of a reference in the books."""
    words = request.args.get("q", "").strip()
    number = words.upper().removeprefix("#")
    if ":" in words:
        return redirect(url_for("manager.entry", reference=words))
    return redirect(url_for("manager.order", number=number if number.startswith("MB-") else f"MB-{number}"))


@blueprint.get("/orders/<number>")
@requires("orders.read")
def order(number: str) -> str:
    """Show one order: its story, its pieces, its money."""
    return _order_page(number, Filled())


def _order_page(number: str, form: Filled) -> str:
    return render_template("manager/order.html", page=reads.order_page(signed_in(), number, at=now()), form=form)


@blueprint.get("/orders/<number>/label")
@requires("orders.ship")
def label(number: str) -> str:
    """Show the label and the packing slip of a parcel, ready to print; the look is in the audit before it is shown."""
    with writing():
        page = parcels.parcel(signed_in(), number)
        contact.note_label(page.order, at=now(), by=signed_in())
        return render_template("manager/label.html", page=page)


@blueprint.post("/orders/<number>/shipment")
@requires("orders.ship")
def ship(number: str) -> Answer:
    """Hand the parcel to the carrier."""
    try:
        with writing():
            order = lifecycle.get_of(signed_in(), number)
            carrier, tracking, by = forms.text("carrier"), forms.text("tracking"), signed_in().actor
            seen = forms.whole("seen") if forms.text("seen") else None
            lifecycle.ship(order, carrier, tracking, seen=seen, at=now(), by=by, seller=seller())
    except DomainError as error:
        if error.status == 404:
            raise
        return _order_page(number, refused(error)), error.status
    flash(_("The parcel is on its way, and the customer has been told."))
    return redirect(url_for("manager.order", number=number), 303)


@blueprint.get("/orders/<number>/papers/<int:paper>")
@requires("orders.papers")
def paper(number: str, paper: int) -> Response:
    """Give a paper of an order: to those who pack only while the parcel is on its way; the look is in the audit."""
    with writing():
        order = lifecycle.get_of(signed_in(), number)
        if not reads.may_open_papers(signed_in(), order):
            raise Conflict("order.no_paper")
        answer = papers.answer(order, paper)
        contact.note_paper(order, at=now(), by=signed_in())
    return answer


@blueprint.post("/orders/<number>/delivery")
@requires("orders.ship")
def deliver(number: str) -> Response:
    """Note that the parcel has arrived."""
    with writing():
        lifecycle.deliver(lifecycle.get_of(signed_in(), number), at=now(), by=signed_in().actor)
    flash(_("Noted: the parcel has arrived."))
    return redirect(url_for("manager.order", number=number), 303)
