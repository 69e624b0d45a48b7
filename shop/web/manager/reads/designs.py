"""Who designed a product, as its page in the office says: the version in force, the one that waits, what it paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from shop.artisans import designs, people
from shop.artisans.design_models import Design, DesignStatus, Royalty
from shop.catalog.models import Product
from shop.db import db
from shop.orders.designed import named
from shop.users.models import User
from shop.users.policy import may
from shop.web.manager.reads.names import actors


@dataclass(frozen=True)
class DesignPanel:
    """The design of a product: who wrote and approved what is in force, what waits, and what it has paid so far."""

    held: Design | None
    waits: Design | None
    is_mine: bool
    names: dict[str, str]
    pieces: int
    paid_minor: int
    makers: Sequence[tuple[str, str]]


def design_panel(user: User, product: Product, *, today: date) -> DesignPanel:
    """Return the panel; whoever may propose gets the makers to choose from."""
    versions = designs.of(named(product.id))
    waits = next((each for each in versions if each.status is DesignStatus.PROPOSED), None)
    held = designs.in_force(versions, on=today)
    counted = select(func.coalesce(func.sum(Royalty.pieces), 0), func.coalesce(func.sum(Royalty.amount_minor), 0))
    mine = counted.where(Royalty.design_id.in_([each.id for each in versions]))
    pieces, minor = db.session.execute(mine).one() if versions else (0, 0)
    chooses = may(user.role, "catalogue.edit") and waits is None
    return DesignPanel(
        held=held,
        waits=waits,
        is_mine=waits is not None and waits.proposed_by == user.actor,
        names=actors([by for each in versions for by in (each.proposed_by, each.approved_by) if by]),
        pieces=int(pieces),
        paid_minor=int(minor),
        makers=[
            (str(each.id), f"{each.work_name} {each.user.card_number}")
            for each in people.of(user)
            if each.centre_id == product.centre_id
        ]
        if chooses
        else [],
    )
