"""Does every share stand in the books as its row says, and does what is pending add up for each woman?

Shares are read a batch at a time with their parts and their entries, so that however many there are, few are held.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import aliased

from shop.artisans.models import Artisan, payable_of
from shop.artisans.share_models import Share, SharePart, ShareStatus, promise_of, undone
from shop.artisans.shares import PROMISED, RELEASED, TAKEN_BACK, pending_of
from shop.db import db
from shop.ledger import balances
from shop.ledger.models import Account, Entry, Transfer
from shop.snapshots import streamed
from shop.verdict import Finding

AT_ONCE = 500  # shares; three references of each are asked for
ENDS = (":released", ":reversed")  # what follows a share's reference in those of its entries
Legs = Counter[tuple[str, str]]


def verify() -> Iterator[Finding]:
    """Yield every share whose parts, entries or status disagree, and every pending account that does not add up."""
    pending: Counter[int] = Counter()
    query = select(Share.id, Share.unit, Share.line, Share.amount_minor, Share.status, Share.divided)
    query = query.order_by(Share.id).limit(AT_ONCE)
    after = 0
    while batch := db.session.execute(query.where(Share.id > after)).all():
        yield from _compared(batch, pending)
        after = batch[-1][0]
    yield from _of_no_share()
    yield from _accounts(pending)


def _compared(batch: Sequence[Row[*tuple[Any, ...]]], pending: Counter[int]) -> Iterator[Finding]:
    """Compare some shares with their parts and entries, and add what is pending of them up."""
    parts: dict[int, dict[int, int]] = {}
    divided = select(SharePart.share_id, SharePart.artisan_id, SharePart.amount_minor)
    for share_id, artisan_id, minor in db.session.execute(divided.where(SharePart.share_id.in_([r[0] for r in batch]))):
        parts.setdefault(share_id, {})[artisan_id] = minor
    posted = _posted([each for row in batch for each in _references(f"{row.unit}:{row.line}", row.divided)])
    for share_id, unit, line, minor, status, divided in batch:
        hers, reference = parts.get(share_id, {}), f"{unit}:{line}"
        row = f"share {reference}"
        if sum(hers.values()) != minor:
            yield Finding("artisans", row, f"is {minor}, its parts add up to {sum(hers.values())}")
        if status is ShareStatus.PENDING:
            pending.update(hers)
        for name, wanted in _wanted(status, hers, reference, divided).items():
            if posted.get(name, Counter()) != wanted:
                yield Finding("artisans", row, f"is {status.value}; the books differ under {name}")
        for times in range(divided):
            first, end = promise_of(reference, times), undone(reference, times + 1)
            if sum(posted.get(first, Counter()).values()) != minor or _mirrored(posted, end) != posted.get(first):
                yield Finding("artisans", row, f"was divided anew; the books differ under {end}")


def _references(reference: str, divided: int) -> list[str]:
    """Return how all entries of a share are named."""
    promises = [promise_of(reference, times) for times in range(divided + 1)]
    return [*promises, *(undone(reference, times + 1) for times in range(divided)), *(reference + end for end in ENDS)]


def _wanted(status: ShareStatus, parts: dict[int, int], reference: str, divided: int) -> dict[str, Legs]:
    """Return the transfers that should stand for a share: as it is promised now, released, and taken back."""
    promised = Counter({("shares", pending_of(who)): minor for who, minor in parts.items()})
    released = Counter({(pending_of(who), payable_of(who)): minor for who, minor in parts.items()})
    taken_back = Counter({(pending_of(who), "shares"): minor for who, minor in parts.items()})
    return {
        promise_of(reference, divided): promised,
        f"{reference}:released": released if status is ShareStatus.RELEASED else Counter(),
        f"{reference}:reversed": taken_back if status is ShareStatus.REVERSED else Counter(),
    }


def _mirrored(posted: dict[str, Legs], reference: str) -> Legs:
    return Counter({(code, other): minor for (other, code), minor in posted.get(reference, Counter()).items()})


def _posted(references: Sequence[str]) -> dict[str, Legs]:
    """Return reference -> what its entry moves between which accounts, for those that are about shares."""
    debit, credit = aliased(Account), aliased(Account)
    query = (
        select(Entry.reference, debit.code, credit.code, Transfer.amount_minor)
        .join(Transfer, Transfer.entry_id == Entry.id)
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .where(Entry.reference.in_(references), Entry.kind.in_((PROMISED, RELEASED, TAKEN_BACK)))
    )
    posted: dict[str, Legs] = {}
    for reference, from_code, to_code, minor in db.session.execute(query):
        posted.setdefault(reference, Counter())[from_code, to_code] += minor
    return posted


def _of_no_share() -> Iterator[Finding]:
    """Yield entries about shares whose reference is that of no share."""
    query = select(Entry.reference).where(Entry.kind.in_((PROMISED, RELEASED, TAKEN_BACK))).order_by(Entry.id)
    rows = streamed(query)
    while batch := [row[0] for row in islice(rows, AT_ONCE)]:
        units = {":".join(reference.split(":")[:2]) for reference in batch}
        shares = db.session.execute(select(Share.unit, Share.line, Share.divided).where(Share.unit.in_(units)))
        known = {name for unit, line, divided in shares for name in _references(f"{unit}:{line}", divided)}
        for reference in batch:
            if reference not in known:
                yield Finding("artisans", f"entry {reference}", "moves a share that has no row")


def _accounts(pending: Counter[int]) -> Iterator[Finding]:
    ids = list(db.session.scalars(select(Artisan.id)))
    held = balances.stored_many([pending_of(artisan_id) for artisan_id in ids])
    for artisan_id in ids:
        stored = held[pending_of(artisan_id)]
        if stored != pending[artisan_id]:
            yield Finding(
                "artisans", f"artisan {artisan_id}", f"shares pending {pending[artisan_id]}, her account says {stored}"
            )
