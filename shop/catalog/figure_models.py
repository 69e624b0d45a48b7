"""The figures behind a price: the share of a sale that goes to the makers, and what else a price pays for.

Each figure holds for a scope, and the narrowest scope that has one wins: `variant:40` before `product:12`
before `house`. A change is a new version; an old one never changes, and what was sold under it keeps it.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column

MOST_SHARE_BP = 5_000  # half of a price
_ONE_OF_TWO = "(amount_minor IS NULL) <> (basis_points IS NULL)"


class RuleStatus(StrEnum):
    """Where a rule of the share stands. The newest approved one of a scope is in force."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


RULE_MOVES: dict[RuleStatus, frozenset[RuleStatus]] = {
    RuleStatus.PROPOSED: frozenset({RuleStatus.APPROVED, RuleStatus.DECLINED, RuleStatus.WITHDRAWN}),
    RuleStatus.APPROVED: frozenset(),
    RuleStatus.DECLINED: frozenset(),
    RuleStatus.WITHDRAWN: frozenset(),
}


class ShareRule(Model):
    """What of each piece sold goes to its makers besides wages: paise, or basis points of the price in rupees.

    Written by one person and approved by another, since it says what every woman of the scope is promised.
    """

    __tablename__ = "share_rule"
    __table_args__ = (
        UniqueConstraint("scope", "version"),
        CheckConstraint(_ONE_OF_TWO, name="one_figure"),
        CheckConstraint("amount_minor IS NULL OR amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint(f"basis_points IS NULL OR basis_points BETWEEN 0 AND {MOST_SHARE_BP}", name="half_at_most"),
        CheckConstraint("approved_by IS NULL OR approved_by <> written_by", name="two_people"),
        CheckConstraint("(status = 'approved') = (approved_by IS NOT NULL)", name="approved_by_someone"),
        one_of("status", RuleStatus),
        Index(
            "uq_share_rule_one_open",
            "scope",
            unique=True,
            sqlite_where=text("status = 'proposed'"),
            postgresql_where=text("status = 'proposed'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scope: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    amount_minor: Mapped[int | None] = mapped_column(Minor)
    basis_points: Mapped[int | None]
    status: Mapped[RuleStatus] = mapped_column(status_column(RuleStatus))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    written_by: Mapped[str] = mapped_column(String(40))
    approved_by: Mapped[str | None] = mapped_column(String(40))


class ShareRuleEvent(Model):
    """Who moved a rule to which status, and when; `note` is why it was declined."""

    __tablename__ = "share_rule_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    share_rule_id: Mapped[int] = mapped_column(ForeignKey("share_rule.id"), index=True)
    status: Mapped[RuleStatus] = mapped_column(status_column(RuleStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))


class CostKind(StrEnum):
    """What a price pays for besides the makers and tax; what is left is the shop's own."""

    MATERIAL = "material"
    CENTRE = "centre"
    PACKING = "packing"
    FEE = "fee"


class Cost(Model):
    """A standard cost of one piece: paise, or basis points of the price in rupees."""

    __tablename__ = "cost"
    __table_args__ = (
        UniqueConstraint("scope", "kind", "version"),
        CheckConstraint(_ONE_OF_TWO, name="one_figure"),
        CheckConstraint("amount_minor IS NULL OR amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("basis_points IS NULL OR basis_points BETWEEN 0 AND 10000", name="share_of_price"),
        one_of("kind", CostKind),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scope: Mapped[str] = mapped_column(String(40))
    kind: Mapped[CostKind] = mapped_column(status_column(CostKind))
    version: Mapped[int]
    amount_minor: Mapped[int | None] = mapped_column(Minor)
    basis_points: Mapped[int | None]
    set_at: Mapped[datetime] = mapped_column(UTCDateTime)
    set_by: Mapped[str] = mapped_column(String(40))


class ActualCost(Model):
    """What the makers of a product were really paid for a piece, on average over the last 90 days, from the books.

    Published every night, and only where enough pieces and enough women stand behind it.
    """

    __tablename__ = "actual_cost"
    __table_args__ = (CheckConstraint("wages_minor >= 0 AND share_minor >= 0", name="not_negative"),)

    product_id: Mapped[int] = mapped_column(BigId, ForeignKey("product.id"), primary_key=True, autoincrement=False)
    units: Mapped[int]
    wages_minor: Mapped[int] = mapped_column(Minor)
    share_minor: Mapped[int] = mapped_column(Minor)
    as_of: Mapped[datetime] = mapped_column(UTCDateTime)
