"""Two of the demo's makers drew the festival potli together: each one that stays sold pays both, month by month."""

from sqlalchemy import select

from shop.artisans import designs
from shop.catalog.models import Product
from shop.clock import india_date
from shop.db import db
from shop.demo.stage import Stage
from shop.money import Money
from shop.orders import designed

DREW = "seed-potli"
PARTS = {"Shapla": 6_000, "Kadam": 4_000}  # basis points
ROYALTY = Money(1_500, "INR")
SIGNED_ON = 1  # the day after the shop opens
CREDITED_ON = 2  # of each month, as the worker would on its first


def act(stage: Stage) -> None:
    """Do what falls on this day: the agreement is written and approved, or the month that has ended is credited."""
    if stage.day == SIGNED_ON:
        _agree(stage)
    if stage.day > SIGNED_ON and india_date(stage.clock.now()).day == CREDITED_ON:
        now = stage.clock.now()
        for product in designs.with_designs():
            designed.credit(product, designed.month_before(now), stage.terms.window, at=now, by="worker")


def _agree(stage: Stage) -> None:
    product_id = db.session.scalar(select(Product.id).where(Product.slug == DREW))
    if product_id is None:
        return
    parts = {stage.cast.maker(name).id: part for name, part in PARTS.items()}
    at, by = stage.tick(), stage.cast.member("Meera")
    made = designs.propose(designed.named(product_id), parts, ROYALTY, agreed_on=india_date(at), at=at, by=by)
    designs.approve(made, at=stage.tick(), by=stage.cast.member("Farida"))
