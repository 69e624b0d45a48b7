"""The pieces of an order as the page of one rupee tells them: who made each, what it earned them, and where that is.

Which payout carried a credit is what shop/artisans/carried.py says, over all that is owed to her: the same whether or
not she has put something aside. A manager sees the makers of her centre alone.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from shop.artisans import carried, corrections
from shop.artisans.carried import Credit
from shop.artisans.models import Artisan, Earning, Payout, PayoutEvent, PayoutStatus
from shop.artisans.share_models import Share, ShareStatus
from shop.catalog.models import Reservation, Unit
from shop.db import db
from shop.ledger.models import Entry
from shop.orders.return_models import ReturnPiece
from shop.production import mendings
from shop.production.models import (
    WANTED,
    MakingStep,
    Piece,
    ProductionOrder,
    StepName,
    Task,
    TaskPiece,
    TaskPieceStatus,
)
from shop.users.models import User
from shop.users.policy import covers

MADE_AS, UNIT = "piece:", "unit:"  # how a unit names its piece of work, and a share its unit


@dataclass(frozen=True)
class Way:
    """Where so much of a credit went: with a payout, with another entry, or nowhere yet: then it is owed to her."""

    minor: int
    entry: str | None = None
    payout: Payout | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True)
class Wage:
    """What one step of one piece earned its maker."""

    artisan: Artisan
    step: StepName
    task_id: int
    earning: Earning
    ways: Sequence[Way]


@dataclass(frozen=True)
class Part:
    """One woman's part of a share; `ways` only once it is hers."""

    artisan: Artisan
    minor: int
    ways: Sequence[Way]


@dataclass(frozen=True)
class ShareOf:
    """The share of one piece with those parts that the reader may see."""

    share: Share
    parts: Sequence[Part]
    is_open: bool  # all its makers are the reader's to see, so that its entries are

    @property
    def ended_by(self) -> str | None:
        """Return the reference of the entry that released it or took it back."""
        return None if self.share.status is ShareStatus.PENDING else f"{self.share.reference}:{self.share.status.value}"


@dataclass(frozen=True)
class Made:
    """One piece of a line: `unit` is None while it is being made; `is_here`: it still counts to this line."""

    line: str
    unit: Unit | None
    is_here: bool
    wages: Sequence[Wage]
    shares: Sequence[ShareOf]
    has_others: bool  # makers of another centre worked on it as well


@dataclass(frozen=True)
class Pieces:
    """All pieces of an order, and what they cost in makers' money, in paise: everyone's, whoever reads."""

    made: Sequence[Made]
    wages_minor: int  # of the pieces that count to the order; what came back takes its wages along to the shelf
    shares_minor: int  # promised or hers; without what was taken back


@dataclass(frozen=True)
class _Rows:
    user: User
    wages: Mapping[int, Sequence[tuple[Earning, StepName, int]]]  # piece of work -> what it earned
    shares: Sequence[Share]
    artisans: Mapping[int, Artisan]
    credits: Mapping[int, Mapping[int, Credit]]
    released: Mapping[str, int]  # reference of a release -> its entry
    payouts: Mapping[str, tuple[Payout, datetime | None]]

    def sees(self, artisan_id: int) -> bool:
        """Say whether the reader may see a maker."""
        return covers(self.user, "orders.follow", self.artisans[artisan_id].centre_id)

    def ways(self, artisan_id: int, entry_id: int | None) -> list[Way]:
        """Return where a credit of hers went; what of it is owed to her still comes last."""
        credit = self.credits[artisan_id].get(entry_id) if entry_id is not None else None
        if credit is None:
            return []
        gone = [Way(part.minor, part.reference, *self.payouts.get(part.reference, ())) for part in credit.parts]
        return [*gone, Way(credit.left)] if credit.left else gone

    def piece(self, line: str, unit: Unit | None, work_id: int | None, *, is_here: bool) -> Made:
        """Return one piece as its reader may see it."""
        earned = self.wages.get(work_id, ()) if work_id is not None else ()
        name = f"{UNIT}{unit.id}" if unit else None
        shares = [share for share in self.shares if (share.unit, share.line) == (name, line)]
        makers = {each.artisan_id for each, _step, _task in earned}
        makers |= {part.artisan_id for share in shares for part in share.parts}
        wages = [
            Wage(self.artisans[each.artisan_id], step, task_id, each, self.ways(each.artisan_id, each.entry_id))
            for each, step, task_id in earned
            if self.sees(each.artisan_id)
        ]
        return Made(line, unit, is_here, wages, [self.share(each) for each in shares], not all(map(self.sees, makers)))

    def share(self, share: Share) -> ShareOf:
        """Return a share with the parts that its reader may see."""
        entry_id = self.released.get(f"{share.reference}:released")
        seen = [part for part in share.parts if self.sees(part.artisan_id)]
        parts = [
            Part(self.artisans[part.artisan_id], part.amount_minor, self.ways(part.artisan_id, entry_id))
            for part in seen
        ]
        return ShareOf(share, parts, len(seen) == len(share.parts))


def of_lines(user: User, lines: Sequence[str], anew: Mapping[str, str]) -> Pieces:
    """Return the pieces of order lines (`order-line:41`) in a handful of statements, the oldest first.

    `anew`: under which references others were asked for in the place of what came back -> for which line.
    """
    here = _set_aside(lines)
    shares = list(db.session.scalars(select(Share).where(Share.line.in_(lines)).order_by(Share.id)))
    gone = _gone(lines, shares, {unit.id for unit, _line in here})
    unfinished = _unfinished({line: line for line in lines} | dict(anew))
    work = {unit.id: _work_of(unit) for unit, _line in [*here, *gone]}
    counted = [number for unit, _line in here if (number := work[unit.id]) is not None] + list(unfinished)
    wages = _wages([*unfinished, *(number for number in work.values() if number is not None)])
    rows = _rows(user, wages, shares)
    made = [rows.piece(line, unit, work[unit.id], is_here=True) for unit, line in here]
    made += [rows.piece(line, unit, work[unit.id], is_here=False) for unit, line in gone]
    made += [rows.piece(line, None, number, is_here=True) for number, line in unfinished.items()]
    return Pieces(
        made,
        sum(e.amount_minor for n in counted for e, _step, _task in wages.get(n, ()) if e.reversed_at is None),
        sum(share.amount_minor for share in shares if share.status is not ShareStatus.REVERSED),
    )


def _work_of(unit: Unit) -> int | None:
    """Return the piece of work that became a unit; None for one from before the workshop's records."""
    kind, number = unit.reference[: len(MADE_AS)], unit.reference[len(MADE_AS) :]
    return int(number) if kind == MADE_AS and number.isdecimal() else None


def _set_aside(lines: Sequence[str]) -> list[tuple[Unit, str]]:
    query = select(Unit, Reservation.reference).join(Reservation, Reservation.id == Unit.reservation_id)
    return [
        (row[0], row[1]) for row in db.session.execute(query.where(Reservation.reference.in_(lines)).order_by(Unit.id))
    ]


def _gone(lines: Sequence[str], shares: Sequence[Share], here: Collection[int]) -> list[tuple[Unit, str]]:
    """Return the units that were a line's once: sent back, or let go before the parcel left."""
    ids = [int(line.rpartition(":")[2]) for line in lines]
    returned = select(ReturnPiece.unit_id, ReturnPiece.order_line_id).where(ReturnPiece.order_line_id.in_(ids))
    once = {int(share.unit.removeprefix(UNIT)): share.line for share in shares}
    once |= {row[0]: f"order-line:{row[1]}" for row in db.session.execute(returned)}
    units = db.session.scalars(select(Unit).where(Unit.id.in_(once.keys() - set(here))).order_by(Unit.id))
    return [(unit, once[unit.id]) for unit in units]


def _unfinished(lines: Mapping[str, str]) -> dict[int, str]:
    """Return piece of work -> its line, of what is being made for order lines, given by the work's references."""
    query = (
        select(Piece.id, ProductionOrder.reference)
        .join(ProductionOrder, ProductionOrder.id == Piece.order_id)
        .where(ProductionOrder.reference.in_(list(lines)), ProductionOrder.cancelled_at.is_(None))
        .where(Piece.finished_at.is_(None), *WANTED)
        .order_by(Piece.id)
    )
    return {row[0]: lines[row[1]] for row in db.session.execute(query)}


def _wages(pieces: Sequence[int]) -> dict[int, list[tuple[Earning, StepName, int]]]:
    """Return piece of work -> what each accepted step of it earned, in the order of making."""
    query = (
        select(TaskPiece.piece_id, Piece.number, Task.id, MakingStep.name)
        .join(Piece, Piece.id == TaskPiece.piece_id)
        .join(Task, Task.id == TaskPiece.task_id)
        .join(MakingStep, MakingStep.id == Task.step_id)
        .where(TaskPiece.piece_id.in_(pieces), TaskPiece.status == TaskPieceStatus.ACCEPTED)
        .order_by(TaskPiece.piece_id, MakingStep.position)
    )
    steps = [(row[0], f"task:{row[2]}:piece:{row[1]}", row[2], row[3]) for row in db.session.execute(query)]
    step_of = {(piece_id, task_id): step for piece_id, _name, task_id, step in steps}
    mended = [(piece, name, task, step_of[piece, task]) for piece, task, name in mendings.of_pieces(pieces)]
    steps += mended
    names = [reference for _piece, reference, _task, _step in steps]
    earned = {each.reference: each for each in db.session.scalars(select(Earning).where(Earning.reference.in_(names)))}
    put = corrections.put_in_place_of([each.id for each in earned.values()])
    found: dict[int, list[tuple[Earning, StepName, int]]] = {}
    for piece_id, reference, task_id, step in steps:
        each = earned.get(reference)
        while each is not None:
            found.setdefault(piece_id, []).append((each, step, task_id))
            each = put.get(each.id)
    return found


def _rows(user: User, wages: Mapping[int, Sequence[tuple[Earning, StepName, int]]], shares: Sequence[Share]) -> _Rows:
    makers = {each.artisan_id for some in wages.values() for each, _step, _task in some}
    makers |= {part.artisan_id for share in shares for part in share.parts}
    artisans = {each.id: each for each in db.session.scalars(select(Artisan).where(Artisan.id.in_(makers)))}
    releases = [f"{share.reference}:released" for share in shares]
    entries = db.session.execute(select(Entry.reference, Entry.id).where(Entry.reference.in_(releases)))
    released = {row[0]: row[1] for row in entries}
    credits = carried.of(makers)
    shown = {each.entry_id for some in wages.values() for each, _step, _task in some} | set(released.values())
    parts = [part.reference for some in credits.values() for n in shown & some.keys() for part in some[n].parts]
    return _Rows(user, wages, shares, artisans, credits, released, _payouts(parts))


def _payouts(references: Iterable[str]) -> dict[str, tuple[Payout, datetime | None]]:
    """Return `payout:7:sent` -> the payout, and when she said that it came."""
    names = {reference: int(reference.split(":")[1]) for reference in references if reference.startswith("payout:")}
    query = select(Payout).where(Payout.id.in_(set(names.values()))).options(joinedload(Payout.artisan))
    payouts = {payout.id: payout for payout in db.session.scalars(query)}
    said = select(PayoutEvent.payout_id, PayoutEvent.at).where(PayoutEvent.status == PayoutStatus.SETTLED)
    settled = {row[0]: row[1] for row in db.session.execute(said.where(PayoutEvent.payout_id.in_(list(payouts))))}
    return {name: (payouts[number], settled.get(number)) for name, number in names.items() if number in payouts}


def find_piece(task_id: int, number: int) -> int | None:
    """Return the piece of work that a task's entry of the books names by its number, or None."""
    query = select(Piece.id).join(TaskPiece, TaskPiece.piece_id == Piece.id)
    return db.session.scalar(query.where(TaskPiece.task_id == task_id, Piece.number == number))
