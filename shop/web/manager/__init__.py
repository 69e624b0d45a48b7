"""The office: what needs someone, and the one act that settles it."""

from flask import Blueprint

blueprint = Blueprint("manager", __name__, url_prefix="/manager")

from shop.web.manager import (  # noqa: E402  (views hang themselves on the blueprint above)
    audit,
    board,
    books,
    centres,
    consents,
    corrections,
    customers,
    events,
    identity,
    making,
    me,
    orders,
    payout_files,
    payouts,
    people,
    pictures,
    products,
    rates,
    shelf,
    staff,
    stories,
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
    "me",
    "orders",
    "payouts",
    "people",
    "products",
]
__all__ += ["consents", "corrections", "customers", "identity", "payout_files", "pictures", "rates", "shelf"]
__all__ += ["staff", "stories", "today", "words"]
