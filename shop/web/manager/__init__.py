"""The office: what needs someone, and the one act that settles it."""

from flask import Blueprint

blueprint = Blueprint("manager", __name__, url_prefix="/manager")
