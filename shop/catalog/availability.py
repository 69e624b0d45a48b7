"""What the workshop publishes down: in how many days a variant that is not on the shelf can leave."""

from datetime import date, datetime, timedelta

from shop.catalog import listing
from shop.catalog.models import PACKING_DAYS, Availability, Variant
from shop.clock import india_date
from shop.db import db, upsert


def publish(ready_in_days: dict[int, int], *, as_of: datetime) -> None:
    """Publish variant -> days; replaces what was published before."""
    if not ready_in_days:
        return
    rows = [
        {"variant_id": variant_id, "ready_in_days": days, "as_of": as_of}
        for variant_id, days in sorted(ready_in_days.items())
    ]
    statement = upsert(Availability).values(rows)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["variant_id"],
            set_={"ready_in_days": statement.excluded.ready_in_days, "as_of": statement.excluded.as_of},
        )
    )
    listing.made_in()


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
