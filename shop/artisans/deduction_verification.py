"""Was every deduction taken as its notice said, by two people and with her yes or a third, and under the cap?"""

from collections.abc import Iterator

from sqlalchemy import String, and_, cast, func, literal, or_, select
from sqlalchemy.orm import aliased, lazyload

from shop.artisans.advance_models import Advance, AdvanceRepayment
from shop.artisans.deduction_models import Deduction, DeductionEvent, DeductionStatus
from shop.artisans.models import WAGES, Artisan, Earning, Payout, PayoutStatus
from shop.artisans.takings import DEDUCTED
from shop.clock import india_date
from shop.ledger.models import Account, Entry, Transfer
from shop.snapshots import streamed
from shop.verdict import Finding


def verify() -> Iterator[Finding]:
    """Yield deductions that differ from the books, from their notice, or from the rules, and entries without a row."""
    yield from _entries()
    yield from _rows()
    yield from _periods()


def _entries() -> Iterator[Finding]:
    """Yield transfers of a deductions account that are neither a notice's own sum nor its mirror."""
    debit, credit = aliased(Account), aliased(Account)
    hers = literal("artisan:") + cast(Deduction.artisan_id, String) + literal(":payable")
    into = literal("deductions:") + Deduction.kind
    right = or_(
        and_(Entry.kind == DEDUCTED, Entry.id == Deduction.entry_id, debit.code == hers, credit.code == into),
        and_(Entry.id == Deduction.reversal_id, debit.code == into, credit.code == hers),
    )
    query = (
        select(Entry.reference)
        .join(Transfer, Transfer.entry_id == Entry.id)
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .outerjoin(Deduction, Deduction.entry_id == func.coalesce(Entry.reverses_id, Entry.id))
        .where(or_(debit.code.like("deductions:%"), credit.code.like("deductions:%")))
        .where(func.coalesce(and_(right, Transfer.amount_minor == Deduction.amount_minor), literal(False)).is_(False))
    )
    for (reference,) in streamed(query):
        yield Finding("artisans", f"entry {reference}", "moves a deduction and no notice says so")


def _rows() -> Iterator[Finding]:
    """Yield what was taken without its entry, before its day, or without her yes or a third person's word."""
    answered = select(func.count(DeductionEvent.id)).join(Artisan, Artisan.id == Deduction.artisan_id)
    answered = answered.where(
        DeductionEvent.deduction_id == Deduction.id,
        DeductionEvent.status == DeductionStatus.AGREED,
        DeductionEvent.by == literal("user:") + cast(Artisan.user_id, String),
    )
    entries = select(func.count(Transfer.id)).where(
        Transfer.entry_id == Deduction.entry_id, Transfer.amount_minor == Deduction.amount_minor
    )
    query = select(
        Deduction,
        answered.correlate(Deduction).scalar_subquery(),
        entries.correlate(Deduction).scalar_subquery(),
    ).where(Deduction.entry_id.is_not(None))
    for taken, by_herself, posted in streamed(query.order_by(Deduction.id).options(lazyload("*"))):
        row = f"deduction {taken.id}"
        people = {taken.proposed_by, taken.approved_by, taken.decided_by} - {None}
        if posted != 1:
            yield Finding("artisans", row, "was taken, and the books do not say its sum")
        if len(people) != (3 if taken.decided_by else 2):
            yield Finding("artisans", row, "was not settled by different people")
        if not by_herself and taken.decided_by is None:
            yield Finding("artisans", row, "was taken and she never agreed, nor did a third person uphold it")
        if taken.noticed_at is None or taken.noticed_at > taken.taken_at or taken.due_on > india_date(taken.taken_at):
            yield Finding("artisans", row, "was taken before its notice or its day")


def _periods() -> Iterator[Finding]:
    """Yield payouts with which more was taken than half of the wages, or of wages that were measured before."""
    earned = select(func.coalesce(func.sum(Earning.amount_minor), 0)).where(
        Earning.artisan_id == Deduction.artisan_id,
        Earning.kind.in_(WAGES),
        Earning.earned_at > Deduction.wages_from,
        Earning.earned_at <= Deduction.taken_at,
        or_(Earning.reversed_at.is_(None), Earning.reversed_at > Deduction.taken_at),
    )
    recovered = select(func.coalesce(func.sum(AdvanceRepayment.amount_minor), 0)).where(
        AdvanceRepayment.payout_id == Deduction.payout_id
    )
    other = aliased(Deduction)
    deducted = select(func.coalesce(func.sum(other.amount_minor), 0)).where(other.payout_id == Deduction.payout_id)
    before = select(func.count(other.id)).where(
        other.artisan_id == Deduction.artisan_id,
        other.payout_id < Deduction.payout_id,
        other.taken_at > Deduction.wages_from,
    )
    advance_before = (
        select(func.count(AdvanceRepayment.id))
        .join(Advance, Advance.id == AdvanceRepayment.advance_id)
        .where(
            Advance.artisan_id == Deduction.artisan_id,
            or_(
                and_(AdvanceRepayment.payout_id < Deduction.payout_id, AdvanceRepayment.at > Deduction.wages_from),
                and_(
                    AdvanceRepayment.payout_id > Deduction.payout_id,
                    AdvanceRepayment.wages_from < Deduction.taken_at,
                ),
            ),
        )
    )
    paid_before = select(func.count(Payout.id)).where(
        Payout.artisan_id == Deduction.artisan_id,
        Payout.id < Deduction.payout_id,  # one is open at a time, so all of these are over
        Payout.status == PayoutStatus.SETTLED,
        Payout.sent_at > Deduction.wages_from,
    )
    asked = (earned, recovered, deducted, before, advance_before, paid_before)
    query = select(Deduction, *(each.correlate(Deduction).scalar_subquery() for each in asked))
    query = query.where(Deduction.payout_id.is_not(None)).order_by(Deduction.id).options(lazyload("*"))
    for taken, wages, advance, together, *earlier in streamed(query):
        row = f"deduction {taken.id}"
        if taken.wages_minor > wages or (advance + together) * 2 > wages:
            yield Finding("artisans", row, f"{advance + together} was taken in all of wages of {wages}")
        if any(earlier):
            yield Finding("artisans", row, "counts wages that were counted before")
