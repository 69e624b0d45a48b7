"""What is brought about before a route about a design is asked: a royalty that waits for a second person."""

from typing import TYPE_CHECKING

from shop.artisans import designs
from shop.clock import india_date
from shop.money import Money
from shop.orders.designed import named
from tests.workshop import artisan, user, variant

if TYPE_CHECKING:
    from tests.two_centres import House


def a_design(house: "House", side: str, _name: str | None) -> None:
    """Let one who is signed in nowhere here propose a royalty of the side's product for the side's maker."""
    mine, at = house.sides[side], house.world.clock.now()
    parts = {artisan(str(mine["maker"])).id: 10_000}
    product = named(variant(str(mine["sku"])).product_id)
    made = designs.propose(product, parts, Money(1_200, "INR"), agreed_on=india_date(at), at=at, by=user("Mina"))
    for endpoint in ("manager.approve_design", "manager.withdraw_design"):
        mine[f"{endpoint}:version"] = made.version
