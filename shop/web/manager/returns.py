"""Returns: agreeing or refusing, taking in what came, and what becomes of each piece."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError, Invalid
from shop.orders import returns
from shop.orders.return_models import Outcome
from shop.payments import refunds
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
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
    """Take in the pieces that came; their price goes back to the customer."""
    try:
        with writing():
            agreed, by = returns.get_all_of(signed_in(), return_id), signed_in().actor
            ticked = [int(each) for each in request.form.getlist("piece") if each.isdecimal() and len(each) < 13]
            received = returns.receive(agreed, ticked, at=now(), by=by)
            goes_back = refunds.refund_return(received, at=now(), by=by)
    except DomainError as error:
        return _again(return_id, error)
    if goes_back:
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


def _again(return_id: int, error: DomainError) -> Answer:
    if error.status in (403, 404):
        raise error
    return _page(return_id, refused(error)), error.status
