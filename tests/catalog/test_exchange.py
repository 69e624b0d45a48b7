"""Products in a file: what an import does and leaves alone, that it says what is wrong, and does nothing by halves."""

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import func, select

from shop.catalog import products, stock
from shop.catalog.exchange import applying, drawing, planning, sheet, waiting
from shop.catalog.exchange.plans import PicturePlan, State, Terms
from shop.catalog.exchange.wanted import WantedPicture
from shop.catalog.exchange.writing import document, write_pictures
from shop.catalog.models import Product, ProductStatus, Stock, StockMovement, Unit, Variant
from shop.catalog.products import VariantText
from shop.db import db
from shop.errors import Conflict, Invalid
from shop.users import enrolment
from shop.users.audit import AuditRecord
from tests.cast import a_picture
from tests.catalog.exchanging import LARGE, PURSE, bring, made_of, plan
from tests.conftest import both_databases
from tests.world import World

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
