"""What stands between the gateways and us: differences, settlements, secrets on their way out, unused messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from shop.db import db
from shop.ledger import balances
from shop.orders.models import Order
from shop.payments import inbox, reviews, settlement, unknown
from shop.payments.inbox import Unused
from shop.payments.models import Attempt, Capture
from shop.payments.review_models import WAITING, Review, ReviewStatus
from shop.payments.settlement_models import Settlement, SettlementLine
from shop.payments.unknown import Unknown
from shop.users.policy import may
from shop.web import edge
from shop.web.manager.reads.astray import Astray, of_review
from shop.web.manager.reads.names import actors

SHOWN = 12
MONTH = timedelta(days=30)
DAY = timedelta(days=1)
CLEARING = "gateway:{}:clearing"


@dataclass(frozen=True)
class Listed:
    """A difference with the names behind it; `number` is the order it belongs to, where that is known."""

    review: Review
    owner: str | None
    number: str | None
    is_mine: bool
    settles: tuple[Astray, str] | None  # what the one act beside a note would do, and its address

    @property
    def is_open(self) -> bool:
        """Say whether nobody looks into it yet."""
        return self.review.status is ReviewStatus.OPEN


@dataclass(frozen=True)
class Sent:
    """A settlement and what of it: how many lines, what the gateway kept, and how many lines are in no book yet."""

    settlement: Settlement
    lines: int
    fee_minor: int
    waiting: int


@dataclass(frozen=True)
class Held:
    """What our books say that a gateway still holds for us, in minor units of a currency."""

    gateway: str
    minor: int
    currency: str


@dataclass(frozen=True)
class GatewaysPage:
    """The page. `by_hand` names the gateways of which a payout was asked for by hand: its fees stay in `holds`."""

    waiting: Sequence[Listed]
    closed: Sequence[Listed]
    settlements: Sequence[Sent]
    holds: Sequence[Held]
    by_hand: Sequence[str]
    unused: Sequence[Unused]
    old_secrets: Sequence[str]
    unknown: Unknown | None
    is_too_long: bool
    held: int


def gateways_page(*, at: datetime) -> GatewaysPage:
    """Return what stands between the gateways and us."""
    old = [name for name in edge.counter().gateways if inbox.old_secret_at(name, since=at - DAY)]
    return GatewaysPage(
        _listed(reviews.waiting()),
        _listed(reviews.closed(SHOWN)),
        _settlements(),
        _holds(),
        [name.capitalize() for name in settlement.paid_by_hand()],
        inbox.unused(since=at - MONTH),
        [name.capitalize() for name in old],
        unknown.oldest(at=at),
        unknown.too_long(at=at) is not None,
        len(inbox.held()),
    )


def _listed(found: Sequence[Review]) -> list[Listed]:
    names = actors(each.owner for each in found if each.owner)
    numbers = _numbers([each.about for each in found if each.about])
    user = edge.signed_in()
    may_settle = may(user.role, "events.settle")
    return [
        Listed(
            each,
            names.get(each.owner or ""),
            numbers.get(each.about or ""),
            each.owner == user.actor,
            of_review(each) if may_settle and each.status in WAITING else None,
        )
        for each in found
    ]


def _numbers(about: Sequence[str]) -> dict[str, str]:
    """Return our attempt's key, or the gateway's payment -> the number of the order."""
    by_key = select(Attempt.key, Order.number).join(Order, Order.id == Attempt.order_id).where(Attempt.key.in_(about))
    by_payment = (
        select(Capture.payment_ref, Order.number)
        .join(Attempt, Attempt.id == Capture.attempt_id)
        .join(Order, Order.id == Attempt.order_id)
        .where(Capture.payment_ref.in_(about))
    )
    return {name: number for query in (by_key, by_payment) for name, number in db.session.execute(query)}


def _holds() -> list[Held]:
    """Return what stands in each gateway's clearing account, all but nothing."""
    found = []
    for code, currency in balances.accounts_like(CLEARING.format("%")):
        if minor := balances.derived(code, currency).minor:
            found.append(Held(code.split(":")[1].capitalize(), minor, currency))
    return found


def _settlements() -> list[Sent]:
    newest = db.session.scalars(
        select(Settlement).order_by(Settlement.sent_at.desc(), Settlement.id.desc()).limit(SHOWN)
    )
    found = newest.all()
    rows = db.session.execute(
        select(
            SettlementLine.settlement_id,
            func.count(),
            func.sum(SettlementLine.fee_minor),
            func.count() - func.count(SettlementLine.posted_at),
        )
        .where(SettlementLine.settlement_id.in_([each.id for each in found]))
        .group_by(SettlementLine.settlement_id)
    )
    told = {row[0]: (row[1], int(row[2]), row[3]) for row in rows}
    return [Sent(each, *told.get(each.id, (0, 0, 0))) for each in found]
