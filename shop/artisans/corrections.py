"""Corrections: an earning that should not stand is proposed by one person and taken back by another.

The entry stays and its mirror is posted beside it, once; her passbook shows both. She never owes
anything: what she was paid already, or what an approved payout has promised her, cannot be taken
back, and who takes back holds her purse while it looks.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from shop.artisans import purse
from shop.artisans.earnings import can_take
from shop.artisans.models import (
    CORRECTION_MOVES,
    Artisan,
    Correction,
    CorrectionEvent,
    CorrectionReason,
    CorrectionStatus,
    Earning,
)
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger.models import Entry
from shop.ledger.posting import BelowZero, reverse
from shop.snapshots import streamed
from shop.statuses import move
from shop.users import audit
from shop.users.models import User
from shop.users.policy import covers, whole_house
from shop.verdict import Finding

STANDING = (CorrectionStatus.PROPOSED, CorrectionStatus.APPROVED)


def propose(earning: Earning, reason: CorrectionReason, note: str, *, at: datetime, by: User) -> Correction:
    """Propose to take an earning back; Conflict if she has it already, or someone proposed it before."""
    if not note.strip():
        raise Invalid("correction.note")
    _refuse_what_is_hers(earning)
    standing = select(Correction.id).where(Correction.earning_id == earning.id, Correction.status.in_(STANDING))
    if db.session.scalar(standing) is not None:
        raise Conflict("correction.one_standing")
    made = Correction(
        earning_id=earning.id,
        reason=reason,
        note=note.strip()[:200],
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
    """Take the earning back: its entry is reversed, once. Refused for the one who proposed it."""
    if correction.proposed_by == by.actor:
        raise Refused("correction.two_people")
    earning = correction.earning
    purse.hold(earning.artisan)
    _refuse_what_is_hers(earning)
    try:
        reversal = reverse(
            earning.entry_id, f"correction:{correction.id}", effective_on=india_date(at), at=at, by=by.actor
        )
    except BelowZero as error:  # she was paid between the look above and this
        raise Conflict("correction.kept") from error
    if not move(correction, CORRECTION_MOVES, CorrectionStatus.APPROVED, approved_by=by.actor, reversal_id=reversal):
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


def _refuse_what_is_hers(earning: Earning) -> None:
    """Refuse to take back what she has been paid, or what an approved payout has promised her."""
    if can_take(earning.artisan).minor < earning.amount_minor:
        raise Conflict("correction.kept")
    if purse.free(earning.artisan) < earning.amount_minor:
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
