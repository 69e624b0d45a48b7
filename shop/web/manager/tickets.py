"""Letters to the shop: read, answered by mail, closed."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError
from shop.orders import tickets as letters
from shop.users import audit
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.storefront.contact import topic_name

Answer = Response | tuple[str, int]


@blueprint.get("/tickets")
@requires("tickets.answer")
def tickets() -> str:
    """List the letters, those that wait longest on top."""
    return render_template("manager/tickets.html", tickets=letters.listed(), topic_name=topic_name, at=now())


@blueprint.get("/tickets/<number>")
@requires("tickets.answer")
def ticket(number: str) -> str:
    """Show a letter with the form of its answer."""
    return _page(number, Filled())


def _page(number: str, form: Filled) -> str:
    found = letters.get(number)
    return render_template("manager/ticket.html", ticket=found, form=form, topic_name=topic_name, at=now())


@blueprint.post("/tickets/<number>/answer")
@requires("tickets.answer")
def answer_ticket(number: str) -> Answer:
    """Send an answer by mail."""
    try:
        with writing():
            letter, by = letters.get(number), signed_in().actor
            letters.answer(letter, forms.text("answer", letters.LONGEST), at=now(), by=by)
            audit.record("tickets.answer", f"ticket:{letter.id}", by=by, at=now())
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(number, refused(error)), error.status
    flash(_("The answer is on its way."))
    return redirect(url_for("manager.ticket", number=number), 303)


@blueprint.post("/tickets/<number>/closing")
@requires("tickets.answer")
def close_ticket(number: str) -> Response:
    """Close a letter."""
    with writing():
        letters.close(letters.get(number), at=now())
    flash(_("Closed."))
    return redirect(url_for("manager.tickets"), 303)
