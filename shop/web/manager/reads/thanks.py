"""Thank-you notes as the office reads them before they are handed on: never who of the makers gets them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from shop.artisans import wordlist
from shop.artisans.wordlist import Found
from shop.db import db
from shop.orders import thanks
from shop.orders.models import OrderLine
from shop.orders.thanks_models import Thanks
from shop.users.models import User
from shop.users.policy import covers
from shop.web.manager.reads.names import actors
from shop.web.thing_words import bought


@dataclass(frozen=True)
class Reading:
    """A note with the things it is about, words to think about, and whether it is hers alone to decide."""

    note: Thanks
    things: Sequence[str]
    found: Sequence[Found]
    is_all_hers: bool
    by: str


@dataclass(frozen=True)
class ThanksPage:
    """The notes that wait, and those that were read last."""

    waiting: Sequence[Reading]
    decided: Sequence[Reading]


def thanks_page(user: User) -> ThanksPage:
    """Return the notes that a member of staff may read, with things of her own centre alone."""
    waiting, decided = thanks.waiting_of(user), thanks.decided_of(user)
    query = (
        select(OrderLine)
        .where(OrderLine.order_id.in_([note.order_id for note in (*waiting, *decided)]))
        .order_by(OrderLine.order_id, OrderLine.position)
        .options(joinedload(OrderLine.variant, innerjoin=True))
    )
    lines: dict[int, list[OrderLine]] = {}
    for line in db.session.scalars(query):
        lines.setdefault(line.order_id, []).append(line)
    names = actors(note.decided_by for note in decided if note.decided_by)

    def reading(note: Thanks) -> Reading:
        of_order = lines.get(note.order_id, [])
        hers = [line for line in of_order if covers(user, thanks.ACTION, line.variant.product.centre_id)]
        by = names.get(note.decided_by or "", "")
        return Reading(
            note, [bought(line) for line in hers], wordlist.warnings(note.text), len(hers) == len(of_order), by
        )

    return ThanksPage([reading(note) for note in waiting], [reading(note) for note in decided])
