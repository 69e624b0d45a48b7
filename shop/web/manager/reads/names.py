"""Small lookups that several pages share: who did it, which order stands behind it, what it looks like."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from shop.catalog.models import Picture
from shop.db import db
from shop.orders.models import Order, OrderLine
from shop.orders.return_models import Exchange
from shop.users.models import User


@dataclass(frozen=True)
class OrderBehind:
    """The customer's order that a piece of work is for."""

    number: str
    promised_on: date


def actors(names: Iterable[str]) -> dict[str, str]:
    """Return actor -> who that is in words; staff by name, artisans by work name, the rest by what they are."""
    asked = set(names)
    ids = {int(name.partition(":")[2]) for name in asked if name.startswith("user:") and name[5:].isdigit()}
    known: dict[int, str] = dict(db.session.execute(select(User.id, User.name).where(User.id.in_(ids))).all())
    return {name: _actor(name, known) for name in asked}


def _actor(name: str, known: dict[int, str]) -> str:
    kind, _colon, rest = name.partition(":")
    if kind == "user" and rest.isdigit():
        return known.get(int(rest), name)
    if kind == "gateway":
        return rest.capitalize()
    others: dict[str, str] = {
        "customer": _("the customer"),
        "worker": _("the shop itself"),
        "system": _("the shop itself"),
    }
    return others.get(kind, name)


def orders_behind(references: Iterable[str]) -> dict[str, OrderBehind]:
    """Return reference -> the customer's order, for those references that are an order line's or its exchange's."""
    asked = [reference.split(":") for reference in references if reference.startswith("order-line:")]
    anew = _exchanged({int(parts[3]) for parts in asked if len(parts) > 2})
    ids = {int(parts[1]) for parts in asked}
    rows = db.session.execute(
        select(OrderLine.id, Order.number, Order.promised_on)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.id.in_(ids))
    )
    behind = {row[0]: OrderBehind(row[1], row[2]) for row in rows}
    found = {}
    for parts in asked:
        order = behind.get(int(parts[1]))
        if order is not None:
            found[":".join(parts)] = replace(order, promised_on=anew[int(parts[3])]) if len(parts) > 2 else order
    return found


def _exchanged(ids: set[int]) -> dict[int, date]:
    """Return exchange -> by when it was promised to leave."""
    if not ids:
        return {}
    return dict(db.session.execute(select(Exchange.id, Exchange.promised_on).where(Exchange.id.in_(ids))).all())


def first_pictures(product_ids: Iterable[int]) -> dict[int, Picture]:
    """Return product -> its first picture, with its files."""
    query = (
        select(Picture)
        .where(Picture.product_id.in_(set(product_ids)))
        .order_by(Picture.product_id, Picture.position.desc(), Picture.id.desc())
        .options(selectinload(Picture.renditions))
    )
    return {picture.product_id: picture for picture in db.session.scalars(query)}
