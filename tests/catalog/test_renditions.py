"""A picture's files: drawn once, shown as they come, and a withdrawn one is not to be had under another name."""

import io
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from sqlalchemy import delete, select

from shop import jobs, mail, outbox, storage
from shop.artisans import stories, story_reviews
from shop.artisans.story_models import PictureKind
from shop.catalog import pictures, products, renditions, tones
from shop.catalog.models import Picture, Rendition
from shop.db import db
from tests.artisans import publishing
from tests.cast import a_picture
from tests.catalog.metadata import left_in
from tests.world import World

IMG = re.compile(r"<img [^>]*>")
STYLES = Path(__file__).parent.parent.parent / "shop/static/css/tokens.css"


def test_pages_show_what_there_is_and_name_no_file_that_is_not(world: World) -> None:
    name = add(world, a_picture((700, 500)))

    early = files_on(world, name)
    world.work()
    shared = f"{name}-1-share.jpeg"  # what other sites show of a link
    late = files_on(world, name)

    assert early == {f"{name}-1-320.avif", f"{name}-1-320.jpeg"}
    assert late == {f"{name}-1-{width}.{kind}" for width in (320, 640, 700) for kind in ("avif", "jpeg")} | {shared}
    for file in late:
        assert world.browser().get(f"/media/{file}").status_code == 200


def test_what_is_shared_is_the_shops_own_picture_until_the_products_is_drawn(world: World) -> None:
    with world.writing() as at:
        product = products.get_by_slug("messenger")
        drawn = pictures.draw(a_picture((700, 500)), media=world.app.config["MEDIA_URL"])
        pictures.put_first(product, pictures.add(product, drawn, "From the front", variant=None, at=at))
    assert shared(world) == "http://localhost/static/img/og.png"

    world.work()

    address = shared(world)
    assert address == f"http://localhost/media/{drawn.name}-1-share.jpeg"
    content = world.browser().get(urlsplit(address).path).data
    assert left_in(content) == []
    with Image.open(io.BytesIO(content)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (1200, 630))
        assert near(opened.getpixel((20, 20)), (0xFB, 0xF7, 0xEF)) and near(
            opened.getpixel((1000, 300)), (217, 160, 43)
        )


def test_known_pictures_that_are_whole_are_shown_whole_at_once_and_ask_for_nothing(world: World) -> None:
    media, master = world.app.config["MEDIA_URL"], a_picture((333, 222))
    [first] = pictures.draw_known([master], media=media)
    renditions.draw_missing(first.name, renditions.all_files_of(first.name, first.size), media=media)

    again, twin = pictures.draw_known([master, master], media=media)  # as another shop with the same store does
    with world.writing() as at:
        picture = pictures.add(products.get_by_slug("messenger"), again, "Front", variant=None, at=at)
        recorded = set(db.session.scalars(select(Rendition.name).where(Rendition.picture_id == picture.id)))
        assert pictures.queue_empty()

    assert (first.whole, again.whole, again.name, twin) == (False, True, first.name, again)
    assert recorded == {file.name for file in renditions.all_files_of(first.name, first.size)}


def test_a_known_file_that_is_nothing_but_pixels_is_its_own_master_and_an_upload_never_is(world: World) -> None:
    media, bare = world.app.config["MEDIA_URL"], a_picture((377, 222), "WEBP")
    noted = io.BytesIO()
    with Image.open(io.BytesIO(bare)) as opened:
        opened.save(noted, "WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0", lossless=True)
    others = [noted.getvalue(), a_picture((377, 222), "PNG"), bare + b"more", bare[:-2]]

    [known] = pictures.draw_known([bare], media=media)
    [told] = pictures.draw_known(others[:1], media=media)
    uploaded = pictures.draw(bare, media=media)

    assert [renditions.is_bare(each) for each in (bare, *others)] == [True, False, False, False, False]
    masters = [storage.find(media, renditions.master_of(drawn.name)) or b"" for drawn in (known, told, uploaded)]
    assert [master == given for master, given in zip(masters, (bare, others[0], bare), strict=True)] == [
        True,
        False,
        False,
    ]
    assert all(left_in(master) == [] for master in masters)
    pixels = {renditions.open_master(drawn.name, media).tobytes() for drawn in (known, told, uploaded)}
    assert len(pixels) == 1  # whatever is drawn of them later is the same


def test_a_storys_picture_never_answers_under_another_name_once_it_is_withdrawn(world: World) -> None:
    media, master = world.app.config["MEDIA_URL"], a_picture((344, 222))
    folder = Path(urlsplit(media).path)
    [known] = pictures.draw_known([master], media=media)
    [apart] = pictures.draw_apart([master], media=media)
    notes = {path.name for path in folder.glob("known-*")}
    private = pictures.draw(a_picture((355, 222)), media=media)
    story_id = publishing.draft(world, teller=None, picture=False)
    with world.writing() as at:
        by = publishing.user("Meera")
        story = stories.get_of(by, story_id, action="stories.write")
        for drawn in (apart, private):
            stories.add_picture(story, PictureKind.WORK, drawn.name, "A cloth", drawn.size, at=at, by=by)
    publishing.publish(world, story_id)
    world.work()
    product = [file.name for file in renditions.files_of(known.name, known.size, renditions.SMALLEST)]
    hers = {
        file.name
        for drawn in (apart, private)
        for file in renditions.files_of(drawn.name, drawn.size, renditions.WIDTHS)
    }
    assert answers(world, [*hers, *product]) == {200}

    with world.writing() as at:
        by = publishing.user("Anita")
        story_reviews.take_down(stories.get_of(by, story_id, action="stories.read"), at=at, by=by)

    assert (answers(world, hers), answers(world, product)) == ({410}, {200})
    assert notes == {path.name for path in folder.glob("known-*")}  # an upload leaves no note of its bytes
    bytes_of_hers = {(folder / name).read_bytes() for name in hers if name.startswith(private.name)}
    elsewhere = [
        p.name
        for p in folder.iterdir()
        if p.is_file() and private.name not in p.name and p.read_bytes() in bytes_of_hers
    ]
    assert elsewhere == []


def test_a_mail_does_not_wait_for_pictures(world: World) -> None:
    for side in range(400, 404):
        add(world, a_picture((side, 300)))
    world.advance(timedelta(seconds=1))
    with world.writing() as at:
        values = {"what": "password", "language": "en"}
        mail.enqueue("account_notice", "mail:late", "asha@test.example", values, at=at)

    jobs.work_once(world.app)

    with world.reading():
        assert (outbox.undone("mail"), outbox.undone(pictures.JOB)) == (0, 4 - jobs.FEW)


def test_a_picture_of_before_gets_what_it_lacks_and_is_asked_for_once(world: World) -> None:
    name = add(world, a_picture((366, 222)))
    world.work()
    with world.writing() as at:
        picture_id = db.session.scalars(select(Picture.id).where(Picture.name == name)).one()
        db.session.execute(delete(Rendition).where(Rendition.picture_id == picture_id, Rendition.format == "share"))
        db.session.execute(delete(outbox.OutboxRow).where(outbox.OutboxRow.kind == pictures.JOB))
        assert [pictures.ask_for_missing(at=at, limit=9) for _ in range(2)] == [1, 0]

    world.work()

    with world.reading():
        formats = select(Rendition.format).where(Rendition.picture_id == picture_id)
        assert set(db.session.scalars(formats)) == {"avif", "jpeg", "share"}


@pytest.mark.parametrize("path", ["/", "/products", "/products/kalka-tote", "/search?q=tote", "/stories"])
def test_the_first_picture_of_a_page_comes_before_all_else_and_every_one_has_its_place(world: World, path: str) -> None:
    publishing.told(world)
    world.work()

    shown = IMG.findall(world.browser().get(path).text)

    assert shown
    assert 'fetchpriority="high"' in shown[0] and "lazy" not in shown[0]
    for img in shown:
        assert re.search(r'class="tone--[a-z]+".* width="\d+" height="\d+"', img), img
    assert not any("fetchpriority" in img for img in shown[1:])
    beside = 2 if path == "/products" else 1  # two stand beside each other above the fold of a list
    assert all('loading="lazy"' in img for img in shown[beside:])


def test_the_ground_is_the_colour_that_covers_most_and_its_tone_has_a_style() -> None:
    sheet = Image.new("RGB", (400, 500), "#743036")
    sheet.paste("#ffffff", (0, 0, 400, 200))
    styles = dict(re.findall(r"img\.tone--([a-z]+) \{ background: (#[0-9a-f]{6}); \}", STYLES.read_text("utf-8")))

    assert (tones.dominant(sheet), tones.nearest("#743036"), tones.nearest("")) == ("#743036", "oxblood", "calico")
    assert tones.nearest("#d9a02b") == "turmeric"
    assert styles == tones.TONES


def add(world: World, content: bytes) -> str:
    drawn = pictures.draw(content, media=world.app.config["MEDIA_URL"])
    with world.writing() as at:
        product = products.get_by_slug("messenger")
        pictures.put_first(product, pictures.add(product, drawn, "From the front", variant=None, at=at))
    return drawn.name


def files_on(world: World, name: str) -> set[str]:
    return set(re.findall(rf"/media/({name}-[^ \"]+)", world.browser().get("/products/messenger").text))


def shared(world: World) -> str:
    with world.app.test_request_context():
        return str(
            world.app.jinja_env.from_string("{{ shared(product).address }}").render(
                product=products.get_by_slug("messenger")
            )
        )


def answers(world: World, names: "set[str] | list[str]") -> set[int]:
    browser = world.browser()
    return {browser.get(f"/media/{name}").status_code for name in names}


def near(one: "tuple[int, ...]", other: "tuple[int, ...]") -> bool:
    return all(abs(a - b) <= 6 for a, b in zip(one, other, strict=True))


def test_what_is_stored_is_there_whole(world: World) -> None:
    media = world.app.config["MEDIA_URL"]
    storage.put(media, "copied.txt", b"whole")
    storage.copy(media, "copied.txt", "other.txt")

    assert (storage.find(media, "other.txt"), storage.holds(media, "other.txt")) == (b"whole", True)
    assert not storage.holds(media, "another.txt")
    with pytest.raises(FileNotFoundError):
        storage.copy(media, "another.txt", "other.txt")
