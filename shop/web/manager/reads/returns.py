"""Returns as the office sees them: pieces and tags, never a customer's contact."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from shop.artisans.share_models import Share, ShareStatus
from shop.catalog.models import Unit
from shop.db import db
from shop.orders import exchanges, lifecycle, returns
from shop.orders.models import OrderLine
from shop.orders.return_models import Exchange, ExchangeEvent, ExchangeStatus, Return, ReturnEvent, ReturnStatus
from shop.production import orders as production
from shop.production.models import ProductionOrder
from shop.users.models import User
from shop.users.policy import covers
from shop.web.manager.reads.names import actors
from shop.web.storefront.return_reads import REASONS


@dataclass(frozen=True)
class OutPiece:
    """A piece that is with the customer and may be among those that came."""

    unit: Unit
    line: OrderLine


@dataclass(frozen=True)
class Happening:
    """One line of a return's story."""

    what: str
    event: ReturnEvent | ExchangeEvent
    by: str
    note: str | None = None


@dataclass(frozen=True)
class ReturnPage:
    """One return with its story, and the pieces that could come or did.

    `work`: what is made for its exchange, each with whether the reader may look at it; `is_ready`: it can leave.
    """

    returned: Return
    reason: str
    story: Sequence[Happening]
    out: Sequence[OutPiece]
    pending_minor: int
    is_all_hers: bool
    work: Sequence[tuple[ProductionOrder, bool]]
    is_ready: bool


def return_page(user: User, return_id: int) -> ReturnPage:
    """Return one return of an order that a member of staff may see."""
    found = returns.get_of(user, return_id)
    lines = {each.order_line_id: each.line for each in found.lines}
    out = {unit_id: line_id for unit_id, line_id in returns.units_out(found.order_id).items() if line_id in lines}
    units = db.session.scalars(select(Unit).where(Unit.id.in_(list(out))).order_by(Unit.id))
    pieces = [OutPiece(unit, lines[out[unit.id]]) for unit in units]
    references = [line.reference for line in lines.values()]
    pending = db.session.scalars(
        select(Share.amount_minor).where(Share.line.in_(references), Share.status == ShareStatus.PENDING)
    )
    is_all = lifecycle.is_all_of(user, found.order)
    row, reason = found.exchange, REASONS[found.reason]()
    is_ready = row is not None and row.id in exchanges.ready([row])
    work = [(asked, covers(user, "work.read", asked.centre_id)) for asked in _work_of(row, references)]
    return ReturnPage(found, reason, _story(found), pieces, sum(pending), is_all, work, is_ready)


def _work_of(row: Exchange | None, lines: Sequence[str]) -> list[ProductionOrder]:
    return production.find_by_reference([row.work_for(line) for line in lines]) if row else []


def _story(found: Return) -> list[Happening]:
    """Return what happened to a return and to its exchange, the oldest first."""
    anew = found.exchange.events if found.exchange else []
    names = actors([*(event.by for event in found.events), *(event.by for event in anew)])
    told = [Happening(_words(each.status), each, names[each.by], each.note) for each in found.events]
    told += [Happening(_exchange_words(each.status), each, names[each.by]) for each in anew]
    return sorted(told, key=lambda each: each.event.at)


def _words(status: ReturnStatus) -> str:
    words: dict[ReturnStatus, str] = {
        ReturnStatus.ASKED: _("Asked for"),
        ReturnStatus.AGREED: _("Agreed"),
        ReturnStatus.REFUSED: _("Refused"),
        ReturnStatus.CALLED_OFF: _("Called off"),
        ReturnStatus.BACK: _("Came back"),
        ReturnStatus.SETTLED: _("Settled"),
    }
    return words[status]


def _exchange_words(status: ExchangeStatus) -> str:
    words: dict[ExchangeStatus, str] = {
        ExchangeStatus.COMING: _("Another one promised"),
        ExchangeStatus.SENT: _("Another one handed to the carrier"),
        ExchangeStatus.DELIVERED: _("Another one arrived"),
        ExchangeStatus.ENDED: _("Exchange ended, the money goes back"),
    }
    return words[status]
