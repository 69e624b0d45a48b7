"""What is promised to her from sales and not hers yet: each piece with the day on which it becomes hers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import current_app
from sqlalchemy import func, select

from shop.artisans.models import Artisan
from shop.artisans.share_models import Share, SharePart, ShareStatus
from shop.catalog.models import Unit, Variant
from shop.clock import india_date
from shop.db import db
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
        select(SharePart.amount_minor, Variant, Shipment)
        .join(Share, Share.id == SharePart.share_id)
        .join(Unit, Share.unit == func.concat("unit:", Unit.id))
        .join(Variant, Variant.id == Unit.variant_id)
        .join(OrderLine, Share.line == func.concat("order-line:", OrderLine.id))
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(Shipment, Shipment.order_id == Order.id)
        .where(SharePart.artisan_id == artisan.id, Share.status == ShareStatus.PENDING)
        .order_by(Share.id)
    )
    found = [
        Coming(variant.product.title_in(language), minor, india_date(window.ends(parcel)) if parcel else None)
        for minor, variant, parcel in db.session.execute(query).unique()
    ]
    return sorted(found, key=lambda each: (each.on is None, each.on or date.max))


def titles_of(references: Sequence[str], language: str) -> dict[str, str]:
    """Return, for the entries of released shares, what was sold: reference -> title."""
    units = {ref: int(ref.split(":")[1]) for ref in references if ref.startswith("unit:")}
    if not units:
        return {}
    query = select(Unit.id, Variant).join(Variant, Variant.id == Unit.variant_id).where(Unit.id.in_(units.values()))
    titles = {row[0]: row[1].product.title_in(language) for row in db.session.execute(query).unique()}
    return {ref: titles[number] for ref, number in units.items() if number in titles}
