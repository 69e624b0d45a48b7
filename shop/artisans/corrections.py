"""Corrections: an earning that should not stand is proposed by one person and taken back by another.

The entry stays and its mirror is posted beside it, once; her passbook shows both. Where only the rate
was wrong, the same unit credits her first with what was right, by an earning of its own: the piece
counts once, at the right sum. She never owes anything: what she was paid already, or what an approved
payout has promised her, cannot be taken back, and who takes back holds her purse while it looks.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased, joinedload

from shop.artisans import earnings, purse
from shop.artisans.models import (
    CORRECTION_MOVES,
    Artisan,
    Correction,
    CorrectionEvent,
    CorrectionReason,
    CorrectionStatus,
    Earning,
    EarningKind,
)
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger.models import Entry
from shop.ledger.posting import BelowZero, reverse
from shop.money import Money
from shop.snapshots import streamed
from shop.statuses import move
from shop.users import audit
from shop.users.models import User
from shop.users.policy import covers, whole_house
from shop.verdict import Finding

PUT = "correction:"  # how an earning is named that stands in the place of a wrong one
STANDING = (CorrectionStatus.PROPOSED, CorrectionStatus.APPROVED)


def propose(
    earning: Earning, reason: CorrectionReason, note: str, *, right: Money | None = None, at: datetime, by: User
) -> Correction:
    """Propose to take an earning back, or, where a piece's rate was wrong, to put what is right in its place.

    Conflict if she has it already, or someone proposed it before; Invalid where a wrong rate comes without another
    one, or anything else with one.
    """
    if not note.strip():
        raise Invalid("correction.note")
    _refuse_no_rate(earning, reason, right)
    _refuse_what_is_hers(earning, right.minor if right is not None else 0)
    standing = select(Correction.id).where(Correction.earning_id == earning.id, Correction.status.in_(STANDING))
    if db.session.scalar(standing) is not None:
        raise Conflict("correction.one_standing")
    made = Correction(
        earning_id=earning.id,
        reason=reason,
        note=note.strip()[:200],
        right_minor=right.minor if right is not None else None,
        status=CorrectionStatus.PROPOSED,
        proposed_by=by.actor,
        proposed_at=at,
    )
    db.session.add(made)
    db.session.flush()
    _note(made, CorrectionStatus.PROPOSED, at=at, by=by.actor)
    audit.record("corrections.propose", f"correction:{made.id}", by=by.actor, at=at, reason=reason.value)
    return made


def approve(correction: Correction, *, at: datetime, by: User) -> None:
    """Reverse the earning's entry, once, and credit what is right, if anything. Refused for the one who proposed it."""
    if correction.proposed_by == by.actor:
        raise Refused("correction.two_people")
    earning = correction.earning
    purse.hold(earning.artisan)
    _refuse_what_is_hers(earning, correction.right_minor or 0)
    put = _put(correction, at=at, by=by)  # first, so that what she can take never dips below what she was paid
    try:
        reversal = reverse(
            earning.entry_id, f"correction:{correction.id}", effective_on=india_date(at), at=at, by=by.actor
        )
    except BelowZero as error:  # she was paid between the look above and this
        raise Conflict("correction.kept") from error
    decided = {"approved_by": by.actor, "reversal_id": reversal, "put_id": put.id if put else None}
    if not move(correction, CORRECTION_MOVES, CorrectionStatus.APPROVED, **decided):
        raise Conflict("correction.moved_on")
    earning.reversed_at = at
    _note(correction, CorrectionStatus.APPROVED, at=at, by=by.actor)
    audit.record("corrections.approve", f"correction:{correction.id}", by=by.actor, at=at)


def decline(correction: Correction, note: str, *, at: datetime, by: User) -> None:
    """Say no to a correction, with a reason: what she earned stays hers. Refused for the one who proposed it."""
    if correction.proposed_by == by.actor:
        raise Refused("correction.two_people")
    if not note.strip():
        raise Invalid("correction.note")
    _close(correction, CorrectionStatus.DECLINED, "corrections.decline", at=at, by=by, note=note.strip()[:200])


def withdraw(correction: Correction, *, at: datetime, by: User) -> None:
    """Take back a correction that one has proposed oneself."""
    if correction.proposed_by != by.actor:
        raise Refused("correction.not_yours")
    _close(correction, CorrectionStatus.WITHDRAWN, "corrections.withdraw", at=at, by=by)


def find_earning(user: User, entry_id: int) -> Earning | None:
    """Return the earning of an entry if a member of staff may propose to correct it, or None."""
    earning = db.session.scalars(select(Earning).where(Earning.entry_id == entry_id)).one_or_none()
    if earning is None or not covers(user, "corrections.propose", earning.artisan.centre_id):
        return None
    return earning


def get_earning(user: User, reference: str) -> Earning:
    """Return the earning that stands under a reference in the books; NotFound unless it is hers to correct."""
    entry_id = db.session.scalar(select(Entry.id).where(Entry.reference == reference))
    earning = find_earning(user, entry_id) if entry_id is not None else None
    if earning is None:
        raise NotFound("correction.unknown")
    return earning


def get_of(user: User, correction_id: int) -> Correction:
    """Return a correction about a maker of a member of staff; NotFound otherwise."""
    correction = db.session.get(Correction, correction_id)
    if correction is None or not covers(user, "entries.read", correction.earning.artisan.centre_id):
        raise NotFound("correction.unknown")
    return correction


def of(user: User, statuses: Sequence[CorrectionStatus] = tuple(CorrectionStatus)) -> list[Correction]:
    """Return the corrections about makers of a member of staff with those makers, the newest first."""
    query = select(Correction).where(Correction.status.in_(statuses)).order_by(Correction.id.desc()).limit(200)
    query = query.options(joinedload(Correction.earning).selectinload(Earning.artisan))
    if not whole_house(user, "entries.read"):
        hers = select(Earning.id).join(Artisan).where(Artisan.centre_id == user.centre_id)
        query = query.where(Correction.earning_id.in_(hers))
    return list(db.session.scalars(query))


def waiting(user: User) -> list[Correction]:
    """Return the corrections that wait for a second person, the oldest first."""
    return of(user, [CorrectionStatus.PROPOSED])[::-1]


def find_standing(earning_id: int) -> Correction | None:
    """Return the correction of an earning that is proposed or was approved, or None."""
    return db.session.scalars(
        select(Correction).where(Correction.earning_id == earning_id, Correction.status.in_(STANDING))
    ).one_or_none()


def put_in_place_of(earning_ids: Sequence[int]) -> dict[int, Earning]:
    """Return earning -> what stands in its place, and so on for what was put right twice."""
    found: dict[int, Earning] = {}
    asked: Sequence[int] = earning_ids
    while asked:
        query = select(Correction.earning_id, Earning).join(Earning, Earning.id == Correction.put_id)
        put = {row[0]: row[1] for row in db.session.execute(query.where(Correction.earning_id.in_(asked)))}
        found |= put
        asked = [each.id for each in put.values()]
    return found


def verify() -> Iterator[Finding]:
    """Yield every reversed earning without its approved correction and reversal, and the other way round."""
    query = (
        select(Earning.reference, Earning.reversed_at, Correction.reversal_id, Entry.id)
        .outerjoin(Correction, (Correction.earning_id == Earning.id) & (Correction.status == CorrectionStatus.APPROVED))
        .outerjoin(Entry, Entry.reverses_id == Earning.entry_id)
    )
    for reference, reversed_at, claimed, posted in streamed(query):
        if not (claimed == posted and (reversed_at is None) == (posted is None)):
            said = "counts as earned" if reversed_at is None else "counts as taken back"
            yield Finding("artisans", f"earning {reference}", f"{said}; correction {claimed}, reversal {posted}")
    yield from _verify_put()


def _verify_put() -> Iterator[Finding]:
    """Yield every earning in another's place that is not what its correction says, and each without a correction."""
    first, put = aliased(Earning), aliased(Earning)
    query = (
        select(put, Correction.id, Correction.right_minor, first)
        .outerjoin(Correction, Correction.put_id == put.id)
        .outerjoin(first, first.id == Correction.earning_id)
        .where(put.reference.startswith(PUT) | Correction.id.is_not(None))
    )
    for made, correction_id, right, instead_of in streamed(query):
        said = (made.reference, made.amount_minor, made.artisan_id, made.source)
        if instead_of is None:
            yield Finding("artisans", f"earning {made.reference}", "puts right what nobody corrected")
        elif said != (_reference(correction_id), right, instead_of.artisan_id, instead_of.source):
            yield Finding("artisans", f"earning {made.reference}", f"is not what correction {correction_id} puts right")


def _reference(correction_id: int) -> str:
    return f"{PUT}{correction_id}:right"


def _put(correction: Correction, *, at: datetime, by: User) -> Earning | None:
    """Credit what should have stood in the place of an earning, as earned when that was; None if nothing should."""
    if correction.right_minor is None:
        return None
    wrong = correction.earning
    put = earnings.credit(
        wrong.artisan,
        Money(correction.right_minor, "INR"),
        reference=_reference(correction.id),
        source=wrong.source,
        at=at,
        by=by.actor,
        kind=wrong.kind,
    )
    put.earned_at = wrong.earned_at
    return put


def _refuse_no_rate(earning: Earning, reason: CorrectionReason, right: Money | None) -> None:
    """Refuse a wrong rate without the right one, which is another one and a piece's, and any other reason with one."""
    if (reason is CorrectionReason.WRONG_RATE) != (right is not None):
        raise Invalid("correction.rate")
    if right is not None and (earning.kind is not EarningKind.PIECE or right.minor in (0, earning.amount_minor)):
        raise Invalid("correction.rate")


def _refuse_what_is_hers(earning: Earning, right_minor: int) -> None:
    """Refuse to take back what she has been paid, or what an approved payout has promised her; less is right."""
    less = max(earning.amount_minor - right_minor, 0)
    if earnings.can_take(earning.artisan).minor < less:
        raise Conflict("correction.kept")
    if purse.free(earning.artisan) < less:
        raise Conflict("correction.promised")


def _close(
    correction: Correction, to: CorrectionStatus, act: str, *, at: datetime, by: User, note: str | None = None
) -> None:
    if not move(correction, CORRECTION_MOVES, to):
        raise Conflict("correction.moved_on")
    _note(correction, to, at=at, by=by.actor, note=note)
    audit.record(act, f"correction:{correction.id}", by=by.actor, at=at)


def _note(correction: Correction, status: CorrectionStatus, *, at: datetime, by: str, note: str | None = None) -> None:
    db.session.add(CorrectionEvent(correction_id=correction.id, status=status, at=at, by=by, note=note))
    db.session.flush()
