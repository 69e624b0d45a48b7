"""Did every payout leave once, and end once, with the money that its row says? (L5 of docs/ledger.md.)"""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from shop.artisans.came_back_models import CameBack, CameBackStatus
from shop.artisans.models import Payout, PayoutStatus
from shop.ledger.models import Account, Entry, Transfer
from shop.snapshots import streamed
from shop.verdict import Finding

# A step of a payout in the books -> the statuses that a payout has once it stands there.
STEPS: dict[str, tuple[PayoutStatus, ...]] = {
    "sent": (
        PayoutStatus.SENT,
        PayoutStatus.QUESTIONED,
        PayoutStatus.SETTLED,
        PayoutStatus.FAILED,
        PayoutStatus.CAME_BACK,
    ),
    "settled": (PayoutStatus.SETTLED, PayoutStatus.CAME_BACK),
    "failed": (PayoutStatus.FAILED,),
    "short": (PayoutStatus.SETTLED, PayoutStatus.CAME_BACK),  # where she said that less came
    "came-back": (PayoutStatus.CAME_BACK,),
}
debit, credit = aliased(Account), aliased(Account)


def verify() -> Iterator[Finding]:
    """Yield every payout whose steps in the books are not those of its status."""
    for step, statuses in STEPS.items():
        yield from _posted(step, statuses)
    seen = CameBack.status == CameBackStatus.SEEN
    query = select(Payout.id, Payout.status).outerjoin(CameBack, and_(CameBack.payout_id == Payout.id, seen))
    for payout_id, status in streamed(
        query.where((Payout.status == PayoutStatus.CAME_BACK) != CameBack.id.is_not(None)).order_by(Payout.id)
    ):
        yield Finding("artisans", f"payout {payout_id}", f"is {status.value}; what two people saw says otherwise")


def _posted(step: str, statuses: tuple[PayoutStatus, ...]) -> Iterator[Finding]:
    is_right = and_(Transfer.amount_minor == _sum(step), _way(step))
    query = (
        select(
            Payout.id,
            Payout.status,
            Payout.received_minor,
            func.count(Transfer.id),
            func.sum(case((is_right, 1), else_=0)),
        )
        .outerjoin(Entry, Entry.reference == func.concat("payout:", Payout.id, f":{step}"))
        .outerjoin(Transfer, Transfer.entry_id == Entry.id)
        .outerjoin(debit, debit.id == Transfer.debit_account_id)
        .outerjoin(credit, credit.id == Transfer.credit_account_id)
        .group_by(Payout.id, Payout.status, Payout.received_minor)
        .order_by(Payout.id)
    )
    for payout_id, status, received, posted, right in streamed(query):
        if not posted == right == int(status in statuses and (step != "short" or received is not None)):
            yield Finding("artisans", f"payout {payout_id}", f"is {status.value}; the books differ under {step}")


def _sum(step: str) -> ColumnElement[int]:
    """Return what a step moves: all of it, what she says came, or the rest."""
    received = func.coalesce(Payout.received_minor, Payout.amount_minor)
    if step == "short":
        return Payout.amount_minor - received
    return received if step in ("settled", "came-back") else Payout.amount_minor + 0


def _way(step: str) -> ColumnElement[bool]:
    """Return the condition for a transfer to go from where to where this step does."""
    payable = func.concat("artisan:", Payout.artisan_id, ":payable")
    in_transit = func.concat("artisan:", Payout.artisan_id, ":in-transit")
    if step == "sent":
        return and_(debit.code == payable, credit.code == in_transit)
    if step == "came-back":
        return and_(debit.code == "bank", credit.code == payable)
    into = (
        credit.code == payable
        if step in ("failed", "short")
        else or_(credit.code == "bank", credit.code.startswith("cash:"))
    )
    return and_(debit.code == in_transit, into)
