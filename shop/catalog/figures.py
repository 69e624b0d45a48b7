"""Reading and changing the figures behind prices: costs, which the office sets, and rules of the share.

A rule of the share is a proposal until someone else approves it, as rates are (production/making.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Integer,
    String,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from shop.catalog.figure_models import (
    MOST_SHARE_BP,
    RULE_MOVES,
    ActualCost,
    Cost,
    CostKind,
    RuleStatus,
    ShareRule,
    ShareRuleEvent,
)
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.statuses import move
from shop.users import audit

HOUSE = "house"
SHARE = "share"
ACTUAL = "actual"
MOST_MINOR = 100_000_00


@dataclass(frozen=True)
class Figure:
    """One figure in force: paise, or basis points of a price in rupees; `id` and `version` say which."""

    id: int
    scope: str
    version: int
    amount_minor: int | None
    basis_points: int | None

    def of(self, price_minor: int) -> int:
        """Return the figure in paise for a price in paise, rounded half up."""
        if self.amount_minor is not None:
            return self.amount_minor
        return (2 * price_minor * (self.basis_points or 0) + 10_000) // 20_000


@dataclass(frozen=True)
class Actual:
    """What the makers were paid for a piece on average, in paise, over so many pieces."""

    units: int
    wages_minor: int
    share_minor: int


@dataclass(frozen=True)
class Figures:
    """The figures in force for some products, read in one statement."""

    known: Mapping[tuple[str, str], Figure]
    actuals: Mapping[int, Actual] = field(default_factory=dict)

    def share(self, product_id: int) -> Figure | None:
        """Return the rule of the share in force for a product, or None."""
        return self._narrowest(SHARE, [product_scope(product_id), HOUSE])

    def cost(self, kind: CostKind, product_id: int, variant_id: int) -> Figure | None:
        """Return the cost in force for a variant, or None if nobody has set one."""
        return self._narrowest(kind.value, [variant_scope(variant_id), product_scope(product_id), HOUSE])

    def _narrowest(self, kind: str, scopes: Sequence[str]) -> Figure | None:
        return next((self.known[kind, scope] for scope in scopes if (kind, scope) in self.known), None)


def product_scope(product_id: int) -> str:
    """Return the scope of a product."""
    return f"product:{product_id}"


def variant_scope(variant_id: int) -> str:
    """Return the scope of a variant."""
    return f"variant:{variant_id}"


def in_force(product_ids: Iterable[int], variant_ids: Iterable[int] = ()) -> Figures:
    """Return the newest figures of the house, of products and of variants, in one statement."""
    products = sorted(set(product_ids))
    scopes = [HOUSE, *map(product_scope, products), *map(variant_scope, sorted(set(variant_ids)))]
    return _figures(db.session.execute(_newest(), {"scopes": scopes, "products": products}).all())


@cache
def _newest() -> CompoundSelect[Any]:
    scopes: BindParameter[Any] = bindparam("scopes", expanding=True)
    products: BindParameter[Any] = bindparam("products", expanding=True)
    newest = (
        select(Cost.scope, Cost.kind, func.max(Cost.version).label("version"))
        .where(Cost.scope.in_(scopes))
        .group_by(Cost.scope, Cost.kind)
        .subquery()
    )
    kind, nothing = type_coerce(Cost.kind, String).label("kind"), cast(null(), Integer)
    costs = select(kind, Cost.id, Cost.scope, Cost.version, Cost.amount_minor, Cost.basis_points).join(
        newest, (newest.c.scope == Cost.scope) & (newest.c.kind == Cost.kind) & (newest.c.version == Cost.version)
    )
    latest = (
        select(func.max(ShareRule.id).label("id"))
        .where(ShareRule.scope.in_(scopes), ShareRule.status == RuleStatus.APPROVED)
        .group_by(ShareRule.scope)
        .subquery()
    )
    rules = select(
        literal(SHARE), ShareRule.id, ShareRule.scope, ShareRule.version, ShareRule.amount_minor, ShareRule.basis_points
    ).join(latest, latest.c.id == ShareRule.id)
    averages, shared = (
        select(literal(name), ActualCost.product_id, literal(""), ActualCost.units, minor, nothing).where(
            ActualCost.product_id.in_(products)
        )
        for name, minor in ((ACTUAL, ActualCost.wages_minor), (f"{ACTUAL}-share", ActualCost.share_minor))
    )
    return union_all(costs, rules, averages, shared)


def _figures(rows: Iterable[Any]) -> Figures:
    """Sort rows of (kind, number, scope, version, paise, basis points) into figures and averages."""
    known: dict[tuple[str, str], Figure] = {}
    paid: dict[int, tuple[int, int]] = {}
    shared: dict[int, int] = {}
    for kind, number, scope, version, minor, basis_points in rows:
        if kind == ACTUAL:
            paid[number] = (version, minor or 0)
        elif kind == f"{ACTUAL}-share":
            shared[number] = minor or 0
        else:
            known[str(kind), scope] = Figure(number, scope, version, minor, basis_points)
    return Figures(known, {each: Actual(units, minor, shared[each]) for each, (units, minor) in paid.items()})


def set_cost(
    scope: str, kind: CostKind, *, minor: int | None = None, basis_points: int | None = None, at: datetime, by: str
) -> Cost:
    """Set a standard cost anew, as a new version: paise, or basis points of the price. Conflict if two do at once."""
    _refuse_odd(minor, basis_points, most_bp=10_000)
    newest = db.session.scalar(select(func.max(Cost.version)).where(Cost.scope == scope, Cost.kind == kind))
    made = Cost(
        scope=scope,
        kind=kind,
        version=(newest or 0) + 1,
        amount_minor=minor,
        basis_points=basis_points,
        set_at=at,
        set_by=by,
    )
    db.session.add(made)
    db.session.flush()
    return made


def propose_rule(
    scope: str, *, minor: int | None = None, basis_points: int | None = None, at: datetime, by: str
) -> ShareRule:
    """Propose a new rule of the share; one proposal a scope. Someone else approves it."""
    _refuse_odd(minor, basis_points, most_bp=MOST_SHARE_BP)
    if find_proposed(scope) is not None:
        raise Conflict("share_rule.one_open")
    newest = db.session.scalar(select(func.max(ShareRule.version)).where(ShareRule.scope == scope))
    rule = ShareRule(
        scope=scope,
        version=(newest or 0) + 1,
        amount_minor=minor,
        basis_points=basis_points,
        status=RuleStatus.PROPOSED,
        written_at=at,
        written_by=by,
    )
    db.session.add(rule)
    db.session.flush()
    _note(rule, RuleStatus.PROPOSED, at=at, by=by)
    audit.record("rates.propose-share", f"share-rule:{rule.id}", by=by, at=at)
    return rule


def approve_rule(rule: ShareRule, *, at: datetime, by: str) -> None:
    """Put a proposed rule in force for what is sold from now on; Refused for the one who wrote it."""
    if rule.written_by == by:
        raise Refused("share_rule.two_people")
    _move(rule, RuleStatus.APPROVED, "rates.approve-share", at=at, by=by, approved_by=by)


def decline_rule(rule: ShareRule, reason: str, *, at: datetime, by: str) -> None:
    """Say no to a proposed rule, with the reason; its writer takes it back instead."""
    if rule.written_by == by:
        raise Refused("share_rule.own")
    if not reason.strip():
        raise Invalid("share_rule.reason")
    _move(rule, RuleStatus.DECLINED, "rates.decline-share", at=at, by=by, note=reason.strip()[:200])


def withdraw_rule(rule: ShareRule, *, at: datetime, by: str) -> None:
    """Take back a rule that one has proposed oneself."""
    if rule.written_by != by:
        raise Refused("share_rule.not_yours")
    _move(rule, RuleStatus.WITHDRAWN, "rates.withdraw-share", at=at, by=by)


def find_proposed(scope: str) -> ShareRule | None:
    """Return the rule of a scope that waits for a second person, or None."""
    query = select(ShareRule).where(ShareRule.scope == scope, ShareRule.status == RuleStatus.PROPOSED)
    return db.session.scalars(query).one_or_none()


def find_declined(scope: str) -> tuple[ShareRule, ShareRuleEvent] | None:
    """Return the newest rule of a scope with who declined it and why, if that is what became of it."""
    newest = select(ShareRule).where(ShareRule.scope == scope).order_by(ShareRule.version.desc()).limit(1)
    rule = db.session.scalars(newest).one_or_none()
    if rule is None or rule.status is not RuleStatus.DECLINED:
        return None
    moves = select(ShareRuleEvent).where(ShareRuleEvent.share_rule_id == rule.id).order_by(ShareRuleEvent.id.desc())
    return rule, db.session.scalars(moves.limit(1)).one()


def all_proposed() -> list[ShareRule]:
    """Return every rule that waits for a second person, the oldest first."""
    query = select(ShareRule).where(ShareRule.status == RuleStatus.PROPOSED).order_by(ShareRule.id)
    return list(db.session.scalars(query))


def get_rule(scope: str, version: int) -> ShareRule:
    """Return a version of a scope's rule, whatever became of it; NotFound if there is none."""
    query = select(ShareRule).where(ShareRule.scope == scope, ShareRule.version == version)
    rule = db.session.scalars(query).one_or_none()
    if rule is None:
        raise NotFound("share_rule.unknown")
    return rule


def _refuse_odd(minor: int | None, basis_points: int | None, *, most_bp: int) -> None:
    if (minor is None) == (basis_points is None):
        raise Invalid("figure.one")
    if not 0 <= (minor or 0) <= MOST_MINOR or not 0 <= (basis_points or 0) <= most_bp:
        raise Invalid("figure.range")


def _move(
    rule: ShareRule, to: RuleStatus, act: str, *, at: datetime, by: str, note: str | None = None, **values: object
) -> None:
    if not move(rule, RULE_MOVES, to, **values):
        raise Conflict("share_rule.moved_on")
    _note(rule, to, at=at, by=by, note=note)
    audit.record(act, f"share-rule:{rule.id}", by=by, at=at)


def _note(rule: ShareRule, status: RuleStatus, *, at: datetime, by: str, note: str | None = None) -> None:
    db.session.add(ShareRuleEvent(share_rule_id=rule.id, status=status, at=at, by=by, note=note))
    db.session.flush()
