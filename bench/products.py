"""Fills a database with as many products as asked, quickly and always the same, for whoever measures at scale.

    DATABASE_URL=… IDENTITY_DATABASE_URL=… .venv/bin/python -m bench.products 20000

Rows are inserted by Core; the listing and the words of search by the shop's own `listing.rebuild`. Names are put
together of what the centres make, so that a word stands in as large a part of 20,000 products as of 1,000. Every
product has one picture, without files; two of three have a piece on the shelf.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select

from shop import create_app
from shop.catalog import listing
from shop.catalog.listing_models import ProductMaterial
from shop.catalog.materials import Material
from shop.catalog.models import (
    Availability,
    Picture,
    Price,
    Product,
    ProductStatus,
    Rendition,
    Stock,
    Trade,
    Variant,
)
from shop.db import Base, db, writing
from shop.users import enrolment
from shop.users.models import Centre

SEED = 7
BATCH = 1_000
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
MOTIFS = (
    ("Kalka", "কল্কা", "अंबी"), ("Fish", "মাছ", "मछली"), ("Lotus", "পদ্ম", "कमल"), ("Hibiscus", "জবা", "गुड़हल"),
    ("Honeybee", "মৌমাছি", "मधुमक्खी"), ("Kingfisher", "মাছরাঙা", "रामचिरैया"), ("Leaf", "পাতা", "पत्ती"),
    ("Tide", "জোয়ার", "लहर"), ("Boat", "নৌকা", "नाव"), ("Seed", "বীজ", "बीज"), ("Star", "তারা", "तारा"),
    ("Rice", "ধান", "धान"),
)  # fmt: skip
THINGS = tuple(
    (Trade(trade), Material(material), thing, bengali, hindi)
    for trade, material, thing, bengali, hindi in (
        ("block-print", "cotton", "tote", "টোট ব্যাগ", "टोट बैग"),
        ("block-print", "cotton", "sling", "স্লিং ব্যাগ", "स्लिंग बैग"),
        ("block-print", "jute", "market bag", "বাজার ব্যাগ", "बाज़ार थैला"),
        ("block-print", "cotton", "backpack", "পিঠব্যাগ", "बैकपैक"),
        ("block-print", "cotton", "pouch", "থলি", "पाउच"),
        ("block-print", "cotton", "stole", "স্টোল", "स्टोल"),
        ("kantha", "cotton", "kantha cushion cover", "কাঁথা কুশন কভার", "कांथा कुशन कवर"),
        ("kantha", "cotton", "kantha tote", "কাঁথা টোট ব্যাগ", "कांथा टोट बैग"),
        ("recycled-tyre", "tyre", "tyre wallet", "টায়ারের মানিব্যাগ", "टायर का बटुआ"),
        ("recycled-tyre", "tyre", "tyre belt", "টায়ারের বেল্ট", "टायर की बेल्ट"),
        ("handmade-paper", "paper", "notebook", "খাতা", "कॉपी"),
        ("handmade-paper", "paper", "journal", "ডায়েরি", "डायरी"),
        ("embossed-leather", "leather", "leather pouch", "চামড়ার থলি", "चमड़े का पाउच"),
        ("kitchen", "spice", "spice tin", "মশলার কৌটো", "मसाला डिब्बा"),
    )
)
COLOURS = ("indigo", "madder", "turmeric", "leaf", "sky", "natural", "black", "tan", "night", "terracotta")
SAID = (
    "A firm cotton canvas, printed by hand with carved wooden blocks.",
    "It folds into a pocket and grows softer with each wash.",
    "The handles are box-stitched and long enough for a shoulder.",
    "A lined pocket holds keys, a phone and a purse.",
    "Every piece is checked at three stages before it leaves the workshop.",
    "The colour deepens with handling, like a well-read book.",
    "It holds folders, a water bottle and the market on the way home.",
    "Rows of running stitch hold two layers of cloth together.",
)


def fill(number: int, *, shelved: bool = True) -> None:
    """Add so many products to the database of the present app, and write what lists and search read of them.

    `shelved` lays pieces on the shelf by its counter alone, which is enough for pages and not for the books.
    """
    with writing():
        centre_id = db.session.scalar(select(func.min(Centre.id)))
        if centre_id is None:
            centre_id = enrolment.add_centre("BENCH", "Bench", "Bengal", minutes_per_day=1_200, organisation="Bench").id
        first = (db.session.scalar(select(func.max(Product.id))) or 0) + 1
        first_variant = (db.session.scalar(select(func.max(Variant.id))) or 0) + 1
        chance = random.Random(SEED)
        made = [_product(first + n, first_variant + 3 * n, n, int(centre_id), chance) for n in range(number)]
        if not shelved:
            for row in (row for rows in made for row in rows[Stock]):
                row["on_hand"] = 0
        for model in (Product, ProductMaterial, Variant, Price, Stock, Availability, Picture, Rendition):
            _insert(model, [row for rows in made for row in rows[model]])
        _count_on()
        listing.rebuild()
    with db.engine.connect() as connection:
        connection.rollback()
        connection.execution_options(isolation_level="AUTOCOMMIT", writing=True)
        if db.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET default_transaction_read_only = off")
            connection.exec_driver_sql("VACUUM ANALYZE")
        else:
            connection.connection.cursor().execute("PRAGMA query_only=OFF")
            connection.connection.cursor().execute("ANALYZE")


def _insert(model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), BATCH):
        db.session.execute(insert(model), rows[start : start + BATCH])


def _count_on() -> None:
    """Let PostgreSQL go on after the ids that were given by hand."""
    if db.engine.dialect.name != "postgresql":
        return
    for table in ("product", "variant", "picture", "rendition"):
        last = select(func.max(db.metadata.tables[table].c.id)).scalar_subquery()
        db.session.execute(select(func.setval(func.pg_get_serial_sequence(table, "id"), last)))


def _product(
    number: int, variant_id: int, n: int, centre_id: int, chance: random.Random
) -> dict[type[Base], list[dict[str, Any]]]:
    """Return one product's rows by table; up to three variants, whose ids follow each other."""
    trade, material, thing, thing_bn, thing_hi = chance.choice(THINGS)
    motif, motif_bn, motif_hi = chance.choice(MOTIFS)
    slug = f"{motif}-{thing}-{number}".lower().replace(" ", "-")
    rupees = chance.choice(range(190, 3_500, 10))
    colours = chance.sample(COLOURS, chance.choice((1, 1, 2, 3)))
    is_shelved, to_order = n % 3 != 0, n % 4 != 1
    rows: dict[type[Base], list[dict[str, Any]]] = {
        Product: [
            {
                "id": number, "slug": slug, "status": ProductStatus.PUBLISHED, "trade": trade, "centre_id": centre_id,
                "title": f"{motif} {thing}", "titles": {"bn": f"{motif_bn} {thing_bn}", "hi": f"{motif_hi} {thing_hi}"},
                "description": " ".join(chance.sample(SAID, 4)), "materials": f"{material.value}, cotton thread",
                "care": "Keep dry.", "size": "36 × 40 × 9 cm", "hsn": "420222", "finish_days": 3 + n % 9,
                "position": n, "created_at": BEGAN + timedelta(minutes=17 * n),
            }
        ],
        ProductMaterial: [
            {"product_id": number, "material": each} for each in dict.fromkeys((material, Material.COTTON))
        ],
        Picture: [
            {
                "id": number, "product_id": number, "variant_id": None, "position": 0, "alt": f"{motif} {thing}",
                "name": f"{number:032x}", "width": 1000, "height": 1250,
            }
        ],
        Rendition: list(_files(number)),
        Variant: [], Price: [], Stock: [], Availability: [],
    }  # fmt: skip
    for place, colour in enumerate(colours):
        each = variant_id + place
        rows[Variant].append(
            {
                "id": each,
                "product_id": number,
                "sku": f"B-{number}-{place}",
                "option": colour.title(),
                "colour": colour,
                "grams": 200,
                "position": place,
                "on_sale": True,
                "made_to_order": to_order,
            }
        )
        dollars = 100 * max(rupees // 45, 1)
        rows[Price] += [
            {"variant_id": each, "currency": currency, "amount_minor": minor}
            for currency, minor in (
                ("EUR", dollars - 10),
                ("GBP", dollars - 20),
                ("INR", rupees * 100),
                ("USD", dollars),
            )
        ]
        rows[Stock].append({"variant_id": each, "on_hand": 0, "reserved": 0})
        rows[Availability].append({"variant_id": each, "ready_in_days": 3 + n % 9, "as_of": BEGAN})
    if is_shelved:
        rows[Stock][0] |= {"on_hand": 1 + n % 5}
    return rows


def _files(number: int) -> Iterator[dict[str, Any]]:
    for place, width in enumerate((320, 640, 1000)):
        for at, kind in enumerate(("avif", "jpeg")):
            yield {
                "id": number * 6 + place * 2 + at, "picture_id": number, "width": width, "height": width * 5 // 4,
                "format": kind, "name": f"{number:032x}-1-{width}.{kind}",
            }  # fmt: skip


def main() -> None:
    """Fill the database that the environment names."""
    parser = argparse.ArgumentParser(prog="python -m bench.products", description=__doc__)
    parser.add_argument("number", type=int)
    with create_app().app_context():
        fill(parser.parse_args().number)


if __name__ == "__main__":
    main()
