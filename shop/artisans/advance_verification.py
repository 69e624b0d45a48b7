"""Does every advance stand in the books as its row says, and was never more taken back than the rules allow?"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import String, and_, case, cast, false, func, literal, not_, or_, select
from sqlalchemy.orm import aliased, lazyload

from shop.artisans.advance_models import Advance, AdvanceRepayment, AdvanceStatus
from shop.artisans.advances import PAID
from shop.artisans.models import WAGES, Artisan, Earning, Payout, PayoutStatus
from shop.artisans.recoveries import RECOVERED, REPAID, account_of
from shop.clock import INDIA
from shop.db import db
from shop.ledger import balances
from shop.ledger.models import Account, Entry, Transfer
from shop.snapshots import streamed
from shop.verdict import Finding

OWED = (AdvanceStatus.PAID, AdvanceStatus.QUESTIONED, AdvanceStatus.ACKNOWLEDGED, AdvanceStatus.REPAID)


def verify() -> Iterator[Finding]:
    """Yield advance accounts that do not add up, entries without their rows, and recoveries beyond the rules."""
    yield from _accounts()
    yield from _entries()
    yield from _own_acts()
    yield from _rules()


def _accounts() -> Iterator[Finding]:
    owed: Counter[int] = Counter()
    given = select(Advance.artisan_id, func.sum(Advance.amount_minor)).where(Advance.status.in_(OWED))
    owed.update({row[0]: int(row[1]) for row in db.session.execute(given.group_by(Advance.artisan_id))})
    back = select(Advance.artisan_id, func.sum(AdvanceRepayment.amount_minor)).join(
        Advance, Advance.id == AdvanceRepayment.advance_id
    )
    owed.subtract({row[0]: int(row[1]) for row in db.session.execute(back.group_by(Advance.artisan_id))})
    ids = list(db.session.scalars(select(Artisan.id).order_by(Artisan.id)))
    held = balances.stored_many([account_of(artisan_id) for artisan_id in ids])
    for artisan_id in ids:
        stored = held[account_of(artisan_id)]
        if stored != owed[artisan_id]:
            yield Finding("artisans", f"artisan {artisan_id}", f"owes {owed[artisan_id]}, her account says {stored}")


def _entries() -> Iterator[Finding]:
    """Yield transfers that touch an advance account and are neither one's paying, nor its mirror, nor a repayment."""
    debit, credit, back = aliased(Account), aliased(Account), AdvanceRepayment
    right = or_(
        and_(Entry.kind == PAID, Entry.id == Advance.entry_id, Transfer.amount_minor == Advance.amount_minor),
        and_(Entry.kind == f"{PAID}.reversal", Entry.reverses_id == Advance.entry_id),
        and_(
            Entry.kind == case((back.payout_id.is_(None), REPAID), else_=RECOVERED),
            Transfer.amount_minor == back.amount_minor,
            debit.code == func.replace(credit.code, ":advance", ":payable"),
        ),
    )
    query = (
        select(Entry.reference)
        .join(Transfer, Transfer.entry_id == Entry.id)
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .outerjoin(back, back.entry_id == Entry.id)
        .outerjoin(Advance, Advance.entry_id == func.coalesce(Entry.reverses_id, Entry.id))
        .where(or_(debit.code.like("artisan:%:advance"), credit.code.like("artisan:%:advance")))
        .where(func.coalesce(case((right, 1), else_=0), 0) == 0)
    )
    for (reference,) in streamed(query):
        yield Finding("artisans", f"entry {reference}", "moves an advance and no row says so")


def _own_acts() -> Iterator[Finding]:
    """Yield repayments without a payout that somebody else made, or that came before her "yes"."""
    is_hers = Entry.actor == literal("user:") + cast(Artisan.user_id, String)
    is_bound = func.coalesce(Advance.acknowledged_at <= AdvanceRepayment.at, false())
    query = (
        select(AdvanceRepayment.reference, is_hers)
        .join(Entry, Entry.id == AdvanceRepayment.entry_id)
        .join(Advance, Advance.id == AdvanceRepayment.advance_id)
        .join(Artisan, Artisan.id == Advance.artisan_id)
        .where(AdvanceRepayment.payout_id.is_(None), not_(and_(is_hers, is_bound)))
        .order_by(AdvanceRepayment.id)
    )
    for reference, by_herself in db.session.execute(query):
        said = "was repaid before she acknowledged the advance" if by_herself else "was not her own act"
        yield Finding("artisans", f"repayment {reference}", said)


def _rules() -> Iterator[Finding]:
    """Yield recoveries before her "yes", above half of their period's wages, above the instalment, or overlapping."""
    earned = select(func.coalesce(func.sum(Earning.amount_minor), 0)).where(
        Earning.artisan_id == Advance.artisan_id,
        Earning.kind.in_(WAGES),
        Earning.earned_at > AdvanceRepayment.wages_from,
        Earning.earned_at <= AdvanceRepayment.at,
        or_(Earning.reversed_at.is_(None), Earning.reversed_at > AdvanceRepayment.at),
    )
    paid = select(func.count(Payout.id)).where(
        Payout.artisan_id == Advance.artisan_id,
        Payout.id < AdvanceRepayment.payout_id,  # one is open at a time, so all of these are over
        Payout.status == PayoutStatus.SETTLED,
        Payout.sent_at > AdvanceRepayment.wages_from,
    )
    query = (
        select(AdvanceRepayment, Advance, earned.correlate(Advance, AdvanceRepayment).scalar_subquery())
        .add_columns(paid.correlate(Advance, AdvanceRepayment).scalar_subquery())
        .join(Advance, Advance.id == AdvanceRepayment.advance_id)
        .where(AdvanceRepayment.payout_id.is_not(None))
        .order_by(Advance.artisan_id, AdvanceRepayment.at, AdvanceRepayment.id)
    )
    last: dict[int, datetime] = {}
    months: Counter[tuple[int, str]] = Counter()
    for taken, advance, wages, paid_since in streamed(query.options(lazyload("*"))):
        row = f"repayment {taken.reference}"
        if advance.acknowledged_at is None or advance.acknowledged_at > taken.at:
            yield Finding("artisans", row, "was recovered before she acknowledged the advance")
        if taken.wages_minor > wages or taken.amount_minor * 2 > wages:  # what was in flight then can only add
            yield Finding("artisans", row, f"took {taken.amount_minor} of wages of {wages}")
        if advance.artisan_id in last and taken.wages_from < last[advance.artisan_id]:
            yield Finding("artisans", row, "counts wages that were counted before")
        if paid_since:
            yield Finding("artisans", row, "counts wages that were paid out before")
        last[advance.artisan_id] = taken.at
        month = (advance.id, f"{taken.at.astimezone(INDIA):%Y-%m}")
        months[month] += taken.amount_minor
        if months[month] > advance.instalment_minor:
            yield Finding("artisans", row, f"took {months[month]} in a month, {advance.instalment_minor} was agreed")
