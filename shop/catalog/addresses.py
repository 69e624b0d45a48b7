"""Addresses that products used to have: whoever kept an old link is led to the new one, for good."""

from datetime import datetime

from sqlalchemy import delete, select

from shop.catalog.models import Product, ProductAddress, ProductStatus
from shop.catalog.products import SLUG
from shop.db import changed, db
from shop.errors import Conflict, Invalid


def rename(product: Product, slug: str, *, at: datetime) -> None:
    """Give a product another address; the old one leads to it from now on. It may go back to one of its own."""
    slug = slug.strip().lower()
    if not SLUG.fullmatch(slug) or len(slug) > 80:
        raise Invalid("product.slug")
    if slug == product.slug:
        return
    other = db.session.scalar(select(Product.id).where(Product.slug == slug))
    once = db.session.get(ProductAddress, slug)
    if other is not None or (once is not None and once.product_id != product.id):
        raise Conflict("product.slug_taken", slug=slug)
    changed(delete(ProductAddress).where(ProductAddress.slug == slug))
    db.session.add(ProductAddress(slug=product.slug, product_id=product.id, left_at=at))
    product.slug = slug
    db.session.flush()


def now_at(slug: str) -> str | None:
    """Return where a product is found that once had this address, or None if it never was or is not in the shop."""
    query = select(Product.slug).join(ProductAddress, ProductAddress.product_id == Product.id)
    return db.session.scalar(query.where(ProductAddress.slug == slug, Product.status == ProductStatus.PUBLISHED))
