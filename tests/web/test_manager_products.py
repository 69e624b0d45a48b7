"""Products in the office: from an empty draft to the shop, and every way a form can be wrong."""

import io

import pytest
from sqlalchemy import func, select

from shop.catalog.models import Picture, Product, StockMovement, Variant
from shop.db import db
from shop.production.models import Making
from tests import cast
from tests.world import Browser, World

WORDS = {
    "slug": "lotus-purse", "title": "Lotus purse", "title_bn": "পদ্ম থলি", "trade": "kantha", "hsn": "420222",
    "description": "A small purse.", "materials": "cotton", "care": "By hand.", "size": "12 × 9 cm", "finish_days": "৪",
}  # fmt: skip
VARIANT = {"sku": "MB-LOTUS", "option": "", "colour": "red", "grams": "90", "price_INR": "4৫0.50", "price_USD": "12"}
STEPS = {"step_1": "cut", "minutes_1": "10", "rate_1": "12", "step_3": "stitch", "minutes_3": "30", "rate_3": "35.50"}
TOTE = "/manager/products/kalka-tote"


@pytest.fixture
def meera(world: World) -> Browser:
    return world.browser().sign_in("Meera")


def picture(content: bytes = b"", alt: str = "A purse from the front") -> dict[str, object]:
    return {"picture": (io.BytesIO(content or cast.a_picture()), "purse.png"), "alt": alt}


def upload(meera: Browser, path: str, form: dict[str, object]) -> tuple[int, str]:
    answer = meera.post(path, form, content_type="multipart/form-data")
    return answer.status_code, answer.text


def counted(world: World, model: type) -> int:
    with world.reading():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_product_goes_from_words_to_the_shop(world: World, meera: Browser) -> None:
    assert meera.post("/manager/products", WORDS).location == "/manager/products/lotus-purse"
    path = "/manager/products/lotus-purse"
    assert "Before it can be sold it needs" in meera.get(path).text
    assert meera.post(f"{path}/publication").status_code == 409
    assert meera.post(f"{path}/variants", VARIANT).status_code == 303
    assert upload(meera, f"{path}/pictures", picture())[0] == 303
    assert meera.post(f"{path}/publication").status_code == 409
    assert meera.get("/products/lotus-purse").status_code == 404
    assert meera.post(f"{path}/making", STEPS).status_code == 303
    refused = meera.post(f"{path}/publication")
    assert (refused.status_code, "nobody else has approved its rates" in refused.text) == (409, True)
    assert world.browser().sign_in("Farida").post(f"{path}/making/1/approval").status_code == 303
    assert meera.post(f"{path}/publication").status_code == 303
    assert "Lotus purse" in meera.get("/products/lotus-purse").text
    with world.reading():
        variant = db.session.scalars(select(Variant).where(Variant.sku == "MB-LOTUS")).one()
        assert (variant.price_in("INR"), variant.price_in("USD"), variant.price_in("EUR")) == (45_050, 1_200, None)
        written = db.session.scalars(select(Making).order_by(Making.id.desc())).first()
        assert written is not None
        assert [step.rate_minor for step in written.steps] == [1_200, 3_550]
    assert meera.post(f"{path}/retirement").status_code == 303
    assert "Retired" in meera.get(path).text


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"slug": "Lotus Purse"}, 422, "small letters, digits and hyphens"),
        ({"slug": "kalka-tote"}, 409, "already a product at this address"),
        ({"title": " "}, 422, "fill this in"),
        ({"hsn": "42"}, 422, "4, 6 or 8 digits"),
        ({"finish_days": "soon"}, 422, "whole number"),
        ({"finish_days": "999"}, 422, "between 0 and 365"),
        ({"trade": "knitting"}, 422, "choose one of the options"),
    ],
)
def test_wrong_words_are_kept_and_named(
    world: World, meera: Browser, change: dict[str, str], status: int, words: str
) -> None:
    answer = meera.post("/manager/products", {**WORDS, **change})
    assert answer.status_code == status
    assert words in answer.text and "A small purse." in answer.text
    assert counted(world, Product) == 3


def test_words_are_rewritten(world: World, meera: Browser) -> None:
    assert meera.post(TOTE, {**WORDS, "title": "Kalka bag"}).status_code == 303
    assert "Kalka bag" in meera.get("/manager/products").text
    answer = meera.post(TOTE, {**WORDS, "hsn": "x"})
    assert (answer.status_code, "An HSN has" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"sku": "lower case"}, 422, "capital letters"),
        ({"sku": cast.TOTE}, 409, "already a variant"),
        ({"grams": "0"}, 422, "whole number"),
        ({"price_INR": ""}, 422, "price in rupees is needed"),
        ({"price_INR": "0"}, 422, "above zero"),
        ({"price_USD": "a lot"}, 422, "an amount such as"),
    ],
)
def test_a_wrong_variant_is_not_added(
    world: World, meera: Browser, change: dict[str, str], status: int, words: str
) -> None:
    before = counted(world, Variant)
    answer = meera.post(f"{TOTE}/variants", {**VARIANT, **change})
    assert answer.status_code == status
    assert words in answer.text
    assert counted(world, Variant) == before


def test_a_price_is_changed_and_a_currency_taken_away(world: World, meera: Browser) -> None:
    path = f"{TOTE}/variants/{cast.TOTE}"
    assert 'value="749"' in meera.get(path).text
    form = {"option": "Indigo", "colour": "indigo", "grams": "250", "price_INR": "799", "made_to_order": "yes"}
    assert meera.post(path, form).status_code == 303
    with world.reading():
        variant = db.session.scalars(select(Variant).where(Variant.sku == cast.TOTE)).one()
        assert (variant.price_in("INR"), variant.price_in("USD")) == (79_900, None)
    answer = meera.post(path, {**form, "price_INR": "dear"})
    assert (answer.status_code, 'value="dear"' in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("content", "alt", "words"),
    [
        (b"<svg/>", "A purse", "not a picture we can read"),
        (b"\x89PNG\r\n\x1a\n broken", "A purse", "not a picture we can read"),
        (cast.a_picture((20, 20)), "A purse", "too small"),
        (cast.a_picture(), " ", "what the picture shows"),
    ],
)
def test_a_file_that_is_not_a_picture_is_refused(
    world: World, meera: Browser, content: bytes, alt: str, words: str
) -> None:
    status, page = upload(meera, f"{TOTE}/pictures", picture(content, alt))
    assert (status, words in page) == (422, True)
    assert counted(world, Picture) == 3


def test_no_file_at_all_is_said_too(meera: Browser) -> None:
    assert upload(meera, f"{TOTE}/pictures", {"alt": "A purse"})[0] == 422


def test_pictures_are_ordered_and_taken_away_but_for_the_last(world: World, meera: Browser) -> None:
    upload(meera, f"{TOTE}/pictures", picture(cast.a_picture((260, 300)), "The tote from behind"))
    assert meera.post(f"{TOTE}/pictures/4/first").status_code == 303
    page = meera.get(TOTE).text
    assert page.index("The tote from behind") < page.index("Kalka tote from the front")
    assert meera.post(f"{TOTE}/pictures/4/removal").status_code == 303
    assert meera.post(f"{TOTE}/pictures/4/removal").status_code == 404
    answer = meera.post(f"{TOTE}/pictures/1/removal")
    assert (answer.status_code, "needs a picture" in answer.text) == (409, True)
    assert meera.post(f"{TOTE}/pictures/2/first").status_code == 404


def test_a_count_is_corrected_once_a_form(world: World, meera: Browser) -> None:
    for change, once in (("+3", "a" * 16), ("-2", "b" * 16)):
        form = {"sku": cast.TOTE, "change": change, "reason": "counted again", "once": once}
        assert meera.post(f"{TOTE}/stock", form).status_code == 303
        assert meera.post(f"{TOTE}/stock", form).status_code == 303
    with world.reading():
        assert db.session.scalars(select(Variant).where(Variant.sku == cast.TOTE)).one().stock.on_hand == 6


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"change": "0"}, 422, "other than zero"),
        ({"change": "−9"}, 409, "promised to orders"),
        ({"change": "some"}, 422, "whole number"),
        ({"reason": ""}, 422, "fill this in"),
        ({"sku": cast.MESSENGER}, 404, "no such product"),
    ],
)
def test_a_wrong_count_changes_nothing(
    world: World, meera: Browser, change: dict[str, str], status: int, words: str
) -> None:
    before = counted(world, StockMovement)
    form = {"sku": cast.TOTE, "change": "1", "reason": "found", "once": "c" * 16, **change}
    answer = meera.post(f"{TOTE}/stock", form)
    assert answer.status_code == status
    assert words in answer.text
    assert counted(world, StockMovement) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"step_3": "cut"}, "each only once"),
        ({"rate_1": "0"}, "above zero"),
        ({"minutes_1": ""}, "whole number"),
        ({"step_1": "knit"}, "choose one of the options"),
        ({"step_1": "", "step_3": ""}, "at least one step"),
    ],
)
def test_a_wrong_making_writes_no_version(world: World, meera: Browser, change: dict[str, str], words: str) -> None:
    answer = meera.post(f"{TOTE}/making", {**STEPS, **change})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert counted(world, Making) == 3


def test_anita_chooses_the_centre(world: World) -> None:
    anita = world.browser().sign_in("Anita")
    assert anita.post("/manager/products", WORDS).status_code == 422
    assert anita.post("/manager/products", {**WORDS, "centre": "2"}).status_code == 303
    assert world.browser().sign_in("Ruma").get("/manager/products/lotus-purse").status_code == 200
