"""Does every line of a settlement that was posted stand in the books as it says, and each failure, and nothing else?"""

from collections.abc import Iterator

from sqlalchemy import case, func, select

from shop.db import db
from shop.ledger.models import Account, Entry, Transfer
from shop.payments.settlement import BANK, FAILED
from shop.payments.settlement_models import Settlement, SettlementLine
from shop.verdict import Finding


def verify() -> Iterator[Finding]:
    """Yield every line whose net is not what its entry brought to the bank, and every entry without a line.

    Likewise every settlement that failed and whose sum its entry did not take out of the bank again.
    """
    lines = select(SettlementLine.gateway, SettlementLine.ref, SettlementLine.gross_minor - SettlementLine.fee_minor)
    posted = _at_the_bank("settlement")
    for gateway, ref, net in db.session.execute(lines.where(SettlementLine.posted_at.is_not(None))):
        reference = f"settlement:{gateway}:{ref}"
        if posted.pop(reference, 0) != net:
            yield Finding("payments", reference, f"the line brought {net} to the bank, the books say otherwise")
    for reference in sorted(posted):
        yield Finding("payments", reference, "stands in the books without a line that was posted")
    posted = _at_the_bank(FAILED)
    for settlement in db.session.scalars(select(Settlement).where(Settlement.failed_at.is_not(None))):
        if posted.pop(settlement.failure, 0) != -settlement.amount_minor:
            told = f"{settlement.amount_minor} never reached the bank, the books say otherwise"
            yield Finding("payments", settlement.failure, told)
    for reference in sorted(posted):
        yield Finding("payments", reference, "stands in the books without a settlement that failed")


def _at_the_bank(kind: str) -> dict[str, int]:
    """Return entry -> what it brought to the bank, of the entries of a kind."""
    account = select(Account.id).where(Account.code == BANK)
    moved = case(
        (Transfer.debit_account_id.in_(account), Transfer.amount_minor),
        (Transfer.credit_account_id.in_(account), -Transfer.amount_minor),
        else_=0,
    )
    entries = (
        select(Entry.reference, func.sum(moved))
        .join(Transfer, Transfer.entry_id == Entry.id)
        .where(Entry.kind == kind)
        .group_by(Entry.reference)
    )
    return {reference: int(minor) for reference, minor in db.session.execute(entries)}
