"""Pictures: their files by their random names, and how a page shows them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, abort, current_app, g, url_for

from shop import storage
from shop.artisans import publication
from shop.catalog import pictures, share_image, tones
from shop.catalog.models import Product, Rendition
from shop.catalog.renditions import File
from shop.web.access import public
from shop.web.edge import now
from shop.web.publishing import remembered

blueprint = Blueprint("media", __name__)
NAME = re.compile(r"([0-9a-f]{32})-[0-9]+-(?:[0-9]+|share)\.(avif|jpeg)")


@dataclass(frozen=True)
class Shared:
    """What other sites show of a page: an address with its host, and the size."""

    address: str
    width: int
    height: int


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


def srcset(files: Sequence[Rendition | File], format: str) -> str:
    """Return the files of a format as `srcset` wants them, narrowest first; nothing if there are none."""
    return ", ".join(f"/media/{file.name} {file.width}w" for file in files if file.format == format)


def is_first(loading: str) -> bool:
    """Say whether a picture is the first of its page, which is fetched at once and before all others.

    One that is `lazy` on purpose is never the first; all that come after the first wait until they are near.
    """
    if loading == "lazy" or "picture_shown" in g:
        return False
    g.picture_shown = True
    return True


def shared(product: Product | None = None) -> Shared:
    """Return the Open Graph picture of a product, or the shop's own until the worker has drawn one."""
    file = pictures.share_file(product) if product else None
    address = f"/media/{file.name}" if file else url_for("static", filename="img/og.png")
    return Shared(current_app.config["SHOP_URL"].rstrip("/") + address, *share_image.SIZE)


def init_app(app: Flask) -> None:
    """Give templates what `macros/picture.html` is made of, and `shared(product)` for Open Graph tags."""
    app.register_blueprint(blueprint)
    app.add_template_filter(srcset)
    app.add_template_filter(tones.nearest, "tone")
    app.add_template_global(is_first, "is_first_picture")
    app.add_template_global(shared)
