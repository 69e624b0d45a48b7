"""The demo's products: 36, of six crafts, brought in from a file by the verbs that a shop uses, and put in the shop."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from shop.catalog import figures, products
from shop.catalog.exchange import applying, drawing, planning, plans, sheet
from shop.catalog.figure_models import CostKind
from shop.catalog.models import Product
from shop.demo.people import CENTRES, Cast
from shop.production import making
from shop.production.making import Step
from shop.production.models import StepName

FOLDER = Path(__file__).parent


OPENING = 15  # products on the first day; the others join in the file's order while the year goes on


class Catalogue:
    """The products of the file, put before the public a few at a time, while their pictures are drawn.

    Those of the first day are drawn before the others, since the shop cannot open without them.
    """

    def __init__(self, *, media: str, first: int | None = None) -> None:
        """Begin to draw the pictures of the `first` products, or of all."""
        self._sheet = sheet.read((FOLDER / "catalogue.csv").read_bytes())
        self._slugs = list(dict.fromkeys(row.cell("handle") for row in self._sheet.rows))
        self._makings = json.loads((FOLDER / "making.json").read_text(encoding="utf-8"))
        self._media, self._shown = media, 0
        self._first = len(self._slugs) if first is None else first
        self._ahead = self._draw(self._slugs[: self._first])

    @property
    def left(self) -> int:
        """Return how many products are not yet shown."""
        return len(self._slugs) - self._shown

    def open(self, cast: Cast, *, at: datetime) -> None:
        """Set what every price pays for, and open the shop with its first products."""
        writer, second = cast.member("Anita").actor, cast.member("Farida").actor
        _figures_of_the_house(at=at, by=writer, second=second)
        self.add(cast, self._first, at=at)
        self._ahead.end()
        self._ahead = self._draw(self._slugs[self._shown :])

    def add(self, cast: Cast, count: int, *, at: datetime) -> None:
        """Import the next products, write how each is made, and publish what its file wants sold.

        The spices stay drafts, with a note that says what food needs before it may be sold.
        """
        writer, second = cast.member("Anita").actor, cast.member("Farida").actor
        some = self._plan(self._slugs[self._shown : self._shown + count], cast.centres)
        for product in applying.apply(some, self._ahead.of(some), at=at, by=writer):
            _make_ready(product, self._makings[product.slug], at=at, by=writer, second=second)
        self._shown += len(some.products)

    def end(self) -> None:
        """Let go of the pictures that nobody waits for any more."""
        self._ahead.end()

    def _draw(self, slugs: Sequence[str]) -> drawing.Ahead:
        return drawing.Ahead(self._plan(slugs, dict.fromkeys(CENTRES, 0)), media=self._media)

    def _plan(self, slugs: Sequence[str], centres: Mapping[str, int]) -> plans.Plan:
        rows = [row for row in self._sheet.rows if row.cell("handle") in slugs]
        terms = plans.Terms(centres, folder=FOLDER / "pictures")
        return planning.plan(replace(self._sheet, rows=rows), terms)


def _figures_of_the_house(*, at: datetime, by: str, second: str) -> None:
    """Set what every price pays for alike, and the share of a sale that goes to the makers: a tenth."""
    parts = {CostKind.CENTRE: 1_250, CostKind.FEE: 236}
    for kind, basis_points in parts.items():
        figures.set_cost(figures.HOUSE, kind, basis_points=basis_points, at=at, by=by)
    figures.set_cost(figures.HOUSE, CostKind.PACKING, minor=3_200, at=at, by=by)
    rule = figures.propose_rule(figures.HOUSE, basis_points=1_000, at=at, by=by)
    figures.approve_rule(rule, at=at, by=second)


def _make_ready(product: Product, told: Mapping[str, Any], *, at: datetime, by: str, second: str) -> None:
    """Write steps (minutes, paise a piece) and material (paise a piece), and publish what its file wants sold."""
    made = making.write(product, [Step(StepName(name), *rest) for name, *rest in told["steps"]], at=at, by=by)
    making.approve(made, at=at, by=second)
    scope = figures.product_scope(product.id)
    figures.set_cost(scope, CostKind.MATERIAL, minor=told["material"], at=at, by=by)
    if product.to_publish:
        products.publish(product, at=at, by=by)
