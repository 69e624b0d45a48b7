"""The demo's products: six, of three trades, read from a catalogue in the headings Shopify publishes."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

from shop.catalog import figures, pictures, products, stock
from shop.catalog.figure_models import CostKind
from shop.catalog.models import Product, Trade, Variant
from shop.catalog.products import ProductText, VariantText
from shop.production import making
from shop.production.making import Step
from shop.production.models import StepName

FOLDER = Path(__file__).parent
TRADES = {
    "kalka-tote": Trade.BLOCK_PRINT,
    "hibiscus-messenger": Trade.BLOCK_PRINT,
    "tyre-wallet": Trade.TYRE,
    "tyre-key-fobs": Trade.TYRE,
    "leaf-notebook": Trade.PAPER,
    "petal-journal": Trade.PAPER,
}
OPENING_STOCK = {"kalka-tote": 5, "tyre-wallet": 4, "tyre-key-fobs": 9, "leaf-notebook": 8, "petal-journal": 0}
DAYS_TO_MAKE = {"hibiscus-messenger": 12, "kalka-tote": 7, "tyre-wallet": 6, "petal-journal": 4}
USUAL_DAYS_TO_MAKE = 5


def load(centres: dict[Trade, int], *, media: str, at: datetime, by: str, second: str) -> dict[str, Product]:
    """Create, price, draw, stock and publish the demo's products; `second` approves the rates. Return them by slug."""
    extra = json.loads((FOLDER / "extra.json").read_text(encoding="utf-8"))
    _figures_of_the_house(at=at, by=by, second=second)
    rows: dict[str, list[dict[str, str]]] = {}
    with (FOLDER / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["Handle"], []).append(row)
    made = {}
    for position, slug in enumerate(TRADES):
        trade = TRADES[slug]
        made[slug] = _product(
            slug, rows[slug], extra[slug], centres[trade], position, media=media, at=at, by=by, second=second
        )
    return made


def _figures_of_the_house(*, at: datetime, by: str, second: str) -> None:
    """Set what every price pays for alike, and the share of a sale that goes to the makers: a tenth."""
    parts = {CostKind.CENTRE: 1_250, CostKind.FEE: 236}
    for kind, basis_points in parts.items():
        figures.set_cost(figures.HOUSE, kind, basis_points=basis_points, at=at, by=by)
    figures.set_cost(figures.HOUSE, CostKind.PACKING, minor=3_200, at=at, by=by)
    rule = figures.propose_rule(figures.HOUSE, basis_points=1_000, at=at, by=by)
    figures.approve_rule(rule, at=at, by=second)


def _product(
    slug: str,
    rows: list[dict[str, str]],
    extra: dict[str, Any],
    centre_id: int,
    position: int,
    *,
    media: str,
    at: datetime,
    by: str,
    second: str,
) -> Product:
    first = rows[0]
    size = extra["dimensions_mm"]
    words = ProductText(
        title=first["Title"],
        titles={"bn": extra["title_bn"], "hi": extra["title_hi"]},
        description=_plain(first["Body (HTML)"]),
        materials=", ".join(extra["materials"]),
        care=extra["care"],
        size=f"{size['width'] / 10:g} × {size['height'] / 10:g} × {size['depth'] / 10:g} cm",
        hsn=extra["hsn"]["code"],
        trade=TRADES[slug],
        finish_days=DAYS_TO_MAKE.get(slug, USUAL_DAYS_TO_MAKE),
    )
    product = products.create(slug, words, centre_id=centre_id, position=position, at=at)
    for text in _variants(rows, extra):
        products.add_variant(product, text)
    _draw(product, rows, media=media, at=at)
    steps = [Step(StepName(s["step"]), s["minutes"], s["piece_rate_paise"]) for s in extra["making"]]
    making.approve(making.write(product, steps, at=at, by=by), at=at, by=second)
    scope, material = figures.product_scope(product.id), extra["material_cost_paise"]
    figures.set_cost(scope, CostKind.MATERIAL, minor=material, at=at, by=by)
    products.publish(product, at=at, by=by)
    for variant in product.variants:
        opening = OPENING_STOCK.get(slug, 0)
        if opening:
            stock.adjust(variant.id, opening, "opening stock", f"opening:{variant.sku}", at=at, by=by)
    return product


def _variants(rows: list[dict[str, str]], extra: dict[str, Any]) -> Iterator[VariantText]:
    priced = {variant["sku"]: variant for variant in extra["variants"]}
    for row in (row for row in rows if row["Variant SKU"]):
        found = priced[row["Variant SKU"]]
        option = "" if row["Option1 Value"] == "Default Title" else row["Option1 Value"]
        yield VariantText(
            sku=row["Variant SKU"],
            option=option,
            colour=found["colour"] or "",
            grams=int(row["Variant Grams"]),
            prices={c.upper(): found[f"price_{c}"] for c in ("inr", "usd", "eur", "gbp")},
            made_to_order=True,
        )


def _draw(product: Product, rows: list[dict[str, str]], *, media: str, at: datetime) -> None:
    """Give the product its pictures through the same door as an upload."""
    by_colour = {variant.colour: variant for variant in product.variants}
    shown = [row for row in rows if row["Image Src"]]
    masters = [(FOLDER / "pictures" / row["Image Src"]).read_bytes() for row in shown]
    for row, drawn in zip(shown, pictures.draw_known(masters, media=media), strict=True):
        colour = row["Image Src"].split("--")[1]
        variant: Variant | None = by_colour.get(colour) if len(by_colour) > 1 else None
        pictures.add(product, drawn, row["Image Alt Text"], variant=variant, at=at)


def _plain(html: str) -> str:
    """Return the first paragraph of a description as plain text; size and care have fields of their own."""
    first = html.split("</p>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", first)).split())
