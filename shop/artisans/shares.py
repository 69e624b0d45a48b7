"""Her share of a sale: promised when a piece goes to a paid order line, hers when nobody can send it back any more.

A promise moves `shares -> artisan:<id>:pending` for each woman who worked on the piece, in proportion
to what each earned on it. It ends once: released to what she can take, or taken back because the piece
came back or never left. One conditional UPDATE of its status decides which, and the floor of her
pending account stands behind it. A refund of money alone ends nothing. Where a step of the piece turns
out to be another woman's work, or to have earned another sum, what is pending is divided anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from shop.artisans.models import payable_of
from shop.artisans.share_models import SHARE_MOVES, Share, SharePart, ShareStatus, promise_of, undone
from shop.clock import india_date
from shop.db import adding, adding_once, changed, db, run
from shop.ledger import balances, posting
from shop.ledger.posting import Event, Leg, post_all
from shop.money import Money, split
from shop.statuses import move

PROMISED, RELEASED = "share of a sale", "share released"
TAKEN_BACK = f"{PROMISED}.reversal"


@dataclass(frozen=True)
class Due:
    """A piece that has gone to a paid line: the amount that was frozen for it, and what each woman earned on it."""

    unit: str
    line: str
    amount_minor: int
    earned: Mapping[int, int]


def pending_of(artisan_id: int) -> str:
    """Return the code of the account that holds what was promised to her and is not hers yet."""
    return f"artisan:{artisan_id}:pending"


def divide(amount_minor: int, earned: Mapping[int, int]) -> dict[int, int]:
    """Divide a share by what each woman earned; the parts add up to it, and a part of nothing is left out.

    Largest remainder; where two remainders are alike, the lower artisan id is first. Nothing comes of a
    piece on which nobody earned.
    """
    makers = sorted(artisan_id for artisan_id, minor in earned.items() if minor > 0)
    if not makers or amount_minor <= 0:
        return {}
    parts = split(amount_minor, [earned[artisan_id] for artisan_id in makers])
    return {artisan_id: part for artisan_id, part in zip(makers, parts, strict=True) if part}


def replace(
    lines: Sequence[str], dues: Sequence[Due], *, units: Collection[str] | None = None, at: datetime, by: str
) -> None:
    """Take back what is still pending for order lines, and promise the shares of pieces that went to others.

    `units`: only for these pieces of the lines. Both in one go, so that all accounts are locked in one order however
    many pieces move.
    """
    ending = [share for share in pending_for(lines) if units is None or share.unit in units]
    beginning = [(due, parts) for due in dues if (parts := divide(due.amount_minor, due.earned))]
    touched = [part.artisan_id for share in ending for part in share.parts]
    touched += [artisan_id for _, parts in beginning for artisan_id in parts]
    if not touched:
        return
    posting.hold([pending_of(artisan_id) for artisan_id in touched])
    for share in _still_pending(ending):
        _take_back(share, at=at, by=by)
    _promise(beginning, at=at, by=by)


def take_back(pieces: Sequence[tuple[str, str]], *, at: datetime, by: str) -> int:
    """Take back the shares of pieces (unit, line) that came back; return how many were still pending.

    What was released before is hers: the house bears it.
    """
    shares = [share for share in pending_for([line for _, line in pieces]) if (share.unit, share.line) in set(pieces)]
    posting.hold([pending_of(part.artisan_id) for share in shares for part in share.parts])
    return sum(_take_back(share, at=at, by=by) for share in _still_pending(shares))


def release(lines: Sequence[str], *, at: datetime, by: str) -> int:
    """Let what is pending for order lines become hers; return how many shares did, each once.

    One that was divided anew in this very moment, for a woman whose accounts are not held, waits for the next time.
    """
    shares = pending_for(lines)
    makers = {part.artisan_id for share in shares for part in share.parts}
    posting.hold([code for maker in makers for code in (payable_of(maker), pending_of(maker))])
    held = [share for share in _still_pending(shares) if makers.issuperset(part.artisan_id for part in share.parts)]
    mine = [share for share in held if move(share, SHARE_MOVES, ShareStatus.RELEASED, closed_at=at)]
    events = [Event(f"{share.reference}:released", RELEASED, _released(share)) for share in mine]
    if events:
        post_all(events, effective_on=india_date(at), at=at, by=by)
    return len(mine)


def divide_anew(unit: str, earned: Mapping[int, int], *, at: datetime, by: str) -> int:
    """Divide what is pending for a piece by what each woman earned on it after all; return how many shares changed.

    The promise is reversed and made again, so each woman's book shows her own. What was released is hers and stays.
    The caller lets nobody else divide the piece.
    """
    standing = select(Share).where(Share.unit == unit, Share.status == ShareStatus.PENDING).order_by(Share.id)
    found = list(db.session.scalars(standing.execution_options(populate_existing=True)))
    if not found:
        return 0
    touched = [part.artisan_id for share in found for part in share.parts]
    posting.hold([pending_of(artisan_id) for artisan_id in [*touched, *earned]])
    times = 0
    for share in _still_pending(found):
        parts = divide(share.amount_minor, earned)
        if parts and parts != {part.artisan_id: part.amount_minor for part in share.parts}:
            _divide_anew(share, parts, at=at, by=by)
            times += 1
    return times


def _still_pending(found: Sequence[Share]) -> list[Share]:
    """Lock shares whose accounts are held and return those that are pending, as they stand now.

    One may have ended, or have been divided anew, since they were looked at.
    """
    if not found:
        return []
    query = select(Share).where(Share.id.in_([share.id for share in found]), Share.status == ShareStatus.PENDING)
    locked = query.order_by(Share.id).with_for_update(of=Share).execution_options(populate_existing=True)
    return list(db.session.scalars(locked))


def pending_for(lines: Sequence[str]) -> list[Share]:
    """Return the shares of order lines that are neither released nor taken back, oldest first."""
    if not lines:
        return []
    query = select(Share).where(Share.line.in_(lines), Share.status == ShareStatus.PENDING)
    return list(db.session.scalars(query.order_by(Share.id).execution_options(populate_existing=True)))


def coming_to(artisan_id: int) -> Money:
    """Return what is promised to her and not hers yet."""
    return balances.stored(pending_of(artisan_id))


def _promise(beginning: Sequence[tuple[Due, Mapping[int, int]]], *, at: datetime, by: str) -> None:
    """Post the promises, and write down what is new of them with its parts."""
    if not beginning:
        return
    events = [Event(f"{due.unit}:{due.line}", PROMISED, _promised(parts)) for due, parts in beginning]
    entries = post_all(events, effective_on=india_date(at), at=at, by=by)
    made = run(
        adding_once(Share, "unit", "line", returned=("unit", "line", "id")),
        [
            {
                "unit": due.unit,
                "line": due.line,
                "amount_minor": due.amount_minor,
                "status": ShareStatus.PENDING,
                "entry_id": entry_id,
                "promised_at": at,
            }
            for (due, _), entry_id in zip(beginning, entries, strict=True)
        ],
    )
    new = {(row[0], row[1]): row[2] for row in made}
    rows = [
        {"share_id": new[due.unit, due.line], "artisan_id": artisan_id, "amount_minor": minor}
        for due, parts in beginning
        if (due.unit, due.line) in new
        for artisan_id, minor in parts.items()
    ]
    if rows:
        run(adding(SharePart), rows)


def _promised(parts: Mapping[int, int]) -> list[Leg]:
    return [Leg("shares", pending_of(artisan_id), Money(minor, "INR")) for artisan_id, minor in parts.items()]


def _released(share: Share) -> list[Leg]:
    return [
        Leg(pending_of(part.artisan_id), payable_of(part.artisan_id), Money(part.amount_minor, "INR"))
        for part in share.parts
    ]


def _divide_anew(share: Share, parts: Mapping[int, int], *, at: datetime, by: str) -> None:
    day, times = india_date(at), share.divided + 1
    posting.reverse(share.entry_id, undone(share.reference, times), effective_on=day, at=at, by=by)
    reference = promise_of(share.reference, times)
    share.entry_id = posting.post(reference, PROMISED, _promised(parts), effective_on=day, at=at, by=by)
    share.divided = times
    db.session.flush()
    changed(delete(SharePart).where(SharePart.share_id == share.id))
    rows = [{"share_id": share.id, "artisan_id": who, "amount_minor": minor} for who, minor in parts.items()]
    run(adding(SharePart), rows)
    db.session.expire(share, ["parts"])


def _take_back(share: Share, *, at: datetime, by: str) -> bool:
    if not move(share, SHARE_MOVES, ShareStatus.REVERSED, closed_at=at):
        return False
    day = india_date(at)
    posting.reverse(share.entry_id, f"{share.reference}:reversed", effective_on=day, at=at, by=by)
    return True
