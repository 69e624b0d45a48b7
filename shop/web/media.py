"""Pictures, by their random names."""

import re

from flask import Blueprint, Response, abort, current_app

from shop import storage
from shop.artisans import publication
from shop.web.access import public
from shop.web.edge import now
from shop.web.publishing import remembered

blueprint = Blueprint("media", __name__)
NAME = re.compile(r"([0-9a-f]{32})-[0-9]+-[0-9]+\.(avif|jpeg)")


@blueprint.get("/media/<name>")
@public
def rendition(name: str) -> Response:
    """Serve one file of a picture; masters have no address. One of a story is asked after at every request."""
    fits = NAME.fullmatch(name)
    if fits is None:
        abort(404)
    is_of_a_story = publication.check_picture(fits[1], at=now())
    content = storage.find(current_app.config["MEDIA_URL"], name)
    if content is None:
        abort(404)
    response = Response(content, mimetype=f"image/{fits[2]}")
    if is_of_a_story:
        return remembered(response)
    response.cache_control.max_age = 31_536_000
    response.cache_control.immutable = True
    response.cache_control.public = True
    return response
