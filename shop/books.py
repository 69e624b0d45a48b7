"""The visible list of every floor's `verify()`: what `ledger verify` and the nightly job run, and what they go over."""

from collections.abc import Callable, Iterator

from sqlalchemy import func, select

from shop import guards
from shop.artisans import (
    advance_verification,
    cash_verification,
    closing_verification,
    correction_verification,
    deduction_verification,
    earnings,
    payout_verification,
    payouts,
    references,
    royalties,
    runs,
    savings,
)
from shop.artisans import share_verification as shares
from shop.catalog import share_verification
from shop.catalog import verification as catalog
from shop.db import db
from shop.ledger import period_verification, sealing
from shop.ledger import verification as ledger
from shop.ledger.models import Transfer
from shop.ledger.verification_runs import Over
from shop.orders import designed, exchange_verification
from shop.orders import verification as orders
from shop.payments import settlement_verification
from shop.payments import verification as payments
from shop.production import checks, crediting, mendings, recounts
from shop.snapshots import snapshot
from shop.users import audit
from shop.verdict import Finding

FLOORS: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
    ("ledger", ledger.verify),
    ("ledger: closed months", period_verification.verify),
    ("artisans: earnings", earnings.verify),
    ("artisans: payouts", payouts.verify),
    ("artisans: runs", runs.verify),
    ("artisans: cash", cash_verification.verify),
    ("artisans: steps of payouts", payout_verification.verify),
    ("artisans: references", references.verify),
    ("artisans: corrections", correction_verification.verify),
    ("artisans: shares", shares.verify),
    ("artisans: savings", savings.verify),
    ("artisans: advances", advance_verification.verify),
    ("artisans: deductions", deduction_verification.verify),
    ("artisans: royalties", royalties.verify),
    ("artisans: closed months", closing_verification.verify),
    ("catalog: stock", catalog.verify),
    ("catalog: shares", share_verification.verify),
    ("production: checks", checks.verify),
    ("production: crediting", crediting.verify),
    ("production: recounts", recounts.verify),
    ("production: mendings", mendings.verify),
    ("orders", orders.verify),
    ("orders: exchanges", exchange_verification.verify),
    ("orders: royalties", designed.verify),
    ("payments", payments.verify),
    ("payments: settlements", settlement_verification.verify),
    ("users: audit", audit.verify),
    ("guards", guards.verify),
)


def findings() -> Iterator[Finding]:
    """Yield everything that any floor finds broken, all of it read in one snapshot: of what is written meanwhile a
    floor would else see one half."""
    with snapshot():
        for _, verify in FLOORS:
            yield from verify()


def over() -> Over:
    """Return what a verification goes over now; of the same moment as what it finds, inside one snapshot."""
    transfers = db.session.scalar(select(func.count()).select_from(Transfer)) or 0
    seq, chain = sealing.head()
    unclaimed = share_verification.unclaimed()
    return Over(len(FLOORS), transfers, seq, chain, unclaimed.pieces, unclaimed.minor)
