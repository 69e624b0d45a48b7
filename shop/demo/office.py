"""What the demo's office does in a day: parcels go out and arrive, customers send back, money is given back."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Select, String, cast, exists, select

from shop import phases
from shop.catalog.models import Reservation, ReservationStatus
from shop.db import db
from shop.demo.people import MANAGERS
from shop.demo.shoppers import ABROAD, PLACES
from shop.demo.stage import Stage
from shop.orders import again, exchanges, lifecycle, releases, returns
from shop.orders.models import Order, OrderLine, OrderStatus
from shop.orders.return_models import Exchange, Outcome, ReturnReason, Wish
from shop.payments import refunds

ON_THE_ROAD = {place.address["city"]: place.days for place in (*PLACES, *ABROAD)}
REASONS = tuple(ReturnReason)
ANOTHER_FOR = (ReturnReason.DAMAGED, ReturnReason.WRONG_PIECE)  # what she would rather have whole than not have
REFUSAL = "It was washed and worn, so we cannot take it back. We can mend the seam for you instead."
SILENCE = 21  # days until someone asks the customer
PACK, NO_NEWS, SENDS_BACK, TURNED_DOWN = 0.8, 0.04, 0.06, 0.2


def ready_orders() -> Sequence[Order]:
    """Return the paid orders of which every piece is set aside, the oldest first."""
    return db.session.scalars(_ready()).all()


@cache
def _ready() -> Select[Order]:
    short = exists().where(
        OrderLine.order_id == Order.id,
        Reservation.reference == "order-line:" + cast(OrderLine.id, String),
        Reservation.status == ReservationStatus.WAITING,
    )
    return select(Order).where(Order.status == OrderStatus.PAID, ~short).order_by(Order.id)


def send_parcels(stage: Stage, *, most: int = 99) -> None:
    """Pack what is ready, or most of it, and hand it to the post."""
    for order in ready_orders()[:most]:
        if stage.chance.random() < PACK:
            ship(stage, order)


def ship(stage: Stage, order: Order) -> None:
    """Send an order; the diary knows when it will have arrived, and of some that nobody hears for weeks."""
    at = stage.tick()
    abroad = order.country != "IN"
    tracking = f"{'LX' if abroad else 'EB'}{200_000_000 + order.id}IN"
    by = stage.cast.member(MANAGERS["NORTH"]).actor
    lifecycle.ship(order, "India Post", tracking, at=at, by=by, seller=stage.counter.seller)
    order_id, (least, most) = order.id, ON_THE_ROAD[order.city]
    days = stage.chance.randint(least, most)
    if stage.chance.random() < NO_NEWS:
        days += SILENCE
    stage.in_days(days, lambda at: deliver(stage, order_id))


def deliver(stage: Stage, order_id: int) -> None:
    """Note that a parcel has arrived; a few customers will want to send something back."""
    by = stage.cast.member(MANAGERS["NORTH"]).actor
    lifecycle.deliver(db.session.get_one(Order, order_id), at=stage.tick(), by=by)
    if stage.chance.random() < SENDS_BACK:
        stage.in_days(stage.chance.randint(2, 9), lambda at: ask_back(stage, order_id))


def ask_back(stage: Stage, order_id: int) -> None:
    """Let a customer ask to send one piece back; it is answered within two days."""
    if returns.of_order(order_id):  # she has asked already
        return
    order = db.session.get_one(Order, order_id)
    line = lifecycle.lines_of(order)[0]
    reason, wish = stage.chance.choice(REASONS), Wish.REFUND
    if reason in ANOTHER_FOR and again.can_be_had([line], {line.id: 1}):
        wish = Wish.EXCHANGE
    asked = returns.ask(order, {line.id: 1}, reason, stage.terms.window, wish, at=stage.tick(), by="customer")
    return_id = asked.id
    stage.in_days(stage.chance.randint(1, 2), lambda at: answer(stage, return_id))


def ask_back_latest(stage: Stage) -> None:
    """Let whoever has had her parcel longest, and may still send it back, ask to."""
    delivered = select(Order).where(Order.status == OrderStatus.DELIVERED).order_by(Order.id.desc()).limit(20)
    for order in db.session.scalars(delivered):
        end = stage.terms.window.end_of(order)
        if end is not None and end > stage.clock.now() and not returns.of_order(order.id):
            ask_back(stage, order.id)
            return


def answer(stage: Stage, return_id: int) -> None:
    """Agree to a return, or refuse it with a reason; what was agreed to is here within some days."""
    office = stage.cast.member("Anita")
    asked = returns.get_of(office, return_id)
    if stage.chance.random() < TURNED_DOWN:
        returns.refuse(asked, REFUSAL, at=stage.tick(), by=office.actor)
        return
    returns.agree(asked, at=stage.tick(), by=office.actor)
    stage.in_days(stage.chance.randint(5, 9), lambda at: take_in(stage, return_id))


def take_in(stage: Stage, return_id: int) -> None:
    """Take in what came back, give its price or another of it, and lay it on the shelf or write it off days later."""
    office = stage.cast.member("Anita")
    agreed = returns.get_of(office, return_id)
    (line,) = agreed.lines
    unit_id = next(
        unit for unit, line_id in returns.units_out(agreed.order_id).items() if line_id == line.order_line_id
    )
    if agreed.wish is Wish.EXCHANGE and again.can_be_had([line.line], {line.order_line_id: 1}):
        exchange_id = exchanges.receive(agreed, [unit_id], at=stage.tick(), by=office.actor).id
        stage.in_days(1, lambda at: send_another(stage, exchange_id))
    else:
        received = returns.receive(agreed, [unit_id], at=stage.tick(), by=office.actor)
        stage.refunds += [refund.id for refund in refunds.refund_return(received, at=stage.tick(), by=office.actor)]
    spoilt = agreed.reason is ReturnReason.DAMAGED
    outcome = Outcome.WRITTEN_OFF if spoilt else Outcome.RESTOCKED
    stage.in_days(2, lambda at: put_away(stage, return_id, unit_id, outcome))


def send_another(stage: Stage, exchange_id: int) -> None:
    """Send what is given for a piece that came back as soon as it is there; it has arrived some days later."""
    row = db.session.get_one(Exchange, exchange_id)
    if exchange_id not in exchanges.ready([row]):
        stage.in_days(1, lambda at: send_another(stage, exchange_id))
        return
    by = stage.cast.member(MANAGERS["NORTH"]).actor
    exchanges.send(row, "India Post", f"EX{200_000_000 + exchange_id}IN", at=stage.tick(), by=by)
    days = ON_THE_ROAD[row.returned.order.city][1]
    stage.in_days(days, lambda at: arrive_another(stage, exchange_id))


def arrive_another(stage: Stage, exchange_id: int) -> None:
    """Note that the other piece has arrived."""
    row, by = db.session.get_one(Exchange, exchange_id), stage.cast.member(MANAGERS["NORTH"]).actor
    exchanges.deliver(row, at=stage.tick(), by=by)


def put_away(stage: Stage, return_id: int, unit_id: int, outcome: Outcome) -> None:
    """Lay a piece that came back on the shelf, or write it off."""
    office = stage.cast.member("Anita")
    returns.settle(returns.get_of(office, return_id), unit_id, outcome, at=stage.tick(), by=office.actor)


def give_back(stage: Stage, order_id: int, reason: str) -> None:
    """Give an order's money back before it has left."""
    order = db.session.get_one(Order, order_id)
    if order.status is OrderStatus.PAID:
        made = refunds.refund_order(order, reason, at=stage.tick(), by=stage.cast.member("Farida").actor)
        stage.refunds += [refund.id for refund in made]


def send_refunds(stage: Stage) -> None:
    """Send the refunds that were asked for to their gateways, as the worker does."""
    if stage.refunds:
        stage.commit()
        stage.set_gateways_clock()
    while stage.refunds:
        phases.send_refund(stage.counter, stage.refunds.pop(0), by="worker")


def release_shares(stage: Stage) -> None:
    """Let what may be the makers' by now become theirs, as the worker does."""
    for order_id in releases.due(stage.terms.window, at=stage.clock.now()):
        releases.release(order_id, stage.terms.window, at=stage.clock.now(), by="worker")
