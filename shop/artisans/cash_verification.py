"""Does every cash box hold what its book and the house's books say, and did it ever hold less than nothing?"""

from collections.abc import Iterator

from sqlalchemy import Select, and_, case, func, or_, select

from shop.artisans import cash_sums
from shop.artisans.cash_models import CashAct, CashActKind, CashActStatus, CashBox, CashKind, CashLine
from shop.artisans.models import Payout, PayoutStatus
from shop.db import db
from shop.ledger import balances
from shop.verdict import Finding


def verify() -> Iterator[Finding]:
    """Yield boxes that differ from their book or from the books, days below zero, and counts without their entry."""
    for box in db.session.scalars(select(CashBox).order_by(CashBox.centre_id)):
        yield from _box(box)
    for act_id, kind in db.session.execute(_acts_astray()):
        yield Finding("artisans", f"cash act {act_id}", f"the line of this {kind.value} is not what two people said")
    for line_id in db.session.scalars(_hands_astray()):
        yield Finding("artisans", f"cash line {line_id}", "is not the payout that it names")


def _box(box: CashBox) -> Iterator[Finding]:
    name = f"cash box {box.centre_id}"
    running = func.sum(CashLine.amount_minor).over(order_by=CashLine.id)
    stood = select(CashLine.happened_on, running.label("minor")).where(CashLine.centre_id == box.centre_id).subquery()
    written = db.session.scalar(
        select(func.coalesce(func.sum(CashLine.amount_minor), 0)).where(CashLine.centre_id == box.centre_id)
    )
    if int(written or 0) != box.held_minor:
        yield Finding("artisans", name, f"holds {box.held_minor}, its book says {written}")
    if (first := db.session.scalar(select(func.min(stood.c.happened_on)).where(stood.c.minor < 0))) is not None:
        yield Finding("artisans", name, f"held less than nothing on {first}")
    out = cash_sums.unconfirmed(box.centre_id)
    known = balances.derived(cash_sums.account_of(box.centre_id)).minor - out
    if known != box.held_minor:
        yield Finding("artisans", name, f"holds {box.held_minor}, the books say {known} with {out} on the way")


def _acts_astray() -> Select[int, CashActKind]:
    """Select acts that were seen and have not exactly their line, and those that have one and were not seen."""
    wanted = case(
        (CashAct.kind == CashActKind.TAKE, -CashAct.amount_minor),
        (CashAct.kind == CashActKind.COUNT, CashAct.amount_minor - CashAct.expected_minor),
        else_=CashAct.amount_minor,
    )
    seen = CashAct.status == CashActStatus.SEEN
    lines = select(CashLine.act_id, func.sum(CashLine.amount_minor).label("minor"), func.count().label("count"))
    told = lines.where(CashLine.act_id.is_not(None)).group_by(CashLine.act_id).subquery()
    count = func.coalesce(told.c.count, 0)
    no_line = and_(CashAct.kind == CashActKind.COUNT, wanted == 0)
    right = or_(
        and_(~seen, count == 0),
        and_(seen, no_line, count == 0),
        and_(seen, ~no_line, count == 1, func.coalesce(told.c.minor, 0) == wanted),
    )
    return (
        select(CashAct.id, CashAct.kind).outerjoin(told, told.c.act_id == CashAct.id).where(~right).order_by(CashAct.id)
    )


def _hands_astray() -> Select[int]:
    """Select lines of payouts that name another sum than was handed out, or came back."""
    is_short = and_(Payout.status == PayoutStatus.SETTLED, Payout.received_minor.is_not(None))
    wanted = case(
        (CashLine.kind == CashKind.HANDED_OUT, -Payout.amount_minor),
        (is_short, Payout.amount_minor - Payout.received_minor),
        else_=Payout.amount_minor,
    )
    return (
        select(CashLine.id)
        .join(Payout, Payout.id == CashLine.payout_id)
        .where(CashLine.amount_minor != wanted)
        .order_by(CashLine.id)
    )
