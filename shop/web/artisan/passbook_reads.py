"""Her passbook: a month with what stood before and after it, the lines between, and what each line is made of.

However long she has worked, a page reads as many moves as it shows. What stood at a month's end comes from its close or
back from what stands now (ledger/balances.py); a long month is shown in pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Subquery, func, select

from shop.artisans import corrections
from shop.artisans.models import Artisan, Earning, Payout
from shop.db import db
from shop.ledger import balances, periods, statements
from shop.ledger.balances import Standing
from shop.ledger.models import Entry, Transfer
from shop.production import mendings
from shop.production.models import Task
from shop.web.artisan import design_reads, share_reads
from shop.web.artisan.reads import Thumb, Work, thumbs_of, works_of

OWN_MOVES = {("saving", False): "saved", ("saving", True): "unsaved", ("advance", False): "repaid"}
DEDUCTED = {False: "deducted", True: "given-back"}
PAGE = 60  # moves; a line's are never parted, and a day's only where there are more of them than that


@dataclass(frozen=True)
class Moved:
    """One transfer of her payable account, signed, with the task that it pays for, or whose pay it takes back."""

    id: int
    minor: int
    effective_on: date
    happened_on: date | None
    reference: str
    source: str
    takes_back: bool
    is_moved: bool = False  # a part of a correction that credits another woman

    @property
    def puts_right(self) -> bool:
        """Say whether it is a part of a correction: what is taken back, or what stands in its place."""
        return self.reference.startswith(corrections.PUT)


@dataclass(frozen=True)
class Line:
    """A line of the passbook: work, a share of a sale, money that went out or came back, or a correction."""

    id: int
    kind: str
    on: date
    happened_on: date | None
    minor: int
    amounts: tuple[int, ...]
    title: str
    thumb: Thumb | None
    step: str
    payout: Payout | None
    design: design_reads.Designed | None = None
    is_moved: bool = False  # the piece was counted to one woman and is another's work


@dataclass(frozen=True)
class Passbook:
    """A month, or a page of a long one: what stood before its lines, the lines, what stood after; the three add up.

    `closing` is what stood at the end of the month, `older` the transfer from which to read on.
    """

    flower: str
    month: date
    earlier: date | None
    later: date | None
    closing: int
    opening: int
    lines: list[Line]
    older: int | None
    is_first: bool
    coming: list[share_reads.Coming]


@dataclass(frozen=True)
class OneLine:
    """One line with the lines its amount is made of."""

    flower: str
    line: Line


def passbook(artisan: Artisan, month: date, today: date, language: str, before: int | None = None) -> Passbook:
    """Return one month of what she can take, newest line first; a later page of it begins before a move of hers."""
    until, after = periods.end_of(month), periods.end_of(month) + timedelta(days=1)
    account = balances.find_account(artisan.payable)
    before = before if account and before and statements.is_within(account, before, month, until) else None
    closing = balances.stood_at(account, until) if account else 0
    rows, older = _page(account, month, until, before) if account else ([], None)
    stood = closing - (statements.sum_from(account, before, until) if account and before is not None else 0)
    return Passbook(
        flower=artisan.emblem,
        month=month,
        earlier=(month - timedelta(days=1)).replace(day=1) if _moved_before(account, month) else None,
        later=after if after <= today else None,
        closing=closing,
        opening=stood - sum(row.minor for row in rows),
        lines=_lines(rows, language),
        older=older,
        is_first=before is None,
        coming=[] if after <= today or before is not None else share_reads.coming_to(artisan, language),
    )


def find_line(artisan: Artisan, transfer_id: int, language: str) -> OneLine | None:
    """Return one line of her passbook with the lines it is made of, or None if it is not hers."""
    account = balances.find_account(artisan.payable)
    on = db.session.scalar(select(Transfer.effective_on).where(Transfer.id == transfer_id))
    if account is None or on is None:
        return None
    of_day = _rows(statements.moves(account, since=on, until=on))
    found = next((row for row in of_day if row.id == transfer_id), None)
    if found is None:
        return None
    rows = [row for row in of_day if _is_alike(row, found)] if found.source else [found]
    return OneLine(artisan.emblem, _lines(rows, language)[0])


def _is_alike(row: Moved, other: Moved) -> bool:
    return _group_of(row) == _group_of(other)


def _moved_before(account: Standing | None, month: date) -> bool:
    return account is not None and account.first_on is not None and account.first_on < month


def _page(account: Standing, since: date, until: date, before: int | None) -> tuple[Sequence[Moved], int | None]:
    """Return a page of a month's moves, and the one to read on before; its last day is left whole if it can be."""
    rows = _rows(statements.moves(account, since=since, until=until, before=before, limit=PAGE + 1))
    if len(rows) <= PAGE:
        return rows, None
    whole_days = [row for row in rows if row.effective_on != rows[-1].effective_on]
    if whole_days:
        return whole_days, whole_days[-1].id
    day = rows[-1].effective_on
    page = whole_lines(_rows(statements.moves(account, since=day, until=day, before=before)))
    last = page[-1].id
    older = _rows(statements.moves(account, since=since, until=until, before=last, limit=1))
    return page, last if older else None


def whole_lines(of_day: Sequence[Moved]) -> Sequence[Moved]:
    """Return a page of a day's moves, and as many more as it takes that no line of the passbook is parted."""
    ends = {_group_of(row): place for place, row in enumerate(of_day)}
    place, end = 0, min(PAGE, len(of_day)) - 1
    while place <= end:
        end = max(end, ends[_group_of(of_day[place])])
        place += 1
    return of_day[: end + 1]


def _group_of(row: Moved) -> tuple[object, ...]:
    """Return what moves have in common that are one line."""
    return row.effective_on, row.happened_on, row.source or row.id, row.takes_back, row.puts_right, row.is_moved


def _rows(moved: Subquery) -> Sequence[Moved]:
    """Return moves of her payable account, newest day first, with the earning each one is or takes back."""
    query = (
        select(
            moved.c.id,
            moved.c.minor,
            moved.c.effective_on,
            Entry.happened_on,
            Entry.reference,
            func.coalesce(Earning.source, "").label("source"),
            Entry.reverses_id.is_not(None).label("takes_back"),
        )
        .join(Entry, Entry.id == moved.c.entry_id)
        .outerjoin(Earning, Earning.entry_id == func.coalesce(Entry.reverses_id, Entry.id))
        .order_by(moved.c.effective_on.desc(), moved.c.id.desc())
    )
    rows = [Moved(*row) for row in db.session.execute(query)]
    numbers = {row.reference: corrections.number_in(row.reference) for row in rows if row.puts_right}
    others = corrections.naming_another([number for number in numbers.values() if number is not None])
    return [replace(row, is_moved=numbers.get(row.reference) in others) for row in rows]


def _lines(rows: Sequence[Moved], language: str) -> list[Line]:
    """Return passbook lines; the pieces of one task that were accepted on one day are one line."""
    groups: dict[tuple[object, ...], list[Moved]] = {}
    for row in rows:
        groups.setdefault(_group_of(row), []).append(row)
    made = _works_by_source({row.source for row in rows}, language)
    paid = _payouts_of({row.reference for row in rows})
    sold = share_reads.titles_of([row.reference for row in rows], language)
    drawn = design_reads.designed_of({row.source for row in rows if not row.takes_back}, language)
    thumbs = thumbs_of([each.variant for each in drawn.values() if each.variant])
    lines = [
        _line(group, made.get(group[0].source), paid.get(group[0].reference), sold.get(group[0].reference))
        for group in groups.values()
    ]
    return [
        _of_design(line, drawn[group[0].source], thumbs) if group[0].source in drawn and line.minor > 0 else line
        for line, group in zip(lines, groups.values(), strict=True)
    ]


def _of_design(line: Line, design: design_reads.Designed, thumbs: Mapping[int, Thumb | None]) -> Line:
    thumb = thumbs.get(design.variant.id) if design.variant else None
    return replace(line, kind="design", title=design.title, thumb=thumb, design=design)


def _line(group: Sequence[Moved], made: Work | None, payout: Payout | None, sold: str | None) -> Line:
    minor = sum(row.minor for row in group)
    done = "mended" if group[0].source.startswith("mending:") else "work"
    kind = done if made and not group[0].puts_right else "correction"
    if group[0].source.startswith("story:") and not group[0].takes_back:
        kind = "story"
    if sold is not None:
        kind = "share"
    if payout:
        kind = "paid" if minor < 0 else "returned"
    kind = OWN_MOVES.get((group[0].reference.partition(":")[0], minor > 0), kind)
    if group[0].reference.startswith("deduction:"):
        kind = DEDUCTED[minor > 0]
    return Line(
        id=min(row.id for row in group),
        kind=kind,
        on=group[0].effective_on,
        happened_on=group[0].happened_on,
        minor=minor,
        amounts=tuple(row.minor for row in reversed(group)),
        title=made.title if made else sold or "",
        thumb=made.thumb if made else None,
        step=made.step if made else "",
        payout=payout,
        is_moved=group[0].is_moved,
    )


def _works_by_source(sources: set[str], language: str) -> dict[str, Work]:
    ids = {int(source.partition(":")[2]) for source in sources if source.startswith(("task:", "mending:"))}
    found = db.session.scalars(select(Task).where(Task.id.in_(ids))).unique().all() if ids else []
    works = works_of(found, date.min, language)
    return {source: made for made in works for source in (f"task:{made.id}", mendings.source_of(made.id))}


def _payouts_of(references: set[str]) -> dict[str, Payout]:
    """Return the payouts that entries such as payout:7:sent speak of, by that reference."""
    ids = {ref: int(ref.split(":")[1]) for ref in references if ref.startswith("payout:")}
    query = select(Payout).where(Payout.id.in_(ids.values()))
    found = {payout.id: payout for payout in db.session.scalars(query)} if ids else {}
    return {ref: found[number] for ref, number in ids.items() if number in found}
