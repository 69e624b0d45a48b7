"""A centre's cash book as the office reads it: a month from its opening to its closing, each line in plain words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from shop.artisans import cash_box, cash_sums
from shop.artisans.advance_models import Advance
from shop.artisans.cash_models import CashAct, CashActKind, CashActStatus, CashKind, CashLine
from shop.artisans.models import Artisan, Payout
from shop.clock import india_date
from shop.db import db
from shop.errors import NotFound
from shop.users import enrolment
from shop.users.models import Centre, User
from shop.users.policy import covers
from shop.web.format import money
from shop.web.manager.reads.names import actors

WORDS: Mapping[CashKind, Callable[[str], str]] = {
    CashKind.OPENED: lambda _name: _("Counted when the book was opened"),
    CashKind.BROUGHT: lambda _name: _("Brought from the bank"),
    CashKind.TAKEN: lambda _name: _("Taken to the bank"),
    CashKind.HANDED_OUT: lambda name: _("Handed to %(name)s", name=name),
    CashKind.CAME_BACK: lambda name: _("Did not reach %(name)s, back in the box", name=name),
    CashKind.ADVANCE: lambda name: _("Advance to %(name)s", name=name),
    CashKind.ADVANCE_BACK: lambda name: _("Advance did not stay with %(name)s, back in the box", name=name),
    CashKind.DIFFERENCE: lambda _name: _("Counted otherwise than the book says"),
}
ACTS: Mapping[CashActKind, Callable[[], str]] = {
    CashActKind.OPEN: lambda: _("Open the book: counted"),
    CashActKind.BRING: lambda: _("Brought from the bank"),
    CashActKind.TAKE: lambda: _("Taken to the bank"),
    CashActKind.COUNT: lambda: _("Counted"),
}


@dataclass(frozen=True)
class BookLine:
    """One line of the book, in words; `stood_minor` is what lay in the box after it."""

    on: date
    text: str
    note: str
    minor: int
    stood_minor: int
    by: str
    seen_by: str | None


@dataclass(frozen=True)
class Out:
    """Cash that was handed out, as a payout or an advance, and that she has not confirmed."""

    given: Payout | Advance
    days: int
    is_late: bool

    @property
    def is_advance(self) -> bool:
        """Say whether it was given before it was earned."""
        return isinstance(self.given, Advance)


@dataclass(frozen=True)
class Written:
    """What two people did, or what one did and another has still to see."""

    act: CashAct
    text: str
    by: str
    seen_by: str | None
    is_mine: bool

    @property
    def difference(self) -> str:
        """Return in words how a count differs from the book."""
        minor = self.act.difference_minor
        if not minor:
            return str(_("as the book says"))
        if minor > 0:
            return str(_("%(sum)s more than the book said", sum=money(minor)))
        return str(_("%(sum)s less than the book said", sum=money(-minor)))


@dataclass(frozen=True)
class CashPage:
    """A centre's cash in one month; `held_minor` is None where no book is kept yet."""

    centre: Centre
    month: date
    earlier: date | None
    later: date | None
    held_minor: int | None
    opening_minor: int
    lines: Sequence[BookLine]
    out: Sequence[Out]
    waiting: Written | None
    counts: Sequence[Written]
    kinds: Sequence[tuple[str, str]]

    @property
    def closing_minor(self) -> int:
        """Return what lay in the box at the end of the month."""
        return self.lines[-1].stood_minor if self.lines else self.opening_minor

    @property
    def out_minor(self) -> int:
        """Return what was handed out and is not confirmed."""
        return sum(each.given.amount_minor for each in self.out)


@dataclass(frozen=True)
class Box:
    """One centre's box among all."""

    centre: Centre
    held_minor: int | None
    out_minor: int


def boxes(user: User) -> list[Box]:
    """Return the boxes that a person may see."""
    own = [each for each in enrolment.centres() if covers(user, "cash.read", each.id)]
    held, out, given = cash_box.held_by_centre(), cash_sums.unconfirmed_by_centre(), cash_sums.given_by_centre()
    return [Box(each, held.get(each.id), out.get(each.id, 0) + given.get(each.id, 0)) for each in own]


def centre_of(user: User, centre_id: int, action: str) -> Centre:
    """Return a centre with whose cash a person may do an action; NotFound for any other."""
    if not covers(user, action, centre_id):
        raise NotFound("centre.unknown")
    return enrolment.get_centre(centre_id)


def cash_page(user: User, centre_id: int, month: date | None, *, late: timedelta, at: datetime) -> CashPage:
    """Return a centre's cash book of a month, this one's if none is asked for or it lies ahead."""
    centre = centre_of(user, centre_id, "cash.read")
    this = india_date(at).replace(day=1)
    shown = min((month or this).replace(day=1), this)
    first = db.session.scalar(select(func.min(CashLine.happened_on)).where(CashLine.centre_id == centre_id))
    before = (shown - timedelta(days=1)).replace(day=1)
    held, waiting = cash_box.held(centre_id), cash_box.find_waiting(centre_id)
    open_now = [kind for kind in CashActKind if (kind is CashActKind.OPEN) is (held is None)]
    return CashPage(
        centre,
        shown,
        before if first is not None and first < shown else None,
        _after(shown) if shown < this else None,
        held,
        _sum_before(centre_id, shown),
        lines(centre_id, shown),
        _out(centre_id, late, at),
        _written([waiting], user)[0] if waiting else None,
        _written(_counts(centre_id), user),
        [(kind.value, ACTS[kind]()) for kind in open_now],
    )


def lines(centre_id: int, month: date) -> list[BookLine]:
    """Return the lines of a month in the order in which they were written."""
    stood = _sum_before(centre_id, month)
    of_payout, of_advance = aliased(Artisan), aliased(Artisan)
    query = (
        select(CashLine, func.coalesce(of_payout.work_name, of_advance.work_name, ""), CashAct)
        .outerjoin(CashAct, CashAct.id == CashLine.act_id)
        .outerjoin(Payout, Payout.id == CashLine.payout_id)
        .outerjoin(of_payout, of_payout.id == Payout.artisan_id)
        .outerjoin(Advance, Advance.id == CashLine.advance_id)
        .outerjoin(of_advance, of_advance.id == Advance.artisan_id)
        .where(CashLine.centre_id == centre_id, CashLine.happened_on >= month, CashLine.happened_on < _after(month))
        .order_by(CashLine.id)
    )
    rows = db.session.execute(query).all()
    names = actors([actor for line, _name, act in rows for actor in (line.by, act.written_by if act else line.by)])
    found = []
    for line, name, act in rows:
        stood += line.amount_minor
        note = " · ".join(part for part in (act.bank_reference, act.note) if part) if act else ""
        by, seen_by = (names[act.written_by], names[line.by]) if act else (names[line.by], None)
        words = WORDS[line.kind](name)
        found.append(BookLine(line.happened_on, words, note, line.amount_minor, stood, by, seen_by))
    return found


def _after(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def _sum_before(centre_id: int, month: date) -> int:
    before = select(func.coalesce(func.sum(CashLine.amount_minor), 0))
    mine = (CashLine.centre_id == centre_id, CashLine.happened_on < month)
    return int(db.session.scalar(before.where(*mine)) or 0)


def _out(centre_id: int, late: timedelta, at: datetime) -> list[Out]:
    here = Artisan.centre_id == centre_id
    paid = select(Payout).join(Artisan, Artisan.id == Payout.artisan_id).where(here, *cash_sums.OUT)
    given = select(Advance).join(Artisan, Artisan.id == Advance.artisan_id).where(here, *cash_sums.GIVEN)
    left: list[tuple[datetime, Payout | Advance]] = [
        *((each.sent_at, each) for each in db.session.scalars(paid.order_by(Payout.id)) if each.sent_at),
        *((each.paid_at, each) for each in db.session.scalars(given.order_by(Advance.id)) if each.paid_at),
    ]
    left.sort(key=lambda pair: pair[0])
    return [Out(each, (india_date(at) - india_date(on)).days, on <= at - late) for on, each in left]


def _counts(centre_id: int) -> list[CashAct]:
    kinds = (CashActKind.OPEN, CashActKind.COUNT)
    mine = (CashAct.centre_id == centre_id, CashAct.kind.in_(kinds), CashAct.status == CashActStatus.SEEN)
    return list(db.session.scalars(select(CashAct).where(*mine).order_by(CashAct.id.desc()).limit(6)))


def _written(found: Sequence[CashAct], user: User) -> list[Written]:
    names = actors([name for act in found for name in (act.written_by, act.seen_by) if name])
    return [
        Written(
            act,
            ACTS[act.kind](),
            names[act.written_by],
            names[act.seen_by] if act.seen_by else None,
            act.written_by == user.actor,
        )
        for act in found
    ]
