"""The outbox is the queue: a row written in the business transaction, done later by the worker.

A row is claimed with a lease by one conditional UPDATE, carries a fencing token while it is being
worked on, and may be tried again after its lease has ended. Its `reference` is unique, so the same
business event can never ask twice.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Index,
    String,
    Text,
    Update,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Model, UTCDateTime, adding_once, changed, db, run

LEASE = timedelta(seconds=60)
MOST_TRIES = 12
PERIODIC = "job."  # how the kinds of rows begin that are asked for anew in each period


class OutboxRow(Model):
    """One thing to do after the commit: a mail, a gateway command, a picture's renditions."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "done_at", "due_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(120), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    token: Mapped[str | None] = mapped_column(String(32))
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    gave_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True)
class Claim:
    """A leased row: only the holder of its token may mark it done."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    tries: int
    token: str


def enqueue(kind: str, reference: str, payload: Mapping[str, Any], *, at: datetime, anew: bool = False) -> None:
    """Ask for something to be done after this transaction; the same reference asks once.

    `anew`: what was given up meanwhile is tried again from the start, as if it had just been asked.
    """
    values = {"kind": kind, "reference": reference, "payload": dict(payload), "due_at": at, "tries": 0}
    run(adding_once(OutboxRow, "reference"), values)
    if anew:
        given_up = update(OutboxRow).where(OutboxRow.reference == reference, OutboxRow.gave_up_at.is_not(None))
        changed(given_up.values(payload=dict(payload), due_at=at, tries=0, gave_up_at=None, lease_until=None))


def claim(
    limit: int,
    *,
    at: datetime,
    lease: timedelta = LEASE,
    only: Collection[str] | None = None,
    but: Collection[str] = (),
) -> list[Claim]:
    """Lease up to `limit` due rows, oldest first. The caller's writing unit commits the lease.

    `only` and `but` name kinds, so that a worker can take what is quick before what takes its time.
    """
    token = secrets.token_hex(16)
    due = (
        select(OutboxRow.id)
        .where(*_due(at))
        .where(OutboxRow.kind.in_(only) if only is not None else OutboxRow.kind.not_in(but))
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(OutboxRow)
        .where(OutboxRow.id.in_(due.scalar_subquery()))
        .values(lease_until=at + lease, token=token, tries=OutboxRow.tries + 1)
        .returning(OutboxRow.id, OutboxRow.kind, OutboxRow.payload, OutboxRow.tries)
        .execution_options(synchronize_session=False)
    )
    rows = db.session.execute(taken).all()
    return [Claim(row.id, row.kind, row.payload, row.tries, token) for row in sorted(rows, key=lambda row: row.id)]


def _due(at: datetime) -> tuple[ColumnElement[bool], ...]:
    free = or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= at)
    return OutboxRow.done_at.is_(None), OutboxRow.gave_up_at.is_(None), OutboxRow.due_at <= at, free


def hold(claimed: Claim, *, at: datetime, lease: timedelta = LEASE) -> bool:
    """Lease a claimed row for longer, because others were done before it; False if another worker has it by now."""
    return _mark(claimed, lease_until=at + lease)


def finish(claimed: Claim, *, at: datetime) -> bool:
    """Mark a claimed row done; False if the lease was lost to another worker meanwhile."""
    return _mark(claimed, done_at=at, lease_until=None, last_error=None)


def put_back(claimed: Claim, error: str, *, at: datetime) -> bool:
    """Return a row that failed: later each time, and set aside after MOST_TRIES."""
    if claimed.tries >= MOST_TRIES:
        return _mark(claimed, gave_up_at=at, lease_until=None, last_error=error[:500])
    wait = timedelta(seconds=min(2**claimed.tries, 3600))
    return _mark(claimed, due_at=at + wait, lease_until=None, last_error=error[:500])


def empty(*, done_before: datetime, given_up_before: datetime, limit: int) -> int:
    """Forget what rows were about that are long over: a mail's row holds an address; return how many."""
    over = or_(OutboxRow.done_at < done_before, OutboxRow.gave_up_at < given_up_before)
    full = cast(OutboxRow.payload, String) != "{}"
    old = select(OutboxRow.id).where(over, full).order_by(OutboxRow.id).limit(limit)
    return changed(update(OutboxRow).where(OutboxRow.id.in_(old)).values(payload={}, last_error=None))


def sweep_periodic(*, before: datetime, limit: int) -> int:
    """Delete what was asked for in periods that are long over; return how many."""
    over = or_(OutboxRow.done_at < before, OutboxRow.gave_up_at < before)
    old = select(OutboxRow.id).where(OutboxRow.kind.startswith(PERIODIC), over).order_by(OutboxRow.id).limit(limit)
    return changed(delete(OutboxRow).where(OutboxRow.id.in_(old)))


def _mark(claimed: Claim, **values: object) -> bool:
    done = run(_marking(*values), {"claimed_id": claimed.id, "held_by": claimed.token, **values})
    return bool(done.rowcount == 1)


@cache
def _marking(*columns: str) -> Update:
    table = OutboxRow.metadata.tables[OutboxRow.__tablename__]
    ours = (table.c.id == bindparam("claimed_id"), table.c.token == bindparam("held_by"), table.c.done_at.is_(None))
    return update(table).where(*ours).values({name: bindparam(name) for name in columns})


def undone(kind: str) -> int:
    """Return how many rows of a kind are still to be done; those that were given up are not."""
    waits = (OutboxRow.kind == kind, OutboxRow.done_at.is_(None), OutboxRow.gave_up_at.is_(None))
    return db.session.scalar(select(func.count()).where(*waits)) or 0


def is_waiting(kinds: Collection[str], *, at: datetime) -> bool:
    """Say whether a row of some kinds is due; who leases none has not to write."""
    query = select(OutboxRow.id).where(*_due(at), OutboxRow.kind.in_(kinds))
    return db.session.scalar(query.limit(1)) is not None


def oldest_due(*, at: datetime) -> datetime | None:
    """Return when the oldest row still waiting was due; None if nothing waits. For health checks."""
    return db.session.scalar(
        select(OutboxRow.due_at)
        .where(OutboxRow.done_at.is_(None), OutboxRow.gave_up_at.is_(None), OutboxRow.due_at <= at)
        .order_by(OutboxRow.due_at)
        .limit(1)
    )
