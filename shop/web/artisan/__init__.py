"""Her pages: what she can take, what to make next. Few words, big figures, Bengali first."""

from flask import Blueprint

blueprint = Blueprint("artisan", __name__, url_prefix="/artisan")
