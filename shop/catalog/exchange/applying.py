"""An import, done: everything that a plan says, in the unit of whoever calls, or nothing."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from shop.catalog import pictures, products, stock
from shop.catalog.exchange.plans import PicturePlan, Plan, ProductPlan, State
from shop.catalog.models import Picture, Product, ProductStatus, Variant
from shop.catalog.pictures import Drawn
from shop.db import db
from shop.errors import Conflict
from shop.users import audit


def apply(plan: Plan, drawn: Mapping[Path, Drawn], *, at: datetime, by: str) -> list[Product]:
    """Do what a plan says and return the products that are new or changed; Conflict if something stands against it.

    The plan was made in this same unit; `drawn` has the picture of every file that it names.
    """
    if plan.troubles:
        raise Conflict("csv.troubles")
    place = db.session.scalar(select(func.max(Product.position)))
    done = []
    for planned in plan.products:
        if planned.state is State.UNCHANGED:
            continue
        if planned.product is None:
            place = 0 if place is None else place + 1
        done.append(_product(planned, drawn, place or 0, at=at, by=by))
    for product in done:
        audit.record("products.import", f"product:{product.id}", by=by, at=at)
    return done


def _product(planned: ProductPlan, drawn: Mapping[Path, Drawn], place: int, *, at: datetime, by: str) -> Product:
    product = planned.product
    if product is None:
        slug = planned.wanted.slug
        product = products.create(slug, planned.text, centre_id=planned.centre_id, position=place, at=at)
    else:
        products.rewrite(product, planned.text)
    product.carried = planned.carried
    _stand(product, planned, at=at, by=by)
    for each in planned.variants:
        if each.variant is not None:
            products.rewrite_variant(each.variant, each.text)
            continue
        variant = products.add_variant(product, each.text)
        if each.wanted.quantity:
            stock.stock_new(variant.id, each.wanted.quantity, f"import:{variant.id}", "from a file", at=at, by=by)
    products.fit_options(product)
    _pictures(product, planned, drawn, at=at)
    return product


def _stand(product: Product, planned: ProductPlan, *, at: datetime, by: str) -> None:
    """Keep what the file wants of its standing: nothing is ever put in the shop by a file, but taken off it may be."""
    if planned.status == "archived" and product.status is ProductStatus.PUBLISHED:
        products.retire(product, at=at, by=by)
    elif planned.status == "archived":
        product.status, product.to_publish = ProductStatus.RETIRED, False
    elif product.status is not ProductStatus.PUBLISHED:
        product.to_publish = planned.status == "active"


def _pictures(product: Product, planned: ProductPlan, drawn: Mapping[Path, Drawn], *, at: datetime) -> None:
    by_sku = {variant.sku: variant for variant in product.variants}
    named = [_picture(product, each, drawn, by_sku, at=at) for each in planned.pictures]
    if named:
        others = [picture for picture in product.pictures if picture not in named]
        for position, picture in enumerate([*named, *others]):
            picture.position = position
        db.session.flush()
        db.session.expire(product, ["pictures"])  # they are read in their new order from here on


def _picture(
    product: Product, each: PicturePlan, drawn: Mapping[Path, Drawn], by_sku: Mapping[str, Variant], *, at: datetime
) -> Picture:
    variant = by_sku.get(each.sku or "")
    picture = each.picture
    if picture is None:
        assert each.file is not None, "a new picture comes from a file"
        picture = pictures.add(product, drawn[each.file], each.alt, variant=variant, at=at)
        picture.source = each.wanted.source
    picture.alt, picture.variant_id = each.alt, variant.id if variant else None
    return picture
