"""Who changes an order, its attempts or its money locks the order first, and only then a row of theirs: one way round,
so that two who do different things to it never wait for each other in a ring.
"""

from shop.db import db
from shop.orders.models import Order


def lock(order: Order) -> None:
    """Let what is done to an order at the same moment happen one after the other; its status is read anew."""
    db.session.refresh(order, ["status"], with_for_update=True)
