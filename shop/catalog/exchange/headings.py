"""The columns: Shopify's, under its classic and its newer headings, and ours beside them.

Sources: Shopify Help Center, "Using CSV files to import and export products" (column table, "International CSV
columns", "Metafields in CSV columns"), and the classic product template, read in November 2026.

What Shopify has no column for stands as its metafields do, `Name (product.metafields.workshop.key)`, so that
Shopify itself keeps or ignores it. Prices of other currencies follow its columns for markets: `Price / USD`.
"""

import re

from shop.money import CURRENCIES

LANGUAGES = {"bn": "Bengali", "hi": "Hindi"}  # beside English, which needs no mark
HOME = "INR"

CLASSIC: dict[str, str] = {
    "handle": "Handle",
    "title": "Title",
    "body": "Body (HTML)",
    "vendor": "Vendor",
    "category": "Product Category",
    "type": "Type",
    "tags": "Tags",
    "published": "Published",
    **{
        f"option{n}_{part}": f"Option{n} {heading}"
        for n in (1, 2, 3)
        for part, heading in (("name", "Name"), ("value", "Value"), ("linked_to", "Linked To"))
    },
    "sku": "Variant SKU",
    "grams": "Variant Grams",
    "tracker": "Variant Inventory Tracker",
    "quantity": "Variant Inventory Qty",
    "policy": "Variant Inventory Policy",
    "fulfillment": "Variant Fulfillment Service",
    "price": "Variant Price",
    "compare_at": "Variant Compare At Price",
    "requires_shipping": "Variant Requires Shipping",
    "taxable": "Variant Taxable",
    "unit_total": "Unit Price Total Measure",
    "unit_total_unit": "Unit Price Total Measure Unit",
    "unit_base": "Unit Price Base Measure",
    "unit_base_unit": "Unit Price Base Measure Unit",
    "barcode": "Variant Barcode",
    "image": "Image Src",
    "image_position": "Image Position",
    "image_alt": "Image Alt Text",
    "gift_card": "Gift Card",
    "seo_title": "SEO Title",
    "seo_description": "SEO Description",
    "variant_image": "Variant Image",
    "weight_unit": "Variant Weight Unit",
    "tax_code": "Variant Tax Code",
    "cost": "Cost per item",
    "status": "Status",
}
_NEWER = {
    "handle": "URL handle",
    "body": "Description",
    "category": "Product category",
    "published": "Published on online store",
    "sku": "SKU",
    "grams": "Weight value (grams)",
    "tracker": "Inventory tracker",
    "quantity": "Inventory quantity",
    "policy": "Continue selling when out of stock",
    "fulfillment": "Fulfillment service",
    "price": "Price",
    "compare_at": "Compare-at price",
    "requires_shipping": "Requires shipping",
    "taxable": "Charge tax",
    "unit_total": "Unit price total measure",
    "unit_total_unit": "Unit price total measure unit",
    "unit_base": "Unit price base measure",
    "unit_base_unit": "Unit price base measure unit",
    "barcode": "Barcode",
    "image": "Product image URL",
    "image_position": "Image position",
    "image_alt": "Image alt text",
    "gift_card": "Gift card",
    "seo_title": "SEO title",
    "seo_description": "SEO description",
    "variant_image": "Variant image URL",
    "weight_unit": "Weight unit for display",
    "tax_code": "Tax code",
    **{f"option{n}_{part}": f"Option{n} {part}" for n in (1, 2, 3) for part in ("name", "value")},
}
_NEWER_ORDER = (
    "title handle body vendor category type tags published status sku barcode "
    + " ".join(f"option{n}_name option{n}_value option{n}_linked_to" for n in (1, 2, 3))
    + " price compare_at cost taxable tax_code unit_total unit_total_unit unit_base unit_base_unit tracker quantity "
    "policy grams weight_unit requires_shipping fulfillment image image_position image_alt variant_image gift_card "
    "seo_title seo_description"
)
CURRENT: dict[str, str] = {key: _NEWER.get(key, CLASSIC[key]) for key in _NEWER_ORDER.split()}


def _product(name: str, key: str) -> dict[str, str]:
    return {key: f"{name} (product.metafields.workshop.{key})"}


OWN: dict[str, str] = {
    **{f"price_{code}": f"Price / {code}" for code in CURRENCIES if code != HOME},
    **_product("Trade", "trade"),
    **_product("Centre", "centre"),
    **_product("HSN", "hsn"),
    **_product("Days to make one", "finish_days"),
    **_product("Size", "size"),
    **_product("Materials", "materials"),
    **_product("Care", "care"),
    "colour": "Colour (variant.metafields.workshop.colour)",
    "on_sale": "On sale (variant.metafields.workshop.on_sale)",
    "image_sku": "Image Variant SKU",
    **{
        key: heading
        for code, language in LANGUAGES.items()
        for part in ("Title", "Description", "Materials", "Care")
        for key, heading in _product(f"{part}, {language}", f"{part.lower()}_{code}").items()
    },
    **_product("Note", "note"),
}
STYLES: dict[str, dict[str, str]] = {"classic": CLASSIC | OWN, "current": CURRENT | OWN}

# What is handed through: kept as it stands, written out again, without effect here.
KEPT = (
    "option1_linked_to", "option2_linked_to", "option3_linked_to", "tracker", "fulfillment", "compare_at",
    "requires_shipping", "taxable", "unit_total", "unit_total_unit", "unit_base", "unit_base_unit", "gift_card",
    "weight_unit", "tax_code", "cost",
)  # fmt: skip
# What stands in them where nobody said otherwise; Shopify reads an empty cell as no.
USUAL_OF_VARIANT = {
    "tracker": "shopify", "fulfillment": "manual", "requires_shipping": "TRUE", "taxable": "TRUE", "weight_unit": "g",
}  # fmt: skip
USUAL_OF_PRODUCT = {"gift_card": "FALSE"}

_KEY_OF = {heading.casefold(): key for style in STYLES.values() for key, heading in style.items()}
_METAFIELD = re.compile(r".*\((?:product|variant)\.metafields\.workshop\.(\w+)\)")


def key_of(heading: str) -> str | None:
    """Return the key of a column by either heading, in any case, or None if it is not known here."""
    flat = " ".join(heading.split()).casefold()
    metafield = _METAFIELD.fullmatch(flat)
    if metafield and metafield[1] in OWN:
        return metafield[1]
    return _KEY_OF.get(flat)
