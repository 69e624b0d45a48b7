"""The page of money that did not go as it should, and the acts that settle it."""

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop import phases
from shop.db import db, writing
from shop.errors import DomainError, NotFound
from shop.orders import lifecycle
from shop.orders.models import Order
from shop.payments import disputes, refund_troubles
from shop.payments.dispute_models import Dispute
from shop.payments.models import Attempt, AttemptStatus, Refund
from shop.web.access import requires
from shop.web.edge import counter, now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import exceptions as reads
from shop.web.sentences import sentence

Answer = Response | tuple[str, int]


@blueprint.get("/exceptions")
@requires("exceptions.read")
def exceptions() -> str:
    """Show what of the customers' money needs someone."""
    return _page({})


def _page(sent: dict[str, Filled], refusal: str = "") -> str:
    matters = reads.matters(signed_in(), at=now())
    return render_template("manager/exceptions.html", matters=matters, sent=sent, blank=Filled(), refused=refusal)


def again(error: DomainError, anchor: str = "") -> Answer:
    """Show the page once more as things stand now, with the refusal beside its field or above all."""
    if error.status in (403, 404):
        raise error
    filled = refused(error)
    return _page({anchor: filled}, "" if filled.errors else sentence(error)), error.status


@blueprint.post("/refunds/<int:refund_id>/replacement")
@requires("orders.refund")
def refund_again(refund_id: int) -> Answer:
    """Ask for another refund in the place of one that failed."""
    try:
        with writing():
            refund_troubles.again(_refund(refund_id), at=now(), by=signed_in().actor)
    except DomainError as error:
        return again(error)
    flash(_("The money is on its way back, and the customer will be told when it has gone."))
    return redirect(url_for("manager.exceptions"), 303)


@blueprint.post("/refunds/<int:refund_id>/another-try")
@requires("orders.refund")
def send_refund_again(refund_id: int) -> Answer:
    """Let the worker ask the gateway once more about a refund that is under way."""
    try:
        with writing():
            refund_troubles.send_again(_refund(refund_id), at=now(), by=signed_in().actor)
    except DomainError as error:
        return again(error)
    flash(_("The shop asks the gateway again within the minute."))
    return redirect(url_for("manager.exceptions"), 303)


@blueprint.post("/disputes/<int:dispute_id>/notes")
@requires("orders.refund")
def note_dispute(dispute_id: int) -> Answer:
    """Write down what was done about a dispute: what was sent to the bank, say."""
    try:
        with writing():
            dispute = db.session.get(Dispute, dispute_id)
            if dispute is None:
                raise NotFound("dispute.unknown")
            _all_hers(dispute.capture.attempt.order)
            disputes.note(dispute, forms.text("note"), at=now(), by=signed_in().actor)
    except DomainError as error:
        return again(error, f"dispute-{dispute_id}")
    flash(_("Written down. It stays here until the bank has decided."))
    return redirect(url_for("manager.exceptions"), 303)


@blueprint.post("/attempts/<int:attempt_id>/look")
@requires("orders.refund")
def look_at_attempt(attempt_id: int) -> Response:
    """Ask the gateway now about a pay page of which nothing is known."""
    attempt = db.session.get(Attempt, attempt_id)
    if attempt is None:
        raise NotFound("order.unknown")
    _all_hers(attempt.order)
    if attempt.status in (AttemptStatus.REQUESTING, AttemptStatus.UNKNOWN):
        phases.ask_again(counter(), attempt_id, shop_url=current_app.config["SHOP_URL"], by=signed_in().actor)
    known = db.session.get_one(Attempt, attempt_id, populate_existing=True).status is not AttemptStatus.UNKNOWN
    flash(_("The gateway has answered.") if known else _("The gateway still does not answer. The shop asks again."))
    return redirect(url_for("manager.exceptions"), 303)


def _refund(refund_id: int) -> Refund:
    refund = db.session.get(Refund, refund_id)
    if refund is None:
        raise NotFound("refund.unknown")
    _all_hers(refund.capture.attempt.order)
    return refund


def _all_hers(order: Order) -> None:
    """NotFound if nothing of an order is of her centre, Refused if another's work hangs on it as well."""
    lifecycle.get_all_of(signed_in(), order.number)
