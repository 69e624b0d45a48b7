"""Returns: agreeing or refusing, taking in what came, what is given for it, and what becomes of each piece."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError, Invalid
from shop.orders import contact, exchanges, returns
from shop.orders.return_models import Outcome, Wish
from shop.payments import refunds
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import parcels
from shop.web.manager.reads import returns as reads

Answer = Response | tuple[str, int]


@blueprint.get("/returns/<int:return_id>")
@requires("orders.read")
def return_page(return_id: int) -> str:
    """Show a return with the one act that takes it further."""
    return _page(return_id, Filled())


def _page(return_id: int, form: Filled) -> str:
    page = reads.return_page(signed_in(), return_id)
    return render_template("manager/return.html", page=page, form=form)


@blueprint.post("/returns/<int:return_id>/answer")
@requires("returns.answer")
def answer_return(return_id: int) -> Answer:
    """Agree to a return, refuse it, or let it rest because it never came."""
    said = forms.text("answer")
    try:
        with writing():
            asked, by = returns.get_all_of(signed_in(), return_id), signed_in().actor
            if said == "agree":
                returns.agree(asked, at=now(), by=by)
            elif said == "refuse":
                returns.refuse(asked, forms.text("why"), at=now(), by=by)
            elif said == "never-came":
                returns.call_off(asked, at=now(), by=by)
            else:
                raise Invalid("form.choice")
    except DomainError as error:
        return _again(return_id, error)
    flash(_("Done. The customer has been told."))
    return redirect(url_for("manager.return_page", return_id=return_id), 303)


@blueprint.post("/returns/<int:return_id>/arrival")
@requires("returns.receive")
def receive_return(return_id: int) -> Answer:
    """Take in the pieces that came; the customer gets another of the same, or their price."""
    goes_back = False
    try:
        give = forms.choice(Wish, "give") if "give" in request.form else Wish.REFUND
        with writing():
            agreed, by = returns.get_all_of(signed_in(), return_id), signed_in().actor
            ticked = [int(each) for each in request.form.getlist("piece") if each.isdecimal() and len(each) < 13]
            if give is Wish.EXCHANGE:
                exchanges.receive(agreed, ticked, at=now(), by=by)
            else:
                received = returns.receive(agreed, ticked, at=now(), by=by)
                goes_back = bool(refunds.refund_return(received, at=now(), by=by))
    except DomainError as error:
        return _again(return_id, error)
    if give is Wish.EXCHANGE:
        flash(_("Taken in. Another of the same is promised, and the customer has been told."))
    elif goes_back:
        flash(_("Taken in. The price of what came is on its way back to the customer."))
    else:
        flash(_("Taken in. Its price had gone back to the customer before."))
    return redirect(url_for("manager.return_page", return_id=return_id), 303)


@blueprint.post("/returns/<int:return_id>/pieces/<int:unit_id>")
@requires("returns.receive")
def settle_piece(return_id: int, unit_id: int) -> Answer:
    """Lay one piece back on the shelf, or write it off."""
    try:
        outcome = forms.choice(Outcome, "outcome")
        with writing():
            received = returns.get_all_of(signed_in(), return_id)
            returns.settle(received, unit_id, outcome, at=now(), by=signed_in().actor)
    except DomainError as error:
        return _again(return_id, error)
    flash(_("Back on the shelf.") if outcome is Outcome.RESTOCKED else _("Written off."))
    return redirect(url_for("manager.return_page", return_id=return_id), 303)


@blueprint.post("/returns/<int:return_id>/exchange/end")
@requires("returns.receive")
def end_exchange(return_id: int) -> Answer:
    """End an exchange that has not been sent; the price of what came goes back to the customer instead."""
    try:
        with writing():
            ended = exchanges.end(exchanges.get_all_of(signed_in(), return_id), at=now(), by=signed_in().actor)
            refunds.refund_return(ended, at=now(), by=signed_in().actor)
    except DomainError as error:
        return _again(return_id, error)
    flash(_("Ended. The price of what came goes back, and the customer has been told."))
    return redirect(url_for("manager.return_page", return_id=return_id), 303)


@blueprint.get("/returns/<int:return_id>/exchange/label")
@requires("orders.ship")
def exchange_label(return_id: int) -> str:
    """Show the label and the packing slip of an exchange, ready to print; the look is in the audit first."""
    with writing():
        page = parcels.of_exchange(signed_in(), return_id)
        contact.note_label(page.order, at=now(), by=signed_in())
        return render_template("manager/label.html", page=page)


@blueprint.post("/returns/<int:return_id>/exchange/shipment")
@requires("orders.ship")
def send_exchange(return_id: int) -> Answer:
    """Hand the other pieces to the carrier."""
    try:
        with writing():
            row, by = exchanges.get_of(signed_in(), return_id), signed_in().actor
            exchanges.send(row, forms.text("carrier"), forms.text("tracking"), at=now(), by=by)
    except DomainError as error:
        return _again(return_id, error)
    flash(_("The parcel is on its way, and the customer has been told."))
    return redirect(url_for("manager.return_page", return_id=return_id), 303)


@blueprint.post("/returns/<int:return_id>/exchange/delivery")
@requires("orders.ship")
def deliver_exchange(return_id: int) -> Answer:
    """Note that the parcel of an exchange has arrived."""
    try:
        with writing():
            exchanges.deliver(exchanges.get_of(signed_in(), return_id), at=now(), by=signed_in().actor)
    except DomainError as error:
        return _again(return_id, error)
    flash(_("Noted: the parcel has arrived."))
    return redirect(url_for("manager.return_page", return_id=return_id), 303)


def _again(return_id: int, error: DomainError) -> Answer:
    if error.status in (403, 404):
        raise error
    return _page(return_id, refused(error)), error.status
