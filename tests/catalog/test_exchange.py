"""Products in a file: what comes in, what goes out, that nothing is lost on the way and nothing half done."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from shop.catalog import products, stock
from shop.catalog.exchange import applying, drawing, planning, sheet, waiting
from shop.catalog.exchange.cells import text_of
from shop.catalog.exchange.markup import to_html, to_text
from shop.catalog.exchange.plans import PicturePlan, Plan, State, Terms
from shop.catalog.exchange.sheet import MOST_ROWS, spared, unspared
from shop.catalog.exchange.wanted import WantedPicture
from shop.catalog.exchange.writing import document, write_pictures
from shop.catalog.models import Product, ProductStatus, Stock, StockMovement, Trade, Unit, Variant
from shop.catalog.products import ProductText, VariantText
from shop.db import db, writing
from shop.errors import Conflict, Invalid
from shop.users import enrolment
from shop.users.audit import AuditRecord
from tests.cast import a_picture
from tests.conftest import both_databases
from tests.world import World

SHEETS = Path(__file__).parent / "sheets"
PURSE = {
    "Handle": "lotus-purse", "Title": "Lotus purse", "Body (HTML)": "<p>A small purse.</p>", "Tags": "kantha, gift",
    "Option1 Name": "Colour", "Option1 Value": "Indigo", "Option2 Name": "Size", "Option2 Value": "Small",
    "Variant SKU": "MB-PURSE-IND-S", "Variant Grams": "90", "Variant Inventory Qty": "3", "Variant Price": "450.00",
    "Variant Inventory Policy": "deny", "Status": "active",
}  # fmt: skip
LARGE = {"Handle": "lotus-purse", "Option1 Value": "Indigo", "Option2 Value": "Large", "Variant SKU": "MB-PURSE-IND-L",
         "Variant Grams": "120", "Variant Inventory Qty": "1", "Variant Price": "520.00"}  # fmt: skip


def made_of(*rows: Mapping[str, str]) -> bytes:
    """Return rows as a file; the headings are all that a row names."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def terms(**more: Any) -> Terms:
    """Return the terms of someone who may write to every centre."""
    return Terms({each.code: each.id for each in enrolment.centres()}, **{"default": "NORTH", **more})


def plan(content: bytes, **more: Any) -> Plan:
    return planning.plan(sheet.read(content), terms(**more))


def bring(world: World, content: bytes, **more: Any) -> list[str]:
    """Import a file as the command does; return the slugs that were written."""
    with world.writing() as at:
        planned = plan(content, **more)
        drawn, unfit = drawing.draw(planned, media=world.app.config["MEDIA_URL"])
        assert unfit == []
        return [product.slug for product in applying.apply(planned, drawn, at=at, by="user:1")]


def states(planned: Plan) -> dict[str, State]:
    return {each.wanted.slug: each.state for each in planned.products}


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


PLACES = [
    ({"Handle": "Lotus Purse"}, {}, (2, "Handle", "csv.handle")),
    ({"Title": ""}, {}, (2, "Title", "csv.needed")),
    ({"Title": "x" * 121}, {}, (2, "Title", "csv.too_long")),
    ({"Body (HTML)": "<p></p>"}, {}, (2, "Body (HTML)", "csv.needed")),
    ({"Tags": "blue"}, {}, (2, "Trade (product.metafields.workshop.trade)", "csv.no_trade")),
    ({"Status": "live"}, {}, (2, "Status", "csv.status")),
    ({"Published": "maybe"}, {}, (2, "Published", "csv.truth")),
    ({"HSN (product.metafields.workshop.hsn)": "42"}, {}, (2, "HSN (product.metafields.workshop.hsn)", "csv.hsn")),
    ({"Centre (product.metafields.workshop.centre)": "EAST"}, {},
     (2, "Centre (product.metafields.workshop.centre)", "csv.centre")),
    ({"Variant SKU": ""}, {}, (2, "Variant SKU", "csv.sku")),
    ({"Variant SKU": "MB-TOTE-IND"}, {}, (2, "Variant SKU", "csv.sku_elsewhere")),
    ({"Variant Price": "1,450"}, {}, (2, "Variant Price", "csv.amount")),
    ({"Variant Price": ""}, {}, (2, "Variant Price", "csv.price")),
    ({"Price / USD": "-3"}, {}, (2, "Price / USD", "csv.amount")),
    ({"Variant Grams": "0"}, {}, (2, "Variant Grams", "csv.whole")),
    ({"Variant Inventory Qty": "-2"}, {}, (2, "Variant Inventory Qty", "csv.whole")),
    ({"Variant Inventory Policy": "sell"}, {}, (2, "Variant Inventory Policy", "csv.policy")),
    ({"Gift Card": "TRUE"}, {}, (2, "Gift Card", "csv.gift_card")),
    ({"Variant Requires Shipping": "FALSE"}, {}, (2, "Variant Requires Shipping", "csv.no_parcel")),
    ({"Variant Taxable": "FALSE"}, {}, (2, "Variant Taxable", "csv.no_tax")),
    ({}, {"Variant SKU": "MB-PURSE-IND-S"}, (3, "Variant SKU", "csv.sku_twice")),
    ({}, {"Option2 Value": ""}, (3, "Option2 Value", "csv.option_missing")),
    ({}, {"Option2 Value": "Small"}, (3, "Option1 Value", "csv.option_twice")),
    ({}, {"Title": "Another title"}, (3, "Title", "csv.differs")),
]  # fmt: skip


def test_each_wrong_cell_is_told_with_its_row_its_column_and_what_to_do(world: World) -> None:
    with world.reading():
        assert plan(made_of(PURSE, LARGE)).troubles == []
        for first, second, (row, column, message_id) in PLACES:
            troubles = plan(made_of({**PURSE, **first}, {**LARGE, **second})).troubles
            assert (row, column, message_id) in [(t.row, t.column, t.message_id) for t in troubles], (first, second)


@both_databases
def test_a_file_with_one_wrong_row_changes_nothing_at_all(world: World) -> None:
    counted = dict.fromkeys((Product, Variant, StockMovement, AuditRecord), 0)
    with world.reading():
        for kind in counted:
            counted[kind] = db.session.scalar(select(func.count()).select_from(kind)) or 0
    other = {**PURSE, "Handle": "other-purse", "Variant SKU": "MB-OTHER", "Variant Price": "free"}
    with pytest.raises(Conflict, match=r"csv\.troubles"), world.writing() as at:
        applying.apply(plan(made_of(PURSE, LARGE, other)), {}, at=at, by="user:1")
    with pytest.raises(KeyError), world.writing() as at:  # it breaks in the middle: the picture was never drawn
        planned = plan(made_of(PURSE, LARGE))
        picture = WantedPicture(2, "purse.png", 1, "A purse", None)
        planned.products[0].pictures.append(PicturePlan(picture, None, Path("purse.png"), "", "A purse"))
        applying.apply(planned, {}, at=at, by="user:1")
    with world.reading():
        for kind, before in counted.items():
            assert db.session.scalar(select(func.count()).select_from(kind)) == before


@both_databases
def test_a_new_shelf_is_laid_once_and_counted_from_then_on(world: World) -> None:
    assert bring(world, made_of(PURSE, LARGE)) == ["lotus-purse"]
    with world.reading():
        purse = products.get_by_slug("lotus-purse")
        assert [each.stock.on_hand for each in purse.variants] == [3, 1]
        movement = db.session.scalars(select(StockMovement).order_by(StockMovement.id.desc())).first()
        assert movement is not None
        assert (movement.kind, movement.quantity) == ("receipt", 1)
        assert db.session.scalar(select(func.count(Unit.id)).where(Unit.variant_id == purse.variants[0].id)) == 3
        acts = select(AuditRecord.subject).where(AuditRecord.act == "products.import")
        assert list(db.session.scalars(acts)) == [f"product:{purse.id}"]
    more = made_of({**PURSE, "Variant Inventory Qty": "30"}, LARGE)
    with world.reading():
        [planned] = plan(more).products
        assert planned.state is State.UNCHANGED
        assert ("csv.note_shelf", 30) in [(note.message_id, note.values.get("file")) for note in planned.notes]
    assert bring(world, more) == []
    assert world.books_breaks() == []


def test_what_the_file_does_not_say_stays_and_what_it_empties_goes(world: World) -> None:
    full = {**PURSE, "Vendor": "Ours", "SEO Title": "A purse", "Price / USD": "12.00", "Odd": "1", "Tags": "kantha"}
    bring(world, made_of(full, {**LARGE, "Price / USD": "14.00"}))
    part = {"Handle": "lotus-purse", "Title": "Lotus purse", "Vendor": "", "Variant SKU": "MB-PURSE-IND-S",
            "Price / USD": ""}  # fmt: skip
    with world.reading():
        [planned] = plan(made_of(part)).products
        assert [(each.column, each.before, each.after) for each in planned.changes] == [
            ("Vendor", "Ours", ""), ("Price / USD", "12.00", ""),
        ]  # fmt: skip
        assert [note.message_id for note in planned.notes if note.message_id == "csv.note_left"] == ["csv.note_left"]
    bring(world, made_of(part))
    with world.reading():
        purse = products.get_by_slug("lotus-purse")
        assert (purse.vendor, purse.seo_title, purse.tags, purse.carried) == (
            "", "A purse", ["kantha"], {"Odd": {"0": "1"}},
        )  # fmt: skip
        assert [(each.price_in("INR"), each.price_in("USD")) for each in purse.variants] == [
            (45_000, None), (52_000, 1_400),
        ]  # fmt: skip


def test_what_is_on_sale_is_neither_put_there_nor_hidden_by_a_file_but_may_be_retired(world: World) -> None:
    tote = {"Handle": "kalka-tote", "Title": "Kalka tote"}
    assert bring(world, made_of({**tote, "Status": "draft"})) == []
    assert bring(world, made_of({**tote, "Status": "archived"})) == ["kalka-tote"]
    with world.reading():
        assert products.get_by_slug("kalka-tote").status is ProductStatus.RETIRED
    assert bring(world, made_of({**tote, "Status": "active"})) == ["kalka-tote"]
    with world.reading():
        found = products.get_by_slug("kalka-tote")
        assert (found.status, found.to_publish) == (ProductStatus.RETIRED, True)


def test_a_draft_without_hsn_may_wait_and_is_not_sold(world: World) -> None:
    bring(world, made_of(PURSE, LARGE))
    with world.writing() as at, pytest.raises(Invalid):
        purse = products.get_by_slug("lotus-purse")
        purse.pictures = [*products.get_by_slug("kalka-tote").pictures]
        products.publish(purse, at=at, by="user:1")


def test_pictures_come_from_the_folder_alone_and_once(world: World, tmp_path: Path) -> None:
    folder, outside = tmp_path / "pictures", tmp_path / "outside.png"
    (folder / "deep").mkdir(parents=True)
    outside.write_bytes(a_picture())
    (folder / "deep" / "front.png").write_bytes(a_picture())
    (folder / "link.png").symlink_to(outside)
    (folder / "words.png").write_bytes(b"no picture")

    def purse(source: str, **more: str) -> bytes:
        first = {**PURSE, "Image Src": source, "Image Alt Text": "A purse", "Variant Image": source, **more}
        return made_of(first, {**LARGE, "Variant Image": source})

    with world.reading():
        for source, message_id in (
            ("../outside.png", "csv.picture_outside"), (str(outside), "csv.picture_outside"),
            ("link.png", "csv.picture_outside"), ("none.png", "csv.picture_missing"),
        ):  # fmt: skip
            assert message_id in [each.message_id for each in plan(purse(source), folder=folder).troubles]
        for source in ("https://cdn.example/front.png", "file:///etc/passwd", "//cdn.example/front.png"):
            [planned] = plan(purse(source), folder=folder).products
            assert planned.pictures == []
            assert "csv.note_pictures" in [note.message_id for note in planned.notes]
        _, unfit = drawing.draw(plan(purse("words.png"), folder=folder), media=world.app.config["MEDIA_URL"])
        assert [(each.row, each.message_id) for each in unfit] == [(2, "picture.unreadable")]
    assert bring(world, purse("deep/front.png"), folder=folder) == ["lotus-purse"]
    assert bring(world, purse("deep/front.png"), folder=folder) == []
    assert bring(world, purse("deep/front.png")) == []  # it is known by its path, so the folder is not needed
    with world.reading():
        found = products.get_by_slug("lotus-purse")
        assert [(each.source, each.variant_id) for each in found.pictures] == [("deep/front.png", found.variants[0].id)]
        lines = list(csv.DictReader(io.StringIO(document([found], "classic"))))
        assert [line["Variant Image"] for line in lines] == ["deep/front.png"] * 2  # both sizes of one colour
        assert write_pictures([found], tmp_path / "out", media=world.app.config["MEDIA_URL"]) == 1
    assert (tmp_path / "out" / "deep" / "front.png").exists()
    assert bring(world, purse("deep/front.png", **{"Image Alt Text": "Another word"})) == ["lotus-purse"]


def test_a_file_is_written_for_the_centre_of_its_sender_alone(world: World) -> None:
    with world.reading():
        ids = {each.code: each.id for each in enrolment.centres()}
        hers = Terms({"RIVER": ids["RIVER"]}, "RIVER")
        tote = made_of({"Handle": "kalka-tote", "Title": "Mine now"})
        troubles = planning.plan(sheet.read(tote), hers).troubles
        assert [each.message_id for each in troubles] == ["csv.other_centre"]
        elsewhere = made_of({**PURSE, "Centre (product.metafields.workshop.centre)": "north"}, LARGE)
        assert [each.message_id for each in planning.plan(sheet.read(elsewhere), hers).troubles] == ["csv.centre"]


def test_a_waiting_file_is_one_a_person_and_gone_after_a_day(world: World) -> None:
    with world.writing() as at:
        meera = world.user("Meera").id
        waiting.keep(meera, b"one", centre_id=None, at=at)
        waiting.keep(meera, b"two", centre_id=None, at=at)
        assert waiting.get(meera).content == b"two"
        assert waiting.sweep(before=at) == 0
        assert waiting.sweep(before=at.replace(year=at.year + 1)) == 1


def test_the_shelf_of_a_new_variant_is_what_its_pieces_say(world: World) -> None:
    with world.writing() as at:
        tote = products.get_by_slug("kalka-tote")
        made = products.add_variant(tote, VariantText("MB-MORE", "More", "", 9, {"INR": 5}, made_to_order=False))
        stock.stock_new(made.id, 4, "import:x", "from a file", at=at, by="user:1")
        assert db.session.scalar(select(Stock.on_hand).where(Stock.variant_id == made.id)) == 4
    assert world.books_breaks() == []
