"""How a product is made, in versions: a change is a new version, and work under way keeps its own.

A version says what every woman who works by it is paid, so one person never decides it alone: it is
a proposal until someone else approves it, and nothing is made, sold or paid by a proposal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from shop.catalog.models import Product
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.production.models import MAKING_MOVES, Making, MakingEvent, MakingStatus, MakingStep, StepName
from shop.statuses import move
from shop.users import audit


@dataclass(frozen=True)
class Step:
    """A step to be: its name, standard minutes and piece rate in paise."""

    name: StepName
    minutes: int
    rate_minor: int


def write(product: Product, steps: Sequence[Step], *, at: datetime, by: str) -> Making:
    """Propose a new version of how a product is made; one proposal a product. Someone else approves it."""
    if not steps or len({step.name for step in steps}) != len(steps):
        raise Invalid("making.steps")
    if any(not 0 < step.minutes <= 10_000 or not 0 < step.rate_minor <= 10_000_00 for step in steps):
        raise Invalid("making.step")
    if find_proposed(product.id) is not None:
        raise Conflict("making.one_open")
    newest = db.session.scalar(select(func.max(Making.version)).where(Making.product_id == product.id))
    making = Making(
        product_id=product.id, version=(newest or 0) + 1, made_at=at, made_by=by, status=MakingStatus.PROPOSED
    )
    making.steps = [
        MakingStep(position=position, name=step.name, minutes=step.minutes, rate_minor=step.rate_minor)
        for position, step in enumerate(steps, start=1)
    ]
    db.session.add(making)
    db.session.flush()
    _note(making, MakingStatus.PROPOSED, at=at, by=by)
    audit.record("rates.propose", f"making:{making.id}", by=by, at=at)
    return making


def approve(making: Making, *, at: datetime, by: str) -> None:
    """Put a proposed version in force; Refused for the one who wrote it."""
    if making.made_by == by:
        raise Refused("making.two_people")
    _move(making, MakingStatus.APPROVED, "rates.approve", at=at, by=by, approved_at=at, approved_by=by)


def decline(making: Making, reason: str, *, at: datetime, by: str) -> None:
    """Say no to a proposed version, with the reason that its writer will read; Refused for the writer herself."""
    if making.made_by == by:
        raise Refused("making.own")
    if not reason.strip():
        raise Invalid("making.reason")
    _move(making, MakingStatus.DECLINED, "rates.decline", at=at, by=by, note=reason.strip()[:200])


def withdraw(making: Making, *, at: datetime, by: str) -> None:
    """Take back a version that one has proposed oneself."""
    if making.made_by != by:
        raise Refused("making.not_yours")
    _move(making, MakingStatus.WITHDRAWN, "rates.withdraw", at=at, by=by)


def get_version(product: Product, version: int) -> Making:
    """Return a version of a product, whatever became of it; NotFound if there is none."""
    known = select(Making).where(Making.product_id == product.id, Making.version == version)
    making = db.session.scalars(known).one_or_none()
    if making is None:
        raise NotFound("making.unknown")
    return making


def find_proposed(product_id: int) -> Making | None:
    """Return the version that waits for a second person, or None."""
    return db.session.scalars(
        select(Making).where(Making.product_id == product_id, Making.status == MakingStatus.PROPOSED)
    ).one_or_none()


def all_proposed() -> list[Making]:
    """Return every version that waits for a second person with its product, the oldest first."""
    waiting = select(Making).where(Making.status == MakingStatus.PROPOSED).order_by(Making.made_at, Making.id)
    return list(db.session.scalars(waiting.options(joinedload(Making.product))))


def find_declined(product_id: int) -> tuple[Making, MakingEvent] | None:
    """Return a product's newest version with its refusal if it was declined, or None."""
    newest = select(func.max(Making.id)).where(Making.product_id == product_id).scalar_subquery()
    found = db.session.execute(
        select(Making, MakingEvent)
        .join(MakingEvent, MakingEvent.making_id == Making.id)
        .where(Making.id == newest, MakingEvent.status == MakingStatus.DECLINED)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def find_current(product_id: int) -> Making | None:
    """Return the version in force, or None if none was ever approved."""
    return db.session.scalars(
        select(Making)
        .where(Making.product_id == product_id, Making.status == MakingStatus.APPROVED)
        .order_by(Making.version.desc())
        .limit(1)
    ).one_or_none()


def current_ids(product_ids: Sequence[int]) -> dict[int, int]:
    """Return product -> id of the version in force."""
    newest = (
        select(Making.product_id, func.max(Making.version).label("version"))
        .where(Making.product_id.in_(product_ids), Making.status == MakingStatus.APPROVED)
        .group_by(Making.product_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Making.product_id, Making.id).join(
            newest, (newest.c.product_id == Making.product_id) & (newest.c.version == Making.version)
        )
    )
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True)
class Standard:
    """The version in force of a product, and what it pays all makers of one piece together, in paise."""

    making_id: int
    version: int
    wages_minor: int


def standards(product_ids: Sequence[int]) -> dict[int, Standard]:
    """Return product -> its version in force with what a piece pays, in one statement."""
    rows = db.session.execute(_standing(), {"products": list(product_ids)})
    return {row[0]: Standard(row[1], row[2], int(row[3])) for row in rows}


@cache
def _standing() -> Select[int, int, int, int]:
    of = Making.product_id.in_(bindparam("products", expanding=True))
    newest = (
        select(Making.product_id, func.max(Making.version).label("version"))
        .where(of, Making.status == MakingStatus.APPROVED)
        .group_by(Making.product_id)
        .subquery()
    )
    return (
        select(Making.product_id, Making.id, Making.version, func.sum(MakingStep.rate_minor))
        .join(newest, (newest.c.product_id == Making.product_id) & (newest.c.version == Making.version))
        .join(MakingStep, MakingStep.making_id == Making.id)
        .group_by(Making.product_id, Making.id, Making.version)
    )


def get_current(product_id: int) -> Making:
    """Return the version in force; Conflict if nobody has written one, or nobody has approved the first."""
    making = find_current(product_id)
    if making is None:
        raise Conflict("making.missing" if find_proposed(product_id) is None else "making.not_approved")
    return making


def _move(
    making: Making,
    to: MakingStatus,
    act: str,
    *,
    at: datetime,
    by: str,
    note: str | None = None,
    **values: object,
) -> None:
    if not move(making, MAKING_MOVES, to, **values):
        raise Conflict("making.moved_on")
    _note(making, to, at=at, by=by, note=note)
    audit.record(act, f"making:{making.id}", by=by, at=at)


def _note(making: Making, status: MakingStatus, *, at: datetime, by: str, note: str | None = None) -> None:
    db.session.add(MakingEvent(making_id=making.id, status=status, at=at, by=by, note=note))
    db.session.flush()
