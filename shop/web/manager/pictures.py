"""Pictures of a product: add, put first, take away."""

from flask import current_app, flash
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.catalog import pictures
from shop.db import writing
from shop.errors import DomainError
from shop.web.access import requires
from shop.web.edge import now
from shop.web.limits import takes_a_file
from shop.web.manager import blueprint, forms
from shop.web.manager.products import again, hers, there

Answer = Response | tuple[str, int]


@blueprint.post("/products/<slug>/pictures")
@requires("catalogue.edit")
@takes_a_file
def add_picture(slug: str) -> Answer:
    """Add a picture; what is not one is said in a sentence."""
    try:
        hers(slug)  # someone else's is a 404 before anything is drawn
        content = forms.uploaded("picture")
        words = pictures.checked_alt(forms.text("alt"))  # before anything is drawn and kept
        drawn = pictures.draw(content, media=current_app.config["MEDIA_URL"])
        with writing():
            pictures.add(hers(slug), drawn, words, variant=None, at=now())
    except DomainError as error:
        return again(slug, "picture", error)
    flash(_("The picture was added."))
    if drawn.said_where:
        warn_of_place()
    return there(slug, "pictures")


def warn_of_place() -> None:
    """Tell the one who sent a photo that it held the place where it was taken."""
    flash(
        _(
            "This photo said where it was taken. We removed that. Please send photos without their place: "
            "switch it off in the phone’s camera, under Location."
        ),
        "bad",
    )


@blueprint.post("/products/<slug>/pictures/<int:picture_id>/first")
@requires("catalogue.edit")
def put_picture_first(slug: str, picture_id: int) -> Response:
    """Make a picture the one that lists show."""
    with writing():
        product = hers(slug)
        pictures.put_first(product, pictures.get(product, picture_id))
    flash(_("Lists show this picture now."))
    return there(slug, "pictures")


@blueprint.post("/products/<slug>/pictures/<int:picture_id>/removal")
@requires("catalogue.edit")
def remove_picture(slug: str, picture_id: int) -> Answer:
    """Take a picture off a product."""
    try:
        with writing():
            product = hers(slug)
            pictures.remove(product, pictures.get(product, picture_id))
    except DomainError as error:
        return again(slug, "pictures", error)
    flash(_("The picture was taken away."))
    return there(slug, "pictures")
