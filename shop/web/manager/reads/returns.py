"""Returns as the office sees them: pieces and tags, never a customer's contact."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from shop.artisans.share_models import Share, ShareStatus
from shop.catalog.models import Unit
from shop.db import db
from shop.orders import lifecycle, returns
from shop.orders.models import OrderLine
from shop.orders.return_models import Return, ReturnEvent
from shop.users.models import User
from shop.web.manager.reads.names import actors
from shop.web.storefront.return_reads import REASONS


@dataclass(frozen=True)
class OutPiece:
    """A piece that is with the customer and may be among those that came."""

    unit: Unit
    line: OrderLine


@dataclass(frozen=True)
class ReturnPage:
    """One return with its story, and the pieces that could come or did."""

    returned: Return
    reason: str
    story: Sequence[tuple[ReturnEvent, str]]
    out: Sequence[OutPiece]
    pending_minor: int
    is_all_hers: bool


def return_page(user: User, return_id: int) -> ReturnPage:
    """Return one return of an order that a member of staff may see."""
    found = returns.get_of(user, return_id)
    lines = {each.order_line_id: each.line for each in found.lines}
    out = {unit_id: line_id for unit_id, line_id in returns.units_out(found.order_id).items() if line_id in lines}
    units = db.session.scalars(select(Unit).where(Unit.id.in_(list(out))).order_by(Unit.id))
    pieces = [OutPiece(unit, lines[out[unit.id]]) for unit in units]
    names = actors(event.by for event in found.events)
    references = [line.reference for line in lines.values()]
    pending = db.session.scalars(
        select(Share.amount_minor).where(Share.line.in_(references), Share.status == ShareStatus.PENDING)
    )
    story = [(event, names[event.by]) for event in found.events]
    is_all = lifecycle.is_all_of(user, found.order)
    return ReturnPage(found, REASONS[found.reason](), story, pieces, sum(pending), is_all)
