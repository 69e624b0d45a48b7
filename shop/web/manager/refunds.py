"""Giving money back: what it would do is shown first, in full; then it is done, and nothing else."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError
from shop.orders import lifecycle
from shop.payments import taken_off
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.house import seller
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import refunds as reads

Answer = Response | tuple[str, int]


@blueprint.get("/orders/<number>/refund")
@requires("orders.refund")
def refund(number: str) -> Answer:
    """Show what giving money back would do, before anything is done: all that is left, or the parts that are named."""
    order = lifecycle.get_all_of(signed_in(), number)
    try:
        page = reads.refund_page(order, reads.wanted(order, request.args), seller())
    except DomainError as error:
        return _again(number, error)
    return render_template("manager/refund.html", page=page, form=Filled(request.args)), 200


@blueprint.post("/orders/<number>/refund")
@requires("orders.refund")
def refund_post(number: str) -> Answer:
    """Do what the page has shown: give everything that is left back, or the parts that were named."""
    try:
        with writing():
            order = lifecycle.get_all_of(signed_in(), number)
            wanted, shown = reads.wanted(order, request.form), forms.whole("shown") if forms.text("shown") else None
            reason, stood, by = forms.needed("reason", 120), forms.text("stood"), signed_in().actor
            taken_off.give_as_shown(order, wanted, reason, shown_minor=shown, stood=stood, at=now(), by=by)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _again(number, error)
    flash(_("The money is on its way back, and the customer will be told when it has gone."))
    return redirect(url_for("manager.order", number=number), 303)


def _again(number: str, error: DomainError) -> Answer:
    """Show the page once more as things stand now, with the refusal beside its field."""
    order = lifecycle.get_all_of(signed_in(), number)
    page = reads.refund_page(order, {}, seller())
    said = refused(error)
    typed = {**request.args, **said.values}
    return render_template("manager/refund.html", page=page, form=Filled(typed, said.errors)), error.status
