"""What the workshop publishes down: in how many days a variant that is not on the shelf can leave."""

from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import Executable

from shop.catalog import listing
from shop.catalog.models import PACKING_DAYS, Availability, Variant
from shop.clock import india_date
from shop.db import db, run, upsert


def publish(ready_in_days: dict[int, int], *, as_of: datetime) -> None:
    """Publish variant -> days; replaces what was published before."""
    if not ready_in_days:
        return
    rows = [
        {"variant_id": variant_id, "ready_in_days": days, "as_of": as_of}
        for variant_id, days in sorted(ready_in_days.items())
    ]
    run(_publishing(db.engine.dialect.name), rows)
    listing.made_in()


@cache
def _publishing(dialect: str) -> Executable:
    one = upsert(Availability)
    published = {"ready_in_days": one.excluded.ready_in_days, "as_of": one.excluded.as_of}
    return one.on_conflict_do_update(index_elements=["variant_id"], set_=published)


def leaves_in_days(variant: Variant, quantity: int = 1) -> int | None:
    """Return in how many days so many pieces can leave; None if they cannot be had."""
    if variant.stock.on_hand - variant.stock.reserved >= quantity:
        return PACKING_DAYS
    if not variant.made_to_order:
        return None
    published = variant.availability
    return PACKING_DAYS + (published.ready_in_days if published else variant.product.finish_days)


def leaves_on(days: int, *, at: datetime) -> date:
    """Return the day a promise of so many days falls on, in India."""
    return india_date(at) + timedelta(days=days)
