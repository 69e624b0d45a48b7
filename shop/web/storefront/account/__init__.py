"""The customer's own pages: opening an account, her orders, addresses and details, her data."""

from flask import Blueprint

blueprint = Blueprint("account", __name__)

from shop.web.storefront.account import addresses, data, details, door, home  # they add their views
