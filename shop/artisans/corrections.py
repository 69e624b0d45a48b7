"""Corrections: an earning that should not stand is proposed by one person and taken back by another.

The entry stays and its mirror is posted beside it, once; her passbook shows both. Where only the rate
was wrong, the same unit credits her first with what was right, by an earning of its own: the piece
counts once, at the right sum. Where the piece was another's work, that earning is the other woman's. She
never owes anything: what she was paid already, or what an approved payout has promised her, cannot be
taken back, and who takes back holds her purse while it looks. What follows for the finished piece and its
shares is `shop/production/crediting.py`, through which the house decides.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

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
from shop.ledger.posting import BelowZero, hold, reverse
from shop.money import Money
from shop.statuses import move
from shop.users import audit
from shop.users.models import User
from shop.users.policy import covers, whole_house

PUT = "correction:"  # how an earning is named that stands in the place of a wrong one
STANDING = (CorrectionStatus.PROPOSED, CorrectionStatus.APPROVED)


def propose(
    earning: Earning,
    reason: CorrectionReason,
    note: str,
    *,
    right: Money | None = None,
    credit: Artisan | None = None,
    at: datetime,
    by: User,
) -> Correction:
    """Propose to take an earning back, or to put what is right in its place: another rate of a piece, or another woman.

    Conflict if she has it already, or someone proposed it before; Invalid where a wrong rate comes without another
    one, or anything else with one; and where another woman is named who is none, or for anything but a wrong person.
    """
    if not note.strip():
        raise Invalid("correction.note")
    right_minor = refuse_unsound(earning, reason, right=right, credit=credit)
    standing = select(Correction.id).where(Correction.earning_id == earning.id, Correction.status.in_(STANDING))
    if db.session.scalar(standing) is not None:
        raise Conflict("correction.one_standing")
    made = Correction(
        earning_id=earning.id,
        reason=reason,
        note=note.strip()[:200],
        right_minor=right_minor,
        credit_artisan_id=credit.id if credit else None,
        status=CorrectionStatus.PROPOSED,
        proposed_by=by.actor,
        proposed_at=at,
    )
    db.session.add(made)
    db.session.flush()
    _note(made, CorrectionStatus.PROPOSED, at=at, by=by.actor)
    audit.record("corrections.propose", f"correction:{made.id}", by=by.actor, at=at, reason=reason.value)
    return made


def refuse_unsound(
    earning: Earning, reason: CorrectionReason, *, right: Money | None, credit: Artisan | None
) -> int | None:
    """Raise as `propose` does for what cannot be proposed now; return what would be credited instead, in paise."""
    _refuse_no_rate(earning, reason, right)
    _refuse_no_other(earning, reason, credit)
    right_minor = earning.amount_minor if credit else right.minor if right is not None else None
    _refuse_what_is_hers(earning, 0 if credit else right_minor or 0)
    return right_minor


def approve(correction: Correction, *, at: datetime, by: User) -> Earning | None:
    """Reverse the earning's entry, once, and credit what is right, if anything; return what stands in its place.

    Refused for the one who proposed it. The finished piece follows only where production/crediting.py decides.
    """
    if correction.proposed_by == by.actor:
        raise Refused("correction.two_people")
    earning = correction.earning
    purse.hold_all([woman.id for woman in correction.women])
    db.session.refresh(correction, ["status"])
    if correction.status is not CorrectionStatus.PROPOSED:
        raise Conflict("correction.moved_on")
    _refuse_what_is_hers(earning, 0 if correction.credit_artisan_id else correction.right_minor or 0)
    hold([woman.payable for woman in correction.women])
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
    return put


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
    """Return a correction about a maker of a member of staff; NotFound otherwise, or if it names another's as well."""
    correction = db.session.get(Correction, correction_id)
    if correction is None or not all(covers(user, "entries.read", woman.centre_id) for woman in correction.women):
        raise NotFound("correction.unknown")
    return correction


def of(user: User, statuses: Sequence[CorrectionStatus] = tuple(CorrectionStatus)) -> list[Correction]:
    """Return the corrections about nobody but makers of a member of staff with those makers, the newest first."""
    query = select(Correction).where(Correction.status.in_(statuses)).order_by(Correction.id.desc()).limit(200)
    query = query.options(
        joinedload(Correction.earning).selectinload(Earning.artisan), selectinload(Correction.credit_artisan)
    )
    if not whole_house(user, "entries.read"):
        hers = select(Artisan.id).where(Artisan.centre_id == user.centre_id)
        query = query.where(
            Correction.earning_id.in_(select(Earning.id).where(Earning.artisan_id.in_(hers))),
            or_(Correction.credit_artisan_id.is_(None), Correction.credit_artisan_id.in_(hers)),
        )
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


def naming_another(correction_ids: Collection[int]) -> set[int]:
    """Return those of some corrections that credit another woman."""
    if not correction_ids:
        return set()
    moved = select(Correction.id).where(Correction.credit_artisan_id.is_not(None))
    return set(db.session.scalars(moved.where(Correction.id.in_(correction_ids))))


def number_in(reference: str) -> int | None:
    """Return the correction that an entry of the books belongs to, or None."""
    return int(reference.split(":")[1]) if reference.startswith(PUT) else None


def first_of(earning: Earning) -> Earning:
    """Return the earning in whose place, and so on, this one stands: the one that its piece was credited by."""
    found = select(Earning).join(Correction, Correction.earning_id == Earning.id)
    while before := db.session.scalars(found.where(Correction.put_id == earning.id)).one_or_none():
        earning = before
    return earning


def credited(references: Sequence[str]) -> dict[str, Earning]:
    """Return reference -> the earning that stands for it after all that was put right, or that was taken back last."""
    first = {
        each.reference: each for each in db.session.scalars(select(Earning).where(Earning.reference.in_(references)))
    }
    put = put_in_place_of([each.id for each in first.values()])
    return {reference: _last(each, put) for reference, each in first.items()}


def _last(earning: Earning, put: dict[int, Earning]) -> Earning:
    while earning.id in put:
        earning = put[earning.id]
    return earning


def reference_of(correction_id: int) -> str:
    """Return how the earning is named that a correction puts in the place of another."""
    return f"{PUT}{correction_id}:right"


def _put(correction: Correction, *, at: datetime, by: User) -> Earning | None:
    """Credit what should have stood in the place of an earning, as earned when that was; None if nothing should."""
    if correction.right_minor is None:
        return None
    wrong = correction.earning
    put = earnings.credit(
        correction.credit_artisan or wrong.artisan,
        Money(correction.right_minor, "INR"),
        reference=reference_of(correction.id),
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


def _refuse_no_other(earning: Earning, reason: CorrectionReason, credit: Artisan | None) -> None:
    """Refuse another woman who is the same, for anything but a piece, or for a reason that is none."""
    if credit is None:
        return
    if reason is not CorrectionReason.WRONG_PERSON or earning.kind is not EarningKind.PIECE:
        raise Invalid("correction.woman")
    if credit.id == earning.artisan_id:
        raise Invalid("correction.woman")


def _refuse_what_is_hers(earning: Earning, stays_minor: int) -> None:
    """Refuse to take back what she has been paid, or what an approved payout has promised her; some may stay hers."""
    less = max(earning.amount_minor - stays_minor, 0)
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
