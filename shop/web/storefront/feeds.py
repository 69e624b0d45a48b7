"""What machines read of the whole shop: sitemap, robots, and the feed that merchants' listings are made of.

The feed follows Google's product data specification (RSS 2.0 with the `g:` namespace); prices are in rupees, as
they stand on the page that each item links to.
"""

import re
from collections import defaultdict
from datetime import date, timedelta

from flask import Response, render_template, url_for

from shop.catalog import changes, collections
from shop.catalog.exchange.wanted import COLOUR_NAMES
from shop.catalog.models import PACKING_DAYS, Product, Variant
from shop.catalog.products import published
from shop.clock import india_date
from shop.errors import NotFound
from shop.money import decimal
from shop.orders import tariffs
from shop.orders.shipping import AT_HOME, Method, Tariff
from shop.web.access import public
from shop.web.edge import now
from shop.web.language import LANGUAGES
from shop.web.storefront import blueprint, machine, reads, story_reads
from shop.web.storefront.house_pages import PAGES
from shop.web.storefront.machine import Data, absolute, in_language, largest_jpeg
from shop.web.storefront.reads import Choice

MOST_IN_SITEMAP = 50_000
MOST_PRODUCTS = 100_000
# What Google takes of a listing: support.google.com/merchants/answer/7052112 and /6324470.
LONGEST_TITLE, LONGEST_DESCRIPTION, MOST_MORE_PICTURES, FURTHEST_DAYS = 150, 5_000, 10, 365
TOLD_APART = (*COLOUR_NAMES, "size")
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
PLAIN = ("/", "/products", "/stories", "/why-buy", "/how-the-money-flows", "/impact", "/centres", "/contact")
NO_ROBOTS = (
    "/cart", "/checkout", "/orders/", "/made/", "/account", "/login", "/search", "/manager/", "/artisan/",
    "/contact/",
)  # fmt: skip


@blueprint.get("/robots.txt")
@public
def robots() -> Response:
    """Keep machines off private pages, in every language."""
    prefixes = ["", *(f"/{code}" for code in LANGUAGES if code != "en")]
    lines = ["User-agent: *", *(f"Disallow: {prefix}{path}" for prefix in prefixes for path in NO_ROBOTS)]
    return Response("\n".join([*lines, f"Sitemap: {absolute('/sitemap.xml')}"]) + "\n", mimetype="text/plain")


@blueprint.get("/sitemap.xml")
@public
def sitemap() -> Response:
    """List every public page; the parts of the list where one file may not hold them all."""
    entries = _entries()
    if len(entries) <= MOST_IN_SITEMAP:
        return _xml("storefront/sitemap.xml", entries=entries)
    parts = range(1, -(-len(entries) // MOST_IN_SITEMAP) + 1)
    files = [absolute(url_for("storefront.sitemap_part", part=part)) for part in parts]
    return _xml("storefront/sitemap_index.xml", files=files)


@blueprint.get("/sitemap-<int:part>.xml")
@public
def sitemap_part(part: int) -> Response:
    """List one part of the public pages."""
    entries = _entries()[(part - 1) * MOST_IN_SITEMAP : part * MOST_IN_SITEMAP] if part > 0 else []
    if not entries:
        raise NotFound("page.unknown")
    return _xml("storefront/sitemap.xml", entries=entries)


@blueprint.get("/feeds/google.xml")
@public
def google() -> Response:
    """Tell Google's merchant listings every variant that is sold."""
    tariff = tariffs.current()
    on = india_date(now())
    items = [item for product in published(limit=MOST_PRODUCTS) for item in _items(product, tariff, on)]
    return _xml("storefront/google.xml", items=items, handling_days=PACKING_DAYS)


def _entries() -> list[Data]:
    """Return the public pages, each with its address in every language, its pictures and the day it last changed."""
    pages = [*PLAIN, *(f"/pages/{slug}" for slug in PAGES)]
    pages += [f"/collections/{each.slug}" for each in collections.shown()]
    entries: list[Data] = [_entry(path) for path in pages]
    changed_at = changes.days()
    for product in published(limit=MOST_PRODUCTS):
        pictures = [address for each in product.pictures if (address := largest_jpeg(each))]
        path = f"/products/{product.slug}"
        since = changed_at.get(product.id)
        entries.append(
            {**_entry(path), "pictures": pictures, "since": india_date(since).isoformat() if since else None}
        )
    told = [{"address": absolute(path), "others": []} for path in story_reads.for_machines(at=now())]
    return [*(each for entry in entries for each in _in_each_language(entry)), *told]


def _entry(path: str) -> Data:
    return {"path": path, "others": [(code, absolute(in_language(path, code))) for code in LANGUAGES]}


def _in_each_language(entry: Data) -> list[Data]:
    return [{**entry, "address": address} for _, address in entry["others"]]


def _items(product: Product, tariff: Tariff, on: date) -> list[Data]:
    """Return the variants of a product that are sold in rupees; none while it has no picture, which Google requires."""
    pictures = [address for each in product.pictures if (address := largest_jpeg(each))]
    sold = [(v, choice) for v in product.variants if (choice := reads.choice_of(product, v, "INR"))]
    if not pictures:
        return []
    group = product.variants[0].sku if len(sold) > 1 else None  # an address may change, this stays
    whole = {
        "group": group,
        "description": product.description[:LONGEST_DESCRIPTION],
        "material": product.materials,
        "type": product.trade.value.replace("-", " ").capitalize(),
    }
    return [{**whole, **_item(product, variant, choice, pictures, tariff, on)} for variant, choice in sold]


def _item(
    product: Product, variant: Variant, choice: Choice, pictures: list[str], tariff: Tariff, on: date
) -> dict[str, object]:
    own = largest_jpeg(choice.picture) or pictures[0]
    availability, leaves_on = _when(choice.days, on)
    title = f"{product.title}, {choice.option}" if choice.option else product.title
    return {
        "id": choice.sku,
        "title": title[:LONGEST_TITLE],
        "link": absolute(f"/products/{product.slug}?sku={choice.sku}"),
        "picture": own,
        "more": [each for each in pictures if each != own][:MOST_MORE_PICTURES],
        "availability": availability,
        "leaves": leaves_on,
        "price": f"{decimal(choice.minor)} INR",
        "gtin": variant.barcode if machine.is_gtin(variant.barcode) else None,
        "grams": choice.grams,
        "ways": _ways(tariff, tariff.grams_of([(1, choice.grams)])),
        **_apart(product, choice),
    }


def _when(days: int | None, on: date) -> tuple[str, str | None]:
    """Return Google's word for when something can leave and, for what has to be made, the day that its page names.

    Google takes no date that is more than a year away, so what takes longer is not offered there.
    """
    word = GOOGLE[machine.availability(days)]
    if days is None or word != "backorder":
        return word, None
    if days > FURTHEST_DAYS:
        return "out_of_stock", None
    return word, f"{on + timedelta(days=days)}T00:00+0530"


def _apart(product: Product, choice: Choice) -> dict[str, str]:
    """Return the colour and size that set a variant apart; an option called otherwise stands in the title alone."""
    if not product.option_names:
        return {"colour": choice.option} if choice.colour else {}
    named = zip((name.casefold() for name in product.option_names), choice.options, strict=False)
    return {("colour" if name in COLOUR_NAMES else name): value for name, value in named if name in TOLD_APART}


def _ways(tariff: Tariff, grams: int) -> list[dict[str, object]]:
    """Return what sending within India costs at most and how long it takes: Google asks for no less than is charged."""
    by_code: dict[str, list[Method]] = defaultdict(list)
    for way in tariff.offers(grams, "INR"):
        if way.zone in AT_HOME:
            by_code[way.code].append(way)
    return [
        {
            "name": code,
            "price": f"{decimal(max(way.charge_minor for way in ways))} INR",
            "least": min(way.least_days for way in ways),
            "most": max(way.most_days for way in ways),
        }
        for code, ways in by_code.items()
    ]


GOOGLE = {"InStock": "in_stock", "BackOrder": "backorder", "OutOfStock": "out_of_stock"}


def _xml(template: str, **values: object) -> Response:
    text = NOT_XML.sub("", render_template(template, **values))
    return Response(text, mimetype="application/xml")
