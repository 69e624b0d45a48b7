"""Giving a part of an order back: before its parcel has left it goes off the order, then it is a part of the sale.

Taking off and giving back are one unit of work, under the order's lock: whoever ships at the same moment ships,
invoices and sells what is left, or comes first, and then nothing goes off any more. The refund of what went off may
fail and go again, also after the parcel: the order and its invoice stay as they are.
"""

from collections.abc import Mapping
from datetime import datetime

from shop import mail
from shop.errors import Conflict
from shop.orders import reductions
from shop.orders.locks import lock
from shop.orders.models import Order
from shop.orders.reductions import Asked
from shop.payments import given_back, refunds
from shop.payments.models import Refund
from shop.users import audit


def take_off(order: Order, wanted: Mapping[str, Asked], reason: str, *, at: datetime, by: str) -> list[Refund]:
    """Take pieces off an order that has not left, or give a part of its price back alone, and ask for the refund.

    Raises what `reductions.named` raises, and Conflict if the order's captures have less than that.
    """
    lock(order)
    parts = reductions.named(order, wanted)
    made = refunds.spread_all(order, parts, reason, reduces=True, at=at, by=by)
    reductions.take_off(order, parts, at=at, by=by)
    tell(order, sum(part.minor for part in parts), at=at)
    audit.record("orders.refund", f"order:{order.id}", by=by, at=at)
    return made


def tell(order: Order, minor: int, *, at: datetime) -> None:
    """Ask for the mail that tells the customer how her order stands now, and how much of it goes back."""
    about = {"order_id": order.id, "minor": minor}
    mail.enqueue("order_changed", f"order:{order.id}:changed:{order.reductions[-1].id}", order.email, about, at=at)


def give_as_shown(
    order: Order,
    wanted: Mapping[str, Asked],
    reason: str,
    *,
    shown_minor: int | None,
    stood: str = "",
    at: datetime,
    by: str,
) -> list[Refund]:
    """Give back the parts that were named, or everything that is left where none were.

    Conflict if that is no longer the sum that a page had shown, or the order does not stand any more where it `stood`:
    what was to go off it has left, say.
    """
    lock(order)
    if stood and order.status.value != stood:
        raise Conflict("refund.changed")
    if not wanted:
        made = refunds.refund_order(order, reason, at=at, by=by)
    elif order.status in given_back.SOLD:
        made = refunds.refund_parts(order, given_back.priced(order, wanted), reason, at=at, by=by)
    else:
        made = take_off(order, wanted, reason, at=at, by=by)
    if shown_minor is not None and sum(refund.amount_minor for refund in made) != shown_minor:
        raise Conflict("refund.changed")
    return made
