"""Designs: a version is written by one person from the signed agreement and approved by another."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from shop.artisans.design_models import (
    DESIGN_MOVES,
    WHOLE_BP,
    Design,
    DesignEvent,
    DesignPart,
    DesignStatus,
)
from shop.clock import india_date
from shop.db import adding, db, run
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.money import Money
from shop.statuses import move
from shop.users import audit
from shop.users.models import User

MOST_MINOR = 10_000_00  # a royalty of more than this a piece is a slip of the finger
MOST_WOMEN = 4  # rows of the office's form


def propose(
    product: str,
    parts: Mapping[int, int],
    royalty: Money,
    *,
    agreed_on: date,
    at: datetime,
    by: User,
) -> Design:
    """Propose a version: artisan id -> basis points, and what a piece sold pays all of them together.

    Invalid for parts that are not 10,000 together, a royalty below 0 or beyond all reason, or an agreement that is not
    younger than the version in force; Conflict while another version waits.
    """
    if not parts or sum(parts.values()) != WHOLE_BP or min(parts.values()) < 1:
        raise Invalid("design.parts")
    if not 0 <= royalty.minor <= MOST_MINOR:
        raise Invalid("design.royalty")
    hold(product)
    versions = of(product)
    if any(each.status is DesignStatus.PROPOSED for each in versions):
        raise Conflict("design.one_open")
    before = in_force(versions, on=date.max)
    if agreed_on > india_date(at) or (before is not None and agreed_on <= before.agreed_on):
        raise Invalid("design.agreed_on")
    made = Design(
        product=product,
        version=newest_version(product) + 1,
        royalty_minor=royalty.minor,
        agreed_on=agreed_on,
        status=DesignStatus.PROPOSED,
        proposed_by=by.actor,
        proposed_at=at,
        parts=[DesignPart(artisan_id=artisan_id, basis_points=part) for artisan_id, part in sorted(parts.items())],
    )
    db.session.add(made)
    db.session.flush()
    _note(made, DesignStatus.PROPOSED, at=at, by=by)
    audit.record("rates.propose-design", f"design:{made.id}", by=by.actor, at=at)
    return made


def approve(design: Design, *, at: datetime, by: User) -> None:
    """Put a version in force; Refused for the one who proposed it."""
    if design.proposed_by == by.actor:
        raise Refused("design.two_people")
    _move(design, DesignStatus.APPROVED, at=at, by=by, approved_by=by.actor)
    audit.record("rates.approve-design", f"design:{design.id}", by=by.actor, at=at)


def withdraw(design: Design, *, at: datetime, by: User) -> None:
    """Take a version back before it was approved."""
    _move(design, DesignStatus.WITHDRAWN, at=at, by=by)
    audit.record("rates.withdraw-design", f"design:{design.id}", by=by.actor, at=at)


def of(product: str) -> list[Design]:
    """Return a product's versions that are proposed or approved, the newest first."""
    here = select(Design).where(Design.product == product, Design.status != DesignStatus.WITHDRAWN)
    return list(db.session.scalars(here.order_by(Design.version.desc())))


def in_force(versions: Sequence[Design], *, on: date) -> Design | None:
    """Return the approved version whose agreement holds for what is ordered on a day, or None."""
    held = [each for each in versions if each.status is DesignStatus.APPROVED and each.agreed_on <= on]
    return max(held, key=lambda each: (each.agreed_on, each.version), default=None)


def with_designs() -> list[str]:
    """Return the products of which a version is in force."""
    held = select(Design.product).where(Design.status == DesignStatus.APPROVED).distinct().order_by(Design.product)
    return list(db.session.scalars(held))


def get(product: str, version: int) -> Design:
    """Return one version of a product; NotFound otherwise."""
    found = db.session.scalars(select(Design).where(Design.product == product, Design.version == version))
    design = found.one_or_none()
    if design is None:
        raise NotFound("design.unknown")
    return design


def newest_version(product: str) -> int:
    """Return the number of a product's newest version, withdrawn ones too; 0 before there is one."""
    return db.session.scalar(select(func.max(Design.version)).where(Design.product == product)) or 0


def hold(product: str) -> None:
    """Let nobody else write down, approve or credit a version of this product before the present unit ends."""
    rows = select(Design.id).where(Design.product == product).order_by(Design.id)
    db.session.execute(rows.with_for_update(key_share=True)).all()


def _move(design: Design, to: DesignStatus, *, at: datetime, by: User, **values: object) -> None:
    if not move(design, DESIGN_MOVES, to, **values):
        raise Conflict("design.moved_on")
    _note(design, to, at=at, by=by)


def _note(design: Design, status: DesignStatus, *, at: datetime, by: User) -> None:
    run(adding(DesignEvent), {"design_id": design.id, "status": status, "at": at, "by": by.actor})
