"""Does every exchange stand as it says, with as many pieces as came back, and without a paper or entry of its own?"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from shop.catalog.models import Reservation, ReservationStatus
from shop.db import db
from shop.ledger.models import Entry
from shop.orders import returns
from shop.orders.invoice_models import Invoice
from shop.orders.models import Order, OrderStatus, Shipment
from shop.orders.return_models import Exchange, ExchangeStatus, ReturnPiece, ReturnStatus
from shop.verdict import Finding

HAS_LEFT = (ExchangeStatus.SENT, ExchangeStatus.DELIVERED)
PROMISED = (ReservationStatus.WAITING, ReservationStatus.ALLOCATED)
STANDS_AS = {
    ExchangeStatus.COMING: PROMISED,
    ExchangeStatus.SENT: (ReservationStatus.SHIPPED,),
    ExchangeStatus.DELIVERED: (ReservationStatus.SHIPPED,),
    ExchangeStatus.ENDED: (ReservationStatus.RELEASED,),
}
Held = dict[tuple[str, int], list[Reservation]]


def verify() -> Iterator[Finding]:
    """Yield every bent exchange, every parcel with a paper it should not have, and every line that has too many."""
    yield from _exchanges()
    yield from _parcels()
    yield from _with_her()


def _exchanges() -> Iterator[Finding]:
    """An exchange promises as many pieces of each line as came back, and they stand where it does."""
    rows = list(db.session.scalars(select(Exchange).order_by(Exchange.id).options(selectinload(Exchange.parcel))))
    held = _rounds(rows)
    for row in rows:
        name, came = f"exchange {row.id}", Counter(piece.line.reference for piece in row.returned.pieces)
        if not came or row.returned.status not in (ReturnStatus.BACK, ReturnStatus.SETTLED):
            yield Finding("orders", name, f"stands for a return that is {row.returned.status.value}")
        for line, pieces in sorted(came.items()):
            mine = held.get((line, row.round), [])
            promised = sum(each.quantity for each in mine)
            if promised != pieces:
                yield Finding("orders", name, f"{pieces} pieces of {line} came back, {promised} are promised anew")
            for each in mine:
                if each.status not in STANDS_AS[row.status]:
                    yield Finding("orders", name, f"is {row.status.value}, a piece of {line} is {each.status.value}")
        if (row.parcel is not None) is not (row.status in HAS_LEFT):
            yield Finding("orders", name, f"is {row.status.value}, its parcel says otherwise")
        elif row.parcel and (row.parcel.delivered_at is not None) is not (row.status is ExchangeStatus.DELIVERED):
            yield Finding("orders", name, f"is {row.status.value}, its parcel's arrival says otherwise")
        elif row.parcel and row.parcel.order_id != row.returned.order_id:
            yield Finding("orders", name, "its parcel is of another order")


def _rounds(rows: list[Exchange]) -> Held:
    """Return (line, round) -> what is promised in it, of the lines of some exchanges."""
    lines = {piece.line.reference for row in rows for piece in row.returned.pieces}
    found: Held = defaultdict(list)
    query = select(Reservation).where(Reservation.round > 1).order_by(Reservation.id)
    for each in db.session.scalars(query):
        if each.reference in lines:
            found[each.reference, each.round].append(each)
    return found


def _parcels() -> Iterator[Finding]:
    """The parcel of a sale has its paper and its entry; that of an exchange has neither, since the sale stands."""
    name = func.concat("shipment:", Shipment.id)
    paper = select(Invoice.id).where(Invoice.reference == name).exists()
    entry = select(Entry.id).where(Entry.reference == name).exists()
    query = select(Shipment.id, Shipment.exchange_id, paper, entry).order_by(Shipment.id)
    for shipment_id, exchange_id, has_paper, has_entry in db.session.execute(query):
        row = f"shipment:{shipment_id}"
        if exchange_id is None and not (has_paper and has_entry):
            yield Finding("orders", row, "left without its paper, or its sale is not in the books")
        if exchange_id is not None and (has_paper or has_entry):
            yield Finding("orders", row, "sends what was exchanged, and a paper or an entry sells it again")


def _with_her() -> Iterator[Finding]:
    """What is with the customer or promised anew is what she bought, less what came back for its money."""
    left, promised = Reservation.status == ReservationStatus.SHIPPED, Reservation.status.in_(PROMISED)
    has: Counter[str] = Counter()
    for which, column in ((left, Reservation.filled), (promised, Reservation.quantity)):
        sums = select(Reservation.reference, func.sum(column)).where(which).group_by(Reservation.reference)
        for reference, pieces in db.session.execute(sums):
            has[reference] += int(pieces)
    paid_back = select(ReturnPiece.order_line_id, func.count()).where(~returns.is_exchanged())
    back = {row[0]: int(row[1]) for row in db.session.execute(paid_back.group_by(ReturnPiece.order_line_id))}
    gone = Order.status.in_((OrderStatus.SHIPPED, OrderStatus.DELIVERED))
    whole = selectinload(Order.lines), selectinload(Order.reductions)
    for order in db.session.scalars(select(Order).where(gone).order_by(Order.id).options(*whole)):
        for line in order.lines:
            wanted = line.pieces - back.get(line.id, 0)
            if has[line.reference] != wanted:
                told = f"{has[line.reference]} pieces are hers or coming, {wanted} should be"
                yield Finding("orders", line.reference, told)
