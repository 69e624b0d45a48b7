"""What may happen to an order, a payment attempt and a refund: one table each, from x to."""

from collections.abc import Mapping
from enum import StrEnum

import pytest
from sqlalchemy import select, update

from shop.db import db
from shop.errors import Conflict
from shop.orders import lifecycle
from shop.orders.models import ORDER_MOVES, Order, OrderEvent, OrderStatus
from shop.payments.collect import move_attempt
from shop.payments.dispute_models import DISPUTE_MOVES, DisputeStatus
from shop.payments.late_models import ANSWERS, LateAnswer
from shop.payments.models import ATTEMPT_MOVES, REFUND_MOVES, Attempt, AttemptEvent, AttemptStatus, RefundStatus
from tests.cast import TOTE
from tests.world import World

ORDERS = {("placed", "paid"), ("placed", "cancelled"), ("paid", "shipped"), ("paid", "cancelled"),
          ("shipped", "delivered")}  # fmt: skip
ATTEMPTS = {
    *(("requesting", to) for to in ("unknown", "pending", "captured", "failed", "expired")),
    *(("unknown", to) for to in ("pending", "captured", "failed", "expired")),
    ("pending", "captured"), ("pending", "expired"), ("expired", "captured"), ("failed", "captured"),
}  # fmt: skip
REFUNDS = {("requested", "sent"), ("requested", "processed"), ("requested", "failed"), ("sent", "processed"),
           ("sent", "failed"), ("processed", "failed")}  # fmt: skip


DISPUTES = {*((one, to) for one in ("opened", "answered") for to in ("won", "lost", "closed")),
            ("opened", "answered"), ("answered", "opened")}  # fmt: skip
LATE = {("open", to) for to in ("make", "give-back", "lapsed")}


@pytest.mark.parametrize(
    ("moves", "kind", "wanted"),
    [
        (ORDER_MOVES, OrderStatus, ORDERS),
        (ATTEMPT_MOVES, AttemptStatus, ATTEMPTS),
        (REFUND_MOVES, RefundStatus, REFUNDS),
        (DISPUTE_MOVES, DisputeStatus, DISPUTES),
        (ANSWERS, LateAnswer, LATE),
    ],
    ids=["orders", "attempts", "refunds", "disputes", "late money"],
)
def test_the_table_of_moves(
    moves: Mapping[StrEnum, frozenset[StrEnum]], kind: type[StrEnum], wanted: set[object]
) -> None:
    assert set(moves) == set(kind)
    assert {(one.value, to.value) for one, targets in moves.items() for to in targets} == wanted


@pytest.mark.books_may_differ
def test_an_order_moves_only_along_its_table_and_notes_each_move(world: World) -> None:
    link = world.buy(TOTE, pay=False)
    order_id, wrong = world.order(link).id, []
    for one in OrderStatus:
        for to in OrderStatus:
            with world.writing() as at:
                paid = None if one in (OrderStatus.PLACED, OrderStatus.CANCELLED) else at
                db.session.execute(update(Order).where(Order.id == order_id).values(status=one, paid_at=paid))
            moved = True
            try:
                with world.writing() as at:
                    order = db.session.get_one(Order, order_id)
                    lifecycle._move(order, to, at=at, by="user:1", paid_at=at)
            except Conflict as error:
                moved = False
                assert (error.message_id, error.values) == ("order.moved_on", {"status": one.value})
            if moved is not ((one.value, to.value) in ORDERS):
                wrong.append((one, to, moved))

    assert wrong == []
    with world.reading():
        events = db.session.scalars(select(OrderEvent.status).order_by(OrderEvent.id)).all()
        assert len(events) == 1 + len(ORDERS)


@pytest.mark.books_may_differ
def test_an_attempt_moves_only_forward_and_a_late_capture_is_never_refused(world: World) -> None:
    link = world.buy(TOTE, pay=False)
    attempt_id, wrong = world.attempts(link)[0].id, []
    for one in AttemptStatus:
        for to in AttemptStatus:
            with world.writing():
                db.session.execute(update(Attempt).where(Attempt.id == attempt_id).values(status=one))
            with world.writing() as at:
                moved = move_attempt(db.session.get_one(Attempt, attempt_id), to, at=at, by="worker")
            with world.reading():
                stands = db.session.get_one(Attempt, attempt_id).status
            allowed = (one.value, to.value) in ATTEMPTS
            if moved is not allowed or stands is not (to if allowed else one):
                wrong.append((one, to, moved, stands))

    assert wrong == []
    with world.reading():
        assert len(db.session.scalars(select(AttemptEvent.id)).all()) == 2 + len(ATTEMPTS)


def test_a_closed_window_is_no_lost_money() -> None:
    closed = [status for status in AttemptStatus if status is not AttemptStatus.CAPTURED]

    assert all(AttemptStatus.CAPTURED in ATTEMPT_MOVES[status] for status in closed)
