"""Pictures, by their random names."""

import re

from flask import Blueprint, Response, abort, current_app

from shop import storage
from shop.web.access import public

blueprint = Blueprint("media", __name__)
NAME = re.compile(r"[0-9a-f]{32}-[0-9]+-[0-9]+\.(avif|jpeg)")


@blueprint.get("/media/<name>")
@public
def rendition(name: str) -> Response:
    """Serve one file of a picture; masters have no address."""
    fits = NAME.fullmatch(name)
    content = storage.find(current_app.config["MEDIA_URL"], name) if fits else None
    if fits is None or content is None:
        abort(404)
    response = Response(content, mimetype=f"image/{fits[1]}")
    response.cache_control.max_age = 31_536_000
    response.cache_control.immutable = True
    response.cache_control.public = True
    return response
