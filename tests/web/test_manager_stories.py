"""The office's pages of personas, consent and stories, and what a tag tells, over HTTP."""

import io
import random

import pytest
from PIL import Image
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from shop.artisans import people
from shop.artisans.consent_models import Channel, Consent, Item
from shop.artisans.models import Artisan
from shop.artisans.story_models import Story, StoryStatus
from shop.artisans.story_reviews import CHECKLIST
from shop.catalog import stock
from shop.catalog.models import Unit, UnitMaker
from shop.db import db
from tests.artisans import publishing
from tests.cast import PASSWORD, TOTE, a_picture
from tests.conftest import both_databases
from tests.world import Browser, World

DRAFT = {
    "craft": "kantha", "slug": "how-kantha-holds", "title_en": "How kantha holds", "lead_en": "Three cloths, one line.",
    "body_en": "Three cloths lie on each other.\n\nOne running line keeps them.",
}  # fmt: skip
BOXES = list(CHECKLIST)
AGREED = {
    "item": ["persona-card", "alias"], "channel": ["shop", "packaging"], "language": ["en"], "told": "played",
    "days": "365", "witness_password": PASSWORD,
}  # fmt: skip


@pytest.fixture
def meera(world: World) -> Browser:
    return world.browser().sign_in("Meera")


@pytest.fixture
def nasrin(world: World) -> Browser:
    return world.browser().sign_in("Nasrin")


def witness(world: World, name: str = "Nasrin") -> str:
    with world.reading():
        return str(world.user(name).id)


def choose(meera: Browser, **changes: str) -> int:
    names = {"name_en": "Doyel", "name_bn": "দোয়েল", "emblem": "tide", **changes}
    return meera.post("/manager/people/1/persona", names).status_code


def consents(world: World) -> int:
    with world.reading():
        return len(db.session.scalars(select(Consent.id)).all())


def test_a_photo_of_a_phone_fits_into_a_story(world: World, meera: Browser) -> None:
    assert meera.post("/manager/stories", DRAFT).location == "/manager/stories/1"
    noise = Image.frombytes("RGB", (900, 700), random.Random(2011).randbytes(900 * 700 * 3))
    photo = io.BytesIO()
    noise.save(photo, "PNG")
    assert photo.tell() > 1_500_000
    photo.seek(0)
    form = {
        "picture": FileStorage(photo, "photo.png"),
        "alt": "Three cloths",
        "kind": "work",
        "csrf_token": meera.token,
    }
    boundary, body = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"

    assert meera.post("/manager/stories/1/pictures", body, content_type=kind).status_code == 303


@both_databases
def test_a_story_from_the_first_word_to_the_shop(world: World, meera: Browser, nasrin: Browser) -> None:
    assert meera.post("/manager/stories", DRAFT).location == "/manager/stories/1"
    upload = {"picture": (io.BytesIO(a_picture((900, 700))), "IMG_2041.png"), "alt": "Three cloths", "kind": "work"}
    form = {**upload, "csrf_token": meera.token}
    assert meera.post("/manager/stories/1/pictures", form, content_type="multipart/form-data").status_code == 303
    assert nasrin.get("/manager/stories/1/pictures/1").mimetype == "image/jpeg"
    assert meera.post("/manager/stories/1/submission").status_code == 303
    page = nasrin.get("/manager/stories/1").text
    assert "How kantha holds" in page and "IMG_2041" not in page
    for reader in (nasrin, world.browser().sign_in("Anita")):
        answer = reader.post("/manager/stories/1/review", {"answer": "approve", "revision": "2", "ticked": BOXES})
        assert answer.status_code == 303, answer.text
    story = publishing.get(world, 1)
    assert story.publish_at is not None
    world.clock.at = story.publish_at
    stranger = world.browser()
    assert "How kantha holds" in stranger.get("/stories").text
    shown = stranger.get("/stories/how-kantha-holds")
    kept = {"If-None-Match": shown.headers["ETag"]}
    assert "Told by the women of our centres" in shown.text and "/media/" in shown.text
    assert stranger.get("/stories/how-kantha-holds", headers=kept).status_code == 304

    assert world.browser().sign_in("Meera").post("/manager/stories/1/taking-down").status_code == 303
    assert stranger.get("/stories/how-kantha-holds", headers=kept).status_code == 410


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"answer": "approve", "revision": "1", "ticked": BOXES[1:]}, 422, "every point"),
        ({"answer": "approve", "revision": "7", "ticked": BOXES}, 409, "moved on"),
        ({"answer": "back", "note": ""}, 422, "what has to change"),
    ],
)
def test_a_reading_that_does_not_count(
    world: World, meera: Browser, nasrin: Browser, form: dict[str, object], status: int, words: str
) -> None:
    meera.post("/manager/stories", DRAFT)
    meera.post("/manager/stories/1/submission")

    answer = nasrin.post("/manager/stories/1/review", form)

    assert answer.status_code == status and words in answer.text
    with world.reading():
        assert db.session.scalar(select(Story.status)) is StoryStatus.REVIEW


@pytest.mark.parametrize("change", [{"slug": "No Slug"}, {"craft": "war"}, {"title_en": ""}, {"body_en": ""}], ids=str)
def test_a_story_that_cannot_be_begun(world: World, meera: Browser, change: dict[str, str]) -> None:
    answer = meera.post("/manager/stories", {**DRAFT, **change})

    assert answer.status_code == 422
    with world.reading():
        assert db.session.scalar(select(Story.id)) is None


def test_she_agrees_before_a_witness(world: World, meera: Browser) -> None:
    assert choose(meera) == 303
    answer = meera.post("/manager/people/1/consents", {**AGREED, "witness": witness(world)})

    assert answer.status_code == 303, answer.text
    assert consents(world) == 4
    page = world.browser().sign_in("Meera").get("/manager/people/1/consents").text
    assert "Her card" in page and "Packaging" in page
    assert PASSWORD not in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"witness_password": "wrong-password"}, "password of the witness"),
        ({"witness": ""}, "choose the witness"),
        ({"item": []}, "what she agrees to"),
        ({"channel": []}, "what she agrees to"),
        ({"told": ""}, "one of the options"),
        ({"days": "1097"}, "three years"),
    ],
    ids=str,
)
def test_a_consent_that_is_not_written_down(
    world: World, meera: Browser, change: dict[str, object], words: str
) -> None:
    choose(meera)
    answer = meera.post("/manager/people/1/consents", {**AGREED, "witness": witness(world), **change})

    assert answer.status_code == 422
    assert words in answer.text and PASSWORD not in answer.text
    assert consents(world) == 0


def test_a_manager_cannot_be_chosen_as_witness(world: World, nasrin: Browser, meera: Browser) -> None:
    choose(meera)
    answer = nasrin.post("/manager/people/1/consents", {**AGREED, "witness": witness(world, "Meera")})

    assert answer.status_code == 422 and consents(world) == 0


@pytest.mark.parametrize(
    ("name", "status"), [("Rina", 422), ("Anjali Mondal", 422), ("", 422), ("Doyel", 303)], ids=str
)
def test_her_work_name_and_a_name_on_papers_are_not_taken(meera: Browser, name: str, status: int) -> None:
    assert choose(meera, name_en=name) == status


def test_only_safeguarding_turns_the_switch_of_faces(world: World, meera: Browser, nasrin: Browser) -> None:
    assert "shows no faces" in meera.get("/manager/stories").text
    assert meera.post("/manager/faces", {"faces": "on"}).status_code == 403
    assert nasrin.post("/manager/faces", {"faces": "on"}).status_code == 303
    assert "shows no faces" not in nasrin.get("/manager/stories").text


SHOWN = "পর্যন্ত দেখানো হবে"


def taps(text: str) -> int:
    """Return how many single things she can take down with a tap; everything at once is another button."""
    return text.count("সরিয়ে নিন") - text.count("সব সরিয়ে নিন")


def test_her_own_page_has_two_states_and_one_tap(world: World) -> None:
    publishing.choose(world)
    publishing.agree(world)
    rina = world.browser().sign_in_artisan("Rina")
    page = rina.get("/artisan/consents")
    assert taps(page.text) == 2 and SHOWN in page.text
    assert page.headers["Cache-Control"] == "no-store"

    answer = rina.post("/artisan/consents/withdrawal", {"item": "alias", "about": ""})

    assert answer.location == "/artisan/consents"
    page = rina.get("/artisan/consents")
    assert taps(page.text) == 1 and "দেখানো হয় না" in page.text
    assert rina.post("/artisan/consents/withdrawal", {"item": "all"}).status_code == 422
    mala = world.browser().sign_in_artisan("Mala")
    mala.post("/artisan/consents/withdrawal", {"item": "everything"})
    assert SHOWN in rina.get("/artisan/consents").text


def tag_of(world: World, sku: str = TOTE) -> str:
    with world.reading():
        return db.session.scalars(select(Unit.tag).order_by(Unit.id)).first() or ""


def workers(world: World, count: int) -> None:
    """Let so many women have worked on totes of the north."""
    with world.writing() as at:
        north = world.user("Meera").centre_id or 0
        made = [people.enrol(f"Maker{n}", f"40{n:02}", "482915", "leaf", centre_id=north,
                             adult_confirmed_on=at.date(), at=at).id for n in range(count - 1)]  # fmt: skip
        unit_ids = list(db.session.scalars(select(Unit.id).order_by(Unit.id)))
        for number, artisan_id in enumerate([1, *made]):
            unit_id = unit_ids[min(number, 4)]
            db.session.add(UnitMaker(unit_id=unit_id, step=f"s{number}", artisan_id=artisan_id, earned_minor=1))


@both_databases
@pytest.mark.parametrize(("makers", "words"), [(4, "women of our centres"), (5, "group of 5 makers")])
def test_a_tag_leads_to_five_or_to_the_region(world: World, makers: int, words: str) -> None:
    workers(world, makers)
    page = world.browser().get(f"/made/{tag_of(world)}").text

    assert words in page and "Sundarbans" in page
    assert not [name for name in ("Rina", "Maker", "1001", "North centre") if name in page]
    if makers == 4:
        assert "4 makers" not in page


def test_one_who_left_is_not_counted(world: World) -> None:
    workers(world, 5)
    with world.writing() as at:
        db.session.execute(update(Artisan).where(Artisan.id == 1).values(left_at=at))

    assert "makers" not in world.browser().get(f"/made/{tag_of(world)}").text


def test_a_card_on_the_tag_only_with_her_word_for_the_tag(world: World) -> None:
    workers(world, 5)
    publishing.choose(world)
    publishing.agree(world, [Item.CARD], channels=[Channel.SHOP])
    stranger, path = world.browser(), f"/made/{tag_of(world)}"
    assert publishing.PERSONA not in stranger.get(path).text

    publishing.agree(world, [Item.CARD], channels=[Channel.PACKAGING], languages=["en"])

    assert publishing.PERSONA in stranger.get(path).text
    assert "দোয়েলপাখি" not in stranger.get("/bn" + path).text


def test_an_unknown_tag_and_one_that_is_no_more_answer_alike(world: World) -> None:
    tag = tag_of(world)
    assert world.browser().get(f"/made/{tag}").status_code == 200
    with world.writing() as at:
        lost = db.session.scalars(select(Unit.variant_id).where(Unit.tag == tag)).one()
        stock.adjust(lost, -1, "lost in the rain", "lost:1", at=at, by="user:1")

    retired, unknown = (world.browser().get(f"/made/{each}") for each in (tag, "22222222"))

    assert retired.status_code == unknown.status_code == 404
    assert retired.text.replace(tag, "22222222") == unknown.text
