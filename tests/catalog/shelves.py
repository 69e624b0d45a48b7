"""The demo's 36 products as rows, for tests of lists and search: words, prices, colours, what lies on the shelf."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from shop.catalog import products, stock
from shop.catalog.models import Picture, Product, Rendition, Trade
from shop.catalog.products import ProductText, VariantText
from shop.db import db
from shop.users.models import Centre
from tests.cast import BEGAN

PATH = Path(__file__).with_name("catalogue.json")


def fill(*, at: datetime = BEGAN) -> list[Product]:
    """Put the catalogue into the shop through its verbs, one product a day; what is not made to order has a piece."""
    centre_id = db.session.scalars(select(Centre.id).order_by(Centre.id)).first()
    assert centre_id is not None
    made = []
    for number, told in enumerate(json.loads(PATH.read_text(encoding="utf-8"))):
        day = at + timedelta(days=number)
        product = products.create(_slug(told["slug"]), _words(told), centre_id=centre_id, position=10 + number, at=day)
        for colour in told["colours"]:
            sku = f"T-{told['slug']}-{colour}".upper()
            prices = {"INR": told["inr"], "USD": told["usd"]}
            variant = products.add_variant(
                product, VariantText(sku[:40].rstrip("-"), colour.title(), colour, 200, prices, told["to_order"])
            )
            if not told["to_order"]:
                stock.adjust(variant.id, 1, "opening stock", f"opening:{variant.sku}", at=day, by="user:1")
        _picture(product)
        products.publish(product, at=day, by="user:1")
        made.append(product)
    return made


def _slug(slug: str) -> str:
    """Return a slug that the cast's own products do not have."""
    return f"the-{slug}"


def _words(told: dict[str, Any]) -> ProductText:
    return ProductText(
        title=told["title"],
        titles=told["titles"],
        description=told["description"],
        materials=told["materials"],
        care="Keep dry.",
        size="",
        hsn="420222",
        trade=Trade(told["trade"]),
        finish_days=told["days"],
    )


def _picture(product: Product) -> None:
    """Give a product a picture whose file is never asked for."""
    picture = Picture(position=0, alt=product.title, name=f"of-{product.slug}", width=4, height=5)
    product.pictures.append(picture)
    db.session.flush()
    name = f"{picture.name}-320.jpeg"
    rows = [{"picture_id": picture.id, "width": 4, "height": 5, "format": "jpeg", "name": name}]
    db.session.execute(insert(Rendition), rows)
