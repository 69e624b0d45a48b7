"""Messages of gateways that fit nothing: a person looks at them, tries again or sets them aside."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError
from shop.payments import inbox
from shop.users import audit
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused

Answer = Response | tuple[str, int]


@blueprint.get("/events")
@requires("events.settle")
def events() -> str:
    """Show the messages that a person has to look at."""
    return _page({})


def _page(sent: dict[int, Filled]) -> str:
    return render_template("manager/events.html", events=inbox.held(), sent=sent, blank=Filled())


@blueprint.post("/events/<int:event_id>/another-try")
@requires("events.settle")
def try_event_again(event_id: int) -> Response:
    """Let the worker try a message once more."""
    with writing():
        inbox.try_again(inbox.get_held(event_id))
        audit.record("events.try-again", f"event:{event_id}", by=signed_in().actor, at=now())
    flash(_("The shop tries it again within the minute."))
    return redirect(url_for("manager.events"), 303)


@blueprint.post("/events/<int:event_id>/closing")
@requires("events.settle")
def close_event(event_id: int) -> Answer:
    """Set a message aside with what was found."""
    try:
        with writing():
            inbox.set_aside(inbox.get_held(event_id), forms.text("note"), at=now(), by=signed_in().actor)
            audit.record("events.close", f"event:{event_id}", by=signed_in().actor, at=now())
    except DomainError as error:
        if error.status == 404:
            raise
        return _page({event_id: refused(error)}), error.status
    flash(_("Set aside, with your note."))
    return redirect(url_for("manager.events"), 303)
