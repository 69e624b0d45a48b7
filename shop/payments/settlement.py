"""Settlements: what a gateway sent to our bank is read, line by line, and each line stands in the books once.

A line moves what it settles out of the gateway's clearing account: what came to the bank, and what the gateway
kept, its fee and the tax on that apart from each other. Where the customer paid in another currency than the
bank was sent, both sides go through `fx`, as does what a dispute took or put back. A line is posted when it is known
what it settles; until then it waits, and is told as a difference: a bank account that was guessed is worth less than
one that is late. A sum of which no gateway tells what is in it is posted as that, and what was kept of it stays in
clearing until a person has compared the two.

A settlement may fail days after it was told as sent. Its lines stay what they are, since their fees were kept; one
entry moves the sum back into clearing, from where a line of a later settlement sends it again.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, exists, func, select, update
from sqlalchemy.orm import aliased

from shop.clock import india_date
from shop.db import adding_once, changed, db, run
from shop.ledger.posting import Event, Leg, post, post_all
from shop.money import Money
from shop.payments.dispute_models import Dispute
from shop.payments.gateways import LineKind, SettlementSeen
from shop.payments.models import Capture, Refund
from shop.payments.reconcile import Difference
from shop.payments.review_models import DifferenceKind
from shop.payments.settlement_models import Settlement, SettlementLine

BANK, FX = "bank", "fx"
FAILED = "settlement failed"
STANDING = (LineKind.OTHER, LineKind.SUM)  # posted as they say, and told until somebody wrote down what they were


def record(gateway: str, seen: SettlementSeen, *, at: datetime, by: str) -> int:
    """Write down a settlement and those of its lines that are not here yet; return how many lines were new.

    One that failed is booked as that, once, whether it was heard of before or not. A report may grow for a while
    after the money was sent, so it may be read again at any time.
    """
    told = {"gateway": gateway, "ref": seen.ref, "bank_ref": seen.bank_ref[:80], "amount_minor": seen.amount_minor}
    run(
        adding_once(Settlement, "gateway", "ref"),
        {**told, "currency": seen.currency, "sent_at": seen.at, "read_at": at},
    )
    settlement = db.session.scalars(
        select(Settlement).where(Settlement.gateway == gateway, Settlement.ref == seen.ref)
    ).one()
    if seen.failed_at is not None:
        _fail(settlement, seen.failed_at, at=at, by=by)
    lines = [
        {
            "settlement_id": settlement.id,
            "gateway": gateway,
            "ref": line.ref,
            "kind": line.kind,
            "about": line.about,
            "gross_minor": line.gross_minor,
            "fee_minor": line.fee_minor,
            "fee_tax_minor": line.fee_tax_minor,
            "currency": seen.currency,
            "at": line.at,
        }
        for line in seen.lines
    ]
    return len(run(adding_once(SettlementLine, "gateway", "ref"), lines).all()) if lines else 0


def _fail(settlement: Settlement, failed_at: datetime, *, at: datetime, by: str) -> None:
    """Book that the money of a settlement is with the gateway again, if nobody has yet."""
    not_yet = (Settlement.id == settlement.id, Settlement.failed_at.is_(None))
    if changed(update(Settlement).where(*not_yet).values(failed_at=failed_at)) != 1:
        return
    clearing = f"gateway:{settlement.gateway}:clearing"
    back = _leg(clearing, BANK, settlement.amount_minor, settlement.currency)
    post(settlement.failure, FAILED, [back], effective_on=india_date(failed_at), at=at, by=by)


def waiting(gateway: str) -> dict[int, str]:
    """Return the lines that are in no book yet, the oldest first, with what the gateway calls them."""
    query = select(SettlementLine.id, SettlementLine.ref).where(
        SettlementLine.gateway == gateway, SettlementLine.posted_at.is_(None)
    )
    return dict(db.session.execute(query.order_by(SettlementLine.id)).all())


def post_lines(gateway: str, ids: Sequence[int], *, at: datetime, by: str) -> int:
    """Post those of some lines that wait and settle what we know, all or none; return how many."""
    lines = db.session.scalars(
        select(SettlementLine)
        .where(SettlementLine.gateway == gateway, SettlementLine.posted_at.is_(None), SettlementLine.id.in_(ids))
        .order_by(SettlementLine.id)
        .with_for_update(of=SettlementLine)
    ).all()
    _match(gateway, lines)
    disputed = _disputed(gateway, lines)
    ready = [line for line in lines if _is_known(line, disputed.get(line.about))]
    for day in sorted({india_date(line.settlement.sent_at) for line in ready}):
        of_day = [line for line in ready if india_date(line.settlement.sent_at) == day]
        events = [Event(line.reference, "settlement", _legs(line, disputed.get(line.about))) for line in of_day]
        events = [event for event in events if any(leg.amount.minor for leg in event.legs)]
        if events:
            post_all(events, effective_on=day, at=at, by=by)
    known = [line.id for line in ready]
    changed(update(SettlementLine).where(SettlementLine.id.in_(known)).values(posted_at=at))
    db.session.flush()
    return len(ready)


def _match(gateway: str, lines: Sequence[SettlementLine]) -> None:
    """Find the capture or refund that each line is about."""
    about = [line.about for line in lines if line.about]
    captures = {
        capture.payment_ref: capture
        for capture in db.session.scalars(
            select(Capture).where(Capture.gateway == gateway, Capture.payment_ref.in_(about))
        ).unique()
    }
    refunds = {
        refund.gateway_ref: refund
        for refund in db.session.scalars(
            select(Refund)
            .join(Capture, Capture.id == Refund.capture_id)
            .where(Capture.gateway == gateway, Refund.gateway_ref.in_(about))
        ).unique()
    }
    for line in lines:
        if line.kind is LineKind.PAYMENT and line.about in captures:
            line.capture = captures[line.about]
        elif line.kind is LineKind.REFUND and line.about in refunds:
            line.refund = refunds[line.about]
    db.session.flush()


def _disputed(gateway: str, lines: Sequence[SettlementLine]) -> dict[str | None, Dispute]:
    """Return what lines are about -> the dispute of ours that it is."""
    about = [line.about for line in lines if line.kind is LineKind.OTHER and line.about]
    query = select(Dispute).where(Dispute.gateway == gateway, Dispute.dispute_ref.in_(about))
    return {each.dispute_ref: each for each in db.session.scalars(query).unique()} if about else {}


def _settled(line: SettlementLine) -> Money | None:
    """Return what a line settles in the currency that the customer paid in, below zero for a refund; None: unknown."""
    if line.capture is not None:
        return Money(line.capture.amount_minor, line.capture.currency)
    if line.refund is not None and line.refund.processed_at is not None:  # also one that came back since
        return Money(-line.refund.amount_minor, line.refund.capture.currency)
    return None


def _is_known(line: SettlementLine, dispute: Dispute | None) -> bool:
    if dispute is not None and line.gross_minor and dispute.currency != line.currency:
        # What is exchanged has to be in the books before.
        return (dispute.taken_at if line.gross_minor < 0 else dispute.returned_at) is not None
    if line.kind in (LineKind.FEE, LineKind.OTHER, LineKind.SUM):
        return True
    settled = _settled(line)
    return settled is not None and (settled.currency != line.currency or settled.minor == line.gross_minor)


def _legs(line: SettlementLine, dispute: Dispute | None) -> list[Leg]:
    clearing, fees = f"gateway:{line.gateway}:clearing", f"gateway-fees:{line.gateway}"
    if line.kind is LineKind.FEE:
        return [_leg(BANK, fees, line.net_minor, line.currency)]
    settled = _settled(line)
    if dispute is not None and line.gross_minor:
        settled = Money(dispute.amount_minor * (1 if line.gross_minor > 0 else -1), dispute.currency)
    legs, across = [], clearing
    if settled is not None and settled.currency != line.currency:
        legs, across = [_leg(FX, clearing, settled.minor, settled.currency)], FX
    if dispute is not None and dispute.fee_minor:  # which the books have from the dispute itself
        fee = _leg(BANK, clearing, -line.fee_minor, line.currency)
        return [*legs, _leg(BANK, across, line.gross_minor, line.currency), fee]
    return [
        *legs,
        _leg(BANK, across, line.net_minor, line.currency),
        _leg(fees, across, line.fee_minor - line.fee_tax_minor, line.currency),
        _leg(f"{fees}:tax", across, line.fee_tax_minor, line.currency),
    ]


def _leg(debit: str, credit: str, minor: int, currency: str) -> Leg:
    """Return a transfer; an amount below zero goes the other way."""
    return Leg(debit, credit, Money(minor, currency)) if minor >= 0 else Leg(credit, debit, Money(-minor, currency))


def differences(gateway: str) -> list[Difference]:
    """Return what of all settlements fits nothing of ours, or does not add up."""
    waiting = db.session.scalars(
        select(SettlementLine).where(SettlementLine.gateway == gateway, SettlementLine.posted_at.is_(None))
    ).all()
    standing = (SettlementLine.gateway == gateway, SettlementLine.kind.in_(STANDING))
    others = db.session.scalars(
        select(SettlementLine)
        .join(Settlement, Settlement.id == SettlementLine.settlement_id)
        .where(*standing, ~_is_dispute(), ~_is_payout(), ~_is_failed_sum())
    ).all()
    return [_of_line(line) for line in (*waiting, *others)] + _sums(gateway)


def _is_dispute() -> ColumnElement[bool]:
    """Return the condition for a line that is what a bank took or put back in a dispute that we know, to the paisa.

    Of one in another currency, the first that took and the first that put back.
    """
    same = (Dispute.gateway == SettlementLine.gateway, Dispute.dispute_ref == SettlementLine.about)
    is_all = Dispute.amount_minor == func.abs(SettlementLine.gross_minor)
    of_it = (Dispute.currency == SettlementLine.currency) & is_all
    before = aliased(SettlementLine)
    told_before = exists().where(
        before.gateway == SettlementLine.gateway,
        before.about == SettlementLine.about,
        before.kind == LineKind.OTHER,
        (before.gross_minor > 0) == (SettlementLine.gross_minor > 0),
        before.id < SettlementLine.id,
    )
    exchanged = (Dispute.currency != SettlementLine.currency) & (SettlementLine.gross_minor != 0) & ~told_before
    return (SettlementLine.kind == LineKind.OTHER) & exists().where(*same, of_it | exchanged)


def _is_payout() -> ColumnElement[bool]:
    """Return the condition for a line that is another settlement, to the paisa: one that failed and is sent again.

    Or one that was sent by hand, and is therefore not in what goes by itself.
    """
    other = aliased(Settlement)
    same = (other.gateway == SettlementLine.gateway, other.ref == SettlementLine.about)
    again = (other.amount_minor == SettlementLine.gross_minor) & other.failed_at.is_not(None)
    gone = other.amount_minor == -SettlementLine.gross_minor
    of_it = exists().where(*same, other.currency == SettlementLine.currency, again | gone)
    return (SettlementLine.kind == LineKind.OTHER) & of_it


def _is_failed_sum() -> ColumnElement[bool]:
    return (SettlementLine.kind == LineKind.SUM) & Settlement.failed_at.is_not(None)


def _of_line(line: SettlementLine) -> Difference:
    if line.kind is LineKind.SUM:
        kind, sums = DifferenceKind.SETTLEMENT_BY_HAND, (line.gross_minor, line.gross_minor)
        return Difference(line.gateway, kind, line.ref, None, *sums, line.currency, line.at)
    settled = _settled(line)
    kind = DifferenceKind.LINE_UNKNOWN if settled is None else DifferenceKind.LINE_AMOUNT
    about = line.about if line.kind is LineKind.PAYMENT else None
    if line.refund is not None:
        about = line.refund.capture.payment_ref
    return Difference(
        line.gateway,
        kind,
        line.ref,
        about,
        line.gross_minor,
        settled.minor if settled is not None else 0,
        line.currency,
        line.at,
    )


def _sums(gateway: str) -> list[Difference]:
    total = func.coalesce(func.sum(SettlementLine.gross_minor - SettlementLine.fee_minor), 0)
    rows = db.session.execute(
        select(Settlement, total)
        .outerjoin(SettlementLine, SettlementLine.settlement_id == Settlement.id)
        .where(Settlement.gateway == gateway)
        .group_by(Settlement.id)
        .having(total != Settlement.amount_minor)
    )
    kind = DifferenceKind.SETTLEMENT_SUM
    return [
        Difference(gateway, kind, each.ref, None, each.amount_minor, int(lines), each.currency, each.sent_at)
        for each, lines in rows
    ]


def paid_by_hand() -> list[str]:
    """Return the gateways that have sent sums of which they do not tell what is in them."""
    asked = select(SettlementLine.gateway).where(SettlementLine.kind == LineKind.SUM).distinct()
    return sorted(db.session.scalars(asked))


def totals(gateway: str, since: datetime, until: datetime) -> dict[str, tuple[int, int, int]]:
    """Return currency -> (settlements, what came to the bank, what the gateway kept) of a span, in minor units.

    A settlement that failed brought nothing to the bank.
    """
    came = case((Settlement.failed_at.is_(None), Settlement.amount_minor), else_=0)
    sent = db.session.execute(
        select(Settlement.currency, func.count(), func.sum(came))
        .where(Settlement.gateway == gateway, Settlement.sent_at >= since, Settlement.sent_at <= until)
        .group_by(Settlement.currency)
    )
    fees = db.session.execute(
        select(SettlementLine.currency, func.sum(SettlementLine.fee_minor))
        .join(Settlement, Settlement.id == SettlementLine.settlement_id)
        .where(Settlement.gateway == gateway, Settlement.sent_at >= since, Settlement.sent_at <= until)
        .group_by(SettlementLine.currency)
    )
    kept: dict[str, int] = {currency: int(minor) for currency, minor in fees}
    return {row[0]: (row[1], int(row[2]), kept.get(row[0], 0)) for row in sent}
