"""Money between the gateways and us: what differs, what came to the bank, and one payment from end to end."""

from collections.abc import Callable
from typing import TypeVar

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import db, writing
from shop.errors import Conflict, DomainError
from shop.payments import reviews, taken_in, wrong_sums
from shop.payments.gateways import Gateway, GatewayRefused, GatewayUnknown
from shop.payments.review_models import DifferenceKind
from shop.users import audit
from shop.web.access import requires
from shop.web.edge import counter, now, signed_in
from shop.web.house import seller
from shop.web.manager import blueprint, forms, payment_words
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import gateways as reads
from shop.web.manager.reads import payment_story

Answer = Response | tuple[str, int]
Told = TypeVar("Told")


@blueprint.get("/gateways")
@requires("payments.read")
def gateways() -> str:
    """Show the queue of differences, the newest settlements, and what else the gateways told us."""
    return _page({})


def _page(sent: dict[int, Filled]) -> str:
    page = reads.gateways_page(at=now())
    return render_template("manager/gateways.html", page=page, sent=sent, blank=Filled(), said=payment_words)


@blueprint.post("/gateways/differences/<int:review_id>/taking")
@requires("payments.review")
def take_review(review_id: int) -> Response:
    """Look into a difference oneself."""
    with writing():
        reviews.take(reviews.get(review_id), at=now(), by=signed_in().actor)
        audit.record("payments.take", f"review:{review_id}", by=signed_in().actor, at=now())
    flash(_("It is yours now. Write down what you find."))
    return redirect(url_for("manager.gateways", _anchor=f"review-{review_id}"), 303)


@blueprint.post("/gateways/differences/<int:review_id>/closing")
@requires("payments.review")
def close_review(review_id: int) -> Answer:
    """Close a difference with what was found out."""
    try:
        with writing():
            reviews.accept(reviews.get(review_id), forms.text("note"), at=now(), by=signed_in().actor)
            audit.record("payments.explain", f"review:{review_id}", by=signed_in().actor, at=now())
    except DomainError as error:
        return _again(review_id, error)
    flash(_("Closed, with your note. It opens again if it says something else."))
    return redirect(url_for("manager.gateways"), 303)


@blueprint.post("/gateways/differences/<int:review_id>/giving-back")
@requires("events.settle")
def give_review_back(review_id: int) -> Answer:
    """Book a payment of another sum of which no message came, as the gateway tells it now, and give it back whole."""
    try:
        gateway, ref = _of_review(review_id, DifferenceKind.PAYMENT_UNKNOWN)
        seen = _asked(gateway.get_payment, ref)
        with writing():
            wrong_sums.give_back(gateway, seen, at=now(), by=signed_in().actor)
            audit.record("payments.give-back", f"review:{review_id}", by=signed_in().actor, at=now())
    except DomainError as error:
        return _again(review_id, error)
    flash(_("It is on its way back, and the customer will be told when it has gone."))
    return redirect(url_for("manager.gateways"), 303)


@blueprint.post("/gateways/differences/<int:review_id>/taking-in")
@requires("events.settle")
def take_review_in(review_id: int) -> Answer:
    """Book a refund that was made on the gateway's own page and of which no message came."""
    try:
        gateway, ref = _of_review(review_id, DifferenceKind.REFUND_UNKNOWN)
        seen = _asked(gateway.get_refund, ref)
        with writing():
            taken_in.take_in(gateway, seen, seller(), at=now(), by=signed_in().actor)
            audit.record("payments.take-in", f"review:{review_id}", by=signed_in().actor, at=now())
    except DomainError as error:
        return _again(review_id, error)
    flash(_("It stands in the books now, and the customer is told."))
    return redirect(url_for("manager.gateways"), 303)


def _of_review(review_id: int, kind: DifferenceKind) -> tuple[Gateway, str]:
    """Return the gateway of a difference and its number there; nothing is open when it is asked."""
    review = reviews.get_waiting(review_id, kind)
    gateway, ref = counter().gateways.get(review.gateway), review.ref
    db.session.rollback()
    if gateway is None:
        raise Conflict("event.no_gateway")
    return gateway, ref


def _asked(ask: Callable[[str], Told], ref: str) -> Told:
    try:
        return ask(ref)
    except (GatewayRefused, GatewayUnknown) as error:
        raise Conflict("review.no_answer") from error


def _again(review_id: int, error: DomainError) -> Answer:
    """Show the page once more as things stand now, with the refusal at its difference, if that stands there still."""
    if error.status == 404 or error.message_id == "review.closed":
        raise error
    return _page({review_id: refused(error)}), error.status


@blueprint.get("/orders/<number>/payment")
@requires("payments.read")
def payment(number: str) -> str:
    """Show the whole story of an order's payment."""
    story = payment_story.story(signed_in(), number)
    return render_template("manager/payment.html", page=story, said=payment_words)
