"""The mails that tell a customer how far her return has come, and what becomes of its exchange."""

from datetime import datetime

from shop import mail
from shop.orders.return_models import Exchange, Return


def tell(row: Return, *, lapsed: bool = False, at: datetime) -> None:
    """Ask for the mail that tells the customer how far her return has come."""
    mail.enqueue(
        "order_return",
        f"order:{row.order_id}:return:{row.id}:{row.status.value}",
        row.order.email,
        {"order_id": row.order_id, "return_id": row.id, "status": row.status.value, "lapsed": lapsed},
        at=at,
    )


def tell_of_exchange(row: Exchange, *, at: datetime) -> None:
    """Ask for the mail that tells the customer where the other piece stands."""
    order = row.returned.order
    mail.enqueue(
        "order_exchange",
        f"order:{order.id}:exchange:{row.id}:{row.status.value}",
        order.email,
        {"order_id": order.id, "return_id": row.return_id, "status": row.status.value},
        at=at,
    )
