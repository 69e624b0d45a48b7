"""Pictures: whatever comes in becomes fresh pixels, and nothing of the camera is kept."""

import hashlib
import io
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from sqlalchemy import select

from shop import storage
from shop.catalog import darkroom, pictures, products
from shop.catalog.models import Picture, Rendition
from shop.catalog.renditions import SHARE
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound
from tests.cast import a_picture
from tests.world import World

SECRET = b"22.1234N 88.5678E Rina's phone"


def a_photo() -> bytes:
    """Return a JPEG lying on its side, with a place, a maker's name, a comment and a thumbnail in it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise
    exif[0x010E] = exif[0x013B] = SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (22.0, 7.0, 24.0), 3: "E", 4: (88.0, 34.0, 4.0)})
    buffer = io.BytesIO()
    Image.new("RGB", (400, 300), "#1f3a5f").save(buffer, "JPEG", exif=exif, comment=SECRET, xmp=SECRET)
    return buffer.getvalue()


def test_nothing_of_the_camera_survives_in_any_file(world: World) -> None:
    assert SECRET in a_photo()

    picture = add(world, a_photo())

    for name in files_of(world, picture):
        content = storage.find(world.app.config["MEDIA_URL"], name) or b""
        assert content
        for trace in (SECRET, b"Exif", b"exif", b"GPS", b"xmp", b"http://ns.adobe"):
            assert trace not in content, (name, trace)
        with Image.open(io.BytesIO(content)) as opened:
            assert not opened.getexif()


def test_a_photo_is_turned_upright(world: World) -> None:
    fresh = pictures.draw(a_photo(), media=world.app.config["MEDIA_URL"])

    assert (fresh.width, fresh.height) == (300, 400)


def test_a_large_picture_is_made_smaller_and_a_clear_one_gets_a_white_ground(world: World) -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (2_000, 1_000), (0, 0, 0, 0)).save(buffer, "PNG")

    fresh = pictures.draw(buffer.getvalue(), media=world.app.config["MEDIA_URL"])

    assert (fresh.width, fresh.height) == (1_600, 800)
    master = storage.find(world.app.config["MEDIA_URL"], f"master-{fresh.name}.webp") or b""
    with Image.open(io.BytesIO(master)) as opened:
        assert (opened.mode, opened.getpixel((5, 5))) == ("RGB", (255, 255, 255))


def test_names_are_random_and_tell_nothing_of_the_upload(world: World) -> None:
    one, other = pictures_name(world, add(world, a_photo())), pictures_name(world, add(world, a_photo()))

    assert one != other and re.fullmatch("[0-9a-f]{32}", one)
    names = files_of(world, add(world, a_photo()))
    for kind in ("md5", "sha1", "sha256"):
        told = hashlib.new(kind, a_photo()).hexdigest()[:16]
        assert not any(told in name for name in names)


def test_a_known_picture_is_drawn_once_and_opened_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    media = world.app.config["MEDIA_URL"]
    folder = Path(urlsplit(media).path)
    masters = [a_picture((310, 230)), a_picture((230, 310))]
    first = pictures.draw_known(masters, media=media)
    before = {path.name for path in folder.iterdir()}

    def open_again(*_: object) -> None:
        raise AssertionError("it was opened again")

    monkeypatch.setattr(darkroom, "_child", open_again)

    assert pictures.draw_known(masters, media=media) == first
    assert {path.name for path in folder.iterdir()} == before
    assert [(drawn.width, drawn.height) for drawn in first] == [(310, 230), (230, 310)]
    with pytest.raises(AssertionError, match="opened again"):
        pictures.draw(masters[0], media=media)


def test_the_uploader_is_told_that_a_photo_said_where_it_was_taken(world: World) -> None:
    meera = world.browser().sign_in("Meera")
    warning = "This photo said where it was taken. We removed that."

    for content, warned in ((a_photo(), True), (a_picture((211, 311)), False)):
        form = {"csrf_token": meera.token, "alt": "The tote", "picture": (io.BytesIO(content), "IMG_2211.jpg")}
        sent = meera.post("/manager/products/kalka-tote/pictures", form, content_type="multipart/form-data")
        assert sent.status_code == 303
        assert (warning in meera.get(sent.location).text) is warned


def test_the_worker_draws_the_other_widths_and_none_wider_than_the_picture(world: World) -> None:
    picture = add(world, a_picture((700, 500)))
    assert (widths(world, picture), pictures_left(world)) == ({320}, 1)

    world.work()

    assert (widths(world, picture), pictures_left(world)) == ({320, 640, 700}, 0)


def test_words_for_those_who_cannot_see_it_are_asked_for(world: World) -> None:
    for words in ("", "  ", "ab", "x" * 201):
        with pytest.raises(Invalid, match=r"picture\.alt"):
            add(world, a_photo(), words)


def test_a_product_on_sale_keeps_its_last_picture(world: World) -> None:
    with pytest.raises(Conflict, match=r"picture\.last"), world.writing():
        product = products.get_by_slug("messenger")
        pictures.remove(product, product.pictures[0])


def test_a_picture_of_another_product_is_not_found(world: World) -> None:
    with world.reading():
        one, other = products.get_by_slug("messenger"), products.get_by_slug("kalka-tote")
        with pytest.raises(NotFound):
            pictures.get(one, other.pictures[0].id)


def test_the_picture_put_first_is_the_one_that_lists_show(world: World) -> None:
    newer = add(world, a_photo())
    with world.writing():
        product = products.get_by_slug("messenger")
        pictures.put_first(product, pictures.get(product, newer))

    with world.reading():
        assert products.get_by_slug("messenger").pictures[0].id == newer


def test_masters_have_no_address(world: World) -> None:
    picture = add(world, a_photo())
    with world.reading():
        mark = db.session.get_one(Picture, picture).name

    assert storage.find(world.app.config["MEDIA_URL"], f"master-{mark}.webp")
    for name in (f"master-{mark}.webp", "..%2fshop.db", f"{mark[:32]}-1-640.png"):
        assert world.browser().get(f"/media/{name}").status_code == 404


def add(world: World, content: bytes, words: str = "The messenger from the front") -> int:
    drawn = pictures.draw(content, media=world.app.config["MEDIA_URL"])
    with world.writing() as at:
        return pictures.add(products.get_by_slug("messenger"), drawn, words, variant=None, at=at).id


def pictures_name(world: World, picture: int) -> str:
    with world.reading():
        return db.session.get_one(Picture, picture).name


def files_of(world: World, picture: int) -> list[str]:
    with world.reading():
        found = db.session.get_one(Picture, picture)
        return [*(file.name for file in found.renditions), f"master-{found.name}.webp"]


def widths(world: World, picture: int) -> set[int]:
    with world.reading():
        of_it = select(Rendition.width).where(Rendition.picture_id == picture, Rendition.format != SHARE)
        return set(db.session.scalars(of_it))


def pictures_left(world: World) -> int:
    with world.reading():
        assert pictures.queue_empty() is (pictures.waiting() == 0)
        return pictures.waiting()
