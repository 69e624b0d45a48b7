"""The demo's products: 36, of six crafts, brought in from a file by the verbs that a shop uses, and put in the shop."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from shop.catalog import figures, products
from shop.catalog.exchange import applying, drawing, planning, plans, sheet
from shop.catalog.figure_models import CostKind
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
    makings = json.loads((FOLDER / "making.json").read_text(encoding="utf-8"))
    _figures_of_the_house(at=at, by=by, second=second)
    for product in applying.apply(_plan(centres), drawn, at=at, by=by):
        _make_ready(product, makings[product.slug], at=at, by=by, second=second)


def _figures_of_the_house(*, at: datetime, by: str, second: str) -> None:
    """Set what every price pays for alike, and the share of a sale that goes to the makers: a tenth."""
    parts = {CostKind.CENTRE: 1_250, CostKind.FEE: 236}
    for kind, basis_points in parts.items():
        figures.set_cost(figures.HOUSE, kind, basis_points=basis_points, at=at, by=by)
    figures.set_cost(figures.HOUSE, CostKind.PACKING, minor=3_200, at=at, by=by)
    rule = figures.propose_rule(figures.HOUSE, basis_points=1_000, at=at, by=by)
    figures.approve_rule(rule, at=at, by=second)


def _plan(centres: Mapping[str, int]) -> plans.Plan:
    content = sheet.read((FOLDER / "catalogue.csv").read_bytes())
    return planning.plan(content, plans.Terms(centres, folder=FOLDER / "pictures"))


def _make_ready(product: Product, told: Mapping[str, Any], *, at: datetime, by: str, second: str) -> None:
    """Write steps (minutes, paise a piece) and material (paise a piece), and publish what its file wants sold."""
    made = making.write(product, [Step(StepName(name), *rest) for name, *rest in told["steps"]], at=at, by=by)
    making.approve(made, at=at, by=second)
    scope = figures.product_scope(product.id)
    figures.set_cost(scope, CostKind.MATERIAL, minor=told["material"], at=at, by=by)
    if product.to_publish:
        products.publish(product, at=at, by=by)
