"""The books as the office reads them: the trial balance, one account, one entry. A rupee can be followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from shop.artisans import corrections, payouts, people, savings
from shop.artisans.models import Artisan, Earning, EarningKind
from shop.clock import india_date
from shop.db import db
from shop.errors import NotFound
from shop.ledger import balances, periods, posting, sealing, verification_runs
from shop.ledger.chart import kind_of
from shop.ledger.heads import Head
from shop.ledger.models import Account, Entry, Seal, Side
from shop.ledger.posting import Leg
from shop.ledger.statements import Line
from shop.ledger.verification_models import VerificationRun
from shop.production import tasks
from shop.users.models import User
from shop.users.policy import covers, whole_house
from shop.web.manager.reads import owed, rupee
from shop.web.manager.reads.corrections import Listed, listed
from shop.web.manager.reads.names import actors


@dataclass(frozen=True)
class Kind:
    """All accounts of one kind, in one currency, with their sum."""

    name: str
    side: Side
    accounts: Sequence[tuple[str, int]]

    @property
    def minor(self) -> int:
        """Return what they hold together, on their own side."""
        return sum(minor for _code, minor in self.accounts)


@dataclass(frozen=True)
class Trial:
    """The trial balance of one currency of one book."""

    book: str
    currency: str
    kinds: Sequence[Kind]

    def total(self, side: str) -> int:
        """Return the sum of one side; a balance below zero counts on the other."""
        signed = [(kind.side.value, minor) for kind in self.kinds for _code, minor in kind.accounts]
        own = sum(minor for own_side, minor in signed if own_side == side and minor > 0)
        return own - sum(minor for own_side, minor in signed if own_side != side and minor < 0)


@dataclass(frozen=True)
class Closed:
    """A month that was closed: on which day, by whom, and the head of the chain that it kept."""

    book: str
    month: date
    on: date
    by: str
    head: Head


@dataclass(frozen=True)
class BooksPage:
    """Trial balances at the end of a day (None: of all there is), the seal, closed months, and the newest entries."""

    on: date | None
    trials: Sequence[Trial]
    seal: int
    head: str
    unsealed: int
    closed: Sequence[Closed]
    entries: Sequence[Entry]


def books_page(on: date | None = None) -> BooksPage:
    """Return the state of the books, the trial balance as it stood at the end of a day."""
    seq, chain = sealing.head()
    open_ones = select(Entry).where(Entry.kind.not_in(list(savings.KINDS.values())))
    newest = db.session.scalars(open_ones.order_by(Entry.id.desc()).limit(12))
    return BooksPage(on, _trials(on), seq, chain, sealing.unsealed(), _closed(), list(newest))


def _closed() -> list[Closed]:
    """Return the newest months that were closed."""
    found = periods.newest(MONTHS)
    names = actors(period.closed_by for period in found)
    return [
        Closed(
            each.book, each.month, india_date(each.closed_at), names[each.closed_by], Head(each.seal_seq, each.chain)
        )
        for each in found
    ]


def _trials(on: date | None) -> list[Trial]:
    rows = [row for row in owed.folded(balances.trial_balance(on)) if row[4]]
    rows.sort(key=lambda row: (row[0], row[2] != "INR", row[2], row[3] is not Side.DEBIT, kind_of(row[1]), row[1]))
    return [
        Trial(book, currency, _kinds(list(group)))
        for (book, currency), group in groupby(rows, key=lambda row: (row[0], row[2]))
    ]


def _kinds(rows: Sequence[tuple[str, str, str, Side, int]]) -> list[Kind]:
    by_kind = groupby(rows, key=lambda row: (row[3], kind_of(row[1])))
    return [Kind(name, side, [(row[1], row[4]) for row in group]) for (side, name), group in by_kind]


@dataclass(frozen=True)
class AccountPage:
    """One account with its newest lines."""

    book: str
    code: str
    currency: str
    side: Side
    minor: int
    lines: Sequence[Line]
    older: int | None


LINES, MONTHS = 50, 12


def account_page(book: str, code: str, currency: str, before: int | None) -> AccountPage:
    """Return one account, a payable one with what she put aside; NotFound if it never moved, or holds savings."""
    if owed.is_put_aside(code):
        raise NotFound("books.unknown")
    query = select(Account.side).where(Account.book == book, Account.code == code, Account.currency == currency)
    side = db.session.scalar(query)
    if side is None:
        raise NotFound("books.unknown")
    lines, older = owed.lines(code, currency, book=book, limit=LINES, before=before)
    return AccountPage(book, code, currency, side, owed.balance(code, currency, book), lines, older)


@dataclass(frozen=True)
class EntryPage:
    """One entry: what moved, from where to where, who wrote it, its link in the chain, and how it may be put right."""

    entry: Entry
    legs: Sequence[Leg]
    by: str
    seal: int | None
    reverses: str | None
    reversed_by: str | None
    links: Sequence[tuple[str, str]]
    earning: Earning | None
    correction: Listed | None
    makers: Sequence[tuple[str, str]]  # (number, words) of those whose work it may have been


@dataclass(frozen=True)
class VerificationPage:
    """The newest verification, if there was one: who asked for it, how many breaks it did not keep; and the next."""

    run: VerificationRun | None
    asked_by: str
    more: int
    stale: bool
    asked: bool


def verification_page(*, at: datetime) -> VerificationPage:
    """Return the newest verification, and whether another is under way."""
    run = verification_runs.find_newest()
    if run is None:
        return VerificationPage(None, "", 0, False, verification_runs.is_asked())
    asked_by = actors([run.asked_by])[run.asked_by] if run.asked_by else ""
    stale = verification_runs.is_stale(run, at=at)
    return VerificationPage(run, asked_by, run.broken - len(run.breaks), stale, verification_runs.is_asked())


def entry_page(user: User, reference: str) -> EntryPage:
    """Return one entry by its reference; NotFound if there is none."""
    entry = posting.find_entry(reference)
    legs = posting.legs_of(entry.id) if entry else []
    hers_alone = any(owed.is_put_aside(code) for leg in legs for code in (leg.debit, leg.credit))
    if entry is None or hers_alone or not _covers(user, legs):
        raise NotFound("books.unknown")
    earning = corrections.find_earning(user, entry.id)
    standing = corrections.find_standing(earning.id) if earning else None
    back = db.session.scalar(select(Entry.reference).where(Entry.reverses_id == entry.id))
    first = db.session.scalar(select(Entry.reference).where(Entry.id == entry.reverses_id))
    return EntryPage(
        entry,
        legs,
        actors([entry.actor])[entry.actor],
        db.session.scalar(select(Seal.seq).where(Seal.entry_id == entry.id)),
        first if entry.reverses_id else None,
        back,
        _links(user, reference),
        earning,
        listed(user, [standing])[0] if standing else None,
        _others(user, earning) if earning and standing is None else (),
    )


def _others(user: User, earning: Earning) -> list[tuple[str, str]]:
    """Return the makers whom a piece may be credited to instead; none for what is for no piece."""
    if earning.kind is not EarningKind.PIECE:
        return []
    return [
        (str(each.id), f"{each.work_name} · {each.centre.name}") for each in people.of(user) if each != earning.artisan
    ]


def _covers(user: User, legs: Sequence[Leg]) -> bool:
    """Say whether an entry is open to its reader: to a manager only if it moved money of makers of her centre alone."""
    if whole_house(user, "entries.read"):
        return True
    codes = [code.split(":") for leg in legs for code in (leg.debit, leg.credit) if code.startswith("artisan:")]
    ids = {int(code[1]) for code in codes}
    centres = set(db.session.scalars(select(Artisan.centre_id).where(Artisan.id.in_(ids))))
    return bool(ids) and all(covers(user, "entries.read", centre_id) for centre_id in centres)


def _links(user: User, reference: str) -> list[tuple[str, str]]:
    """Return (words, address) of what stands behind an entry and is open to its reader."""
    behind = rupee.find_order(user, reference)
    way = [(_("from payment to payout"), url_for("manager.rupee", number=behind.number))] if behind else []
    return _things(user, reference) + way


def _things(user: User, reference: str) -> list[tuple[str, str]]:
    kind, _colon, rest = reference.partition(":")
    number = rupee.number_in(rest.partition(":")[0])
    try:
        if kind == "task":
            task = tasks.get_of(user, number)
            return [(_("task %(number)s", number=number), url_for("manager.task", task_id=task.id))]
        if kind == "payout":
            payout = payouts.get_of(user, number)
            return [(_("payout %(number)s", number=number), url_for("manager.payout", payout_id=payout.id))]
    except NotFound:
        return []
    found = rupee.find_order(user, reference) if kind in ("capture", "refund", "shipment") else None
    return (
        [(_("order %(number)s", number=found.number), url_for("manager.order", number=found.number))] if found else []
    )
