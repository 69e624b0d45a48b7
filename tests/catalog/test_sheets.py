"""A file of products is read and written: what cannot be read is refused, and what is written says all, to the byte."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from shop.catalog import products
from shop.catalog.exchange import applying, sheet
from shop.catalog.exchange.cells import text_of
from shop.catalog.exchange.markup import to_html, to_text
from shop.catalog.exchange.plans import State
from shop.catalog.exchange.sheet import MOST_ROWS, spared, unspared
from shop.catalog.exchange.writing import document
from shop.catalog.models import Product, ProductStatus, Trade
from shop.catalog.products import ProductText, VariantText
from shop.db import db, writing
from shop.errors import Invalid
from shop.users import enrolment
from tests.cast import a_picture
from tests.catalog.exchanging import bring, plan, states
from tests.conftest import both_databases
from tests.world import World

SHEETS = Path(__file__).parent / "sheets"
WORDS = st.text(
    st.one_of(
        st.sampled_from(list(",;\"'\n\t=+-@<>&#<b> \u00a0কাঁথা🧵हिंदी|\\ ")),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"),
    ),
    max_size=60,
)


@given(WORDS)
def test_any_description_comes_back_from_html_to_the_letter(text: str) -> None:
    assert to_text(to_html(text.strip())) == (text.strip(), {})


@given(WORDS)
def test_no_cell_begins_like_a_formula_and_none_loses_its_value(text: str) -> None:
    cell = spared(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert unspared(cell) == text


def test_a_description_keeps_its_words_and_tells_its_facts() -> None:
    html = (
        "<h2>A tote</h2>\n<p>Cut &amp; sewn\n by <em>hand</em>.<br>Twice.</p><script>alert(1)</script><ul><li>one"
        "<li>two</ul><p><strong>Size:</strong> 9 × 5 cm. <b>Materials</b> jute, cotton. <strong>Care</strong> Wash.</p>"
    )
    text, facts = to_text(html)
    assert text == "A tote\n\nCut & sewn by hand.\nTwice.\n\n• one\n• two"
    assert facts == {"size": "9 × 5 cm", "materials": "jute, cotton", "care": "Wash."}


@pytest.mark.parametrize(
    ("content", "message_id"),
    [
        (b"", "csv.empty"),
        (b"Handle,Title\n", "csv.empty"),
        ("Handle,Title\na,Größe\n".encode("latin-1"), "csv.encoding"),
        ("Handle,Title\na,b\n".encode("utf-16"), "csv.encoding"),
        (b"Handle,Title\na,b\0\n", "csv.encoding"),
        (b"Handle;Title\na;b\n", "csv.not_commas"),
        (b"Handle,Price\na,3\n", "csv.no_heading"),
        (b"Handle,Title,URL handle\na,b,c\n", "csv.heading_twice"),
        (b"Handle,,Title\na,b,c\n", "csv.heading_missing"),
        (b'Handle,Title\na,"b"c\n', "csv.quotes"),
        (b'Handle,Title\na,"b\n', "csv.quotes"),
        (b"Handle,Title\na,b,c\n", "csv.too_many_cells"),
        (b"Handle,Title\na," + b"x" * 20_001, "csv.long_cell"),
        (b"Handle,Title\n" + b"a,b\n" * (MOST_ROWS + 1), "csv.too_many_rows"),
        (b"Handle,Title\n" + b"x" * 10 * 1024 * 1024, "csv.too_large"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(content: bytes, message_id: str) -> None:
    with pytest.raises(Invalid, match=message_id.replace(".", r"\.")):
        sheet.read(content)


def test_the_mark_of_utf_8_and_the_case_of_headings_do_not_matter() -> None:
    read = sheet.read("\ufeffHANDLE,title , Odd  heading\r\na,b,c\r\n".encode())
    assert (read.rows[0].cells, read.rows[0].others) == ({"handle": "a", "title": "b"}, {"Odd  heading": "c"})


@both_databases
def test_the_first_real_files_come_in_and_either_heading_says_the_same(world: World) -> None:
    classic, current = ((SHEETS / f"{name}.csv").read_bytes() for name in ("classic", "current"))
    with world.writing() as at:
        products.get_by_slug("kalka-tote").slug = "old-tote"  # the cast has two of the same address
        products.get_by_slug("tyre-wallet").slug = "old-wallet"
        planned = plan(classic)
        assert (planned.troubles, planned.count(State.NEW)) == ([], 36)
        assert planned.kept[-1] == "Cost per item"
        assert planned.unknown == []
        assert len(applying.apply(planned, {}, at=at, by="user:1")) == 36
    with world.reading():
        assert {state for content in (classic, current) for state in states(plan(content)).values()} == {
            State.UNCHANGED
        }
        sleeve = products.get_by_slug("tide-laptop-sleeve")
        assert (sleeve.trade, sleeve.status, sleeve.to_publish) == (Trade.KANTHA, ProductStatus.DRAFT, True)
        assert (sleeve.option_names, sleeve.care) == (["Colour", "Size"], "Wipe with a damp cloth; do not soak.")
        assert [(each.options, each.colour) for each in sleeve.variants][1] == (["Sky", "15 inch"], "sky")
        assert sleeve.description.startswith("Padded protection") and "Materials" not in sleeve.description
        trades = dict(db.session.execute(select(Product.trade, func.count()).group_by(Product.trade)).all())
        assert (trades[Trade.PAPER], trades[Trade.LEATHER], trades[Trade.KITCHEN]) == (4, 2, 2)


@both_databases
def test_out_and_into_an_empty_shop_and_out_again_is_the_same_to_the_byte(world: World) -> None:
    with world.writing():  # what the cast sells, one of it told in three languages
        tote = products.get_by_slug("kalka-tote")
        words = text_of(tote)
        words = ProductText(**{**vars(words), "descriptions": {"bn": "থলি, “বড়”", "hi": "=थैली"}, "tags": ["a", "b"]})
        products.rewrite(tote, words)
        tote.carried = {"Cost per item": {"0": "120.00"}, "Google Shopping / MPN": {"0": "-7", "4": "x"}}
    with world.reading():
        before = {style: document(products.all_products(), style) for style in ("classic", "current")}
        skus = [each.sku for product in products.all_products() for each in product.variants]
    for style, text in before.items():
        with world.reading():
            assert set(states(plan(text.encode())).values()) == {State.UNCHANGED}
        assert bring(world, text.encode()) == []
        with world.writing():
            for product in products.all_products():  # an empty shop: their addresses and skus are free again
                product.slug = f"gone-{product.id}"
                for variant in product.variants:
                    variant.sku = f"GONE-{variant.id}"
        shown = [line for line in csv.reader(io.StringIO(text)) if line]
        bring_pictures(world, text, shown)
        with world.reading():
            again = [each for each in products.all_products() if not each.slug.startswith("gone-")]
            assert [each.sku for product in again for each in product.variants] == skus
            assert document(again, style) == text
            assert [each.status for each in again] == [ProductStatus.DRAFT] * len(
                again
            )  # nothing goes on sale by a file


def bring_pictures(world: World, text: str, lines: list[list[str]]) -> None:
    """Import a file with the pictures that it names."""
    folder = Path(world.app.config["MEDIA_URL"].removeprefix("file://")) / "of-a-file"
    folder.mkdir(exist_ok=True)
    at = [name.casefold() for name in lines[0]]
    column = at.index("image src") if "image src" in at else at.index("product image url")
    for line in lines[1:]:
        if line[column]:
            (folder / line[column]).write_bytes(a_picture())
    bring(world, text.encode(), folder=folder)


LINE = WORDS.map(lambda text: " ".join(text.split()))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.tuples(LINE, WORDS, LINE, LINE), names=st.tuples(LINE, WORDS),
    values=st.lists(LINE, min_size=1, max_size=3),
    prices=st.fixed_dictionaries({"INR": st.integers(1, 10**9)}, optional={"USD": st.integers(1, 10**9)}),
)  # fmt: skip
def test_whatever_a_product_says_comes_back_to_the_byte(
    world: World, texts: tuple[str, ...], names: tuple[str, str], values: list[str], prices: dict[str, int]
) -> None:
    title, description, materials, care = texts
    text = ProductText(
        title=title.strip() or "x", description=description.strip() or "x", materials=materials, care=care, size="",
        hsn="", trade=Trade.KANTHA, finish_days=3, titles={"bn": names[0]}, descriptions={"hi": names[1]},
        seo_title=names[0], note=care, tags=[word for word in {values[0].replace(",", "")} if word.strip()],
        option_names=["Colour"],
    )  # fmt: skip
    with world.reading(), db.session.no_autoflush:
        centre = next(each.id for each in enrolment.centres() if each.code == "NORTH")
    with world.app.app_context(), pytest.raises(Undone), writing():
        at = world.clock.now()
        kept = db.session.begin_nested()
        product = products.create("any-purse", text, centre_id=centre, at=at)
        for number, value in enumerate(dict.fromkeys(value[:40].strip() or "x" for value in values)):
            options = VariantText(f"ANY-{number}", "", "", 5, prices, True, options=[value])
            products.add_variant(product, options)
        before = document([product])
        kept.rollback()
        planned = plan(before.encode())
        assert planned.troubles == []
        [again] = applying.apply(planned, {}, at=at, by="user:1")
        assert document([again]) == before
        assert states(plan(before.encode())) == {"any-purse": State.UNCHANGED}
        raise Undone


class Undone(Exception):
    """Ends a unit without keeping what it did."""
