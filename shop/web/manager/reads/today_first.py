"""The first steps of an empty shop: a centre, people, a product, its price on the shelf."""

from collections.abc import Iterator
from datetime import date

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute

from shop.artisans.models import Artisan
from shop.catalog.models import Product, ProductStatus
from shop.db import db
from shop.users.models import Centre, Role, User
from shop.users.policy import may
from shop.web.manager.reads.rows import Row

BEGINNING = date(2000, 1, 1)


def rows(user: User) -> Iterator[Row]:
    """Yield what an empty shop still lacks, in the order in which it is done."""
    if not _any(Centre.id):
        yield _centre(user)
        return
    if not _any(User.id, User.role == Role.MANAGER):
        yield _manager(user)
    if not _any(Artisan.id) and may(user.role, "people.edit"):
        reason = _("She signs in with a card and a PIN that she chooses herself.")
        yield Row(_("No maker has a card yet"), reason, BEGINNING, _("Add a maker"), url_for("manager.new_artisan"))
    yield from _product(user)


def _centre(user: User) -> Row:
    fact, reason = _("There is no centre yet"), _("Products, people and work all belong to one.")
    if not may(user.role, "centres.edit"):
        return Row(fact, _("An administrator adds it."), BEGINNING)
    return Row(fact, reason, BEGINNING, _("Add the first centre"), url_for("manager.centres"))


def _manager(user: User) -> Row:
    fact, reason = _("Nobody manages a centre yet"), _("She sets her own password, by a link that is mailed to her.")
    if not may(user.role, "users.edit"):
        return Row(fact, _("An administrator invites her."), BEGINNING)
    return Row(fact, reason, BEGINNING, _("Invite someone"), url_for("manager.staff"))


def _product(user: User) -> Iterator[Row]:
    if not may(user.role, "catalogue.edit"):
        return
    if not _any(Product.id):
        reason = _("A title, a price, a picture, and how it is made.")
        url = url_for("manager.new_product")
        yield Row(_("There is nothing to sell yet"), reason, BEGINNING, _("Write the first product"), url)
    elif not _any(Product.id, Product.status == ProductStatus.PUBLISHED):
        reason = _("It needs a variant with a price, a picture, and how it is made.")
        url = url_for("manager.products")
        yield Row(_("No product is before the public"), reason, BEGINNING, _("Finish a product"), url)


def _any(column: InstrumentedAttribute[int], *conditions: ColumnElement[bool]) -> bool:
    query = select(column).where(*conditions)
    return bool(db.session.scalar(select(exists(query))))
