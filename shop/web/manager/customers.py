"""A customer's contact, behind a button: whoever looks says why, and the look is in the audit before it is shown."""

from flask import render_template
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError
from shop.orders import contact, lifecycle
from shop.orders.contact import Contact, Purpose
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused

Answer = Response | str | tuple[str, int]


@blueprint.get("/orders/<number>/customer")
@requires("customers.contact")
def customer(number: str) -> str:
    """Ask why someone wants to see a customer's contact; nothing of it is shown yet."""
    return _page(number, Filled(), None)


def _page(number: str, form: Filled, shown: Contact | None) -> str:
    order = lifecycle.get_of(signed_in(), number)
    return render_template(
        "manager/customer.html", order=order, form=form, contact=shown, purposes=list(Purpose), at=now()
    )


@blueprint.post("/orders/<number>/customer")
@requires("customers.contact")
def customer_post(number: str) -> Answer:
    """Show a customer's contact once; the look was written down first."""
    try:
        with writing():
            shown = contact.reveal(signed_in(), number, forms.choice(Purpose, "purpose"), at=now())
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(number, refused(error), None), error.status
    return _page(number, Filled(), shown)
