"""The office: what needs someone, and the one act that settles it."""

from flask import Blueprint

blueprint = Blueprint("manager", __name__, url_prefix="/manager")

from shop.web.manager import (  # noqa: E402  (views hang themselves on the blueprint above)
    audit,
    board,
    books,
    centres,
    events,
    identity,
    making,
    orders,
    payout_files,
    payouts,
    people,
    pictures,
    products,
    shelf,
    today,
    words,
)

__all__ = [
    "audit",
    "blueprint",
    "board",
    "books",
    "centres",
    "events",
    "making",
    "orders",
    "payouts",
    "people",
    "products",
]
__all__ += ["identity", "payout_files", "pictures", "shelf", "today", "words"]
