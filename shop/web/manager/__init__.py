"""The office: what needs someone, and the one act that settles it."""

from flask import Blueprint

blueprint = Blueprint("manager", __name__, url_prefix="/manager")

from shop.web.manager import (  # they add their views
    advances,
    audit,
    board,
    books,
    catalogue,
    centres,
    claims,
    collections,
    consents,
    corrections,
    customers,
    delivery,
    designs,
    events,
    exceptions,
    figures,
    gateways,
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
    refunds,
    returns,
    shelf,
    staff,
    stories,
    thanks,
    tickets,
    today,
    words,
)
