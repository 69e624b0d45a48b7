"""Does every line of a settlement that was posted stand in the books as it says, and nothing else?"""

from collections.abc import Iterator

from sqlalchemy import case, func, select

from shop.db import db
from shop.ledger.models import Account, Entry, Transfer
from shop.payments.settlement import BANK
from shop.payments.settlement_models import SettlementLine
from shop.verdict import Finding


def verify() -> Iterator[Finding]:
    """Yield every line whose net is not what its entry brought to the bank, and every entry without a line."""
    account = select(Account.id).where(Account.code == BANK)
    moved = case(
        (Transfer.debit_account_id.in_(account), Transfer.amount_minor),
        (Transfer.credit_account_id.in_(account), -Transfer.amount_minor),
        else_=0,
    )
    posted: dict[str, int] = {
        reference: int(minor)
        for reference, minor in db.session.execute(
            select(Entry.reference, func.sum(moved))
            .join(Transfer, Transfer.entry_id == Entry.id)
            .where(Entry.kind == "settlement")
            .group_by(Entry.reference)
        )
    }
    lines = select(SettlementLine.gateway, SettlementLine.ref, SettlementLine.gross_minor - SettlementLine.fee_minor)
    for gateway, ref, net in db.session.execute(lines.where(SettlementLine.posted_at.is_not(None))):
        reference = f"settlement:{gateway}:{ref}"
        if posted.pop(reference, 0) != net:
            yield Finding("payments", reference, f"the line brought {net} to the bank, the books say otherwise")
    for reference in sorted(posted):
        yield Finding("payments", reference, "stands in the books without a line that was posted")
