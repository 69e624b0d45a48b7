"""A refund that had gone and was sent back by a bank: the money is ours again, and still the customer's.

Its paper stands, since what it credits is hers all the same; so the money is held for her order, as an advance is, and
goes again from there without another paper. She was told that it had gone, so she is told that it came back.
"""

from datetime import datetime

from shop import mail
from shop.clock import india_date
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.payments.models import Refund

KIND = "refund came back"


def book(refund: Refund, *, at: datetime, by: str) -> None:
    """Post what came back, once, and ask for the mail that says so."""
    order = refund.capture.attempt.order
    back = Leg(
        f"gateway:{refund.capture.gateway}:clearing", order.prepaid, Money(refund.amount_minor, refund.capture.currency)
    )
    post(f"refund:{refund.id}:came-back", KIND, [back], effective_on=india_date(at), at=at, by=by)
    mail.enqueue(
        "order_refund_came_back",
        f"refund:{refund.id}:came-back",
        order.email,
        {"order_id": order.id, "minor": refund.amount_minor},
        at=at,
    )
