"""Does every share stand in the books as its row says, and does what is pending add up for each woman?"""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import case, select
from sqlalchemy.orm import aliased

from shop.artisans.models import Artisan, payable_of
from shop.artisans.share_models import Share, ShareStatus
from shop.artisans.shares import PROMISED, RELEASED, TAKEN_BACK, pending_of
from shop.db import db
from shop.ledger import balances
from shop.ledger.models import Account, Entry, Transfer
from shop.verdict import Finding

Legs = Counter[tuple[str, str]]
CLOSED_BY = {ShareStatus.RELEASED: RELEASED, ShareStatus.REVERSED: TAKEN_BACK}


def verify() -> Iterator[Finding]:
    """Yield every share whose parts, entries or status disagree, and every pending account that does not add up."""
    posted = _posted()
    pending: Counter[int] = Counter()
    for share in db.session.scalars(select(Share).order_by(Share.id)):
        row = f"share {share.reference}"
        parts = {part.artisan_id: part.amount_minor for part in share.parts}
        if sum(parts.values()) != share.amount_minor:
            yield Finding("artisans", row, f"is {share.amount_minor}, its parts add up to {sum(parts.values())}")
        if share.status is ShareStatus.PENDING:
            pending.update(parts)
        wanted = _wanted(share, parts)
        for reference in (share.reference, f"{share.reference}:released", f"{share.reference}:reversed"):
            found = posted.pop(reference, Counter())
            if found != wanted.get(reference, Counter()):
                yield Finding("artisans", row, f"is {share.status.value}; the books differ under {reference}")
    for reference in sorted(posted):
        yield Finding("artisans", f"entry {reference}", "moves a share that has no row")
    yield from _accounts(pending)


def _wanted(share: Share, parts: dict[int, int]) -> dict[str, Legs]:
    """Return the transfers that should stand for a share, by the reference of their entry."""
    wanted = {share.reference: Counter({("shares", pending_of(who)): minor for who, minor in parts.items()})}
    if share.status is ShareStatus.RELEASED:
        legs = {(pending_of(who), payable_of(who)): minor for who, minor in parts.items()}
        wanted[f"{share.reference}:released"] = Counter(legs)
    if share.status is ShareStatus.REVERSED:
        legs = {(pending_of(who), "shares"): minor for who, minor in parts.items()}
        wanted[f"{share.reference}:reversed"] = Counter(legs)
    return wanted


def _posted() -> dict[str, Legs]:
    """Return reference -> what its entry moves between which accounts, for every entry about a share."""
    debit, credit = aliased(Account), aliased(Account)
    query = (
        select(Entry.reference, debit.code, credit.code, Transfer.amount_minor)
        .join(Transfer, Transfer.entry_id == Entry.id)
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .where(Entry.kind.in_((PROMISED, RELEASED, TAKEN_BACK)))
        .order_by(case((Entry.kind == PROMISED, 0), else_=1), Entry.id)
    )
    posted: dict[str, Legs] = {}
    for reference, from_code, to_code, minor in db.session.execute(query):
        posted.setdefault(reference, Counter())[from_code, to_code] += minor
    return posted


def _accounts(pending: Counter[int]) -> Iterator[Finding]:
    ids = list(db.session.scalars(select(Artisan.id)))
    held = balances.stored_many([pending_of(artisan_id) for artisan_id in ids])
    for artisan_id in ids:
        stored = held[pending_of(artisan_id)]
        if stored != pending[artisan_id]:
            yield Finding(
                "artisans", f"artisan {artisan_id}", f"shares pending {pending[artisan_id]}, her account says {stored}"
            )
