"""What search engines and other machines are told: schema.org data, and the head of every public page.

The data blocks are JSON, never script, so the strict policy lets them stand. Nothing here speaks of a maker: only of
the house, its things, and where they are sold.
"""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _

from shop.catalog.models import PACKING_DAYS, Picture
from shop.clock import india_date
from shop.money import decimal
from shop.orders.shipping import INDIA, Method, Tariff
from shop.web.language import LANGUAGES, language
from shop.web.storefront import blueprint
from shop.web.storefront.reads import Choice, ProductPage

TOLD = (INDIA, "saarc", "europe", "world")  # of the zones within India the usual one; the bag says the exact sum
SCHEMA = "https://schema.org"
Data = dict[str, Any]
NOT_KEPT = {
    f"storefront.{name}"
    for name in (
        "cart", "checkout_form", "place_order", "order", "pay", "come_back", "pay_again", "cancel", "made", "search",
        "written", "add_line", "change_line",
    )
}  # fmt: skip


def base() -> str:
    """Return where the shop stands, without a slash at the end."""
    return str(current_app.config["SHOP_URL"]).rstrip("/")


def absolute(path: str) -> str:
    """Return a path of ours as an address."""
    return base() + path


def in_language(path: str, code: str) -> str:
    """Return a bare path in a language."""
    return path if code == "en" else f"/{code}{path}"


def is_indexed() -> bool:
    """Say whether search engines may keep this page: not a visitor's own, not a search, not another currency's."""
    endpoint = request.endpoint or ""
    return endpoint.startswith("storefront.") and endpoint not in NOT_KEPT and "currency" not in request.args


def canonical() -> str:
    """Return the one address of this page: its language and path. What a list is narrowed to, the list adds itself."""
    return absolute(in_language(request.path, language()))


def alternates(path: str = "") -> list[tuple[str, str]]:
    """Return (hreflang, address) of this page in each language, and x-default; `path`: as this page's language has it.

    They are the canonical addresses of their pages, or search engines would not believe them.
    """
    bare = path.removeprefix(request.script_root) or request.path
    tongues = [(code, absolute(in_language(bare, code))) for code in LANGUAGES]
    return [*tongues, ("x-default", absolute(bare))]


def largest_jpeg(picture: Picture | None) -> str | None:
    """Return the address of the largest JPEG of a picture that has been drawn, or None."""
    files = [file for file in picture.renditions if file.format == "jpeg"] if picture else []
    return absolute(f"/media/{max(files, key=lambda file: file.width).name}") if files else None


def is_gtin(barcode: str) -> bool:
    """Say whether a barcode is a GTIN: 8, 12, 13 or 14 digits, the last of which checks the others."""
    if not (barcode.isascii() and barcode.isdecimal() and len(barcode) in (8, 12, 13, 14)):
        return False
    return (
        sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(barcode[-2::-1])) % 10
        == -int(barcode[-1]) % 10
    )


def breadcrumbs(*steps: tuple[str, str]) -> Data:
    """Return a BreadcrumbList of (name, path); paths are as this page's language has them."""
    return {
        "@context": SCHEMA,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": absolute(path)}
            for place, (name, path) in enumerate(steps, 1)
        ],
    }


def house() -> list[Data]:
    """Return the organisation and the site with its search, for the home page."""
    config, asset = current_app.config, current_app.jinja_env.globals["asset"]
    assert callable(asset)
    organisation: Data = {
        "@context": SCHEMA, "@type": "OnlineStore", "@id": absolute("/#house"), "name": "Missing Bags",
        "url": absolute("/"), "logo": absolute(str(asset("img/apple-touch-icon.png"))),
        "hasMerchantReturnPolicy": returns(),
    }  # fmt: skip
    said = {
        "legalName": config["SELLER_NAME"],
        "email": config["SELLER_EMAIL"],
        "telephone": config["SELLER_PHONE"],
        "taxID": config["SELLER_GSTIN"],
    }
    organisation |= {name: value for name, value in said.items() if value}
    target = absolute(url_for("storefront.search")) + "?q={search_term_string}"
    site = {
        "@context": SCHEMA, "@type": "WebSite", "url": absolute("/"), "name": "Missing Bags", "inLanguage": language(),
        "publisher": {"@id": absolute("/#house")},
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": target},
            "query-input": "required name=search_term_string",
        },
    }  # fmt: skip
    return [organisation, site]


def product(page: ProductPage, tariff: Tariff, at: datetime) -> list[Data]:
    """Return a product with an offer for each variant, and its breadcrumbs."""
    pictures = [address for each in page.product.pictures if (address := largest_jpeg(each))]
    told: Data = {
        "@context": SCHEMA, "@type": "Product", "name": page.title,
        "description": page.product.description_in(language()),
        "sku": page.product.slug, "url": canonical(), "image": pictures,
        "brand": {"@type": "Brand", "name": "Missing Bags"}, "material": page.product.materials_in(language()),
        "countryOfOrigin": {"@type": "Country", "name": "IN"},
        "offers": [_offer(page, choice, tariff, at) for choice in page.choices],
    }  # fmt: skip
    path = url_for("storefront.product", slug=page.product.slug)
    shop = url_for("storefront.products")
    return [told, breadcrumbs((_("Home"), url_for("storefront.home")), (_("Shop"), shop), (page.title, path))]


def returns() -> Data:
    """Return the terms of sending something back."""
    return {
        "@type": "MerchantReturnPolicy",
        "applicableCountry": "IN",
        "returnPolicyCategory": f"{SCHEMA}/MerchantReturnFiniteReturnWindow",
        "merchantReturnDays": current_app.config["RETURN_DAYS"],
        "returnMethod": f"{SCHEMA}/ReturnByMail",
        "returnFees": f"{SCHEMA}/ReturnFeesCustomerResponsibility",
    }


def _offer(page: ProductPage, choice: Choice, tariff: Tariff, at: datetime) -> Data:
    where = url_for("storefront.product", slug=page.product.slug, sku=choice.sku)
    offer: Data = {
        "@type": "Offer", "sku": choice.sku, "name": f"{page.title}, {choice.option}" if choice.option else page.title,
        "url": absolute(where), "price": decimal(choice.minor), "priceCurrency": page.currency,
        "itemCondition": f"{SCHEMA}/NewCondition", "availability": f"{SCHEMA}/{availability(choice.days)}",
        "seller": {"@id": absolute("/#house"), "@type": "OnlineStore", "name": "Missing Bags"},
        "hasMerchantReturnPolicy": returns(),
    }  # fmt: skip
    if choice.days is not None:
        days = max(choice.days, PACKING_DAYS)
        ways = tariff.offers(tariff.grams_of([(1, choice.grams)]), page.currency)
        offer["shippingDetails"] = [_sending(tariff, way, page.currency, days) for way in ways if way.zone in TOLD]
        if choice.days > PACKING_DAYS:
            offer["availabilityStarts"] = (india_date(at) + timedelta(days=choice.days)).isoformat()
    return offer


def availability(days: int | None) -> str:
    """Return schema.org's word for when something can leave."""
    if days is None:
        return "OutOfStock"
    return "InStock" if days <= PACKING_DAYS else "BackOrder"


def _sending(tariff: Tariff, way: Method, currency: str, days: int) -> Data:
    to: Data = {"@type": "DefinedRegion", "addressCountry": tariff.countries.get(way.zone, "IN")}
    return {
        "@type": "OfferShippingDetails",
        "shippingRate": {"@type": "MonetaryAmount", "value": decimal(way.charge_minor), "currency": currency},
        "shippingDestination": to,
        "deliveryTime": {
            "@type": "ShippingDeliveryTime",
            "handlingTime": {"@type": "QuantitativeValue", "minValue": 0, "maxValue": days, "unitCode": "DAY"},
            "transitTime": {
                "@type": "QuantitativeValue", "minValue": way.least_days, "maxValue": way.most_days, "unitCode": "DAY",
            },
        },
    }  # fmt: skip


@blueprint.app_context_processor
def machine() -> dict[str, object]:
    """Give templates the head of a page and its data."""
    return {
        "is_indexed": is_indexed,
        "canonical": canonical,
        "alternates": alternates,
        "absolute": absolute,
        "data_of_house": house,
        "data_of_product": product,
    }
