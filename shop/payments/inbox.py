"""The inbox: a webhook is checked, stored as it came, answered, and applied by the worker.

A row is unique by event id and by the body's hash; its effect is unique by the payment. Razorpay's
signature covers neither time nor event id, so a body replayed under a new id is caught by its hash.
"""

import hashlib
from datetime import datetime
from functools import cache

from sqlalchemy import Update, bindparam, select, update

from shop.crashpoint import crashpoint
from shop.db import adding_once, changed, db, run
from shop.errors import Conflict, Invalid, NotFound
from shop.orders.seller import Seller
from shop.payments import collect, refunds
from shop.payments.gateways import Gateway, Notice
from shop.payments.models import EventStatus, GatewayEvent

MOST_TRIES = 8


def store(gateway: Gateway, notice: Notice, body: bytes, *, at: datetime) -> bool:
    """Store a genuine event; False if it is already here."""
    is_for_us = notice.payment is not None or notice.refund is not None  # of the rest the worker would make nothing
    crashpoint("inbox.checked")
    stored = run(
        adding_once(GatewayEvent),
        {
            "gateway": gateway.name,
            "event_id": notice.event_id[:80],
            "body_sha256": hashlib.sha256(body).hexdigest(),
            "kind": notice.kind[:60],
            "body": body,
            "status": EventStatus.RECEIVED if is_for_us else EventStatus.IGNORED,
            "tries": 0,
            "received_at": at,
            "applied_at": None if is_for_us else at,
        },
    ).one_or_none()
    crashpoint("inbox.stored")
    return stored is not None


def waiting() -> list[tuple[int, str, bytes, str]]:
    """Return (id, gateway, body, event id) of events not yet applied, oldest first."""
    rows = db.session.execute(
        select(GatewayEvent.id, GatewayEvent.gateway, GatewayEvent.body, GatewayEvent.event_id)
        .where(GatewayEvent.status == EventStatus.RECEIVED)
        .order_by(GatewayEvent.id)
        .limit(50)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def apply(event_id: int, gateway: Gateway, notice: Notice, seller: Seller, *, at: datetime) -> EventStatus:
    """Apply one stored event inside the caller's writing unit and mark what came of it."""
    if not _claim(event_id, at=at):
        return EventStatus.APPLIED
    crashpoint("apply.claimed")
    by = f"gateway:{gateway.name}"
    status, note = EventStatus.IGNORED, None
    try:
        if notice.payment is not None:
            collect.apply_payment(gateway, notice.payment, at=at, by=by)
            status = EventStatus.APPLIED
        elif notice.refund is not None:
            known = refunds.apply_refund(gateway, notice.refund, seller, at=at, by=by)
            status = EventStatus.APPLIED if known else EventStatus.HELD
            note = None if known else "a refund we did not ask for"
    except collect.NotOurs as error:
        status, note = EventStatus.HELD, str(error)[:200]
    if status is not EventStatus.APPLIED:
        changed(update(GatewayEvent).where(GatewayEvent.id == event_id).values(status=status, note=note))
    return status


def note_failure(event_id: int, error: str) -> None:
    """Count a try that raised; after MOST_TRIES the event is parked so that others go on."""
    event = db.session.get_one(GatewayEvent, event_id)
    event.tries += 1
    event.note = error[:200]
    if event.tries >= MOST_TRIES:
        event.status = EventStatus.PARKED


def held() -> list[GatewayEvent]:
    """Return events that a person has to look at, oldest first."""
    query = select(GatewayEvent).where(GatewayEvent.status.in_((EventStatus.HELD, EventStatus.PARKED)))
    return list(db.session.scalars(query.order_by(GatewayEvent.id).limit(50)))


def get_held(event_id: int) -> GatewayEvent:
    """Return one event that waits for a person; NotFound if nobody has to look at it any more."""
    event = db.session.get(GatewayEvent, event_id)
    if event is None or event.status not in (EventStatus.HELD, EventStatus.PARKED):
        raise NotFound("event.unknown")
    return event


def try_again(event: GatewayEvent) -> None:
    """Let the worker try a held or parked event once more from the start."""
    if not event.body:
        raise Conflict("event.too_old")
    event.status, event.tries = EventStatus.RECEIVED, 0
    db.session.flush()


def set_aside(event: GatewayEvent, note: str, *, at: datetime, by: str) -> None:
    """Take an event off the list with what a person found; nothing is applied."""
    if not note.strip():
        raise Invalid("event.note")
    event.status, event.applied_at = EventStatus.IGNORED, at
    event.note = f"{by}: {note.strip()}"[:200]
    db.session.flush()


def forget_bodies(*, before: datetime, limit: int) -> int:
    """Forget what long past events said of customers; id and hash stay, so that a replay is still known.

    What waits to be applied keeps its body. Returns how many were emptied.
    """
    old = (
        select(GatewayEvent.id)
        .where(GatewayEvent.received_at < before, GatewayEvent.status != EventStatus.RECEIVED, GatewayEvent.body != b"")
        .order_by(GatewayEvent.id)
        .limit(limit)
    )
    return changed(update(GatewayEvent).where(GatewayEvent.id.in_(old)).values(body=b""))


def _claim(event_id: int, *, at: datetime) -> bool:
    """Mark an event applied before it is: who comes second waits here, and a failure takes the mark back."""
    claimed = run(_claiming(), {"claimed_id": event_id, "at": at})
    return bool(claimed.rowcount == 1)


@cache
def _claiming() -> Update:
    waits = (GatewayEvent.id == bindparam("claimed_id"), GatewayEvent.status == EventStatus.RECEIVED)
    new = update(GatewayEvent).where(*waits)
    return new.values(status=EventStatus.APPLIED, note=None, applied_at=bindparam("at"))
