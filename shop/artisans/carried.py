"""Which payout carried which of her credits. Money is fungible, so a rule says it: the oldest first.

Credits stand in a queue in the order of the books. What leaves (a payout that is sent, a taking of an advance) carries
the oldest that still stand, to the paisa. A payout that failed puts back what it carried, each to its own place in the
queue. An entry that is reversed takes its own credit out first, and only what had left already off the oldest others.

What she puts aside and takes back are no lines here, for her savings are part of what is owed to her
(docs/decisions/0025): so nothing that comes out of this changes when she saves, and what she has put aside reads as
still owed to her. A payout carries the same credits whether or not some of her money lies in her savings.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import aliased

from shop.artisans.models import payable_of
from shop.db import db
from shop.ledger.chart import is_hers_alone
from shop.ledger.models import Account, Entry, Transfer
from shop.ledger.posting import HOUSE


@dataclass(frozen=True)
class Move:
    """One line of what is owed to her, in paise: above zero a credit, below zero what left."""

    transfer_id: int
    entry_id: int
    reference: str
    minor: int
    reverses_id: int | None = None


@dataclass(frozen=True)
class Part:
    """So much of a credit went with an entry: `payout:7:sent`, say."""

    reference: str
    minor: int


BACK = ("failed", "short", "came-back")  # the steps of a payout that put it back


@dataclass
class Credit:
    """One credit: what of it is owed to her still, and with which entries the rest went; both add up to it."""

    entry_id: int
    minor: int
    left: int
    parts: list[Part] = field(default_factory=list)


def of(artisan_ids: Collection[int]) -> dict[int, dict[int, Credit]]:
    """Return artisan -> entry -> her credit by it, in two statements however many there are."""
    moves = _moves({payable_of(artisan_id): artisan_id for artisan_id in artisan_ids})
    return {artisan_id: {each.entry_id: each for each in match(moves[artisan_id])} for artisan_id in artisan_ids}


def match(moves: Sequence[Move]) -> list[Credit]:
    """Return the credits of one woman, the oldest first, matched with what left; `moves` are in the books' order."""
    queue: list[Credit] = []
    place: dict[int, int] = {}
    first = 0
    for move in moves:
        if move.minor < 0:
            reversed_one = place.get(move.reverses_id) if move.reverses_id else None
            rest = -move.minor
            if reversed_one is not None:
                rest -= _take(queue[reversed_one], rest, move.reference)
            while rest and first < len(queue):
                rest -= _take(queue[first], rest, move.reference)
                first += rest > 0
        elif back := _put_back(queue, move):
            first = min(first, *back)
        else:
            place[move.entry_id] = len(queue)
            queue.append(Credit(move.entry_id, move.minor, move.minor))
    return queue


def _take(credit: Credit, minor: int, reference: str) -> int:
    """Let up to so much of a credit go with an entry; return how much went."""
    taken = min(credit.left, minor)
    if taken:
        credit.left -= taken
        credit.parts.append(Part(reference, taken))
    return taken


def _put_back(queue: Sequence[Credit], move: Move) -> list[int]:
    """Put back what a payout carried that did not stay, the newest first; return the places that stand again."""
    payout, _colon, step = move.reference.rpartition(":")
    if not payout.startswith("payout:") or step not in BACK:
        return []
    rest, places = move.minor, []
    for index in reversed(range(len(queue))):
        credit = queue[index]
        for part in [part for part in credit.parts if part.reference == f"{payout}:sent"]:
            back = min(rest, part.minor)
            if not back:
                continue
            stays = [Part(part.reference, part.minor - back)] if part.minor > back else []
            credit.parts = [other for other in credit.parts if other is not part] + stays
            credit.left += back
            rest -= back
            places.append(index)
    return places


def _moves(codes: Mapping[str, int]) -> dict[int, list[Move]]:
    hers, other = aliased(Account), aliased(Account)
    found: dict[int, list[Move]] = defaultdict(list)
    for mine, theirs, sign in (
        (Transfer.credit_account_id, Transfer.debit_account_id, 1),
        (Transfer.debit_account_id, Transfer.credit_account_id, -1),
    ):
        query = (
            select(hers.code, other.code, Transfer.id, Entry.id, Entry.reference, Transfer.amount_minor)
            .add_columns(Entry.reverses_id)
            .join(hers, hers.id == mine)
            .join(other, other.id == theirs)
            .join(Entry, Entry.id == Transfer.entry_id)
            .where(hers.book == HOUSE, hers.currency == "INR", hers.code.in_(list(codes)))
        )
        for code, across, transfer_id, entry_id, reference, minor, reverses_id in db.session.execute(query):
            if not is_hers_alone(across):
                found[codes[code]].append(Move(transfer_id, entry_id, reference, sign * minor, reverses_id))
    for moves in found.values():
        moves.sort(key=lambda move: move.transfer_id)
    return found
