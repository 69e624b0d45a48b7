"""Late money for what was sold meanwhile: the customer is asked whether it shall be made, or the money go back.

The order is paid and holds no pieces while the question is open. Nothing is made without her yes; silence is a no.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from shop import mail
from shop.catalog import stock
from shop.catalog.models import PACKING_DAYS
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict
from shop.orders import holding, lifecycle
from shop.orders.locks import lock
from shop.orders.models import Order, OrderStatus
from shop.payments import reasons, refunds
from shop.payments.late_models import ANSWERS, LateAnswer, LateQuestion
from shop.production import leadtime
from shop.statuses import move

ANSWER_WITHIN = timedelta(days=5)


def ask(order: Order, *, at: datetime) -> bool:
    """Ask a customer whether her paid order, whose pieces are gone, shall be made; False if it cannot be."""
    lines = lifecycle.lines_of(order)
    free = stock.free([line.variant_id for line in lines])
    gone = [line for line in lines if free[line.variant_id] < line.quantity] or lines
    if not all(holding.may_be_made(line) for line in gone):
        return False
    days = leadtime.ready_in_days([line.variant_id for line in gone])
    db.session.add(
        LateQuestion(
            order_id=order.id,
            status=LateAnswer.OPEN,
            ready_on=india_date(at) + timedelta(days=PACKING_DAYS + max(days.values())),
            asked_at=at,
            answer_by=at + ANSWER_WITHIN,
        )
    )
    db.session.flush()
    mail.enqueue("order_late", f"order:{order.id}:late", order.email, {"order_id": order.id}, at=at)
    return True


def answer(order: Order, wanted: LateAnswer, *, at: datetime, by: str) -> LateAnswer:
    """Do what the customer wants, once, and return what came of it: what cannot be made any more goes back as well.

    Conflict if nothing is asked of her any more.
    """
    lock(order)
    question = find_open(order)
    if question is None:
        raise Conflict("late.answered")
    if wanted is LateAnswer.MAKE and not lifecycle.make_late(order, question.ready_on, at=at, by=by):
        wanted = LateAnswer.GIVE_BACK
    if not move(question, ANSWERS, wanted, answered_at=at):
        raise Conflict("late.answered")
    if wanted is not LateAnswer.MAKE:
        refunds.refund_order(order, reasons.SOLD_OUT, at=at, by=by)
    return wanted


def find_open(order: Order) -> LateQuestion | None:
    """Return what is asked of an order's customer, or None; an order that was cancelled asks nothing any more."""
    if order.status is not OrderStatus.PAID:
        return None
    query = select(LateQuestion).where(LateQuestion.order_id == order.id, LateQuestion.status == LateAnswer.OPEN)
    return db.session.scalars(query).one_or_none()


def unanswered() -> list[LateQuestion]:
    """Return the open questions of orders that still stand, the oldest first."""
    return list(
        db.session.scalars(
            select(LateQuestion)
            .join(Order, Order.id == LateQuestion.order_id)
            .where(LateQuestion.status == LateAnswer.OPEN, Order.status == OrderStatus.PAID)
            .order_by(LateQuestion.id)
        )
    )


def lapse(question: LateQuestion, *, at: datetime, by: str) -> None:
    """Give the money back of a question that nobody answered in time."""
    if question.answer_by <= at:
        answer(question.order, LateAnswer.LAPSED, at=at, by=by)
