"""Writes the rows that lists are read from, in the transaction that changes what they are made of.

The catalogue's verbs call `renew` for their product. What moves by itself is told by whoever moves it: the
shelf says when a variant's last free piece went or its first came (`shelf_emptied`, `shelf_filled`: by ones that
commute, so two buyers at once cannot undo each other), the workshop when its lead times changed (`made_in`).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, insert, select, update

from shop.catalog import facets, search_index
from shop.catalog.listing_models import NEVER, Listing, ListingPrice, ProductMaterial
from shop.catalog.models import PACKING_DAYS, Availability, Price, Product, ProductStatus, Stock, Variant
from shop.db import changed, db, upsert

BATCH = 500


def renew(product: Product, *, at: datetime | None = None) -> None:
    """Write what lists and search know of a product anew; `at`: when it came into the shop.

    A draft that never was in the shop has no row.
    """
    db.session.flush()
    if product.status is not ProductStatus.DRAFT:
        _renew([product.id], at)


def rebuild() -> int:
    """Write every product's rows anew; return how many products there are."""
    ids = list(db.session.scalars(select(Product.id).where(Product.status != ProductStatus.DRAFT).order_by(Product.id)))
    search_index.clear()
    for start in range(0, len(ids), BATCH):
        _renew(ids[start : start + BATCH], None)
    return len(ids)


def is_behind() -> bool:
    """Say whether a migration left rows that it only began."""
    return db.session.scalar(select(Listing.product_id).where(Listing.stamp == 0).limit(1)) is not None


def catch_up() -> int:
    """Write the rows that a migration only began, some at a time; return how many products they were of."""
    ids = list(db.session.scalars(select(Listing.product_id).where(Listing.stamp == 0).limit(BATCH)))
    _renew(ids, None)
    return len(ids)


def shelf_emptied(variant_id: int) -> None:
    """Note that a variant's last free piece was promised or is lost."""
    _shelf(variant_id, -1)


def shelf_filled(variant_id: int) -> None:
    """Note that a variant has a free piece again."""
    _shelf(variant_id, 1)


def _shelf(variant_id: int, by: int) -> None:
    product_id = select(Variant.product_id).where(Variant.id == variant_id, Variant.on_sale).scalar_subquery()
    after = Listing.shelved + by
    changed(
        update(Listing)
        .where(Listing.product_id == product_id)
        .values(shelved=after, days=case((after > 0, PACKING_DAYS), else_=Listing.made_days), stamp=facets.new_stamp())
    )


def made_in() -> None:
    """Take over the lead times that the workshop has published, where they differ.

    A row that a buyer holds just now is left to the next time, so that nobody waits in a ring.
    """
    published = (
        select(func.min(PACKING_DAYS + Availability.ready_in_days))
        .join(Variant, Variant.id == Availability.variant_id)
        .where(Variant.product_id == Listing.product_id, Variant.on_sale, Variant.made_to_order)
        .scalar_subquery()
    )
    differing = (
        select(Listing.product_id)
        .where(Listing.made_days < NEVER, Listing.made_days != published)
        .order_by(Listing.product_id)
        .with_for_update(skip_locked=True)
    )
    days = case((Listing.shelved > 0, PACKING_DAYS), else_=published)
    changed(update(Listing).where(Listing.product_id.in_(differing)).values(made_days=published, days=days))


def _renew(ids: Sequence[int], at: datetime | None) -> None:
    if not ids:
        return
    _hold_shelf(ids)
    sold = _sold(ids)
    texts = db.session.execute(
        select(
            Product.id,
            Product.status,
            Product.trade,
            Product.position,
            Product.created_at,
            Product.title,
            Product.titles,
            Product.materials,
            Product.description,
            Product.descriptions,
            Product.materials_translated,
            Product.product_type,
            Product.tags,
        ).where(Product.id.in_(ids))
    ).all()
    made_of: dict[int, list[str]] = defaultdict(list)
    for product_id, material in db.session.execute(
        select(ProductMaterial.product_id, ProductMaterial.material)
        .where(ProductMaterial.product_id.in_(ids))
        .order_by(ProductMaterial.material)
    ):
        made_of[product_id].append(material.value)
    rows, prices, documents = [], [], {}
    for text in texts:
        variants = sold.get(text.id, [])
        lowest = _lowest(variants)
        is_listed = text.status is ProductStatus.PUBLISHED and bool(lowest)
        shelved = sum(1 for variant in variants if variant["is_free"])
        made_days = min((variant["made_days"] for variant in variants), default=NEVER)
        rows.append(
            {
                "product_id": text.id,
                "is_listed": is_listed,
                "trade": text.trade,
                "colours": _spaced(variant["colour"] for variant in variants),
                "materials": _spaced(made_of[text.id]),
                "position": text.position,
                "listed_at": at or text.created_at,
                "shelved": shelved,
                "made_days": made_days,
                "days": PACKING_DAYS if shelved else made_days,
            }
        )
        prices += [{"product_id": text.id, "currency": c, "amount_minor": minor} for c, minor in lowest.items()]
        documents[text.id] = search_index.document(text, variants, made_of[text.id]) if is_listed else {}
    _write(rows, prices)
    search_index.write(documents)


def _hold_shelf(ids: Sequence[int]) -> None:
    """Let no piece come or go while its product is written; SQLite's writing unit is alone already."""
    if db.engine.dialect.name == "postgresql":
        variants = select(Variant.id).where(Variant.product_id.in_(ids))
        db.session.execute(
            select(Stock.variant_id).where(Stock.variant_id.in_(variants)).order_by(Stock.variant_id).with_for_update()
        ).all()


def _sold(ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return product -> its variants on sale: colour, words, price by currency, free or not, days if made."""
    query = (
        select(
            Variant.id,
            Variant.product_id,
            Variant.sku,
            Variant.option,
            Variant.colour,
            Variant.made_to_order,
            (func.coalesce(Stock.on_hand - Stock.reserved, 0) > 0).label("is_free"),
            (PACKING_DAYS + func.coalesce(Availability.ready_in_days, Product.finish_days)).label("made_days"),
            Price.currency,
            Price.amount_minor,
        )
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .outerjoin(Availability, Availability.variant_id == Variant.id)
        .outerjoin(Price, Price.variant_id == Variant.id)
        .where(Variant.product_id.in_(ids), Variant.on_sale)
        .order_by(Variant.position, Variant.id)
    )
    variants: dict[int, dict[str, Any]] = {}
    for row in db.session.execute(query):
        found = variants.setdefault(
            row.id,
            {
                "product_id": row.product_id,
                "words": f"{row.sku} {row.option} {row.colour}",
                "colour": row.colour,
                "is_free": bool(row.is_free),
                "made_days": row.made_days if row.made_to_order else NEVER,
                "prices": {},
            },
        )
        if row.currency is not None:
            found["prices"][row.currency] = row.amount_minor
    by_product: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for variant in variants.values():
        by_product[variant["product_id"]].append(variant)
    return by_product


def _lowest(variants: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return currency -> the lowest price among some variants."""
    lowest: dict[str, int] = {}
    for variant in variants:
        for currency, minor in variant["prices"].items():
            lowest[currency] = min(minor, lowest.get(currency, minor))
    return lowest


def _spaced(names: Any) -> str:
    kept = sorted({name.strip().casefold().replace(" ", "-") for name in names} - {""})
    return f" {' '.join(kept)} " if kept else ""


def _write(rows: list[dict[str, Any]], prices: list[dict[str, Any]]) -> None:
    if not rows:
        return
    stamp: ColumnElement[int] = facets.new_stamp()
    statement = upsert(Listing).values([{**row, "stamp": stamp} for row in rows])
    kept = {name: statement.excluded[name] for name in (*rows[0], "stamp") if name not in ("product_id", "listed_at")}
    db.session.execute(statement.on_conflict_do_update(index_elements=["product_id"], set_=kept))
    ids = [row["product_id"] for row in rows]
    db.session.execute(
        delete(ListingPrice).where(ListingPrice.product_id.in_(ids)), execution_options={"synchronize_session": False}
    )
    if prices:
        db.session.execute(insert(ListingPrice), prices)
