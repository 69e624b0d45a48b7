"""The window: what customers see. Catalogue pages carry nothing of the visitor, so that they can be cached."""

from flask import Blueprint

blueprint = Blueprint("storefront", __name__)

from shop.web.storefront import (
    browse,
    cart,
    checkout,
    contact,
    feeds,
    house_pages,
    late_money,
    machine,
    order,
    places,
    sending_back,
    stories,
    thanking,
    words,
)  # they add their views
