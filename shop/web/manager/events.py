"""Messages of gateways that fit nothing: given back, tried again or set aside, on the page of exceptions."""

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import Conflict, DomainError
from shop.payments import held, inbox, taken_in, wrong_sums
from shop.payments.gateways import Gateway
from shop.payments.models import GatewayEvent
from shop.users import audit
from shop.web.access import requires
from shop.web.edge import counter, now, signed_in
from shop.web.house import seller
from shop.web.manager import blueprint, exceptions, forms

Answer = Response | tuple[str, int]


@blueprint.post("/events/<int:event_id>/another-try")
@requires("events.settle")
def try_event_again(event_id: int) -> Response:
    """Let the worker try a message once more."""
    with writing():
        inbox.try_again(inbox.get_held(event_id))
        audit.record("events.try-again", f"event:{event_id}", by=signed_in().actor, at=now())
    flash(_("The shop tries it again within the minute."))
    return redirect(url_for("manager.exceptions"), 303)


@blueprint.post("/events/<int:event_id>/closing")
@requires("events.settle")
def close_event(event_id: int) -> Answer:
    """Set a message aside with what was found."""
    try:
        with writing():
            inbox.set_aside(inbox.get_held(event_id), forms.text("note"), at=now(), by=signed_in().actor)
            audit.record("events.close", f"event:{event_id}", by=signed_in().actor, at=now())
    except DomainError as error:
        return exceptions.again(error, f"event-{event_id}")
    flash(_("Set aside, with your note."))
    return redirect(url_for("manager.exceptions"), 303)


@blueprint.post("/events/<int:event_id>/giving-back")
@requires("events.settle")
def give_event_back(event_id: int) -> Answer:
    """Book a payment of another sum than was asked, and give it back whole."""
    try:
        with writing():
            event = inbox.get_held(event_id)
            gateway = _gateway(event)
            wrong_sums.give_back(gateway, held.told(gateway, event).payment, at=now(), by=signed_in().actor)
            audit.record("events.give-back", f"event:{event_id}", by=signed_in().actor, at=now())
    except DomainError as error:
        return exceptions.again(error)
    flash(_("It is on its way back, and the customer will be told when it has gone."))
    return redirect(url_for("manager.exceptions"), 303)


@blueprint.post("/events/<int:event_id>/taking-in")
@requires("events.settle")
def take_event_in(event_id: int) -> Answer:
    """Book a refund that was made on the gateway's own page."""
    try:
        with writing():
            event = inbox.get_held(event_id)
            gateway = _gateway(event)
            taken_in.take_in(gateway, held.told(gateway, event).refund, seller(), at=now(), by=signed_in().actor)
            audit.record("events.take-in", f"event:{event_id}", by=signed_in().actor, at=now())
    except DomainError as error:
        return exceptions.again(error)
    flash(_("It stands in the books now, and the customer is told."))
    return redirect(url_for("manager.exceptions"), 303)


def _gateway(event: GatewayEvent) -> Gateway:
    """Return the gateway of a message; Conflict if its keys were taken away."""
    gateway = counter().gateways.get(event.gateway)
    if gateway is None:
        raise Conflict("event.no_gateway")
    return gateway
