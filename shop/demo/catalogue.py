"""The demo's products: 36, of six crafts, brought in from a file by the verbs that a shop uses, and put in the shop."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from shop.catalog import products
from shop.catalog.exchange import applying, drawing, planning, plans, sheet
from shop.catalog.models import Product
from shop.catalog.pictures import Drawn
from shop.demo.people import CENTRES
from shop.production import making
from shop.production.making import Step
from shop.production.models import StepName

FOLDER = Path(__file__).parent


def draw(*, media: str) -> dict[Path, Drawn]:
    """Draw the pictures of the file before anything is written, since it takes a while; drawn once they are known."""
    return drawing.draw_known(_plan(dict.fromkeys(CENTRES, 0)), media=media)


def load(centres: Mapping[str, int], drawn: Mapping[Path, Drawn], *, at: datetime, by: str, second: str) -> None:
    """Import the demo's catalogue, write how each thing is made (`second` approves), and publish what is ready.

    The spices stay drafts, with a note that says what food needs before it may be sold.
    """
    steps = json.loads((FOLDER / "making.json").read_text(encoding="utf-8"))
    for product in applying.apply(_plan(centres), drawn, at=at, by=by):
        _make_ready(product, steps[product.slug], at=at, by=by, second=second)


def _plan(centres: Mapping[str, int]) -> plans.Plan:
    content = sheet.read((FOLDER / "catalogue.csv").read_bytes())
    return planning.plan(content, plans.Terms(centres, folder=FOLDER / "pictures"))


def _make_ready(product: Product, steps: list[tuple[str, int, int]], *, at: datetime, by: str, second: str) -> None:
    made = making.write(product, [Step(StepName(name), *rest) for name, *rest in steps], at=at, by=by)
    making.approve(made, at=at, by=second)
    if product.to_publish:
        products.publish(product, at=at, by=by)
