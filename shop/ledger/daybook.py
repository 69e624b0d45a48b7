"""The day book in the formats of accountants: CSV, and the text of beancount, whose own checks it passes.

An account's code becomes a name of beancount's five roots and can be read back: `artisan:7:payable` is
`Liabilities:House:Artisan:7:Payable`. Each entry is a transaction with its reference, number, seal and link; a reversal
bears the link of what it reverses as well. At the end stand our own balances as assertions, so that whoever checks the
file compares the books with themselves. Accounts and actors are numbers: no person is named.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from shop.db import db
from shop.ledger import balances
from shop.ledger.chart import root_of
from shop.ledger.models import Account, Entry, Seal, Side, Transfer
from shop.money import decimal

ENTRIES = 2_000  # read at a time
HEADINGS = (
    "entry", "effective_on", "recorded_at", "reference", "kind", "debit", "credit", "currency", "amount", "actor",
    "reverses", "seal", "happened_on",
)  # fmt: skip
_PLAIN = re.compile(r"(?!x--)[a-z0-9][a-z0-9-]*", re.ASCII)


@dataclass(frozen=True)
class Posted:
    """One transfer with its entry, codes instead of numbers."""

    entry: int
    effective_on: date
    recorded_at: datetime
    reference: str
    kind: str
    debit: str
    credit: str
    currency: str
    minor: int
    actor: str
    reverses: int | None
    seal: int | None
    happened_on: date | None  # a late fact's own day


def rows(book: str) -> Iterator[Posted]:
    """Yield every transfer of a book in the order of the entries, read in batches."""
    debit, credit = aliased(Account), aliased(Account)
    query: Select[*tuple[Any, ...]] = (
        select(
            Entry.id, Entry.effective_on, Entry.recorded_at, Entry.reference, Entry.kind, debit.code, credit.code,
            Transfer.currency, Transfer.amount_minor, Entry.actor, Entry.reverses_id, Seal.seq, Entry.happened_on,
        )
        .join(Transfer, Transfer.entry_id == Entry.id)
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .outerjoin(Seal, Seal.entry_id == Entry.id)
        .where(Transfer.book == book)
        .order_by(Entry.id, Transfer.id)
    )  # fmt: skip
    last = db.session.scalar(select(func.max(Entry.id))) or 0
    for first in range(1, last + 1, ENTRIES):
        for row in db.session.execute(query.where(Entry.id >= first, Entry.id < first + ENTRIES)):
            yield Posted(*row)


def as_csv(book: str) -> Iterator[str]:
    """Yield the day book as CSV, a line for each transfer; amounts as decimals of the currency."""
    yield _csv_line(HEADINGS)
    for row in rows(book):
        yield _csv_line(
            (
                row.entry, row.effective_on.isoformat(), row.recorded_at.isoformat(), row.reference, row.kind,
                row.debit, row.credit, row.currency, decimal(row.minor), row.actor, row.reverses or "", row.seal or "",
                row.happened_on or "",
            )
        )  # fmt: skip


def as_beancount(book: str) -> Iterator[str]:
    """Yield the day book as beancount reads it: commodities, accounts, transactions, and our balances at the end."""
    trial = [row for row in balances.trial_balance() if row[0] == book]
    first, last = db.session.execute(
        select(func.min(Entry.effective_on), func.max(Entry.effective_on))
        .join(Transfer, Transfer.entry_id == Entry.id)
        .where(Transfer.book == book)
    ).one()
    yield f'option "title" {_text(book)}\n'
    if first is None:
        return
    currencies = sorted({currency for _book, _code, currency, _side, _minor in trial})
    for currency in currencies:
        yield f'option "operating_currency" "{currency}"\n'
    for currency in currencies:
        yield f"\n{first} commodity {currency}\n  minor-units: 100\n"
    for code, group in groupby(trial, key=lambda row: row[1]):
        held = ",".join(row[2] for row in group)
        yield f"\n{first} open {name_of(book, code)} {held}\n  code: {_text(code)}\n"
    for _entry, transfers in groupby(rows(book), key=lambda row: row.entry):
        yield _transaction(book, list(transfers))
    yield "\n"
    for name, currency, minor in _asserted(book, trial):
        yield f"{last + timedelta(days=1)} balance {name} {decimal(minor)} {currency}\n"


FORMATS: Mapping[str, Callable[[str], Iterator[str]]] = {"beancount": as_beancount, "csv": as_csv}


def name_of(book: str, code: str) -> str:
    """Return what beancount calls an account; `code_of` reads it back. UnknownAccount if the chart has no such code."""
    return ":".join([root_of(code), _component(book), *map(_component, code.split(":"))])


def code_of(name: str) -> tuple[str, str]:
    """Return the book and the code of an account as beancount calls it."""
    _root, book, *parts = name.split(":")
    return _plain(book), ":".join(map(_plain, parts))


def _component(part: str) -> str:
    """Return a part of a code as beancount wants it; what has other signs than its names may have is told in hex."""
    return part[0].upper() + part[1:] if _PLAIN.fullmatch(part) else f"X--{part.encode().hex()}"


def _plain(component: str) -> str:
    if component.startswith("X--"):
        return bytes.fromhex(component[3:]).decode()
    return component[0].lower() + component[1:]


def _transaction(book: str, transfers: list[Posted]) -> str:
    head = transfers[0]
    links = f"^entry-{head.entry}" + (f" ^entry-{head.reverses}" if head.reverses else "")
    lines = [
        f"\n{head.effective_on} * {_text(head.kind)} {links}",
        f"  reference: {_text(head.reference)}",
        f"  recorded-at: {_text(head.recorded_at.isoformat())}",
        f"  actor: {_text(head.actor)}",
        *([f"  seal: {head.seal}"] if head.seal else []),
        *([f"  happened-on: {head.happened_on}"] if head.happened_on else []),
    ]
    for row in transfers:
        lines.append(f"  {name_of(book, row.debit)}  {decimal(row.minor)} {row.currency}")
        lines.append(f"  {name_of(book, row.credit)}  {decimal(-row.minor)} {row.currency}")
    return "\n".join(lines) + "\n"


def _asserted(book: str, trial: list[tuple[str, str, str, Side, int]]) -> Iterator[tuple[str, str, int]]:
    """Yield name, currency and balance, debits above zero; beancount counts what stands below a name as its own."""
    held = [
        (name_of(book, code), currency, minor if side is Side.DEBIT else -minor)
        for _book, code, currency, side, minor in trial
    ]
    sums: Counter[tuple[str, str]] = Counter()
    for name, currency, minor in held:
        parts = name.split(":")
        for depth in range(1, len(parts) + 1):
            sums[":".join(parts[:depth]), currency] += minor
    for name, currency, _minor in held:
        yield name, currency, sums[name, currency]


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


def _csv_line(cells: tuple[object, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
