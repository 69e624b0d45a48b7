"""The review queue: a difference opens once, closes by itself when it is no longer found, and has an owner.

What a person has accepted with a note stays closed as long as it says the same; told with other amounts, or
found again after it had gone, the same row opens again.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select

from shop.db import adding_once, db, run, upsert
from shop.errors import Conflict, Invalid, NotFound
from shop.payments.reconcile import Difference, pieces
from shop.payments.review_models import (
    REVIEW_MOVES,
    WAITING,
    Compared,
    Comparison,
    DifferenceKind,
    Review,
    ReviewEvent,
    ReviewStatus,
)
from shop.statuses import move

OF_SETTLEMENTS = frozenset(kind for kind in DifferenceKind if kind.value.startswith(("line-", "settlement-")))
OF_DISPUTES = frozenset(kind for kind in DifferenceKind if kind.value.startswith("dispute-"))
OF_REFUNDS = frozenset(kind for kind in DifferenceKind if kind.value.startswith("refund-"))
OF_PAYMENTS = frozenset(DifferenceKind) - OF_SETTLEMENTS - OF_DISPUTES - OF_REFUNDS
LONGEST_NOTE = 150
MOST_SHOWN = 100


def keep(
    gateway: str,
    kinds: Collection[DifferenceKind],
    found: Sequence[Difference],
    *,
    span: tuple[datetime, datetime] | None,
    at: datetime,
    by: str,
) -> list[Difference]:
    """Bring the queue into line with what was found of some kinds; return what was opened.

    `span` is the time that was looked at, None for all of it: what happened outside of it was not looked for.
    """
    of_kinds = select(Review).where(Review.gateway == gateway, Review.kind.in_(kinds)).with_for_update()
    told_of = [of_kinds.where(Review.ref.in_(some)) for some in pieces([each.ref for each in found])]
    rows = {
        (row.kind, row.ref): row
        for query in (of_kinds.where(Review.status.in_(WAITING)), *told_of)
        for row in db.session.scalars(query)
    }
    opened = [each for each in found if _open(each, rows.get((each.kind, each.ref)), at=at, by=by)]
    told = {(each.kind, each.ref) for each in found}
    for key, row in rows.items():
        if key not in told and (span is None or span[0] <= row.happened_at <= span[1]):
            _move(row, ReviewStatus.GONE, at=at, by=by)
    return opened


def _open(found: Difference, row: Review | None, *, at: datetime, by: str) -> bool:
    """Let a difference stand in the queue; True if it did not before."""
    says = {
        "about": found.about,
        "theirs_minor": found.theirs_minor,
        "ours_minor": found.ours_minor,
        "currency": found.currency,
        "why": found.why[:200] if found.why else None,
    }
    if row is None:
        where = {"gateway": found.gateway, "kind": found.kind, "ref": found.ref[:80]}
        new = {**where, **says, "status": ReviewStatus.OPEN, "happened_at": found.at, "opened_at": at}
        review_id = run(adding_once(Review, "gateway", "kind", "ref"), new).scalar()
        if review_id is not None:
            db.session.add(ReviewEvent(review_id=review_id, status=ReviewStatus.OPEN, at=at, by=by))
        return review_id is not None
    same = (row.theirs_minor, row.ours_minor) == (found.theirs_minor, found.ours_minor)
    if row.status is ReviewStatus.ACCEPTED and same:
        return False
    for name, value in says.items():
        setattr(row, name, value)
    db.session.flush()
    return row.status not in WAITING and _move(row, ReviewStatus.OPEN, at=at, by=by, owner=None, opened_at=at)


def take(review: Review, *, at: datetime, by: str) -> None:
    """Look into a difference oneself, also instead of another; Conflict if it is closed by now."""
    if not _move(review, ReviewStatus.TAKEN, at=at, by=by, owner=by):
        raise Conflict("review.closed")


def accept(review: Review, note: str, *, at: datetime, by: str) -> None:
    """Close a difference with what was found out about it; nothing moves in the books. Conflict if it is closed."""
    if not note.strip() or len(note.strip()) > LONGEST_NOTE:
        raise Invalid("review.note", field="note")
    owner = review.owner or by
    if not _move(review, ReviewStatus.ACCEPTED, at=at, by=by, owner=owner, note=note.strip()):
        raise Conflict("review.closed")


def settle(gateway: str, kind: DifferenceKind, ref: str, *, at: datetime, by: str) -> None:
    """Let a difference go that was settled in the books, if it stands in the queue."""
    standing = select(Review).where(Review.gateway == gateway, Review.kind == kind, Review.ref == ref[:80])
    row = db.session.scalars(standing.where(Review.status.in_(WAITING)).with_for_update()).one_or_none()
    if row is not None:
        _move(row, ReviewStatus.GONE, at=at, by=by)


def get_waiting(review_id: int, kind: DifferenceKind) -> Review:
    """Return a difference of a kind that waits for a person; NotFound if there is none, Conflict if it is closed."""
    review = get(review_id)
    if review.kind is not kind:
        raise NotFound("review.unknown")
    if review.status not in WAITING:
        raise Conflict("review.closed")
    return review


def get(review_id: int) -> Review:
    """Return a difference; NotFound if there is none."""
    review = db.session.get(Review, review_id)
    if review is None:
        raise NotFound("review.unknown")
    return review


def waiting() -> Sequence[Review]:
    """Return what waits for a person, the oldest first."""
    query = select(Review).where(Review.status.in_(WAITING)).order_by(Review.opened_at, Review.id).limit(MOST_SHOWN)
    return db.session.scalars(query).all()


def count() -> int:
    """Return how many differences wait for a person."""
    return db.session.scalar(select(func.count()).where(Review.status.in_(WAITING))) or 0


def closed(limit: int) -> Sequence[Review]:
    """Return what was closed last, the newest first."""
    newest = func.max(ReviewEvent.id)
    query = (
        select(Review)
        .join(ReviewEvent, ReviewEvent.review_id == Review.id)
        .where(Review.status.not_in(WAITING))
        .group_by(Review.id)
        .order_by(newest.desc())
        .limit(limit)
    )
    return db.session.scalars(query).all()


def oldest(gateway: str, kinds: Collection[DifferenceKind]) -> datetime | None:
    """Return when the oldest that waits in the queue of some kinds happened, or None."""
    return db.session.scalar(
        select(func.min(Review.happened_at)).where(
            Review.gateway == gateway, Review.kind.in_(kinds), Review.status.in_(WAITING)
        )
    )


def compared_until(gateway: str, what: Compared) -> datetime | None:
    """Return up to which moment something of a gateway was last compared, or None."""
    return db.session.scalar(select(Comparison.until).where(Comparison.gateway == gateway, Comparison.what == what))


def note_compared(gateway: str, what: Compared, until: datetime) -> None:
    """Keep up to which moment something of a gateway was compared: after an outage all that lies between is asked."""
    row = upsert(Comparison).values(gateway=gateway, what=what, until=until)
    db.session.execute(row.on_conflict_do_update(index_elements=["gateway", "what"], set_={"until": until}))


def _move(review: Review, to: ReviewStatus, *, at: datetime, by: str, **values: object) -> bool:
    if not move(review, REVIEW_MOVES, to, **values):
        return False
    note = values.get("note")
    db.session.add(
        ReviewEvent(review_id=review.id, status=to, at=at, by=by, note=note if isinstance(note, str) else None)
    )
    db.session.flush()
    return True
