"""A thing in the reader's language: its size beside something known, and what an order line is called everywhere."""

import re
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from shop.catalog.models import Product, Variant
from shop.db import db
from shop.orders import lifecycle
from shop.orders.invoice_models import Invoice
from shop.orders.invoices import Seller
from shop.orders.models import Order, OrderLine
from shop.web.language import LOCALES
from shop.web.thing_words import value_in_words
from tests.cast import TOTE, WALLET
from tests.letters import letters, text_of
from tests.world import World

PAGE = "/products/kalka-tote"


def drawing(world: World, path: str) -> tuple[ElementTree.Element, str]:
    """Return the drawing of a product's page and the sentence under it."""
    found = re.search(
        r'<figure class="size">(<svg.*?</svg>)<figcaption>(.*?)</figcaption>', world.browser().get(path).text
    )
    assert found, path
    return ElementTree.fromstring(found[1]), found[2]


def rewrite(world: World, size: str) -> None:
    with world.writing():
        db.session.scalars(select(Product).where(Product.slug == "kalka-tote")).one().size = size


def test_a_product_is_drawn_to_scale_in_each_language_with_its_digits(world: World) -> None:
    svg, says = drawing(world, PAGE)
    assert says == "36 cm wide, 40 cm high and 9 cm deep, beside an A4 sheet (21 × 29.7 cm)."
    assert svg.get("aria-hidden") == "true", "the sentence is what is read out"
    assert [text.text for text in svg.iter("tspan")] == ["36 cm", "40 cm", "A4 sheet", "9 cm"]
    boxes = {
        path.get("class"): [float(each) for each in re.findall(r"-?\d+\.\d+|-?\d+", path.get("d") or "")]
        for path in svg.iter("path")
    }
    wide, high = boxes["size__cloth"][2], boxes["size__cloth"][3]
    sheet = boxes["size__beside"]
    sheet_high = sheet[5] - sheet[1]
    assert wide / high == pytest.approx(36 / 40, rel=0.01)
    assert high / sheet_high == pytest.approx(40 / 29.7, rel=0.01), "both to one scale"
    said = drawing(world, f"/bn{PAGE}")[1]
    assert all(number in said for number in ("৩৬", "৪০", "৯", "২৯.৭"))
    assert re.findall(r"[0-9]", said.replace("A4", "")) == []
    dollars = drawing(world, f"{PAGE}?currency=USD")[1]
    assert dollars.startswith("36 cm (14.2 in) wide, 40 cm (15.7 in) high and 9 cm (3.5 in) deep")
    assert "(14.2 in)" not in drawing(world, f"{PAGE}?currency=GBP")[1]


def test_a_small_thing_lies_beside_a_card_and_an_unknown_size_is_not_drawn(world: World) -> None:
    rewrite(world, "7.5 × 11 × 1.5 cm")
    assert "beside a bank card (8.6 × 5.4 cm)" in drawing(world, PAGE)[1]
    rewrite(world, "Fits a phone & keys")
    page = world.browser().get(PAGE).text
    assert 'class="size"' not in page and "Fits a phone &amp; keys" in page


def test_an_order_line_is_said_in_the_readers_language_and_its_paper_stays_as_issued(world: World) -> None:
    link = world.buy(TOTE, shipping_method="india-standard")
    with world.reading():
        line = db.session.scalars(select(OrderLine)).one()
        assert (line.title, line.option) == ("Kalka tote", "Indigo"), "kept as it was bought"
    number = world.order(link).number
    meera = world.browser().sign_in("Meera")
    bengali = ("Kalka tote (বাংলা)", indigo(world, "bn"))
    for page in (
        world.browser().get(f"/bn{link}").text, meera.get(f"/bn/manager/orders/{number}").text,
        meera.get(f"/bn/manager/orders/{number}/label").text, world.browser().get(f"/bn{PAGE}").text,
    ):  # fmt: skip
        assert all(words in page for words in bengali)
    assert "Kalka tote, Indigo" in world.browser().get(link).text
    with world.writing() as at:
        order = db.session.scalars(select(Order)).one()
        order.language = "bn"
        lifecycle.ship(order, "India Post", "EB1", at=at, by="user:1", seller=Seller("Trust", "", "West Bengal"))
    with world.reading():
        document = str(db.session.scalars(select(Invoice)).one().document)
    assert "Kalka tote, Indigo" in document and "বাংলা" not in document

    with world.writing():
        variant = db.session.scalars(select(Variant).where(Variant.sku == TOTE)).one()
        variant.option, variant.colour = "Madder", "madder"
        variant.product.title = "Another bag"
    later = world.browser().get(f"/bn{link}").text
    assert "Kalka tote, Indigo" in later, "what the variant says no more stands as it was bought"


def test_a_mail_says_it_in_the_customers_language(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    world.add_to_cart(browser, WALLET)
    form = {**world.checkout_form(browser), "payment_method": "razorpay"}
    link = browser.post("/bn/checkout", form).location.removesuffix("/pay").removeprefix("/bn")
    world.pay(link)

    mail = text_of(letters(world, "asha@test.example")[-1])

    assert f"Kalka tote (বাংলা), {indigo(world, 'bn')}" in mail and "Tyre wallet (বাংলা)" in mail


def indigo(world: World, language: str) -> str:
    """Return how a language calls the colour."""
    assert language in LOCALES
    with world.app.test_request_context(environ_base={"shop.language": language}):
        found = value_in_words("Indigo", "indigo")
    assert found != "Indigo"
    return found


def test_only_what_is_known_whole_is_translated(world: World) -> None:
    with world.app.test_request_context(environ_base={"shop.language": "bn"}):
        assert value_in_words("Deep indigo", "indigo") == "Deep indigo", "two blues stay two"
        assert value_in_words("Indigo", "madder") == "Indigo"
        assert value_in_words("Madder", "") == "Madder"
        assert value_in_words("With a zip, 13 inch", "") == "With a zip, 13 inch"
        assert "৮০" in value_in_words("Small, 80 cm", "black") and "১৩" in value_in_words("13 inch", "sky")
    with world.app.test_request_context():
        assert value_in_words("Small, 80 cm", "black") == "Small, 80 cm"
