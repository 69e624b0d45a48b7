"""She takes it back: at the very next request nothing of her is left, on any surface, however it was taken back.

What is planted: a persona with consent everywhere, a story with a picture, a piece with a tag, and a mail that waits.
A surface is an answer of any address of the URL map to a stranger in any language (machine data counted apart), a
file of a picture, or a mail as it would leave now. An address with a part that nobody filled here fails the test.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from shop.artisans import consents, publication
from shop.artisans.consent_models import Item, Persona
from shop.artisans.publication import Card
from shop.artisans.story_models import Story
from shop.catalog import collections, renditions
from shop.catalog.collections import CollectionText
from shop.catalog.listing_models import CollectionKind
from shop.catalog.models import Unit, UnitMaker
from shop.db import db
from shop.orders import lifecycle
from shop.orders.models import Order
from shop.orders.seller import Seller
from shop.outbox import OutboxRow
from shop.production.models import ProductionOrder
from shop.web import letters
from shop.web.language import LANGUAGES
from shop.web.storefront import story_reads
from shop.web.storefront.house_pages import PAGES
from tests.artisans import publishing
from tests.cast import MESSENGER, PRODUCTS
from tests.conftest import both_databases
from tests.faults.figures import note
from tests.letters import whole_of
from tests.test_routes import PUBLIC, path_of, rules
from tests.workshop import artisan, made, user
from tests.world import Browser, World

FILES = {"static", "assets"}  # the house's own, the same for everyone
WORDS = {"en": "gauze", "bn": "জালি", "hi": "gauze"}
STAFF = ("Meera", "Farida", "Nasrin", "Bina", "Anita")
EXPECTED = {
    "/", "/bn/",
    "/products/messenger", "/bn/products/messenger", "/stories", "/bn/stories", "/stories/where-the-gauze-meets",
    "/bn/stories/where-the-gauze-meets", "/stories/where-the-gauze-meets (machine data)",
    "/bn/stories/where-the-gauze-meets (machine data)", "/sitemap.xml", "/search", "/bn/search", "/sitemap-1.xml",
    "mail order_shipped",
}  # fmt: skip
LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.S)


@dataclass
class Planted:
    """What of her is out, and what of it to look for."""

    world: World
    link: str
    tag: str
    story: Story
    marks: list[str]
    etags: dict[str, str] = field(default_factory=dict)

    @property
    def files(self) -> list[str]:
        """Return every file that was made of the story's pictures."""
        shots = self.story.pictures
        return [file.name for shot in shots for file in renditions.files_of(shot.name, _size(shot), renditions.WIDTHS)]


def _size(picture: object) -> tuple[int, int]:
    return picture.width, picture.height


@pytest.fixture
def planted(world: World) -> Planted:
    story = publishing.told(world)
    link = world.buy(MESSENGER)
    with world.reading():
        order_id = db.session.scalars(select(ProductionOrder.id).order_by(ProductionOrder.id.desc())).first()
    assert order_id is not None
    for step in ("stitch", "finish"):
        made(world, order_id, step, "Rina")
    world.work()
    with world.writing() as at:
        order = db.session.scalars(select(Order).where(Order.number == world.order(link).number)).one()
        lifecycle.ship(order, "India Post", "EB1", at=at, by="user:1", seller=Seller("Test trust", "", "West Bengal"))
    with world.reading():
        tag = db.session.scalars(select(Unit.tag).join(UnitMaker).where(UnitMaker.artisan_id == 1)).first() or ""
        persona = db.session.scalars(select(Persona)).one()
        marks = [persona.public_name, persona.name_bn, persona.public_id, *publishing.TITLE.values()]
    marks += ["three threads", "তিন সুতোর", story.slug, *(picture.name for picture in story.pictures)]
    with world.writing():
        everything = CollectionText("Everything", "", CollectionKind.PICKED, True, picks=list(PRODUCTS))
        collections.create("everything", everything)
    return Planted(world, link, tag, story, marks)


def addresses(planted: Planted) -> Iterator[tuple[str, str]]:
    """Yield (name of the surface, address) of everything that a stranger may ask for."""
    app = planted.world.app
    number, key = planted.link.split("/orders/")[1].split("/")
    values = {
        "storefront.product": list(PRODUCTS),
        "storefront.collection": ["everything"],
        "storefront.story": [planted.story.slug],
        "storefront.made": [planted.tag],
        "media.rendition": planted.files,
        "storefront.order": [(number, key)],
        "storefront.paper": [(number, key, "1")],
        "storefront.pay": [(number, key)],
        "storefront.come_back": [(number, key)],
        "storefront.written": ["T-NOBODY22"],
        "storefront.house_page": list(PAGES),
        "storefront.sitemap_part": ["1"],
        "account.link": ["a-link-nobody-was-sent"],
        "auth.join": ["an-invitation-nobody-was-sent"],
    }
    for rule in rules(app, "GET"):
        if rule.endpoint in FILES:
            continue
        if not rule.arguments or rule.endpoint not in PUBLIC:
            paths = [path_of(app, rule)]
        else:
            paths = [_filled(rule.rule, value) for value in values[rule.endpoint]]
        for path in paths:
            yield from ((path if code == "en" else f"/{code}{path}", path) for code in LANGUAGES)


def _filled(rule: str, value: str | tuple[str, ...]) -> str:
    given = iter([value] if isinstance(value, str) else value)
    return re.sub(r"<[^>]+>", lambda _: next(given), rule)


def surfaces(planted: Planted) -> dict[str, list[str]]:
    """Return every surface on which something of her is seen now, with what is seen."""
    world, seen = planted.world, {}
    stranger = world.browser()
    for name, path in addresses(planted):
        code = name[1:3] if name != path else "en"
        query = f"?q={WORDS[code]}" if path in ("/search", "/search/suggestions") else ""
        answer = ask(planted, stranger, name + query)
        if path.startswith("/media/"):
            seen[name] = ["bytes"] if answer.status_code in (200, 304) else []
            continue
        said = answer.data.decode(errors="replace")  # a paper is no text
        machine = " ".join(LD.findall(said))
        text = said.replace(planted.story.slug, "") if answer.status_code in (404, 410) else said
        seen[name] = found(planted, text + str(answer.headers), but=machine)
        seen[f"{name} (machine data)"] = found(planted, machine)
    seen |= {f"mail {name}": found(planted, text) for name, text in waiting_mails(world)}
    return {name: marks for name, marks in seen.items() if marks}


def ask(planted: Planted, stranger: Browser, path: str):
    """Ask as a cache would that kept the page before: only a changed page may be answered in full."""
    kept = {"If-None-Match": planted.etags[path]} if path in planted.etags else {}
    answer = stranger.get(path, headers=kept)
    if answer.status_code == 304:
        return stranger.get(path)  # the kept page is shown on, so what stands there is what is seen
    if answer.headers.get("ETag"):
        planted.etags[path] = answer.headers["ETag"]
    return answer


def found(planted: Planted, text: str, but: str = "") -> list[str]:
    rest = text.replace(but, "") if but else text
    return [mark for mark in planted.marks if mark in rest]


def waiting_mails(world: World) -> Iterator[tuple[str, str]]:
    """Yield each mail that waits, as the worker would write it at this moment."""
    with world.reading():
        waiting = select(OutboxRow.payload).where(OutboxRow.kind == "mail", OutboxRow.done_at.is_(None))
        for payload in list(db.session.scalars(waiting)):
            letter = letters.write_letter(payload["template"], payload["to"], payload["values"])
            if letter is not None:
                yield payload["template"], str(payload) + whole_of(letter)


def hers(world: World) -> None:
    answer = world.browser().sign_in_artisan("Rina").post("/artisan/consents/withdrawal", {"item": "everything"})
    assert answer.status_code == 303


def staffs(name: str) -> Callable[[World], None]:
    def tell(world: World) -> None:
        answer = world.browser().sign_in(name).post("/manager/people/1/withdrawal", {"item": "everything"})
        assert answer.status_code == 303, answer.text

    return tell


def check_all_of_it_is_there(planted: Planted) -> int:
    before = surfaces(planted)
    made_pages = {f"/made/{planted.tag}", f"/bn/made/{planted.tag}"}
    files = {prefix + f"/media/{name}" for name in planted.files for prefix in ("", "/bn")}
    assert EXPECTED | made_pages | files <= before.keys()
    assert set(planted.marks) <= {mark for marks in before.values() for mark in marks}
    return len(before)


@both_databases
def test_with_her_own_tap_nothing_is_left_at_the_next_request(planted: Planted) -> None:
    before = check_all_of_it_is_there(planted)

    hers(planted.world)

    left = surfaces(planted)
    note("access.withdrawal_surfaces_left", len(left), n=before, seed=0)
    assert left == {}


@pytest.mark.parametrize("name", STAFF)
def test_whomever_she_tells_can_take_it_all_down(planted: Planted, name: str) -> None:
    before = check_all_of_it_is_there(planted)

    staffs(name)(planted.world)

    left = surfaces(planted)
    note("access.withdrawal_surfaces_left", len(left), n=before, seed=0)
    assert left == {}


def test_what_was_there_says_that_it_is_gone(planted: Planted) -> None:
    world, stranger = planted.world, planted.world.browser()
    number = publishing.number(world)
    hers(world)

    for path in (f"/stories/{planted.story.slug}", f"/bn/stories/{planted.story.slug}", f"/media/{planted.files[0]}"):
        answer = stranger.get(path)
        assert answer.status_code == 410
        assert "<h1" in answer.text and "no-cache" in answer.headers["Cache-Control"]
    assert stranger.get("/products/messenger").status_code == 200
    assert "Sundarbans" in stranger.get(f"/made/{planted.tag}").text
    assert publishing.number(world) > number


@pytest.mark.parametrize(
    ("item", "gone", "stays"),
    [
        (Item.ALIAS, "/products/messenger", "/stories"),
        (Item.STORY, "/stories", "/products/messenger"),
        (Item.PICTURE, "/media/", "/stories"),
    ],
)
def test_one_thing_goes_and_the_others_stay(planted: Planted, item: Item, gone: str, stays: str) -> None:
    about = "" if item is Item.ALIAS else planted.story.about
    rina = planted.world.browser().sign_in_artisan("Rina")
    assert rina.post("/artisan/consents/withdrawal", {"item": item.value, "about": about}).status_code == 303

    left = surfaces(planted)
    marks = set(left.get(gone, []))
    assert not marks & {publishing.PERSONA, publishing.TITLE["en"]} or item is Item.ALIAS
    assert publishing.PERSONA not in marks
    assert stays in left
    if item is Item.PICTURE:
        assert not [name for name in left if "/media/" in name]


def test_a_manager_of_another_centre_does_not_even_find_her(planted: Planted) -> None:
    answer = planted.world.browser().sign_in("Ruma").post("/manager/people/1/withdrawal", {"item": "everything"})

    assert answer.status_code == 404
    check_all_of_it_is_there(planted)


def test_when_she_leaves_or_the_year_is_over_nothing_is_left_either(planted: Planted) -> None:
    check_all_of_it_is_there(planted)
    with planted.world.writing() as at:
        artisan("Rina").left_at = at
    assert surfaces(planted) == {}

    with planted.world.writing():
        artisan("Rina").left_at = None
    assert surfaces(planted)
    planted.world.clock.at = planted.world.clock.at.replace(year=planted.world.clock.at.year + 1)
    assert surfaces(planted) == {}


def unasked(artisan_ids: object, *rest: object, **more: object) -> list[Card]:
    """What a surface that forgot to ask would show: every persona, whoever agreed to what."""
    found = db.session.scalars(select(Persona))
    return [Card(persona.public_id, persona.public_name, persona.emblem, persona.dye) for persona in found]


@pytest.mark.parametrize(
    ("where", "name", "careless", "seen_on"),
    [
        (story_reads, "makers_of", unasked, "/products/messenger"),
        (publication, "check_picture", lambda name, at: False, "/media/"),
        (letters, "_makers", unasked, "mail order_shipped"),
        (story_reads, "for_machines", lambda at: ["/stories/where-the-gauze-meets"], "/sitemap.xml"),
    ],
    ids=["product page", "picture files", "mail", "sitemap"],
)
def test_a_surface_that_forgets_to_ask_is_found(
    planted: Planted, monkeypatch: pytest.MonkeyPatch, where: object, name: str, careless: object, seen_on: str
) -> None:
    monkeypatch.setattr(where, name, careless)
    hers(planted.world)

    assert [surface for surface in surfaces(planted) if seen_on in surface]


def test_a_cache_that_kept_the_page_is_told_so(planted: Planted) -> None:
    stranger = planted.world.browser()
    tags = {path: stranger.get(path).headers["ETag"] for path in ("/products/messenger", "/stories", "/bn/stories")}
    again = {path: stranger.get(path, headers={"If-None-Match": tag}).status_code for path, tag in tags.items()}
    assert set(again.values()) == {304}

    hers(planted.world)

    again = {path: stranger.get(path, headers={"If-None-Match": tag}).status_code for path, tag in tags.items()}
    assert set(again.values()) == {200}


def test_her_work_goes_on_as_before(planted: Planted) -> None:
    world = planted.world
    rina = world.browser().sign_in_artisan("Rina")

    def pages() -> list[str]:
        """Return her pages without their forms' tokens, which change with the second."""
        found = (rina.get(path).text for path in ("/artisan/", "/artisan/tasks", "/artisan/passbook"))
        return [re.sub(r'value="[^"]{40,}"', "", page) for page in found]

    before = pages()
    with world.writing() as at:
        consents.withdraw(artisan("Rina"), at=at, by=user("Rina"))

    assert pages() == before
