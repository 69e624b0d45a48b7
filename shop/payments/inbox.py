"""The inbox: a webhook is checked, stored as it came, answered, and applied by the worker.

A row is unique by event id and by the body's hash; its effect is unique by the payment. Razorpay's
signature covers neither time nor event id, so a body replayed under a new id is caught by its hash.
What is signed and says nothing that we can read is kept as well: refused, the gateway would send it
again for days and then stop sending anything. A try that fails waits longer each time; after MOST_TRIES
the event is parked, and a person looks at it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Update, bindparam, func, or_, select, update

from shop.crashpoint import crashpoint
from shop.db import adding_once, changed, db, run
from shop.errors import Conflict, Invalid, NotFound
from shop.orders.seller import Seller
from shop.payments import collect, disputes, refund_answers
from shop.payments.gateways import Gateway, Notice
from shop.payments.models import EventStatus, GatewayEvent

MOST_TRIES = 8
FIRST_WAIT = timedelta(seconds=5)  # doubled with each try: the last comes after some twenty minutes
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Unused:
    """A kind of event of which nothing follows here, and how many of it came."""

    gateway: str
    kind: str
    count: int
    last_at: datetime


def store(gateway: Gateway, notice: Notice, body: bytes, *, at: datetime, secret: int = 1) -> bool:
    """Store a genuine event, with the number of the secret that signed it; False if it is already here."""
    is_for_us = notice.about is not None or notice.kind == UNREADABLE  # of the rest the worker would make nothing
    crashpoint("inbox.checked")
    stored = run(
        adding_once(GatewayEvent),
        {
            "gateway": gateway.name,
            "event_id": notice.event_id[:80],
            "body_sha256": hashlib.sha256(body).hexdigest(),
            "kind": notice.kind[:60],
            "about": notice.about[:80] if notice.about else None,
            "secret": secret,
            "body": body,
            "status": EventStatus.RECEIVED if is_for_us else EventStatus.IGNORED,
            "tries": 0,
            "received_at": at,
            "applied_at": None if is_for_us else at,
        },
    ).one_or_none()
    crashpoint("inbox.stored")
    return stored is not None


def unreadable(event_id: str, body: bytes) -> Notice:
    """Return what is stored of an event that is signed and says nothing we can read."""
    return Notice(event_id or f"body-{hashlib.sha256(body).hexdigest()[:48]}", UNREADABLE)


def waiting(*, at: datetime) -> list[tuple[int, str, bytes, str]]:
    """Return (id, gateway, body, event id) of events that are due to be applied, oldest first."""
    rows = db.session.execute(
        select(GatewayEvent.id, GatewayEvent.gateway, GatewayEvent.body, GatewayEvent.event_id)
        .where(GatewayEvent.status == EventStatus.RECEIVED)
        .where(or_(GatewayEvent.due_at.is_(None), GatewayEvent.due_at <= at))
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
            known = refund_answers.apply_refund(gateway, notice.refund, seller, at=at, by=by)
            status = EventStatus.APPLIED if known else EventStatus.HELD
            note = None if known else "a refund we did not ask for"
        elif notice.dispute is not None:
            disputes.apply_dispute(gateway, notice.dispute, at=at, by=by)
            status = EventStatus.APPLIED
    except collect.NotOurs as error:
        status, note = EventStatus.HELD, str(error)[:200]
    if status is not EventStatus.APPLIED:
        changed(update(GatewayEvent).where(GatewayEvent.id == event_id).values(status=status, note=note))
    return status


def note_failure(event_id: int, error: str, *, at: datetime) -> None:
    """Count a try that raised and let the next one wait; after MOST_TRIES the event is parked."""
    event = db.session.get_one(GatewayEvent, event_id)
    event.tries += 1
    event.due_at = at + FIRST_WAIT * 2**event.tries
    event.note = error[:200]
    if event.tries >= MOST_TRIES:
        event.status = EventStatus.PARKED


def held() -> list[GatewayEvent]:
    """Return events that a person has to look at, oldest first."""
    query = select(GatewayEvent).where(GatewayEvent.status.in_((EventStatus.HELD, EventStatus.PARKED)))
    return list(db.session.scalars(query.order_by(GatewayEvent.id).limit(50)))


def unused(*, since: datetime) -> list[Unused]:
    """Return the kinds of event of which nothing follows, as they came since a moment, the most frequent first."""
    count = func.count()
    rows = db.session.execute(
        select(GatewayEvent.gateway, GatewayEvent.kind, count, func.max(GatewayEvent.id))
        .where(GatewayEvent.status == EventStatus.IGNORED, GatewayEvent.about.is_(None))
        .where(GatewayEvent.kind != UNREADABLE, GatewayEvent.received_at >= since)
        .group_by(GatewayEvent.gateway, GatewayEvent.kind)
        .order_by(count.desc(), GatewayEvent.kind)
    ).all()
    newest = select(GatewayEvent.id, GatewayEvent.received_at).where(GatewayEvent.id.in_([row[3] for row in rows]))
    came: dict[int, datetime] = dict(db.session.execute(newest).all())
    return [Unused(row[0], row[1], row[2], came[row[3]]) for row in rows]


def old_secret_at(gateway: str, *, since: datetime) -> datetime | None:
    """Return when an event last came that was signed with a secret that is on its way out, since a moment."""
    query = select(func.max(GatewayEvent.id)).where(
        GatewayEvent.gateway == gateway, GatewayEvent.secret > 1, GatewayEvent.received_at >= since
    )
    return db.session.scalar(select(GatewayEvent.received_at).where(GatewayEvent.id == query.scalar_subquery()))


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
    event.status, event.tries, event.due_at = EventStatus.RECEIVED, 0, None
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

    What waits to be applied, or for a person, keeps its body until that is settled. Returns how many were emptied.
    """
    over = GatewayEvent.status.not_in((EventStatus.RECEIVED, EventStatus.HELD, EventStatus.PARKED))
    old = (
        select(GatewayEvent.id)
        .where(GatewayEvent.received_at < before, over, GatewayEvent.body != b"")
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
