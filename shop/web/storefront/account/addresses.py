"""The addresses she saved, for the next checkout."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError
from shop.orders import customers, tariffs
from shop.orders.address import AS_WRITTEN, Address, check, complete, form_of
from shop.orders.address_models import SavedAddress
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.sentences import sentence
from shop.web.storefront.account import blueprint, reads
from shop.web.storefront.words import address_sentences, field_name

Page = str | tuple[str, int] | Response


@blueprint.get("/account/addresses")
@requires("own.account")
def addresses() -> str:
    """Show the addresses she saved."""
    return render_template("account/addresses.html", addresses=reads.addresses(signed_in()))


@blueprint.get("/account/addresses/new")
@requires("own.account")
def new_address() -> str:
    """Ask for an address to keep."""
    return _form({"country": "IN"}, {}, None)


@blueprint.post("/account/addresses/new")
@requires("own.account")
def add_address() -> Page:
    """Keep an address; or only show the form of a country."""
    if "show" in request.form:
        return _form(dict(request.form), {}, None)
    place, errors = _read()
    if place is None:
        return _form(dict(request.form), errors, None), 422
    try:
        with writing():
            customers.add_address(signed_in(), place, at=now())
    except DomainError as error:
        return _form(dict(request.form), {"form": sentence(error)}, None), error.status
    return _kept()


@blueprint.get("/account/addresses/<int:address_id>")
@requires("own.account")
def address(address_id: int) -> str:
    """Show one address as a form."""
    saved = customers.get_address(signed_in(), address_id)
    return _form({name: getattr(saved, name) for name in customers.PLACE}, {}, saved.id)


@blueprint.post("/account/addresses/<int:address_id>")
@requires("own.account")
def change_address(address_id: int) -> Page:
    """Put another place into an address of hers; or only show the form of a country."""
    customers.get_address(signed_in(), address_id)
    if "show" in request.form:
        return _form(dict(request.form), {}, address_id)
    place, errors = _read()
    if place is None:
        return _form(dict(request.form), errors, address_id), 422
    with writing():
        customers.change_address(_mine(address_id), place)
    return _kept()


@blueprint.post("/account/addresses/<int:address_id>/removal")
@requires("own.account")
def remove_address(address_id: int) -> Response:
    """Forget an address of hers."""
    with writing():
        customers.remove_address(_mine(address_id))
    flash(_("The address is gone."), "good")
    return redirect(url_for("account.addresses"), 303)


def _mine(address_id: int) -> SavedAddress:
    return customers.get_address(signed_in(), address_id)


def _read() -> tuple[Address | None, dict[str, str]]:
    """Return the form's address, or field -> sentence for what has to be put right."""
    given = {name: request.form.get(name, "") for name in (*customers.PLACE, AS_WRITTEN)}
    place, wrong = check({**given, "email": signed_in().email or ""}, served=tariffs.current().served)
    return place, address_sentences(wrong, given)


def _form(values: dict[str, str], errors: dict[str, str], address_id: int | None) -> str:
    served = tariffs.current().served
    complete(values)
    fields = form_of(values["country"] if values.get("country") in served else "IN")
    labels = {"name": _("Name"), "phone": _("Phone"), "country": _("Country")}
    labels |= {each.name: field_name(each.called) for each in fields}
    return render_template(
        "account/address.html",
        form=values,
        errors=errors,
        address_id=address_id,
        fields=fields,
        labels=labels,
        served=served,
    )


def _kept() -> Response:
    flash(_("The address is kept."), "good")
    return redirect(url_for("account.addresses"), 303)
