"""What a product, a variant and a picture say, as the cells of a file.

Written once for both ways: an export writes these cells, and an import changes what would be written differently.
"""

from collections.abc import Mapping, Sequence

from shop.catalog.exchange.headings import HOME, LANGUAGES, USUAL_OF_PRODUCT, USUAL_OF_VARIANT
from shop.catalog.exchange.markup import to_html
from shop.catalog.models import Picture, Product, ProductStatus, Variant
from shop.catalog.products import ProductText, VariantText
from shop.money import CURRENCIES, decimal

NO_OPTION, NO_VALUE = "Title", "Default Title"  # how the format says that there is nothing to choose
TRANSLATED = {"title": "titles", "description": "descriptions", "materials": "materials_translated",
              "care": "care_translated"}  # fmt: skip


def text_of(product: Product) -> ProductText:
    """Return what is written about a product."""
    return ProductText(
        title=product.title,
        description=product.description,
        materials=product.materials,
        care=product.care,
        size=product.size,
        hsn=product.hsn,
        trade=product.trade,
        finish_days=product.finish_days,
        titles=product.titles,
        descriptions=product.descriptions,
        materials_translated=product.materials_translated,
        care_translated=product.care_translated,
        vendor=product.vendor,
        category=product.category,
        product_type=product.product_type,
        tags=tuple(product.tags),
        seo_title=product.seo_title,
        seo_description=product.seo_description,
        option_names=tuple(product.option_names),
        note=product.note,
    )


def variant_text_of(variant: Variant) -> VariantText:
    """Return what is written about a variant."""
    return VariantText(
        sku=variant.sku,
        option=variant.option,
        colour=variant.colour,
        grams=variant.grams,
        prices={price.currency: price.amount_minor for price in variant.prices},
        made_to_order=variant.made_to_order,
        options=tuple(variant.options),
        barcode=variant.barcode,
        on_sale=variant.on_sale,
    )


def status_of(product: Product) -> str:
    """Return a product's status in the format's words; a draft that a file wants sold stays what the file said."""
    if product.status is ProductStatus.RETIRED and not product.to_publish:
        return "archived"
    return "active" if product.to_publish or product.status is ProductStatus.PUBLISHED else "draft"


def product_cells(text: ProductText) -> dict[str, str]:
    """Return the cells of a product's first row that tell of the product itself, but for address and status."""
    names = tuple(text.option_names) or (NO_OPTION,)
    cells = {f"option{n}_name": name for n, name in enumerate(names, 1)}
    cells |= {
        "title": text.title,
        "body": to_html(text.description),
        "vendor": text.vendor,
        "category": text.category,
        "type": text.product_type,
        "tags": ", ".join(text.tags),
        "seo_title": text.seo_title,
        "seo_description": text.seo_description,
        "trade": text.trade.value,
        "hsn": text.hsn,
        "finish_days": str(text.finish_days),
        "size": text.size,
        "materials": text.materials,
        "care": text.care,
        "note": text.note,
    }
    for key, name in TRANSLATED.items():
        words: Mapping[str, str] = getattr(text, name)
        cells |= {f"{key}_{language}": words.get(language, "") for language in LANGUAGES}
    return cells


def variant_cells(text: VariantText, option_names: Sequence[str]) -> dict[str, str]:
    """Return the cells of a variant's row, but for its shelf and its picture."""
    values = tuple(text.options) if option_names else (text.option or NO_VALUE,)
    cells = {f"option{n}_value": value for n, value in enumerate(values, 1)}
    for currency in CURRENCIES:
        key = "price" if currency == HOME else f"price_{currency}"
        cells[key] = decimal(text.prices[currency]) if currency in text.prices else ""
    return cells | {
        "sku": text.sku,
        "grams": str(text.grams),
        "policy": "continue" if text.made_to_order else "deny",
        "barcode": text.barcode,
        "colour": text.colour,
        "on_sale": truth(text.on_sale),
    }


def source_of(product: Product, picture: Picture) -> str:
    """Return the path of a picture's file: the one it came under, or one of our own making."""
    return picture.source or f"{product.slug}--{picture.name[:12]}.webp"


def picture_of(product: Product, variant: Variant) -> Picture | None:
    """Return a variant's own picture, or the first of its colour."""
    alike = {other.id for other in product.variants if other.colour == variant.colour}
    own = next((each for each in product.pictures if each.variant_id == variant.id), None)
    return own or next((each for each in product.pictures if each.variant_id in alike), None)


def usual(key: str, *, first: bool, variant: bool) -> str:
    """Return what stands in a handed-through column of a row where nobody said otherwise."""
    if first and key in USUAL_OF_PRODUCT:
        return USUAL_OF_PRODUCT[key]
    return USUAL_OF_VARIANT.get(key, "") if variant else ""


def truth(value: bool) -> str:
    """Return yes or no as the format writes it."""
    return "TRUE" if value else "FALSE"
