"""How a product is made, in versions: a change is a new version, and work under way keeps its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from shop.catalog.models import Product
from shop.db import db
from shop.errors import Conflict, Invalid
from shop.production.models import Making, MakingStep, StepName


@dataclass(frozen=True)
class Step:
    """A step to be: its name, standard minutes and piece rate in paise."""

    name: StepName
    minutes: int
    rate_minor: int


def write(product: Product, steps: Sequence[Step], *, at: datetime, by: str) -> Making:
    """Write a new version of how a product is made."""
    if not steps or len({step.name for step in steps}) != len(steps):
        raise Invalid("making.steps")
    if any(not 0 < step.minutes <= 10_000 or not 0 < step.rate_minor <= 10_000_00 for step in steps):
        raise Invalid("making.step")
    newest = db.session.scalar(select(func.max(Making.version)).where(Making.product_id == product.id))
    making = Making(product_id=product.id, version=(newest or 0) + 1, made_at=at, made_by=by)
    making.steps = [
        MakingStep(position=position, name=step.name, minutes=step.minutes, rate_minor=step.rate_minor)
        for position, step in enumerate(steps, start=1)
    ]
    db.session.add(making)
    db.session.flush()
    return making


def find_current(product_id: int) -> Making | None:
    """Return the version in force, or None if nobody has written one."""
    return db.session.scalars(
        select(Making).where(Making.product_id == product_id).order_by(Making.version.desc()).limit(1)
    ).one_or_none()


def current_ids(product_ids: Sequence[int]) -> dict[int, int]:
    """Return product -> id of the version in force."""
    newest = (
        select(Making.product_id, func.max(Making.version).label("version"))
        .where(Making.product_id.in_(product_ids))
        .group_by(Making.product_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Making.product_id, Making.id).join(
            newest, (newest.c.product_id == Making.product_id) & (newest.c.version == Making.version)
        )
    )
    return {row[0]: row[1] for row in rows}


def get_current(product_id: int) -> Making:
    """Return the version in force; Conflict if nobody has written one."""
    making = find_current(product_id)
    if making is None:
        raise Conflict("making.missing")
    return making
