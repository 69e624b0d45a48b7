"""What machines read: data of the pages, feed, sitemap and robots, held against what each format asks for."""

import json
import re
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from shop import duties
from shop.catalog import addresses, collections, products
from shop.catalog.collections import CollectionText
from shop.catalog.facets import Facet
from shop.catalog.listing_models import CollectionKind
from shop.clock import india_date
from shop.orders import tariffs
from shop.orders.shipping import AT_HOME
from shop.web.language import LANGUAGES
from shop.web.storefront import feeds
from shop.web.storefront.house_pages import PAGES
from tests.cast import TOTE, TOTE_RED
from tests.conftest import both_databases
from tests.world import World

G = "{http://base.google.com/ns/1.0}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.S)
TOTE_PAGE = "/products/kalka-tote"
# What Google lists as required, or as required of apparel and of merchant listings.
OF_ITEM = {
    "id", "title", "description", "link", "image_link", "availability", "price", "condition", "brand",
    "identifier_exists", "shipping", "shipping_weight",
}  # fmt: skip
OF_OFFER = {"price", "priceCurrency", "availability", "url", "itemCondition", "hasMerchantReturnPolicy", "sku"}
PUBLIC = [
    "/",
    "/products",
    "/stories",
    "/why-buy",
    "/impact",
    "/how-the-money-flows",
    "/centres",
    "/contact",
    TOTE_PAGE,
]
PUBLIC += [f"/pages/{slug}" for slug in PAGES]


def data(world: World, path: str) -> dict[str, dict[str, Any]]:
    """Return the data blocks of a page by their type."""
    blocks = [json.loads(each) for each in LD.findall(world.browser().get(path).text)]
    return {block["@type"]: block for block in blocks}


def tag(page: str, pattern: str) -> str:
    found = re.findall(pattern, page)
    assert len(found) == 1, (pattern, found)
    return str(found[0])


def test_a_product_says_what_a_listing_needs(world: World) -> None:
    found = data(world, TOTE_PAGE)
    told, crumbs = found["Product"], found["BreadcrumbList"]

    assert {"name", "description", "image", "brand", "offers", "url"} <= told.keys() and told["image"]
    assert told["offers"] and all(offer.keys() >= OF_OFFER for offer in told["offers"])
    assert [step["position"] for step in crumbs["itemListElement"]] == [1, 2, 3]
    assert all(step["item"].startswith("http") and step["name"] for step in crumbs["itemListElement"])
    for offer in told["offers"]:
        assert re.fullmatch(r"\d+\.\d\d", offer["price"]) and offer["priceCurrency"] == "INR"
        assert offer["availability"].removeprefix("https://schema.org/") in {"InStock", "BackOrder", "OutOfStock"}
        assert offer["hasMerchantReturnPolicy"]["merchantReturnDays"] > 0
        if not offer["availability"].endswith("OutOfStock"):
            assert {way["shippingRate"]["currency"] for way in offer["shippingDetails"]} == {"INR"}
            assert all("handlingTime" in way["deliveryTime"] for way in offer["shippingDetails"])
        page = world.browser().get(offer["url"].removeprefix("http://localhost")).text
        assert f"{int(float(offer['price'])):,}" in page, "the price that machines read is the one on the page"


def test_the_home_page_says_who_sells_and_how_to_search(world: World) -> None:
    found = data(world, "/")

    assert found["OnlineStore"]["name"] == "Missing Bags" and found["OnlineStore"]["logo"].startswith("http")
    with world.browser().get(found["OnlineStore"]["logo"].removeprefix("http://localhost")) as logo:
        assert logo.status_code == 200
    assert "{search_term_string}" in found["WebSite"]["potentialAction"]["target"]["urlTemplate"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_page_has_one_address_and_words_of_its_own(world: World, code: str) -> None:
    prefix = "" if code == "en" else f"/{code}"
    titles, descriptions = set(), set()
    for path in PUBLIC:
        page = world.browser().get(prefix + path).text
        assert tag(page, r'<link rel="canonical" href="([^"]+)"') == f"http://localhost{prefix}{path}"
        tongues = dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)"', page))
        assert set(tongues) == {*LANGUAGES, "x-default"} and tongues["x-default"] == f"http://localhost{path}"
        assert tag(page, r'property="og:url" content="([^"]+)"') == f"http://localhost{prefix}{path}"
        assert tag(page, r'property="og:image" content="([^"]+)"').startswith("http://localhost/")
        assert "noindex" not in page
        titles.add(tag(page, r"<title>(.*?)</title>"))
        descriptions.add(tag(page, r'<meta name="description" content="([^"]+)"'))
    assert len(titles) == len(PUBLIC) and len(descriptions) == len(PUBLIC)


def test_what_is_a_visitors_own_is_not_indexed(world: World) -> None:
    stranger = world.browser()
    for path in ("/cart", "/search?q=tote", f"{TOTE_PAGE}?currency=USD", "/login"):
        page = stranger.get(path)
        assert "noindex" in page.text or page.headers.get("X-Robots-Tag") == "noindex", path
        assert "canonical" not in page.text, path
    assert stranger.get("/cart").headers["X-Robots-Tag"] == "noindex"


def test_the_feed_has_every_variant_with_what_is_required(world: World) -> None:
    answer = world.browser().get("/feeds/google.xml")
    items = ElementTree.fromstring(answer.data).findall("channel/item")
    with world.reading():
        sold = {v.sku for p in products.published() for v in p.variants if v.on_sale and v.price_in("INR")}

    assert {item.findtext(f"{G}id") for item in items} == sold
    for item in items:
        fields = {child.tag.removeprefix(G) for child in item}
        assert fields >= OF_ITEM, item.findtext(f"{G}id")
        assert re.fullmatch(r"\d+\.\d\d INR", item.findtext(f"{G}price") or "")
        assert item.findtext(f"{G}availability") in {"in_stock", "out_of_stock", "backorder"}
        ready = item.findtext(f"{G}availability_date")
        assert (ready is not None) == (item.findtext(f"{G}availability") == "backorder")
        assert ready is None or world.clock.now() < datetime.strptime(ready, "%Y-%m-%dT%H:%M%z")
        assert ready is None or (len(ready) <= 25 and ":" not in ready[-4:])
        assert (
            world.browser().get((item.findtext(f"{G}link") or "").removeprefix("http://localhost")).status_code == 200
        )


def test_the_feed_tells_variants_apart_and_leaves_out_what_google_would_refuse(world: World) -> None:
    with world.writing():
        tote = products.get_by_slug("kalka-tote")
        indigo = products.get_variant(tote, TOTE)
        tote.title, tote.option_names = "Tote\x0b" * 20, ["Colour", "Size"]
        indigo.option, indigo.options, indigo.barcode = "Indigo, Large", ["Indigo", "Large"], "4006381333931"
        messenger = products.get_by_slug("messenger")
        messenger.finish_days = 365
        for variant in messenger.variants:
            variant.stock.on_hand, variant.availability, variant.barcode = 0, None, "4006381333932"
    items = {
        item.findtext(f"{G}id"): item
        for item in ElementTree.fromstring(world.browser().get("/feeds/google.xml").data).findall("channel/item")
    }
    told = items[TOTE]
    far = next(item for item in items.values() if "/messenger" in (item.findtext(f"{G}link") or ""))

    assert told.findtext(f"{G}title") == "Tote" * 20 + ", Indigo, Large"
    assert (told.findtext(f"{G}color"), told.findtext(f"{G}size")) == ("Indigo", "Large")
    assert (told.findtext(f"{G}gtin"), told.find(f"{G}identifier_exists")) == ("4006381333931", None)
    assert far.findtext(f"{G}identifier_exists") == "no" and far.find(f"{G}gtin") is None, "its last digit is wrong"
    assert far.findtext(f"{G}availability") == "out_of_stock" and far.find(f"{G}availability_date") is None
    assert told.findtext(f"{G}shipping/{G}max_handling_time") == "2"
    with world.reading():
        india = [way for way in tariffs.current().offers(900, "INR") if way.zone in AT_HOME]
    dearest = {code: max(way.charge_minor for way in india if way.code == code) for code in {w.code for w in india}}
    shown = {way.findtext(f"{G}service"): way.findtext(f"{G}price") for way in told.findall(f"{G}shipping")}
    assert shown == {code: f"{minor // 100}.{minor % 100:02d} INR" for code, minor in dearest.items()}


@pytest.mark.parametrize("path", ["/products?trade=kantha", "/collections/ready?colour=indigo", "/products"])
def test_a_narrowed_list_has_its_own_address_in_each_language(world: World, path: str) -> None:
    if path.startswith("/collections"):
        with world.writing():
            words = CollectionText("Ready", "", CollectionKind.RULED, is_shown=True, rule={Facet.READY: ["now"]})
            collections.create("ready", words)
    for code in LANGUAGES:
        prefix = "" if code == "en" else f"/{code}"
        page = world.browser().get(prefix + path).text
        tongues = dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)"', page))

        assert tag(page, r'<link rel="canonical" href="([^"]+)"') == f"http://localhost{prefix}{path}" == tongues[code]
        assert tongues["x-default"] == f"http://localhost{path}" and set(tongues) == {*LANGUAGES, "x-default"}
    odd = world.browser().get(f"{TOTE_PAGE}?trade=kantha&sku={TOTE}").text
    assert tag(odd, r'<link rel="canonical" href="([^"]+)"') == f"http://localhost{TOTE_PAGE}"


@both_databases
def test_the_sitemap_says_on_which_day_a_product_last_changed_for_a_visitor(world: World) -> None:
    assert _since(world) == {}, "nobody has looked yet"
    with world.reading():
        came = india_date(products.get_by_slug("kalka-tote").created_at).isoformat()
    for _ in range(2):
        _look(world)
        assert set(_since(world).values()) == {came}, "the day they came into the shop"
        world.advance(timedelta(days=3))

    world.buy(TOTE)
    _look(world)
    assert _since(world)["kalka-tote"] == came, "a piece less is no change"

    with world.writing():
        tote = products.get_by_slug("kalka-tote")
        variant = products.get_variant(tote, TOTE)
        products.set_prices(variant, {each.currency: each.amount_minor + 100 for each in variant.prices})
    _look(world)

    assert _since(world)["kalka-tote"] == india_date(world.clock.now()).isoformat()
    assert _since(world)["messenger"] == came


def _look(world: World) -> None:
    with world.app.app_context():
        duties.date_changes()


def _since(world: World) -> dict[str, str]:
    """Return product -> the day that the sitemap says of its English page."""
    found = {}
    for node in ElementTree.fromstring(world.browser().get("/sitemap.xml").data):
        address = node.findtext(f"{MAP}loc") or ""
        if address.startswith("http://localhost/products/") and (day := node.findtext(f"{MAP}lastmod")):
            found[address.rsplit("/", 1)[1]] = day
    return found


def test_the_sitemap_leads_to_pages_that_are_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ElementTree.fromstring(world.browser().get("/sitemap.xml").data)
    listed = [node.findtext(f"{MAP}loc") or "" for node in whole]

    assert len(listed) == len(set(listed)) and {f"http://localhost{path}" for path in PUBLIC} <= set(listed)
    assert all(world.browser().get(each.removeprefix("http://localhost")).status_code == 200 for each in listed)

    monkeypatch.setattr(feeds, "MOST_IN_SITEMAP", 10)
    index = ElementTree.fromstring(world.browser().get("/sitemap.xml").data)
    files = [node.findtext(f"{MAP}loc") or "" for node in index]
    parts = [ElementTree.fromstring(world.browser().get(each.removeprefix("http://localhost")).data) for each in files]
    assert [node.findtext(f"{MAP}loc") for part in parts for node in part] == listed
    assert world.browser().get(f"/sitemap-{len(files) + 1}.xml").status_code == 404


def test_robots_are_kept_off_private_pages_in_every_language(world: World) -> None:
    lines = world.browser().get("/robots.txt").text.splitlines()

    assert {"Disallow: /cart", "Disallow: /bn/cart", "Disallow: /bn/account"} <= set(lines)
    assert lines[-1] == "Sitemap: http://localhost/sitemap.xml"


def test_an_old_address_leads_to_the_new_one_for_good(world: World) -> None:
    office, stranger = world.browser().sign_in("Meera"), world.browser()
    assert office.post("/manager/products/kalka-tote/address", {"slug": "mango-tote"}).status_code == 303
    moved = stranger.get("/bn/products/kalka-tote")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/bn/products/mango-tote")
    assert stranger.get("/products/mango-tote").status_code == 200
    kept = stranger.get(f"/products/kalka-tote?sku={TOTE_RED}&currency=USD&_external=1&slug=other").headers["Location"]
    assert kept == f"/products/mango-tote?sku={TOTE_RED}&currency=USD"

    assert office.post("/manager/products/messenger/address", {"slug": "kalka-tote"}).status_code == 409
    assert office.post("/manager/products/mango-tote/address", {"slug": "Not One"}).status_code == 422
    with world.writing() as at:
        addresses.rename(products.get_by_slug("mango-tote"), "kalka-tote", at=at)
    assert stranger.get("/products/mango-tote").headers["Location"] == "/products/kalka-tote"
    assert stranger.get("/products/kalka-tote").status_code == 200, "and no ring of two addresses"

    office.post("/manager/products/kalka-tote/retirement", {})
    assert stranger.get("/products/mango-tote").status_code == 404
