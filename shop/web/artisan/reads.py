"""What her pages show: one function a page, the same few queries however much there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from shop.artisans import advances, deductions, payouts, questions, recoveries, savings, shares
from shop.artisans.advance_models import Advance, AdvanceStatus
from shop.artisans.deduction_models import Deduction
from shop.artisans.models import Artisan, Payout, PayoutStatus
from shop.artisans.people import EMBLEMS
from shop.artisans.question_models import Question
from shop.catalog.models import Picture, Rendition, Variant
from shop.clock import india_date
from shop.db import db
from shop.ledger import balances
from shop.ledger.models import Entry, Transfer
from shop.orders import thanks
from shop.orders.thanks_models import ThanksFor
from shop.production import mendings
from shop.production import tasks as work
from shop.production.models import Task, TaskPieceStatus, TaskStatus
from shop.users.models import User

ON_THE_WAY = (PayoutStatus.SENT, PayoutStatus.QUESTIONED)
MENDS = (TaskStatus.REWORK, TaskStatus.SUBMITTED)  # where something may have been agreed for mending
FIRST = (TaskStatus.OFFERED, TaskStatus.REWORK, TaskStatus.STARTED, TaskStatus.ACCEPTED, TaskStatus.SUBMITTED)
SETTLED = (TaskStatus.CHECKED, TaskStatus.DECLINED, TaskStatus.WITHDRAWN)
PICTURE_WIDTH = 320
NEWS = timedelta(days=14)  # for so long a thank-you or an answer is told of on her first page


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
    mend_minor: int  # what was agreed for mending what came back, in paise

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
    notice: Deduction | None
    thanked: ThanksFor | None
    answered: Question | None


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
    coming, saved = shares.pending_of(artisan.id), savings.account_of(artisan.id)
    hers = balances.stored_many([artisan.payable, artisan.in_transit, coming, saved])
    on_the_way = hers[artisan.in_transit]
    return Home(
        flower=artisan.emblem,
        can_take=hers[artisan.payable],
        on_the_way=on_the_way,
        way_line=_way_line(artisan) if on_the_way else None,
        payout=payout,
        payout_day=india_date(payout.sent_at) if payout and payout.sent_at else None,
        today=today,
        work=None if payout else next(iter(works_of(live[:1], today, language)), None),
        others=max(len(live) - 1, 0),
        coming=hers[coming],
        saved=hers[saved],
        advance=advance,
        to_repay=recoveries.left(artisan).minor if advance and advance.status is AdvanceStatus.ACKNOWLEDGED else 0,
        notice=deductions.unsettled(artisan),
        thanked=next(iter(thanks.of_artisan(artisan, since=at - NEWS)), None),
        answered=questions.newest_answer(artisan, since=at - NEWS),
    )


def tasks(artisan: Artisan, at: datetime, language: str) -> Tasks:
    """Return her live tasks, what she has to decide first."""
    live = sorted(work.of(artisan), key=lambda task: FIRST.index(task.status))
    return Tasks(artisan.emblem, works_of(live, india_date(at), language))


def task(artisan: Artisan, task_id: int, at: datetime, language: str) -> OneTask:
    """Return one of her tasks; NotFound if it is not hers."""
    own = work.get_own(artisan, task_id)
    return OneTask(artisan.emblem, works_of([own], india_date(at), language)[0])


def works_of(found: Sequence[Task], today: date, language: str) -> list[Work]:
    """Return tasks as she sees them."""
    thumbs = thumbs_of([task.order.variant for task in found])
    agreed = mendings.promised([task.id for task in found if task.status in MENDS])
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
            mend_minor=agreed.get(task.id, 0),
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


def _way_line(artisan: Artisan) -> int | None:
    """Return the passbook line of the money that is on its way to her."""
    payout = select(Payout.id).where(Payout.artisan_id == artisan.id, Payout.status.in_(ON_THE_WAY))
    number = db.session.scalar(payout.order_by(Payout.id.desc()))
    return sent_line(number) if number is not None else None


def sent_line(payout_id: int) -> int | None:
    """Return the passbook line with which a payout left, or None before it did."""
    query = select(Transfer.id).join(Entry, Entry.id == Transfer.entry_id)
    return db.session.scalar(query.where(Entry.reference == f"payout:{payout_id}:sent"))
