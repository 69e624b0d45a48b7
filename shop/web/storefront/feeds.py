"""What machines read of the whole shop: sitemap, robots, and the feed that merchants' listings are made of.

The feed follows Google's product data specification (RSS 2.0 with the `g:` namespace); prices are in rupees, as
they stand on the page that each item links to.
"""

from datetime import timedelta

from flask import Response, render_template, url_for

from shop.catalog.models import Product
from shop.catalog.products import published
from shop.clock import india_date
from shop.errors import NotFound
from shop.orders import tariffs
from shop.orders.shipping import INDIA, Tariff
from shop.web.access import public
from shop.web.edge import now
from shop.web.language import LANGUAGES
from shop.web.storefront import blueprint, machine, reads, story_reads
from shop.web.storefront.house_pages import PAGES
from shop.web.storefront.machine import Data, absolute, in_language, largest_jpeg

MOST_IN_SITEMAP = 50_000
MOST_PRODUCTS = 100_000
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
    items = [item for product in published(limit=MOST_PRODUCTS) for item in _items(product, tariff)]
    return _xml("storefront/google.xml", items=items)


def _entries() -> list[Data]:
    """Return the public pages, each with its address in every language, its pictures and the day it was new."""
    pages = [*PLAIN, *(f"/pages/{slug}" for slug in PAGES)]
    entries: list[Data] = [_entry(path) for path in pages]
    for product in published(limit=MOST_PRODUCTS):
        pictures = [address for each in product.pictures if (address := largest_jpeg(each))]
        path = f"/products/{product.slug}"
        entries.append({**_entry(path), "pictures": pictures, "since": india_date(product.created_at).isoformat()})
    told = [{"address": absolute(path), "others": []} for path in story_reads.for_machines(at=now())]
    return [*(each for entry in entries for each in _in_each_language(entry)), *told]


def _entry(path: str) -> Data:
    return {"path": path, "others": [(code, absolute(in_language(path, code))) for code in LANGUAGES]}


def _in_each_language(entry: Data) -> list[Data]:
    return [{**entry, "address": address} for _, address in entry["others"]]


def _items(product: Product, tariff: Tariff) -> list[Data]:
    pictures = [address for each in product.pictures if (address := largest_jpeg(each))]
    choices = [choice for variant in product.variants if (choice := reads.choice_of(product, variant, "INR"))]
    if not pictures:
        return []
    told = []
    for choice in choices:
        own = largest_jpeg(choice.picture)
        ready = now() + timedelta(days=choice.days or 0)
        told.append({
            "id": choice.sku, "group": product.slug if len(choices) > 1 else None, "title": product.title,
            "colour": choice.option, "description": product.description, "material": product.materials,
            "link": absolute(f"/products/{product.slug}?sku={choice.sku}"), "picture": own or pictures[0],
            "more": [each for each in pictures if each != (own or pictures[0])][:10],
            "availability": GOOGLE[machine.availability(choice.days)], "ready": ready.isoformat(timespec="minutes"),
            "price": f"{machine.amount(choice.minor)} INR", "type": product.trade.value.replace("-", " ").capitalize(),
            "grams": choice.grams,
            "ways": [
                {"name": way.code, "price": f"{machine.amount(way.charge_minor)} INR",
                 "least": way.least_days, "most": way.most_days}
                for way in tariff.offers(tariff.grams_of([(1, choice.grams)]), "INR") if way.zone == INDIA
            ],
        })  # fmt: skip
    return told


GOOGLE = {"InStock": "in_stock", "BackOrder": "backorder", "OutOfStock": "out_of_stock"}


def _xml(template: str, **values: object) -> Response:
    text = render_template(template, **values)
    return Response(text, mimetype="application/xml")
