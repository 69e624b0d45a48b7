"""Fills a database with a shop that can sell: products with a way of making, rates, a share, and pieces with makers.

    DATABASE_URL=… IDENTITY_DATABASE_URL=… .venv/bin/python -m bench.stocked

Everything goes through the shop's own verbs, so that its books verify before the first order and after the last.
"""

from datetime import date, timedelta

from sqlalchemy import select

from bench import products
from shop import create_app
from shop.artisans import people
from shop.catalog import figures, stock
from shop.catalog.figure_models import CostKind
from shop.catalog.models import Product, Variant
from shop.catalog.stock import Incoming, Maker
from shop.db import db, writing
from shop.production import leadtime, making
from shop.production.making import Step
from shop.production.models import StepName
from shop.users.models import Centre

PRODUCTS, SOLD, PIECES = 200, 40, 60
MAKERS = 6
STEPS = (Step(StepName("cut"), 8, 800), Step(StepName("stitch"), 36, 3_900))
AT = products.BEGAN + timedelta(days=30)


def skus() -> list[str]:
    """Return what can be bought: the first variant of each of the first products."""
    return [f"B-{number}-0" for number in range(1, SOLD + 1)]


def stocked() -> None:
    """Fill the database of the present app."""
    products.fill(PRODUCTS, shelved=False)
    with writing():
        makers = _makers(db.session.scalars(select(Centre.id)).one())
        _figures()
    for sku in skus():
        with writing():
            _lay(db.session.scalars(select(Variant).where(Variant.sku == sku)).one(), makers)
    with writing():
        leadtime.publish(as_of=AT)


def _makers(centre_id: int) -> list[int]:
    return [
        people.enrol(
            f"Maker {number}", str(5000 + number), f"2705{number:02}", people.EMBLEMS[number], centre_id=centre_id,
            adult_confirmed_on=date(2026, 1, 2), at=AT,
        ).id
        for number in range(MAKERS)
    ]  # fmt: skip


def _figures() -> None:
    for kind, basis_points in ((CostKind.MATERIAL, 2_000), (CostKind.CENTRE, 1_250), (CostKind.FEE, 236)):
        figures.set_cost(figures.HOUSE, kind, basis_points=basis_points, at=AT, by="user:1")
    rule = figures.propose_rule(figures.HOUSE, basis_points=1_000, at=AT, by="user:1")
    figures.approve_rule(rule, at=AT, by="user:2")


def _lay(variant: Variant, makers: list[int]) -> None:
    """Write how a product is made, and lay pieces on its shelf, each made by two women."""
    product = db.session.get_one(Product, variant.product_id)
    making.approve(making.write(product, STEPS, at=AT, by="user:1"), at=AT, by="user:2")
    pieces = [
        Incoming(
            f"bench:{variant.sku}:{number}",
            [
                Maker(step.name.value, makers[(number + place) % MAKERS], step.rate_minor)
                for place, step in enumerate(STEPS)
            ],
        )
        for number in range(PIECES)
    ]
    stock.receive_all(variant.id, pieces, at=AT, by="user:1")


if __name__ == "__main__":
    with create_app().app_context():
        stocked()
