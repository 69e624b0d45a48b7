"""A product as a file says it, and how a file is read, planned and imported in tests."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from shop.catalog.exchange import applying, drawing, planning, sheet
from shop.catalog.exchange.plans import Plan, State, Terms
from shop.users import enrolment
from tests.world import World

PURSE = {
    "Handle": "lotus-purse", "Title": "Lotus purse", "Body (HTML)": "<p>A small purse.</p>", "Tags": "kantha, gift",
    "Option1 Name": "Colour", "Option1 Value": "Indigo", "Option2 Name": "Size", "Option2 Value": "Small",
    "Variant SKU": "MB-PURSE-IND-S", "Variant Grams": "90", "Variant Inventory Qty": "3", "Variant Price": "450.00",
    "Variant Inventory Policy": "deny", "Status": "active",
}  # fmt: skip
LARGE = {"Handle": "lotus-purse", "Option1 Value": "Indigo", "Option2 Value": "Large", "Variant SKU": "MB-PURSE-IND-L",
         "Variant Grams": "120", "Variant Inventory Qty": "1", "Variant Price": "520.00"}  # fmt: skip


def made_of(*rows: Mapping[str, str]) -> bytes:
    """Return rows as a file; the headings are all that a row names."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def terms(**more: Any) -> Terms:
    """Return the terms of someone who may write to every centre."""
    return Terms({each.code: each.id for each in enrolment.centres()}, **{"default": "NORTH", **more})


def plan(content: bytes, **more: Any) -> Plan:
    return planning.plan(sheet.read(content), terms(**more))


def bring(world: World, content: bytes, **more: Any) -> list[str]:
    """Import a file as the command does; return the slugs that were written."""
    with world.writing() as at:
        planned = plan(content, **more)
        drawn, unfit = drawing.draw(planned, media=world.app.config["MEDIA_URL"])
        assert unfit == []
        return [product.slug for product in applying.apply(planned, drawn, at=at, by="user:1")]


def states(planned: Plan) -> dict[str, State]:
    return {each.wanted.slug: each.state for each in planned.products}
