"""The window: what customers see. Pages carry nothing of the visitor, so that they can be cached."""

from flask import Blueprint

blueprint = Blueprint("storefront", __name__)
