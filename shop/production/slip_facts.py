"""What stands on her statement of a closed month: every line of what she can take, and her accounts beside it.

All of it is read from the closed month, so it reads the same however late it is drawn. Each line is counted in one
part, and whatever no part knows stands as "other" with the books' own word: opening and parts add up to the closing
balance, or there is no statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import aliased

from shop.artisans import advances, corrections, recoveries, savings, shares, takings
from shop.artisans.deduction_models import Deduction
from shop.artisans.design_models import Design
from shop.artisans.models import Artisan, Earning, EarningKind, Payout, PayoutMethod
from shop.artisans.slip_models import Slip
from shop.catalog.models import Product
from shop.clock import india_date
from shop.db import db
from shop.ledger import balances, statements
from shop.ledger.models import Entry, Period
from shop.ledger.statements import Line, Statement
from shop.production import mendings
from shop.production.models import StepName, Task

REFERENCE_SHOWN = 4  # the last characters of a bank's reference


class Part(StrEnum):
    """What a line of the month belongs to."""

    EARNED = "earned"
    TAKEN = "taken"
    PAID = "paid"
    PUT = "put"


@dataclass(frozen=True)
class Row:
    """Something earned or taken off: `word` is its kind, `minor` its sum; pieces carry their item, step and rate.

    `taken_back` is the day on which it had been counted, for what a correction takes back.
    """

    word: str
    minor: int
    item: str = ""
    step: StepName | None = None
    count: int = 0
    rate: int | None = None
    happened_on: date | None = None
    taken_back: date | None = None


@dataclass(frozen=True)
class Paid:
    """A payout that left, or came back: its mode, and the end of the bank's reference."""

    on: date
    minor: int
    method: PayoutMethod
    end: str
    came_back: bool


@dataclass(frozen=True)
class Moves:
    """An account of hers over the month; `more` and `less` are above zero."""

    opening: int
    more: int
    less: int

    @property
    def closing(self) -> int:
        """Return what stood at the end of the month."""
        return self.opening + self.more - self.less


@dataclass(frozen=True)
class Facts:
    """One woman's month. The card's number and no name; `employer` is "" where the house has not said its own yet."""

    card: str
    employer: str
    centre: str
    month: date
    closed_on: date
    head: str
    opening: int
    earned: Sequence[Row]
    taken: Sequence[Row]
    paid: Sequence[Paid]
    put: int
    closing: int
    savings: Moves
    advance: Moves
    on_the_way: int
    coming: int

    @property
    def gross(self) -> int:
        """Return what she earned, less what was taken back as counted by mistake."""
        return sum(row.minor for row in self.earned)

    @property
    def deductions(self) -> int:
        """Return what was taken off, above zero."""
        return -sum(row.minor for row in self.taken)

    @property
    def net(self) -> int:
        """Return what was paid to her, less what came back."""
        return -sum(paid.minor for paid in self.paid)


def of(slip: Slip, language: str, *, employer: str = "") -> Facts:
    """Return what a statement says, items in the words of a language, in the name of an employer."""
    period = db.session.get_one(Period, slip.period_id)
    artisan, until = slip.artisan, period.until
    month = statements.of_month(artisan.payable, slip.month)
    lines = sorted(month.lines, key=lambda line: line.transfer_id)
    parts = {part: [line for line in lines if _part(line) is part] for part in Part}
    facts = Facts(
        card=artisan.user.card_number or "",
        employer=employer,
        centre=artisan.centre.name,
        month=slip.month,
        closed_on=india_date(period.closed_at),
        head=f"{period.seal_seq}:{period.chain}",
        opening=month.opening,
        earned=_earned(parts[Part.EARNED], language),
        taken=_taken(parts[Part.TAKEN]),
        paid=_paid(parts[Part.PAID]),
        put=sum(line.minor for line in parts[Part.PUT]),
        closing=balances.at_end(artisan.payable, until).minor,
        savings=_moves(statements.of_month(savings.account_of(artisan.id), slip.month)),
        advance=_advance(artisan, slip.month),
        on_the_way=balances.at_end(artisan.in_transit, until).minor,
        coming=balances.at_end(shares.pending_of(artisan.id), until).minor,
    )
    if facts.opening + facts.gross - facts.deductions - facts.net + facts.put != facts.closing:
        raise ValueError(f"slip {slip.id}: its lines do not add up to the balance of the month")
    return facts


def _part(line: Line) -> Part:
    if line.kind.startswith("payout "):
        return Part.PAID
    if line.kind in savings.KINDS.values():
        return Part.PUT
    is_reversal = line.kind.endswith(".reversal")  # what was earned is taken back, what was taken is given back
    return Part.EARNED if (line.minor > 0) != is_reversal else Part.TAKEN


def _earned(lines: Sequence[Line], language: str) -> list[Row]:
    """Return what was earned: pieces by item, step and rate, then the rest; what was taken back stands as it is."""
    first = aliased(Entry)
    query = (
        select(Entry.id, Earning.kind, Earning.source, first.effective_on)
        .outerjoin(first, first.id == Entry.reverses_id)
        .outerjoin(Earning, Earning.entry_id.in_([Entry.id, Entry.reverses_id]))
        .where(Entry.id.in_([line.entry_id for line in lines]))
    )
    found = {row.id: row for row in db.session.execute(query)}
    numbers = [number for line in lines if (number := corrections.number_in(line.reference)) is not None]
    moved = corrections.naming_another(numbers)
    sources = {row.source for row in found.values() if row.source}
    tasks, designs = _tasks(sources), _designs(sources, language)
    groups: dict[Row, list[int]] = {}
    for line in lines:
        of_it = found[line.entry_id]
        task = tasks.get(of_it.source or "")
        key = Row(
            _word(line, of_it.kind, is_moved=corrections.number_in(line.reference) in moved),
            0,
            task.order.variant.product.title_in(language) if task else designs.get(of_it.source or "", ""),
            task.step.name if task else None,
            rate=abs(line.minor) if task else None,
            happened_on=line.happened_on,
            taken_back=of_it.effective_on,
        )
        groups.setdefault(key, []).append(line.minor)
    return [
        Row(
            key.word, sum(minors), key.item, key.step, len(minors), key.rate, key.happened_on, key.taken_back
        )
        for key, minors in groups.items()
    ]  # fmt: skip


WORDS: Mapping[EarningKind, str] = {
    EarningKind.PIECE: "work",
    EarningKind.REWORK: "mended",
    EarningKind.STORY: "story",
    EarningKind.DESIGN: "design",
}


def _word(line: Line, kind: EarningKind | None, *, is_moved: bool) -> str:
    if is_moved:
        return "moved_in" if line.minor > 0 else "moved_out"
    if line.kind.endswith(".reversal"):
        return "back"
    if line.reference.startswith(corrections.PUT):
        return "right"
    if kind is not None:
        return WORDS[kind]
    return "share" if line.kind == shares.RELEASED else f"other_in:{line.kind}"


def _tasks(sources: set[str]) -> dict[str, Task]:
    ids = {int(source.partition(":")[2]) for source in sources if source.startswith(("task:", "mending:"))}
    found = db.session.scalars(select(Task).where(Task.id.in_(ids))).unique().all() if ids else []
    return {source: task for task in found for source in (f"task:{task.id}", mendings.source_of(task.id))}


def _designs(sources: set[str], language: str) -> dict[str, str]:
    """Return source -> title of the product that was designed."""
    ids = {source: int(source.split(":")[1]) for source in sources if source.startswith("design:")}
    if not ids:
        return {}
    rows = db.session.execute(select(Design.id, Design.product).where(Design.id.in_(ids.values())))
    drawn = {design_id: int(product.removeprefix("product:")) for design_id, product in rows}
    of = {source: drawn[number] for source, number in ids.items()}
    products = {each.id: each for each in db.session.scalars(select(Product).where(Product.id.in_(of.values())))}
    return {source: products[number].title_in(language) for source, number in of.items()}


TAKEN: Mapping[str, str] = {
    recoveries.RECOVERED: "recovered",
    recoveries.REPAID: "repaid",
    f"{takings.DEDUCTED}.reversal": "given_back",
}


def _taken(lines: Sequence[Line]) -> list[Row]:
    """Return what was taken off, a deduction by the reason that stood in its notice, and what was given back of it."""
    whose = select(Deduction.entry_id, Deduction.reason).where(
        Deduction.entry_id.in_([line.entry_id for line in lines])
    )
    reasons = {entry_id: reason.value for entry_id, reason in db.session.execute(whose)} if lines else {}
    return [
        Row(
            reasons.get(line.entry_id) or TAKEN.get(line.kind, f"other_out:{line.kind}"),
            line.minor,
            happened_on=line.happened_on,
        )
        for line in lines
    ]


def _paid(lines: Sequence[Line]) -> list[Paid]:
    numbers = {line.entry_id: int(line.reference.split(":")[1]) for line in lines}
    query = select(Payout).where(Payout.id.in_(numbers.values()))
    payouts = {payout.id: payout for payout in db.session.scalars(query)} if numbers else {}
    made = []
    for line in lines:
        payout = payouts[numbers[line.entry_id]]
        end = (payout.bank_reference or "")[-REFERENCE_SHOWN:]
        made.append(Paid(line.effective_on, line.minor, payout.method, end, line.minor > 0))
    return made


def _moves(month: Statement) -> Moves:
    more = sum(line.minor for line in month.lines if line.minor > 0)
    return Moves(month.opening, more, more - sum(line.minor for line in month.lines))


def _advance(artisan: Artisan, month: date) -> Moves:
    """Return her advance over the month; one that did not reach her was not given."""
    statement = statements.of_month(recoveries.account_of(artisan.id), month)
    given = sum(line.minor for line in statement.lines if line.kind.startswith(advances.PAID))
    return Moves(statement.opening, given, given - sum(line.minor for line in statement.lines))
