"""The day on which what a visitor reads of a product last changed, which search engines ask for.

A page is made of rows that many verbs change. So nobody notes a change; a sweep compares what each product says now
with what it said when it was last looked at. Pieces that come and go are no change, nor are lead times or the makers
and stories beside a product: those are asked for at every request, and leave no trace here.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from shop.catalog.listing_models import Listing, ProductMaterial
from shop.catalog.models import Picture, Price, Product, ProductStatus, Variant
from shop.db import BigId, Model, UTCDateTime, db, upsert

BATCH = 500
TEXTS = (
    Product.slug, Product.trade, Product.title, Product.titles, Product.description, Product.descriptions,
    Product.materials, Product.materials_translated, Product.care, Product.care_translated, Product.size,
    Product.option_names, Product.seo_title, Product.seo_description,
)  # fmt: skip


class ProductChange(Model):
    """What a product said when it was last looked at, as a hash, and since when it has said so."""

    __tablename__ = "product_change"

    product_id: Mapped[int] = mapped_column(BigId, ForeignKey("product.id"), primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


def note(*, at: datetime) -> int:
    """Date every product on sale that says something else than before; return how many.

    One that is looked at for the first time has said so since it came into the shop.
    """
    known = dict(db.session.execute(select(ProductChange.product_id, ProductChange.sha256)).all())
    came = dict(db.session.execute(select(Listing.product_id, Listing.listed_at).where(Listing.is_listed)).all())
    rows = [
        {"product_id": each, "sha256": said, "changed_at": at if each in known else came.get(each, at)}
        for each, said in _said().items()
        if known.get(each) != said
    ]
    for start in range(0, len(rows), BATCH):
        dated = upsert(ProductChange).values(rows[start : start + BATCH])
        anew = {"sha256": dated.excluded.sha256, "changed_at": dated.excluded.changed_at}
        db.session.execute(dated.on_conflict_do_update(index_elements=["product_id"], set_=anew))
    return len(rows)


def days() -> dict[int, datetime]:
    """Return product -> since when it says what it says; nothing of one that nobody has looked at yet."""
    return dict(db.session.execute(select(ProductChange.product_id, ProductChange.changed_at)).all())


def _said() -> dict[int, str]:
    """Return product -> a hash of everything that its page says, for all that are on sale, in four statements."""
    on_sale = Product.status == ProductStatus.PUBLISHED
    said: dict[int, list[Sequence[object]]] = defaultdict(list)
    parts = (
        select(Product.id, *TEXTS).where(on_sale).order_by(Product.id),
        select(ProductMaterial.product_id, ProductMaterial.material)
        .join(Product, Product.id == ProductMaterial.product_id)
        .where(on_sale)
        .order_by(ProductMaterial.material),
        select(
            Variant.product_id, Variant.sku, Variant.option, Variant.options, Variant.colour, Price.currency,
            Price.amount_minor,
        )
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Price, Price.variant_id == Variant.id)
        .where(on_sale, Variant.on_sale)
        .order_by(Variant.position, Variant.id, Price.currency),
        select(Picture.product_id, Picture.name, Picture.alt, Picture.variant_id)
        .join(Product, Product.id == Picture.product_id)
        .where(on_sale)
        .order_by(Picture.position, Picture.id),
    )  # fmt: skip
    for query in parts:
        for product_id, *told in db.session.execute(query):
            said[product_id].append(told)
    return {each: hashlib.sha256(repr(told).encode()).hexdigest() for each, told in said.items()}
