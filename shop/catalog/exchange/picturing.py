"""Which pictures a product will have: known by the path they came under, new ones from one folder alone."""

from pathlib import Path
from urllib.parse import urlsplit

from shop.catalog.exchange.cells import picture_of, source_of
from shop.catalog.exchange.headings import CLASSIC
from shop.catalog.exchange.noting import Noting
from shop.catalog.exchange.plans import Note, PicturePlan, ProductPlan
from shop.catalog.exchange.wanted import WantedPicture

MOST_PICTURE_BYTES = 12 * 1024 * 1024


def pictures_of(about: Noting, planned: ProductPlan) -> list[PicturePlan]:
    """Return a product's pictures as they will be, in their order; those that are not brought are left out aloud."""
    known = {source_of(about.product, each): each for each in about.product.pictures} if about.product else {}
    made: list[PicturePlan] = []
    left_out = 0
    for wanted in sorted(about.wanted.pictures, key=lambda each: (each.position, each.row)):
        picture = known.get(wanted.source)
        file = None if picture else _file(about, wanted)
        if picture is None and file is None:
            left_out += 1
            continue
        now = (
            next((e.sku for e in about.product.variants if e.id == picture.variant_id), "")
            if (about.product and picture)
            else ""
        )
        alt = wanted.alt if wanted.alt is not None else (picture.alt if picture else "")
        if not 3 <= len(alt) <= 200:
            about.trouble(wanted.row, "image_alt", "csv.alt")
        sku = _shown(about, planned, wanted, now, new=picture is None)
        if picture is not None:
            about.compare(
                {"image_alt": picture.alt, "image_sku": now}, {"image_alt": alt, "image_sku": sku}, wanted.source
            )
        made.append(PicturePlan(wanted, picture, file, sku, alt))
    if left_out:
        about.notes.append(Note("csv.note_pictures", {"count": left_out}))
    order = [each.picture for each in made if each.picture]
    if about.product and order != [each for each in about.product.pictures if each in order]:
        about.change(about.sheet.headings.get("image_position", CLASSIC["image_position"]), "", "", True)
    return made


def _shown(about: Noting, planned: ProductPlan, wanted: WantedPicture, now: str, *, new: bool) -> str:
    """Return the sku that a picture is of, or nothing if it shows them all."""
    if wanted.sku is not None:
        here = {each.text.sku for each in planned.variants}
        here |= {each.sku for each in about.product.variants} if about.product else set()
        if wanted.sku and wanted.sku not in here:
            about.trouble(wanted.row, "image_sku", "csv.image_sku")
        return wanted.sku
    naming = [each for each in planned.variants if each.wanted.image == wanted.source]
    if not naming:
        return now
    if len({each.text.colour for each in naming}) > 1:
        return ""
    if not new and about.product is not None:
        shown = [picture_of(about.product, each.variant) for each in naming if each.variant]
        if all(each is not None and source_of(about.product, each) == wanted.source for each in shown):
            return now
    return naming[0].text.sku


def _file(about: Noting, wanted: WantedPicture) -> Path | None:
    """Return the file of a new picture; None if none is to be brought. Nothing is ever fetched from a network."""
    if about.terms.folder is None or urlsplit(wanted.source).scheme or wanted.source.startswith("//"):
        return None
    home = about.terms.folder.resolve()
    path = home.joinpath(wanted.source).resolve()
    if not path.is_relative_to(home):
        about.trouble(wanted.row, "image", "csv.picture_outside")
    elif not path.is_file():
        about.trouble(wanted.row, "image", "csv.picture_missing")
    elif path.stat().st_size > MOST_PICTURE_BYTES:
        about.trouble(wanted.row, "image", "csv.picture_large", most=MOST_PICTURE_BYTES // 1024 // 1024)
    return path
