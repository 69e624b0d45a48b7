"""What a gateway tells and we did not ask for: nothing is applied, and a person looks at it.

She may settle it from the message that told of it, or from the difference that the comparison found where no message
came; messages of the same payment or refund are settled with it.
"""

from datetime import datetime

from sqlalchemy import select, update

from shop.db import changed, db
from shop.payments.gateways import Gateway, Notice
from shop.payments.models import EventStatus, GatewayEvent


class NotOurs(Exception):
    """Something that fits nothing of ours; the text says what does not fit, in numbers and references alone."""


def told(gateway: Gateway, event: GatewayEvent) -> Notice:
    """Return what a held message says; of nothing, where it cannot be read any more."""
    try:
        return gateway.parse(event.body, event.event_id)
    except (ValueError, KeyError, TypeError):
        return Notice(event.event_id, event.kind)


def settle(gateway: Gateway, ref: str, *, at: datetime) -> None:
    """Mark every held message of a payment or a refund as applied, however many told of it."""
    held = select(GatewayEvent).where(GatewayEvent.gateway == gateway.name, GatewayEvent.status == EventStatus.HELD)
    same = [event.id for event in db.session.scalars(held) if ref in _numbers(told(gateway, event))]
    changed(update(GatewayEvent).where(GatewayEvent.id.in_(same)).values(status=EventStatus.APPLIED, applied_at=at))


def _numbers(notice: Notice) -> list[str]:
    return [told.ref for told in (notice.payment, notice.refund) if told is not None]
