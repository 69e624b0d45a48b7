"""What her pages show: one function a page, the same few queries however much there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import selectinload

from shop.artisans import advances, earnings, payouts, recoveries, savings, shares
from shop.artisans.advance_models import Advance, AdvanceStatus
from shop.artisans.models import Artisan, Earning, Payout, PayoutStatus
from shop.artisans.people import EMBLEMS
from shop.catalog.models import Picture, Rendition, Variant
from shop.clock import india_date
from shop.db import db
from shop.ledger.models import Account, Entry, Transfer
from shop.ledger.posting import HOUSE
from shop.orders import thanks
from shop.orders.thanks_models import ThanksFor
from shop.production import tasks as work
from shop.production.models import Task, TaskPieceStatus, TaskStatus
from shop.users.models import User
from shop.web.artisan import design_reads, share_reads

ON_THE_WAY = (PayoutStatus.SENT, PayoutStatus.QUESTIONED)
FIRST = (TaskStatus.OFFERED, TaskStatus.REWORK, TaskStatus.STARTED, TaskStatus.ACCEPTED, TaskStatus.SUBMITTED)
SETTLED = (TaskStatus.CHECKED, TaskStatus.DECLINED, TaskStatus.WITHDRAWN)
OWN_MOVES = {("saving", False): "saved", ("saving", True): "unsaved", ("advance", False): "repaid"}
PICTURE_WIDTH = 320
NEWS = timedelta(days=14)  # for so long a thank-you is told of on her first page


@dataclass(frozen=True)
class Thumb:
    """A small picture of the product, in two formats."""

    avif: str | None
    jpeg: str | None


@dataclass(frozen=True)
class Work:
    """A task as she sees it: a picture, a step, circles, a day."""

    id: int
    status: TaskStatus
    title: str
    thumb: Thumb | None
    step: str
    pieces: tuple[TaskPieceStatus, ...]
    rate_minor: int
    due_on: date
    days: int
    waiting: int

    @property
    def done(self) -> int:
        """Return how many pieces were accepted."""
        return self.pieces.count(TaskPieceStatus.ACCEPTED)

    @property
    def back(self) -> int:
        """Return how many pieces came back to be mended."""
        return self.pieces.count(TaskPieceStatus.REWORK)


@dataclass(frozen=True)
class Home:
    """The first page: money, then one thing to decide."""

    flower: str
    can_take: int
    on_the_way: int
    way_line: int | None
    payout: Payout | None
    payout_day: date | None
    today: date
    work: Work | None
    others: int
    coming: int
    saved: int
    advance: Advance | None
    to_repay: int
    thanked: ThanksFor | None


@dataclass(frozen=True)
class Tasks:
    """Her tasks, the ones to decide first."""

    flower: str
    works: list[Work]


@dataclass(frozen=True)
class OneTask:
    """One task."""

    flower: str
    work: Work


@dataclass(frozen=True)
class Moved:
    """One transfer of her payable account, signed, with the task that it pays for, or whose pay it takes back."""

    id: int
    minor: int
    effective_on: date
    reference: str
    source: str
    takes_back: bool


@dataclass(frozen=True)
class Line:
    """A line of the passbook: work, a share of a sale, money that went out or came back, or a correction."""

    id: int
    kind: str
    on: date
    minor: int
    amounts: tuple[int, ...]
    title: str
    thumb: Thumb | None
    step: str
    payout: Payout | None
    design: design_reads.Designed | None = None


@dataclass(frozen=True)
class Passbook:
    """One month: opening, lines, closing; the three add up."""

    flower: str
    month: date
    earlier: date | None
    later: date | None
    opening: int
    lines: list[Line]
    coming: list[share_reads.Coming]

    @property
    def closing(self) -> int:
        """Return what stood there at the end of the month."""
        return self.opening + sum(line.minor for line in self.lines)


@dataclass(frozen=True)
class OneLine:
    """One line with the lines its amount is made of."""

    flower: str
    line: Line


def emblem_of(card: str, decoy: int) -> str:
    """Return the emblem on a card; for a number that is on no card, the one that `decoy` falls on."""
    query = select(Artisan.emblem).join(User, User.id == Artisan.user_id).where(User.card_number == card)
    return db.session.scalar(query) or EMBLEMS[decoy % len(EMBLEMS)]


def home(artisan: Artisan, at: datetime, language: str) -> Home:
    """Return what she can take, what is on its way, and one task or a payout to answer."""
    today = india_date(at)
    payout = payouts.find_unanswered(artisan)
    advance = advances.find_standing(artisan)
    live = sorted(work.of(artisan), key=lambda task: FIRST.index(task.status))
    on_the_way = earnings.on_the_way(artisan).minor
    return Home(
        flower=artisan.emblem,
        can_take=earnings.can_take(artisan).minor,
        on_the_way=on_the_way,
        way_line=_way_line(artisan) if on_the_way else None,
        payout=payout,
        payout_day=india_date(payout.sent_at) if payout and payout.sent_at else None,
        today=today,
        work=None if payout else next(iter(_works(live[:1], today, language)), None),
        others=max(len(live) - 1, 0),
        coming=shares.coming_to(artisan.id).minor,
        saved=savings.saved(artisan).minor,
        advance=advance,
        to_repay=recoveries.left(artisan).minor if advance and advance.status is AdvanceStatus.ACKNOWLEDGED else 0,
        thanked=next(iter(thanks.of_artisan(artisan, since=at - NEWS)), None),
    )


def tasks(artisan: Artisan, at: datetime, language: str) -> Tasks:
    """Return her live tasks, what she has to decide first."""
    live = sorted(work.of(artisan), key=lambda task: FIRST.index(task.status))
    return Tasks(artisan.emblem, _works(live, india_date(at), language))


def task(artisan: Artisan, task_id: int, at: datetime, language: str) -> OneTask:
    """Return one of her tasks; NotFound if it is not hers."""
    own = work.get_own(artisan, task_id)
    return OneTask(artisan.emblem, _works([own], india_date(at), language)[0])


def passbook(artisan: Artisan, month: date, today: date, language: str) -> Passbook:
    """Return one month of what she can take, newest line first."""
    after = (month + timedelta(days=32)).replace(day=1)
    before = db.session.execute(
        select(func.coalesce(func.sum(_signed()), 0), func.count())
        .select_from(Transfer)
        .join(Entry, Entry.id == Transfer.entry_id)
        .join(Account, _of(artisan))
        .where(Entry.effective_on < month)
    ).one()
    rows = _rows(artisan, Entry.effective_on >= month, Entry.effective_on < after)
    return Passbook(
        flower=artisan.emblem,
        month=month,
        earlier=(month - timedelta(days=1)).replace(day=1) if before[1] else None,
        later=after if after <= today else None,
        opening=int(before[0]),
        lines=_lines(rows, language),
        coming=[] if after <= today else share_reads.coming_to(artisan, language),
    )


def find_line(artisan: Artisan, transfer_id: int, language: str) -> OneLine | None:
    """Return one line of her passbook with the lines it is made of, or None if it is not hers."""
    found = _rows(artisan, Transfer.id == transfer_id)
    if not found:
        return None
    source, on = found[0].source, found[0].effective_on
    alike = Entry.reverses_id.is_not(None) if found[0].takes_back else Entry.reverses_id.is_(None)
    rows = _rows(artisan, Earning.source == source, Entry.effective_on == on, alike) if source else found
    return OneLine(artisan.emblem, _lines(rows, language)[0])


def _works(found: Sequence[Task], today: date, language: str) -> list[Work]:
    thumbs = thumbs_of([task.order.variant for task in found])
    return [
        Work(
            id=task.id,
            status=task.status,
            title=task.order.variant.product.title_in(language),
            thumb=thumbs.get(task.order.variant_id),
            step=task.step.name.value,
            pieces=_shown(task),
            rate_minor=task.rate_minor,
            due_on=task.due_on,
            days=max((task.due_on - today).days, 0),
            waiting=work.waiting_for(task) if len(found) == 1 and task.status is TaskStatus.ACCEPTED else 0,
        )
        for task in found
    ]


def _shown(task: Task) -> tuple[TaskPieceStatus, ...]:
    """Return the pieces as circles, done ones first; a refused task shows what was offered."""
    order = (TaskPieceStatus.ACCEPTED, TaskPieceStatus.REWORK, TaskPieceStatus.OPEN, TaskPieceStatus.REJECTED)
    shown = [piece.status for piece in task.pieces if piece.status is not TaskPieceStatus.DROPPED]
    return tuple(sorted(shown, key=order.index)) or (TaskPieceStatus.OPEN,) * len(task.pieces)


def thumbs_of(variants: Sequence[Variant]) -> dict[int, Thumb | None]:
    """Return the first picture of each variant, or of its product, at the width of a thumb."""
    products = {variant.product_id for variant in variants}
    query = (
        select(Picture)
        .where(Picture.product_id.in_(products))
        .order_by(Picture.position, Picture.id)
        .options(selectinload(Picture.renditions))
    )
    pictures = list(db.session.scalars(query)) if products else []
    thumbs: dict[int, Thumb | None] = {}
    for variant in variants:
        of_product = [picture for picture in pictures if picture.product_id == variant.product_id]
        of_variant = [picture for picture in of_product if picture.variant_id == variant.id]
        if of_product:
            thumbs[variant.id] = _thumb((of_variant or of_product)[0].renditions)
    return thumbs


def _thumb(renditions: Sequence[Rendition]) -> Thumb | None:
    """Return the names of the smallest files that are large enough, or None before any is drawn."""
    by_size = sorted(renditions, key=lambda file: (file.width < PICTURE_WIDTH, file.width))
    names = {file.format: file.name for file in reversed(by_size)}
    return Thumb(names.get("avif"), names.get("jpeg")) if names else None


def _of(artisan: Artisan) -> ColumnElement[bool]:
    """Join a transfer to the account of what she can take."""
    return and_(
        or_(Account.id == Transfer.debit_account_id, Account.id == Transfer.credit_account_id),
        Account.book == HOUSE,
        Account.code == artisan.payable,
        Account.currency == "INR",
    )


def _signed() -> ColumnElement[int]:
    return case((Transfer.credit_account_id == Account.id, Transfer.amount_minor), else_=-Transfer.amount_minor)


def _rows(artisan: Artisan, *where: ColumnElement[bool]) -> Sequence[Moved]:
    """Return the transfers of her payable account, newest day first, with the earning each one is or takes back."""
    query = (
        select(
            Transfer.id,
            _signed().label("minor"),
            Entry.effective_on,
            Entry.reference,
            func.coalesce(Earning.source, "").label("source"),
            Entry.reverses_id.is_not(None).label("takes_back"),
        )
        .join(Entry, Entry.id == Transfer.entry_id)
        .join(Account, _of(artisan))
        .outerjoin(Earning, Earning.entry_id == func.coalesce(Entry.reverses_id, Entry.id))
        .where(*where)
        .order_by(Entry.effective_on.desc(), Transfer.id.desc())
    )
    return [Moved(*row) for row in db.session.execute(query)]


def _lines(rows: Sequence[Moved], language: str) -> list[Line]:
    """Return passbook lines; the pieces of one task that were accepted on one day are one line."""
    groups: dict[tuple[object, ...], list[Moved]] = {}
    for row in rows:
        groups.setdefault((row.effective_on, row.source or row.id, row.takes_back), []).append(row)
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
    kind = "work" if made and not group[0].takes_back else "correction"
    if group[0].source.startswith("story:") and not group[0].takes_back:
        kind = "story"
    if sold is not None:
        kind = "share"
    if payout:
        kind = "paid" if minor < 0 else "returned"
    kind = OWN_MOVES.get((group[0].reference.partition(":")[0], minor > 0), kind)
    return Line(
        id=min(row.id for row in group),
        kind=kind,
        on=group[0].effective_on,
        minor=minor,
        amounts=tuple(row.minor for row in reversed(group)),
        title=made.title if made else sold or "",
        thumb=made.thumb if made else None,
        step=made.step if made else "",
        payout=payout,
    )


def _works_by_source(sources: set[str], language: str) -> dict[str, Work]:
    ids = [int(source.removeprefix("task:")) for source in sources if source.startswith("task:")]
    found = db.session.scalars(select(Task).where(Task.id.in_(ids))).unique().all() if ids else []
    return {f"task:{made.id}": made for made in _works(found, date.min, language)}


def _payouts_of(references: set[str]) -> dict[str, Payout]:
    """Return the payouts that entries such as payout:7:sent speak of, by that reference."""
    ids = {ref: int(ref.split(":")[1]) for ref in references if ref.startswith("payout:")}
    query = select(Payout).where(Payout.id.in_(ids.values()))
    found = {payout.id: payout for payout in db.session.scalars(query)} if ids else {}
    return {ref: found[number] for ref, number in ids.items() if number in found}


def _way_line(artisan: Artisan) -> int | None:
    """Return the passbook line of the money that is on its way to her."""
    payout = select(Payout.id).where(Payout.artisan_id == artisan.id, Payout.status.in_(ON_THE_WAY))
    number = db.session.scalar(payout.order_by(Payout.id.desc()))
    query = select(Transfer.id).join(Entry, Entry.id == Transfer.entry_id)
    return db.session.scalar(query.where(Entry.reference == f"payout:{number}:sent"))
