"""Products written into a file, and their pictures beside it."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from sqlalchemy import select

from shop import storage
from shop.catalog.exchange import sheet
from shop.catalog.exchange.cells import (
    picture_of,
    product_cells,
    source_of,
    status_of,
    text_of,
    truth,
    usual,
    variant_cells,
    variant_text_of,
)
from shop.catalog.exchange.headings import CLASSIC, KEPT, STYLES
from shop.catalog.models import Picture, Product, Variant
from shop.db import db
from shop.users.models import Centre


def document(products: Sequence[Product], style: str = "current") -> str:
    """Return products as CSV under the headings of a style, `classic` or `current`; ours and unknown ones last."""
    headings = STYLES[style]
    named = set(CLASSIC.values())
    unknown = sorted({name for product in products for name in product.carried if name not in named})
    centres = {centre.id: centre.code for centre in db.session.scalars(select(Centre))}
    lines: list[list[str]] = [[*headings.values(), *unknown]]
    for product in products:
        for number, cells in enumerate(_rows(product, centres[product.centre_id])):
            others = [product.carried.get(name, {}).get(str(number), "") for name in unknown]
            lines.append([cells.get(key, "") for key in headings] + others)
    return sheet.write(lines)


def _rows(product: Product, centre: str) -> Iterator[dict[str, str]]:
    """Yield a product's rows: itself with its first variant and picture, then variants and pictures side by side."""
    rows = list(zip_longest(product.variants, product.pictures)) or [(None, None)]
    kept = [int(number) for rest in product.carried.values() for number in rest]
    rows += [(None, None)] * (max(kept, default=0) + 1 - len(rows))
    for number, (variant, picture) in enumerate(rows):
        cells = _of_product(product, centre) if number == 0 else {}
        cells |= _of_variant(product, variant) if variant else {}
        cells |= _of_picture(product, picture, number) if picture else {}
        cells |= _handed_through(product, number, variant is not None)
        yield {"handle": product.slug, **cells}


def _of_product(product: Product, centre: str) -> dict[str, str]:
    status = status_of(product)
    return product_cells(text_of(product)) | {
        "centre": centre,
        "status": status,
        "published": truth(status == "active"),
    }


def _of_variant(product: Product, variant: Variant) -> dict[str, str]:
    picture = picture_of(product, variant)
    return variant_cells(variant_text_of(variant), product.option_names) | {
        "quantity": str(variant.stock.on_hand - variant.stock.reserved),
        "variant_image": source_of(product, picture) if picture else "",
    }


def _of_picture(product: Product, picture: Picture, number: int) -> dict[str, str]:
    sku = next((variant.sku for variant in product.variants if variant.id == picture.variant_id), "")
    return {
        "image": source_of(product, picture),
        "image_position": str(number + 1),
        "image_alt": picture.alt,
        "image_sku": sku,
    }


def _handed_through(product: Product, number: int, variant: bool) -> dict[str, str]:
    return {
        key: product.carried.get(CLASSIC[key], {}).get(str(number), usual(key, first=number == 0, variant=variant))
        for key in KEPT
    }


def write_pictures(products: Sequence[Product], folder: Path, *, media: str) -> int:
    """Write the masters of products' pictures into a folder, under the names that the file gives; return how many."""
    written = 0
    home = folder.resolve()
    for product in products:
        for picture in product.pictures:
            content = storage.find(media, f"master-{picture.name}.webp")
            path = home.joinpath(source_of(product, picture)).resolve()
            if content is not None and path.is_relative_to(home):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                written += 1
    return written
