"""Nothing that a camera or a program wrote beside the pixels is left in any file of ours, looked at as bytes."""

import io
import zlib

import pytest
from PIL import Image
from sqlalchemy import select

from shop import storage
from shop.catalog import darkroom, pictures, products
from shop.catalog.models import Picture
from shop.db import db
from tests.catalog.attacks import chunk, encoded, jpeg_with, png_with, segment
from tests.catalog.metadata import CARRIERS, MARKER, iptc, left_in, opens, xmp
from tests.world import World


def stored_files(world: World, upload: bytes) -> dict[str, bytes]:
    """Upload, let the worker draw every width, and return the bytes of the master and of every file."""
    media = world.app.config["MEDIA_URL"]
    drawn = pictures.draw(upload, media=media)
    with world.writing() as at:
        pictures.add(products.get_by_slug("messenger"), drawn, "The messenger", variant=None, at=at)
    world.work()
    with world.reading():
        picture = db.session.scalars(select(Picture).where(Picture.name == drawn.name)).one()
        names = [f"master-{drawn.name}.webp", *(file.name for file in picture.renditions)]
    return {name: storage.find(media, name) or b"" for name in names}


@pytest.mark.parametrize("kind", CARRIERS)
def test_no_file_holds_more_than_pixels(world: World, kind: str) -> None:
    files = stored_files(world, CARRIERS[kind]())

    assert sorted({name.rsplit(".")[-1] for name in files}) == ["avif", "jpeg", "webp"]
    assert {name: found for name, content in files.items() if (found := left_in(content))} == {}


@pytest.mark.parametrize("kind", CARRIERS)
def test_the_look_finds_them_in_the_upload_itself(kind: str) -> None:
    upload = CARRIERS[kind]()

    assert opens(upload)
    assert len(left_in(upload)) >= 8


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "PNG"])
def test_the_look_finds_them_after_a_decoder_that_keeps_them(kind: str) -> None:
    """What pictures would hold if they were only made smaller: the negative control of the test above."""
    with Image.open(io.BytesIO(CARRIERS["JPEG"]())) as image:
        image.thumbnail((160, 160))
        buffer = io.BytesIO()
        image.save(buffer, kind, exif=image.getexif(), icc_profile=image.info["icc_profile"], xmp=xmp())

    assert left_in(buffer.getvalue())


@pytest.mark.parametrize("kind", CARRIERS)
def test_a_picture_is_turned_upright_before_its_note_of_that_is_gone(kind: str) -> None:
    [pixels] = darkroom.develop([CARRIERS[kind]()])

    assert (pixels.width, pixels.height) == (300, 240)


PLACES = {
    "EXIF and all else": CARRIERS["JPEG"],
    "the EXIF of a PNG": CARRIERS["PNG"],
    "the EXIF of a WebP": CARRIERS["WebP"],
    "XMP alone": lambda: jpeg_with(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp())),
    "XMP packed into a PNG": lambda: png_with(chunk(b"iTXt", b"XML\0\1\0\0\0" + zlib.compress(xmp()))),
    "IPTC alone": lambda: jpeg_with(segment(0xED, iptc())),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_place_in_the_upload_is_noticed(name: str) -> None:
    [pixels] = darkroom.develop([PLACES[name]()])

    assert pixels.said_where
    assert MARKER.encode() not in pixels.rgb


def test_a_picture_without_a_place_is_not_warned_of() -> None:
    comment = jpeg_with(segment(0xFE, b"made at home"))

    assert [pixels.said_where for pixels in darkroom.develop([encoded("JPEG"), comment])] == [False, False]
