"""Rates: a version that one person wrote is approved or declined by another, or taken back by its writer."""

from flask import flash
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError
from shop.production import making
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.products import again, hers, there

Answer = Response | tuple[str, int]


@blueprint.post("/products/<slug>/making/<int:version>/approval")
@requires("rates.approve")
def approve_making(slug: str, version: int) -> Answer:
    """Put a version in force that someone else wrote."""
    try:
        with writing():
            making.approve(making.get_version(hers(slug), version), at=now(), by=signed_in().actor)
    except DomainError as error:
        return again(slug, "proposal", error)
    flash(_("Version %(version)s is in force from now on.", version=version))
    return there(slug, "making")


@blueprint.post("/products/<slug>/making/<int:version>/refusal")
@requires("rates.approve")
def decline_making(slug: str, version: int) -> Answer:
    """Say no to a version that someone else wrote, with the reason."""
    try:
        with writing():
            reason, proposed = forms.text("reason"), making.get_version(hers(slug), version)
            making.decline(proposed, reason, at=now(), by=signed_in().actor)
    except DomainError as error:
        return again(slug, "proposal", error)
    flash(_("Declined. The writer reads why on this page."))
    return there(slug, "making")


@blueprint.post("/products/<slug>/making/<int:version>/withdrawal")
@requires("catalogue.edit")
def withdraw_making(slug: str, version: int) -> Answer:
    """Take back a version that one wrote oneself."""
    try:
        with writing():
            making.withdraw(making.get_version(hers(slug), version), at=now(), by=signed_in().actor)
    except DomainError as error:
        return again(slug, "proposal", error)
    flash(_("Taken back. What was in force stays in force."))
    return there(slug, "making")
