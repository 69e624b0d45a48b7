"""What a file asks for, product by product, and what in it cannot be used.

A column that is not in the file says nothing; an empty cell of one that is says "nothing of the kind".
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shop.catalog.exchange.cells import NO_OPTION, NO_VALUE, TRANSLATED, usual
from shop.catalog.exchange.headings import CLASSIC, KEPT, LANGUAGES
from shop.catalog.exchange.markup import to_text
from shop.catalog.exchange.reading import Cells
from shop.catalog.exchange.sheet import Row, Sheet, Trouble
from shop.catalog.models import Trade
from shop.catalog.palette import find_colour
from shop.catalog.products import SKU, SLUG
from shop.money import CURRENCIES

LONGEST = {
    "handle": 80, "title": 120, "body": 4_000, "vendor": 120, "category": 255, "type": 80, "tags": 1_000,
    "seo_title": 120, "seo_description": 400, "sku": 40, "barcode": 40, "image": 200, "image_alt": 200, "size": 80,
    "materials": 200, "care": 300, "note": 300, "colour": 24, "description": 4_000, "option": 40,
}  # fmt: skip
MOST_PIECES = 2_000
COLOUR_NAMES = ("colour", "color")
# Which craft a product is of where the file does not say: the first of these words among its tags and type.
TRADE_WORDS = {
    "spice": Trade.KITCHEN, "food": Trade.KITCHEN, "recycled tyre": Trade.TYRE, "tyre": Trade.TYRE,
    "handmade paper": Trade.PAPER, "leather": Trade.LEATHER, "embossed": Trade.LEATHER, "kantha": Trade.KANTHA,
    "embroidery": Trade.KANTHA, "block print": Trade.BLOCK_PRINT,
}  # fmt: skip
_PRODUCT_KEYS = (
    "title", "body", "vendor", "category", "type", "tags", "published", "seo_title", "seo_description", "status",
    "option1_name", "option2_name", "option3_name", "trade", "centre", "hsn", "finish_days", "size", "materials",
    "care", "note", *(f"{part}_{language}" for part in TRANSLATED for language in LANGUAGES),
)  # fmt: skip
_TEXTS = {"title": "title", "vendor": "vendor", "category": "category", "type": "product_type", "size": "size",
          "seo_title": "seo_title", "seo_description": "seo_description", "materials": "materials", "care": "care",
          "note": "note"}  # fmt: skip


@dataclass
class WantedVariant:
    """A variant that the file speaks of: fields of its text, prices, pieces for a new shelf, its picture."""

    row: int
    sku: str
    words: dict[str, Any] = field(default_factory=dict)
    prices: dict[str, int | None] = field(default_factory=dict)
    quantity: int | None = None
    image: str = ""
    strange_colour: str = ""


@dataclass
class WantedPicture:
    """A picture that the file speaks of; None is what the file does not say."""

    row: int
    source: str
    position: int
    alt: str | None
    sku: str | None


@dataclass
class WantedProduct:
    """A product that the file speaks of."""

    row: int
    slug: str
    words: dict[str, Any] = field(default_factory=dict)
    translations: dict[tuple[str, str], str] = field(default_factory=dict)
    carried: dict[str, dict[str, str]] = field(default_factory=dict)
    status: str | None = None
    centre: str = ""
    trade_guessed: bool = False
    variants: list[WantedVariant] = field(default_factory=list)
    pictures: list[WantedPicture] = field(default_factory=list)


def read(sheet: Sheet) -> tuple[list[WantedProduct], list[Trouble]]:
    """Return what a file asks for in its own order, and everything in it that cannot be used."""
    troubles: list[Trouble] = []
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sheet.rows:
        slug = row.cell("handle").lower()
        if not SLUG.fullmatch(slug) or len(slug) > LONGEST["handle"]:
            Cells(sheet, row, troubles).trouble("handle", "csv.handle")
        else:
            groups[slug].append(row)
    products = [_product(sheet, slug, rows, troubles) for slug, rows in groups.items()]
    seen: dict[str, int] = {}
    for variant in (variant for product in products for variant in product.variants):
        if variant.sku in seen:
            heading = sheet.headings.get("sku", CLASSIC["sku"])
            troubles.append(Trouble(variant.row, heading, "csv.sku_twice", {"other": seen[variant.sku]}))
        seen.setdefault(variant.sku, variant.row)
    return products, sorted(troubles, key=lambda trouble: trouble.row)


def _product(sheet: Sheet, slug: str, rows: Sequence[Row], troubles: list[Trouble]) -> WantedProduct:
    first = Cells(sheet, rows[0], troubles)
    wanted = WantedProduct(rows[0].number, slug)
    _texts(first, wanted)
    _standing(first, wanted)
    for row in rows[1:]:
        later = Cells(sheet, row, troubles)
        for key in _PRODUCT_KEYS:
            if row.cell(key) and row.cell(key) != rows[0].cell(key):
                later.trouble(key, "csv.differs", first=rows[0].number)
    for number, row in enumerate(rows):
        cells = Cells(sheet, row, troubles)
        if any(row.cell(key) for key in ("sku", "price", "option1_value", "grams")):
            _variant(cells, wanted)
        if row.cell("image"):
            _picture(cells, wanted, number)
        elif row.cell("image_alt"):
            cells.trouble("image", "csv.alt_alone")
        _refused(cells)
    wanted.carried = _carried(sheet, rows)
    return wanted


def _texts(cells: Cells, wanted: WantedProduct) -> None:
    for key, name in _TEXTS.items():
        if cells.has(key):
            wanted.words[name] = cells.text(key, LONGEST[key])
    if cells.has("body"):
        text, facts = to_text(cells.cell("body"))
        wanted.words["description"] = cells.fitting("body", text, LONGEST["body"])
        for name, fact in facts.items():
            if not cells.has(name):
                wanted.words[name] = cells.fitting("body", fact, LONGEST[name])
    for key in TRANSLATED:
        for language in LANGUAGES:
            if cells.has(f"{key}_{language}"):
                words = cells.text(f"{key}_{language}", LONGEST[key])
                wanted.translations[TRANSLATED[key], language] = words
    if cells.has("tags"):
        tags = cells.text("tags", LONGEST["tags"]).split(",")
        wanted.words["tags"] = tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))


def _standing(cells: Cells, wanted: WantedProduct) -> None:
    if cells.has("option1_name"):
        names = tuple(name for n in (1, 2, 3) if (name := cells.text(f"option{n}_name", LONGEST["option"])))
        wanted.words["option_names"] = () if names == (NO_OPTION,) else names
    if cells.has("hsn"):
        wanted.words["hsn"] = cells.hsn()
    if cells.cell("finish_days"):
        wanted.words["finish_days"] = cells.whole("finish_days", 0, 365)
    wanted.centre = cells.cell("centre").upper()
    wanted.status = cells.status()
    trade = cells.trade()
    if trade is None and (guessed := _guess(cells)):
        wanted.trade_guessed, trade = True, guessed
    if trade is not None:
        wanted.words["trade"] = trade


def _guess(cells: Cells) -> Trade | None:
    words = {*(tag.strip().casefold() for tag in cells.cell("tags").split(",")), cells.cell("type").casefold()}
    return next((trade for word, trade in TRADE_WORDS.items() if word in words), None)


def _variant(cells: Cells, wanted: WantedProduct) -> None:
    sku = cells.cell("sku").upper()
    if not SKU.fullmatch(sku) or len(sku) > LONGEST["sku"]:
        cells.trouble("sku", "csv.sku")
        return
    variant = WantedVariant(cells.row.number, sku)
    _options(cells, variant, wanted.words.get("option_names"))
    _colour(cells, variant, wanted.words.get("option_names") or ())
    if cells.has("grams"):
        variant.words["grams"] = cells.whole("grams", 1, 100_000)
    if cells.has("policy"):
        variant.words["made_to_order"] = cells.policy()
    if cells.has("barcode"):
        variant.words["barcode"] = cells.text("barcode", LONGEST["barcode"])
    if cells.cell("on_sale"):
        variant.words["on_sale"] = cells.truth("on_sale")
    for currency in CURRENCIES:
        key = f"price_{currency}" if f"price_{currency}" in cells.sheet.headings else "price"
        if cells.has(key) and (key != "price" or currency == "INR"):
            variant.prices[currency] = cells.amount(key)
    if cells.cell("quantity"):
        variant.quantity = cells.whole("quantity", 0, MOST_PIECES)
    variant.image = cells.cell("variant_image")
    wanted.variants.append(variant)


def _options(cells: Cells, variant: WantedVariant, names: tuple[str, ...] | None) -> None:
    if names is None or not cells.has("option1_value"):
        return
    if not names:
        value = cells.text("option1_value", LONGEST["option"])
        variant.words |= {"options": (), "option": "" if value == NO_VALUE else value}
        return
    values = tuple(cells.text(f"option{n}_value", LONGEST["option"]) for n, _ in enumerate(names, 1))
    for n, value in enumerate(values, 1):
        if not value:
            cells.trouble(f"option{n}_value", "csv.option_missing", option=names[n - 1])
    cells.fitting("option1_value", ", ".join(values), LONGEST["option"])
    variant.words |= {"options": values, "option": ", ".join(values)}


def _colour(cells: Cells, variant: WantedVariant, names: Sequence[str]) -> None:
    if cells.has("colour"):
        variant.words["colour"] = cells.text("colour", LONGEST["colour"])
        return
    for name, value in zip(names, variant.words.get("options", ()), strict=False):
        if name.casefold() in COLOUR_NAMES:
            variant.words["colour"] = find_colour(value)
            variant.strange_colour = "" if find_colour(value) else value


def _picture(cells: Cells, wanted: WantedProduct, number: int) -> None:
    source = cells.text("image", LONGEST["image"])
    if any(other.source == source for other in wanted.pictures):
        cells.trouble("image", "csv.picture_twice")
        return
    position = cells.whole("image_position", 1, 10_000) if cells.cell("image_position") else number + 1
    alt = cells.text("image_alt", LONGEST["image_alt"]) if cells.has("image_alt") else None
    sku = cells.cell("image_sku").upper() if cells.has("image_sku") else None
    wanted.pictures.append(WantedPicture(cells.row.number, source, position, alt, sku))


def _refused(cells: Cells) -> None:
    """Refuse by name what would be sold otherwise than the file says."""
    if cells.truth("gift_card"):
        cells.trouble("gift_card", "csv.gift_card")
    if cells.truth("requires_shipping") is False:
        cells.trouble("requires_shipping", "csv.no_parcel")
    if cells.truth("taxable") is False:
        cells.trouble("taxable", "csv.no_tax")


def _carried(sheet: Sheet, rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """Return every handed-through column of a product: by its classic or own heading, what stands in which row."""
    carried: dict[str, dict[str, str]] = {}
    for key in (key for key in KEPT if key in sheet.headings):
        carried[CLASSIC[key]] = {
            str(number): value
            for number, row in enumerate(rows)
            if (value := row.cell(key)) != usual(key, first=number == 0, variant=bool(row.cell("sku")))
        }
    for name in sheet.unknown:
        found: Mapping[int, str] = {number: row.others.get(name, "") for number, row in enumerate(rows)}
        carried[name] = {str(number): value for number, value in found.items() if value}
    return carried
