"""Posting: the one way into the books.

`post` is a hot unit, so it writes by Core statements: accounts, entry, transfers, and a stored
balance only for accounts with a floor. A house account has no stored balance, so unrelated sales
never wait for one another on PostgreSQL.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache

from sqlalchemy import Executable, Select, Update, bindparam, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from shop.db import adding, adding_once, db, run, upsert
from shop.errors import Conflict
from shop.ledger import dates
from shop.ledger.chart import has_floor, kind_of, side_of
from shop.ledger.models import Account, Balance, Entry, Side, Transfer
from shop.money import Money

HOUSE = "house"  # the book of the legal entity that sells; others come with partner entities


class ReferenceReused(RuntimeError):
    """The same reference came with other transfers: a mistake in the caller, never in the world."""


class BelowZero(Conflict):
    """An account with a floor would have gone below zero; nothing was posted."""

    def __init__(self, code: str) -> None:
        super().__init__("ledger.below_zero", account=code)


@dataclass(frozen=True)
class Leg:
    """A transfer to be: debit code, credit code, amount above zero."""

    debit: str
    credit: str
    amount: Money


@dataclass(frozen=True)
class Event:
    """One business event to be posted: its unique reference, what it is called in the books, and what it moves."""

    reference: str
    kind: str
    legs: Sequence[Leg]
    reverses_id: int | None = None


def post(
    reference: str,
    kind: str,
    legs: Sequence[Leg],
    *,
    effective_on: date,
    at: datetime,
    by: str,
    book: str = HOUSE,
    reverses_id: int | None = None,
) -> int:
    """Post one event and return its entry's id; the same reference and legs again return the first.

    Raises BelowZero if an account with a floor would fall under it, ReferenceReused if the
    reference stands with other legs. Zero legs are left out; an event without any is refused.
    What took effect in a month that is closed is dated on the day of `at`, and keeps the day it happened on.
    """
    return post_all([Event(reference, kind, legs, reverses_id)], effective_on=effective_on, at=at, by=by, book=book)[0]


def post_all(events: Sequence[Event], *, effective_on: date, at: datetime, by: str, book: str = HOUSE) -> list[int]:
    """Post events of one moment, each as `post` does, in as many statements as one; return their entries' ids.

    ValueError if two have one reference: their transfers would all be written under the one entry. An account with a
    floor may dip between them as long as it stands above it after all.
    """
    if len({event.reference for event in events}) != len(events):
        raise ValueError("two events of one moment have one reference")
    events = [replace(event, legs=[leg for leg in event.legs if leg.amount.minor != 0]) for event in events]
    wrong = [e.reference for e in events if not e.legs or any(leg.amount.minor < 0 for leg in e.legs)]
    if wrong or not events:
        raise ValueError(f"{wrong[:1]}: amounts must be above zero, and of something")
    on, happened_on = dates.open_day(effective_on, at=at, book=book)
    written = _write_entries(events, on=on, happened_on=happened_on, at=at, by=by)
    if new := [event for event in events if event.reference in written]:
        _write_transfers(new, written, book, on)
    return [written.get(e.reference) or _existing(e.reference, e.kind, e.legs, book) for e in events]


def _write_entries(
    events: Sequence[Event], *, on: date, happened_on: date | None, at: datetime, by: str
) -> dict[str, int]:
    """Write what is new and return its reference -> id."""
    rows = run(
        adding_once(Entry, "reference", returned=("reference", "id")),
        [
            {
                "reference": event.reference,
                "kind": event.kind,
                "effective_on": on,
                "happened_on": happened_on,
                "recorded_at": at,
                "actor": by,
                "reverses_id": event.reverses_id,
            }
            for event in events
        ],
    )
    return {row[0]: int(row[1]) for row in rows}


def _write_transfers(events: Sequence[Event], entries: dict[str, int], book: str, on: date) -> None:
    legs = [leg for event in events for leg in event.legs]
    accounts = _account_ids(book, {(code, leg.amount.currency) for leg in legs for code in (leg.debit, leg.credit)})
    run(
        adding(Transfer),
        [
            {
                "entry_id": entries[event.reference],
                "book": book,
                "currency": leg.amount.currency,
                "debit_account_id": accounts[leg.debit, leg.amount.currency],
                "credit_account_id": accounts[leg.credit, leg.amount.currency],
                "amount_minor": leg.amount.minor,
                "effective_on": on,
            }
            for event in events
            for leg in event.legs
        ],
    )
    _move_balances(legs, accounts)


def reverse(entry_id: int, reference: str, *, effective_on: date, at: datetime, by: str) -> int:
    """Post the mirror of an entry, once; the original stays as it is. Conflict if it was reversed before."""
    entry = db.session.get_one(Entry, entry_id)
    other = select(Entry.reference).where(Entry.reverses_id == entry_id, Entry.reference != reference)
    if db.session.scalar(other) is not None:
        raise Conflict("ledger.reversed")
    book = db.session.scalars(select(Transfer.book).where(Transfer.entry_id == entry_id).limit(1)).one()
    return post(
        reference,
        f"{entry.kind}.reversal",
        _mirrored(entry_id),
        effective_on=effective_on,
        at=at,
        by=by,
        book=book,
        reverses_id=entry_id,
    )


def _mirrored(entry_id: int) -> list[Leg]:
    return [Leg(leg.credit, leg.debit, leg.amount) for leg in legs_of(entry_id)]


def hold(codes: Iterable[str], currency: str = "INR", *, book: str = HOUSE) -> None:
    """Lock the stored balances of accounts with a floor, for a unit that will post several events on them.

    What can be taken is locked before what is pending, each by its account's number, so that two such
    units never wait in a ring. SQLite's writing unit is alone already.
    """
    wanted = {(code, currency) for code in codes}
    if not wanted or db.engine.dialect.name != "postgresql":
        return
    accounts = _account_ids(book, wanted)
    in_order = [accounts[key] for key in sorted(accounts, key=lambda key: (kind_of(key[0]), accounts[key]))]
    bare = upsert(Balance).values([{"account_id": number, "minor": 0} for number in in_order])
    db.session.execute(bare.on_conflict_do_nothing(index_elements=["account_id"]))
    for number in in_order:
        db.session.execute(select(Balance.minor).where(Balance.account_id == number).with_for_update())


def find_entry(reference: str) -> Entry | None:
    """Return the entry of a reference, or None."""
    return db.session.scalars(select(Entry).where(Entry.reference == reference)).one_or_none()


def legs_of(entry_id: int) -> list[Leg]:
    """Return an entry's transfers as legs, in the order they were written."""
    debit, credit = aliased(Account), aliased(Account)
    rows = db.session.execute(
        select(debit.code, credit.code, Transfer.amount_minor, Transfer.currency)
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .where(Transfer.entry_id == entry_id)
        .order_by(Transfer.id)
    )
    return [Leg(row[0], row[1], Money(row[2], row[3])) for row in rows]


def _existing(reference: str, kind: str, legs: Sequence[Leg], book: str) -> int:
    entry = find_entry(reference)
    if entry is None:
        raise Conflict("ledger.in_flight")  # another transaction holds the reference and has not committed
    if entry.kind != kind or legs_of(entry.id) != list(legs):
        raise ReferenceReused(f"{reference} stands in book {book} with other transfers")
    return entry.id


def _account_ids(book: str, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    found = _find_accounts(book, wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        opening = adding_once(Account, "book", "code", "currency")
        for code, currency in missing:
            values = {"book": book, "code": code, "currency": currency, "side": side_of(code)}
            if (opened := run(opening, values).scalar()) is not None:
                found[code, currency] = opened
        elsewhere = wanted - found.keys()  # another transaction has opened these meanwhile
        if elsewhere:
            found |= _find_accounts(book, elsewhere)
    return found


def _find_accounts(book: str, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    rows = run(_finding(), {"of_book": book, "wanted": sorted(wanted)})
    return {(row[0], row[1]): row[2] for row in rows}


@cache
def _finding() -> Select[str, str, int]:
    named = tuple_(Account.code, Account.currency).in_(bindparam("wanted", expanding=True))
    return select(Account.code, Account.currency, Account.id).where(Account.book == bindparam("of_book"), named)


def _move_balances(legs: Sequence[Leg], accounts: dict[tuple[str, str], int]) -> None:
    change: dict[tuple[int, str], int] = defaultdict(int)
    for leg in legs:
        for code, moved in ((leg.debit, Side.DEBIT), (leg.credit, Side.CREDIT)):
            if has_floor(code):
                sign = 1 if side_of(code) is moved else -1
                change[accounts[code, leg.amount.currency], code] += sign * leg.amount.minor
    for (account_id, code), minor in sorted(change.items()):
        if minor > 0:
            run(_growing(db.engine.dialect.name), {"account_id": account_id, "minor": minor})
        elif minor < 0:
            _take(account_id, -minor, code)


@cache
def _growing(dialect: str) -> Executable:
    grown = upsert(Balance)
    return grown.on_conflict_do_update(
        index_elements=["account_id"], set_={"minor": Balance.minor + grown.excluded.minor}
    )


def _take(account_id: int, minor: int, code: str) -> None:
    try:
        taken = run(_taking(), {"of_account": account_id, "taken": minor}).rowcount
    except IntegrityError as error:  # the CHECK, should the condition above ever be lost
        raise BelowZero(code) from error
    if taken != 1:
        raise BelowZero(code)


@cache
def _taking() -> Update:
    balances = Balance.metadata.tables[Balance.__tablename__]
    there_is = (balances.c.account_id == bindparam("of_account"), balances.c.minor >= bindparam("taken"))
    return update(balances).where(*there_is).values(minor=balances.c.minor - bindparam("taken"))
