"""What she has earned. A piece of a task, a story, or a month of a design is credited once, by its reference."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from shop.artisans.models import Artisan, Earning, EarningKind, payable_of
from shop.clock import india_date
from shop.db import adding_once, db, run
from shop.ledger import balances
from shop.ledger.models import Account, Entry, Transfer
from shop.ledger.posting import Event, Leg, post_all
from shop.money import Money
from shop.snapshots import streamed
from shop.verdict import Finding


@dataclass(frozen=True)
class _Kind:
    """What an earning is called in the books, and from which account it comes."""

    entry: str
    account: Callable[[Artisan], str]


KINDS: dict[EarningKind, _Kind] = {
    EarningKind.PIECE: _Kind("piece accepted", lambda artisan: f"wages:{artisan.centre_id}"),
    EarningKind.REWORK: _Kind("piece mended", lambda artisan: f"wages:{artisan.centre_id}"),
    EarningKind.STORY: _Kind("story fee", lambda artisan: "fees"),
    EarningKind.DESIGN: _Kind("design royalty", lambda artisan: "fees"),
}


def credit(
    artisan: Artisan,
    amount: Money,
    *,
    reference: str,
    source: str,
    at: datetime,
    by: str,
    kind: EarningKind = EarningKind.PIECE,
) -> Earning:
    """Credit a piece rate or a fee to her payable account; the same reference again changes nothing."""
    credit_all(artisan, amount, references=[reference], source=source, at=at, by=by, kind=kind)
    return db.session.scalars(select(Earning).where(Earning.reference == reference)).one()


def credit_all(
    artisan: Artisan,
    amount: Money,
    *,
    references: Sequence[str],
    source: str,
    at: datetime,
    by: str,
    kind: EarningKind = EarningKind.PIECE,
) -> None:
    """Credit the same amount for each of several pieces of one source, each once, in as many statements as for one."""
    if not references:
        return
    known_as = KINDS[kind]
    legs = [Leg(known_as.account(artisan), artisan.payable, amount)]
    events = [Event(reference, known_as.entry, legs) for reference in references]
    entries = post_all(events, effective_on=india_date(at), at=at, by=by)
    run(
        adding_once(Earning, "reference"),
        [
            {
                "artisan_id": artisan.id,
                "kind": kind,
                "reference": reference,
                "source": source,
                "amount_minor": amount.minor,
                "entry_id": entry_id,
                "earned_at": at,
            }
            for reference, entry_id in zip(references, entries, strict=True)
        ],
    )


def can_take(artisan: Artisan) -> Money:
    """Return what she can take now."""
    return balances.stored(artisan.payable)


def verify() -> Iterator[Finding]:
    """Yield every earning whose money is not in the books as it says, or is another woman's there."""
    posted = (
        select(
            Transfer.entry_id,
            func.sum(Transfer.amount_minor).label("minor"),
            func.min(Account.code).label("first"),
            func.max(Account.code).label("last"),
        )
        .join(Account, Account.id == Transfer.credit_account_id)
        .group_by(Transfer.entry_id)
        .subquery()
    )
    query = (
        select(Earning.reference, Earning.artisan_id, Earning.amount_minor, Entry.reference, *posted.c[1:])
        .outerjoin(Entry, Entry.id == Earning.entry_id)
        .outerjoin(posted, posted.c.entry_id == Earning.entry_id)
    )
    for reference, artisan_id, amount, entry_reference, minor, first, last in streamed(query):
        if reference != entry_reference or amount != minor:
            yield Finding("artisans", f"earning {reference}", f"says {amount}, the books say {minor}")
        elif not first == last == payable_of(artisan_id):
            yield Finding("artisans", f"earning {reference}", f"is artisan {artisan_id}'s, the books credit {first}")
    bare = (
        select(Entry.reference)
        .outerjoin(Earning, Earning.entry_id == Entry.id)
        .where(Entry.kind.in_([kind.entry for kind in KINDS.values()]), Earning.id.is_(None))
    )
    for (reference,) in streamed(bare):
        yield Finding("artisans", f"entry {reference}", "credits an earning that has no row")
