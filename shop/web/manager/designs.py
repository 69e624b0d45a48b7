"""Who designed a product: a version is written from the signed agreement by one person and approved by another."""

from flask import flash
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.artisans import designs as domain
from shop.artisans import people
from shop.artisans.designs import MOST_WOMEN
from shop.artisans.models import Artisan
from shop.catalog.models import Product
from shop.db import writing
from shop.errors import DomainError, Invalid
from shop.money import Money
from shop.orders.designed import named
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.products import again, hers, there

Answer = Response | tuple[str, int]


@blueprint.post("/products/<slug>/design")
@requires("catalogue.edit")
def propose_design(slug: str) -> Answer:
    """Propose who designed a product and what a piece sold pays for it."""
    try:
        parts, royalty = _parts(), Money(forms.amount("royalty"), "INR")
        with writing():
            product = hers(slug)
            for artisan_id in parts:
                _refuse_elsewhere(people.get_of(signed_in(), artisan_id, action="catalogue.edit"), product)
            domain.propose(
                named(product.id), parts, royalty, agreed_on=forms.day("agreed_on"), at=now(), by=signed_in()
            )
    except DomainError as error:
        return again(slug, "design", error)
    flash(_("Proposed. Someone else approves it."))
    return there(slug, "design")


@blueprint.post("/products/<slug>/design/<int:version>/approval")
@requires("rates.approve")
def approve_design(slug: str, version: int) -> Answer:
    """Put a version in force that someone else wrote."""
    try:
        with writing():
            domain.approve(domain.get(named(hers(slug).id), version), at=now(), by=signed_in())
    except DomainError as error:
        return again(slug, "design", error)
    flash(_("In force. What is ordered from the day of the agreement on counts."))
    return there(slug, "design")


@blueprint.post("/products/<slug>/design/<int:version>/withdrawal")
@requires("rates.approve")
def withdraw_design(slug: str, version: int) -> Answer:
    """Take a version back that was not approved; its writer or the one who was to approve it."""
    try:
        with writing():
            domain.withdraw(domain.get(named(hers(slug).id), version), at=now(), by=signed_in())
    except DomainError as error:
        return again(slug, "design", error)
    flash(_("Taken back. What was in force stays in force."))
    return there(slug, "design")


def _parts() -> dict[int, int]:
    """Return artisan id -> basis points of the rows that name someone; Invalid where one is named twice."""
    parts: dict[int, int] = {}
    for number in range(1, MOST_WOMEN + 1):
        if not forms.text(f"designer_{number}"):
            continue
        artisan_id = forms.whole(f"designer_{number}")
        if artisan_id in parts:
            raise Invalid("design.parts")
        parts[artisan_id] = forms.amount(f"part_{number}")  # 33.34 per cent are 3334 basis points
    return parts


def _refuse_elsewhere(artisan: Artisan, product: Product) -> None:
    """Refuse a woman of another centre: the page of the product would name her to people who do not work with her."""
    if artisan.centre_id != product.centre_id:
        raise Invalid("design.centre")
