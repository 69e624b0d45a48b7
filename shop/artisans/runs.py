"""A payout run: what one centre pays for one period, proposed, approved and sent in one go each.

Every payout of it is a payout like any other, made and moved by the verbs of payouts.py; a run adds no second way of
paying. What cannot go says why, woman by woman, and holds nobody else up. Before the first is touched every row of all
of them is locked in one order (women, payouts, the box, the books), so that two runs, or a run and what a woman does
at the same moment, wait one after the other and never in a ring; the audit, which all share, comes last.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import or_, select, update

from shop.artisans import cash_box, payouts, purse, recoveries, references
from shop.artisans.models import Artisan, Payout, PayoutMethod, PayoutStatus
from shop.artisans.run_models import PayoutRun, PayoutRunLine
from shop.clock import india_date
from shop.db import adding_once, changed, db
from shop.db import run as execute
from shop.errors import Conflict, DomainError, Invalid, NotFound, Refused
from shop.ledger import posting
from shop.money import Money
from shop.users import audit
from shop.users.models import User
from shop.users.policy import covers, whole_house
from shop.verdict import Finding

LONGEST_DAYS = 31  # a wage period is a month at most (Code on Wages 2019, s. 16), to be confirmed by a professional
LEFT = (PayoutStatus.SENT, PayoutStatus.QUESTIONED, PayoutStatus.SETTLED)
UNFINISHED = (PayoutStatus.PROPOSED, PayoutStatus.APPROVED)


@dataclass(frozen=True)
class Wish:
    """What a run is to pay to one woman."""

    artisan_id: int
    amount: Money
    method: PayoutMethod


@dataclass
class Outcome:
    """What went, in payouts' numbers, and what did not: artisan -> why."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, DomainError] = field(default_factory=dict)


def begin(centre_id: int, first_on: date, last_on: date, *, least: Money, at: datetime, by: User) -> PayoutRun:
    """Begin the run of a centre for a period, or return the one that stands.

    Invalid for a period that ends before it begins, in days to come, or is longer than a month; Conflict for one that
    has a day in common with another run of the centre.
    """
    if not first_on <= last_on <= india_date(at) or (last_on - first_on).days >= LONGEST_DAYS:
        raise Invalid("run.period")
    cash_box.hold_centre(centre_id)  # two periods that share a day are two rows, which no constraint tells apart
    same = (PayoutRun.centre_id == centre_id, PayoutRun.first_on == first_on, PayoutRun.last_on == last_on)
    values = {"centre_id": centre_id, "first_on": first_on, "last_on": last_on, "least_minor": least.minor}
    told = {"proposed_by": by.actor, "proposed_at": at, "approved_by": None, "approved_at": None}
    made = execute(adding_once(PayoutRun, "centre_id", "first_on", "last_on"), {**values, **told}).scalar()
    shared = (PayoutRun.centre_id == centre_id, PayoutRun.first_on <= last_on, PayoutRun.last_on >= first_on)
    if made is not None and db.session.scalar(select(PayoutRun.id).where(*shared, PayoutRun.id != made)) is not None:
        raise Conflict("run.overlaps")
    return db.session.scalars(select(PayoutRun).where(*same)).one()


def propose(going: PayoutRun, wishes: Sequence[Wish], *, mark: str, at: datetime, by: User) -> Outcome:
    """Propose a payout for each wish; the same mark again proposes nothing twice.

    Who cannot be paid says why, and so does one for whom the same form asked for something else before.
    """
    of_centre = (Artisan.centre_id == going.centre_id, Artisan.id.in_([wish.artisan_id for wish in wishes]))
    women = {each.id: each for each in db.session.scalars(select(Artisan).where(*of_centre))}
    if women.keys() != {wish.artisan_id for wish in wishes}:
        raise NotFound("artisan.unknown")
    purse.hold_all(women)
    before = select(PayoutRunLine).where(PayoutRunLine.run_id == going.id, PayoutRunLine.mark == mark)
    done = {line.artisan_id: line.payout for line in db.session.scalars(before)}
    outcome = Outcome()
    for wish in sorted(wishes, key=lambda wish: wish.artisan_id):
        with _each(outcome, wish.artisan_id):
            if (made := done.get(wish.artisan_id)) is not None:
                if (made.amount_minor, made.method) != (wish.amount.minor, wish.method):
                    raise Conflict("run.done")
                continue
            if wish.amount.minor < going.least_minor:
                raise Invalid("run.least")
            made = payouts.propose(women[wish.artisan_id], wish.amount, wish.method, at=at, by=by)
            line = PayoutRunLine(payout_id=made.id, run_id=going.id, artisan_id=wish.artisan_id, mark=mark)
            db.session.add(line)
            db.session.flush()
            outcome.done.append(made.id)
    return outcome


def approve(
    going: PayoutRun, payout_ids: Collection[int], *, out: Collection[int] = (), at: datetime, by: User
) -> Outcome:
    """Approve those payouts of a run that its second person saw, but for those that she takes out.

    Refused for the one who began the run; a payout that she proposed herself stays and says why, and so does one that
    has moved on, but for where this would have led.
    """
    if going.proposed_by == by.actor:
        raise Refused("run.two_people")
    outcome = _with_each(
        _held(going, payout_ids, at=at),
        PayoutStatus.PROPOSED,
        lambda payout: payout.status is (PayoutStatus.WITHDRAWN if payout.id in out else PayoutStatus.APPROVED),
        lambda payout: (payouts.withdraw if payout.id in out else payouts.approve)(payout, at=at, by=by),
    )
    if set(outcome.done) - set(out):
        first = update(PayoutRun).where(PayoutRun.id == going.id, PayoutRun.approved_by.is_(None))
        changed(first.values(approved_by=by.actor, approved_at=at))
        audit.record("payouts.approve-run", f"payout-run:{going.id}", by=by.actor, at=at)
    return outcome


def send(going: PayoutRun, sent: Mapping[int, str | None], *, at: datetime, by: User) -> Outcome:
    """Record that payouts left, each with its bank reference, or None for cash handed out.

    One that does not wait to be sent any more says so, but for one that left under the same reference.
    """
    return _with_each(
        _held(going, sent.keys(), at=at, books=True),
        PayoutStatus.APPROVED,
        lambda payout: payout.status in LEFT and references.are_same(payout.bank_reference, sent[payout.id]),
        lambda payout: payouts.record_sent(payout, bank_reference=sent[payout.id], at=at, by=by),
    )


def get_of(user: User, run_id: int) -> PayoutRun:
    """Return a run that a member of staff may see; NotFound otherwise."""
    found = db.session.get(PayoutRun, run_id)
    if found is None or not covers(user, "payouts.read", found.centre_id):
        raise NotFound("run.unknown")
    return found


def of(user: User, *, limit: int = 24) -> list[PayoutRun]:
    """Return the last runs of a member of staff's centre, or of all, the newest first."""
    query = select(PayoutRun).order_by(PayoutRun.last_on.desc(), PayoutRun.id.desc()).limit(limit)
    if not whole_house(user, "payouts.read"):
        query = query.where(PayoutRun.centre_id == user.centre_id)
    return list(db.session.scalars(query))


def payouts_of(run_ids: Collection[int]) -> dict[int, list[Payout]]:
    """Return run -> its payouts, in the order of their proposing."""
    found: dict[int, list[Payout]] = {run_id: [] for run_id in run_ids}
    query = select(PayoutRunLine).where(PayoutRunLine.run_id.in_(run_ids)).order_by(PayoutRunLine.payout_id)
    for line in db.session.scalars(query):
        found[line.run_id].append(line.payout)
    return found


def verify() -> Iterator[Finding]:
    """Yield every line of a run whose payout goes to someone else, or to a woman of another centre."""
    query = (
        select(PayoutRunLine.run_id, PayoutRunLine.payout_id)
        .join(PayoutRun, PayoutRun.id == PayoutRunLine.run_id)
        .join(Payout, Payout.id == PayoutRunLine.payout_id)
        .join(Artisan, Artisan.id == Payout.artisan_id)
        .where(or_(Artisan.centre_id != PayoutRun.centre_id, Payout.artisan_id != PayoutRunLine.artisan_id))
        .order_by(PayoutRunLine.payout_id)
    )
    for run_id, payout_id in db.session.execute(query):
        yield Finding("artisans", f"payout run {run_id}", f"payout {payout_id} is not of its centre")


def _held(going: PayoutRun, payout_ids: Collection[int], *, at: datetime, books: bool = False) -> list[Payout]:
    """Return payouts of a run, read after every row that will be moved is locked; NotFound for one of another run."""
    mine = select(PayoutRunLine).where(PayoutRunLine.run_id == going.id, PayoutRunLine.payout_id.in_(payout_ids))
    lines = list(db.session.scalars(mine))
    if {line.payout_id for line in lines} != set(payout_ids):
        raise NotFound("payout.unknown")
    women = {line.artisan_id for line in lines}
    purse.hold_all(women)
    rows = select(Payout.id).where(Payout.id.in_(payout_ids)).order_by(Payout.id)
    db.session.execute(rows.with_for_update(key_share=True))
    if books:
        cash_box.hold(going.centre_id)
        owing = recoveries.standing_of(sorted(women), at=at)
        codes = [f"artisan:{each}:{kind}" for each in women for kind in ("payable", "in-transit")]
        posting.hold([*codes, *(recoveries.account_of(each) for each in owing)])
    query = select(Payout).where(Payout.id.in_(payout_ids)).order_by(Payout.artisan_id, Payout.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


@contextmanager
def _each(outcome: Outcome, artisan_id: int) -> Iterator[None]:
    """Do one woman's part; what is refused leaves nothing of it behind and holds nobody else up."""
    try:
        with db.session.begin_nested():
            yield
    except DomainError as error:
        db.session.expire_all()  # a status that was set on a row is undone there, and has to be read again here
        outcome.refused[artisan_id] = error


def _with_each(
    found: Sequence[Payout],
    expected: PayoutStatus,
    is_done: Callable[[Payout], bool],
    act: Callable[[Payout], None],
) -> Outcome:
    """Do an act with each that stands where it begins; who stands elsewhere says so, but for a form sent twice."""
    outcome = Outcome()
    for payout in found:
        if is_done(payout):
            continue
        with _each(outcome, payout.artisan_id):
            if payout.status is not expected:
                raise Conflict("payout.moved_on", status=payout.status.value)
            act(payout)
            outcome.done.append(payout.id)
    return outcome
