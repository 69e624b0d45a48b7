"""What is promised to her from sales and not hers yet: each piece with the day on which it becomes hers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import current_app
from sqlalchemy import select

from shop.artisans.models import Artisan
from shop.artisans.share_models import Share, SharePart, ShareStatus
from shop.catalog.models import Unit, Variant
from shop.clock import india_date
from shop.db import db
from shop.orders import returns
from shop.orders.models import Order, OrderLine, Shipment
from shop.orders.window import Window


@dataclass(frozen=True)
class Coming:
    """Her part of one sale that may still be undone: hers after `on`, or on a day not known before it is sent."""

    title: str
    minor: int
    on: date | None


def coming_to(artisan: Artisan, language: str) -> list[Coming]:
    """Return what is promised to her, the soonest first; what has no day yet comes last."""
    window = Window.of(current_app.config)
    query = (
        select(SharePart.amount_minor, Share.unit, Share.line)
        .join(Share, Share.id == SharePart.share_id)
        .where(SharePart.artisan_id == artisan.id, Share.status == ShareStatus.PENDING)
        .order_by(Share.id)
    )
    rows = db.session.execute(query).all()
    titles, ends = titles_of([row.unit for row in rows], language), _ends_of([row.line for row in rows], window)
    found = [Coming(titles[row.unit], row.amount_minor, ends.get(_number(row.line))) for row in rows]
    return sorted(found, key=lambda each: (each.on is None, each.on or date.max))


def _number(reference: str) -> int:
    """Return the id in a reference such as `unit:41`, with whatever follows it."""
    return int(reference.split(":")[1])


def _ends_of(lines: Sequence[str], window: Window) -> dict[int, date]:
    """Return order line -> when nothing of its order can be sent back any more, by the last parcel of those that left.

    Left out while something of it is still to be sent in the place of what came back.
    """
    query = (
        select(OrderLine.id, Shipment)
        .join(Shipment, Shipment.order_id == OrderLine.order_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.id.in_([_number(line) for line in lines]), ~returns.is_sent_anew())
    )
    ends: dict[int, date] = {}
    for line_id, parcel in db.session.execute(query):
        ends[line_id] = max(ends.get(line_id, date.min), india_date(window.ends(parcel)))
    return ends


def titles_of(references: Sequence[str], language: str) -> dict[str, str]:
    """Return what was sold for references that begin with a piece, such as entries of shares: reference -> title."""
    units = {ref: _number(ref) for ref in references if ref.startswith("unit:")}
    if not units:
        return {}
    query = select(Unit.id, Variant).join(Variant, Variant.id == Unit.variant_id).where(Unit.id.in_(units.values()))
    titles = {row[0]: row[1].product.title_in(language) for row in db.session.execute(query).unique()}
    return {ref: titles[number] for ref, number in units.items() if number in titles}
