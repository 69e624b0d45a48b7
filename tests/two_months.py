"""What is brought about before a route about a month or its papers is asked: an old month, closed and drawn."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from shop import documents
from shop.artisans import closing
from shop.artisans.slip_models import Slip
from shop.clock import india_date
from shop.db import db
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.production import slip_facts, slip_files
from tests.workshop import artisan

if TYPE_CHECKING:
    from tests.two_centres import House
    from tests.world import World


def long_ago(today: date) -> date:
    """Return the first day of the month before the last, which is over on whatever day a test runs."""
    last = today.replace(day=1) - timedelta(days=1)
    return (last.replace(day=1) - timedelta(days=1)).replace(day=1)


def earn_long_ago(world: "World", *makers: str) -> date:
    """Let makers have earned a rupee in an old month, so that the month can be closed; return its first day."""
    at = world.clock.now()
    month = long_ago(india_date(at))
    for name in makers:
        leg = Leg("fees", artisan(name).payable, Money(100, "INR"))
        post(f"old:{name}", "opening balance", [leg], effective_on=month, at=at, by="user:1")
    return month


def a_month_to_close(house: "House", side: str, _name: str | None) -> None:
    """Let there be an old month that is open."""
    house.sides[side]["month"] = f"{earn_long_ago(house.world, str(house.sides[side]['maker'])):%Y-%m}"


def a_paper(house: "House", side: str, _name: str | None) -> None:
    """Close an old month and draw her statement of it."""
    maker = str(house.sides[side]["maker"])
    month = earn_long_ago(house.world, maker)
    house.sides[side]["slip_id"] = draw(house.world, month, maker)


def draw(world: "World", month: date, maker: str) -> int:
    """Close a month and draw one maker's statement of it in Bengali; return its number."""
    at = world.clock.now()
    closing.close(month, "She is away until the harvest.", question_days=7, at=at, by="user:1")
    slip = db.session.scalars(select(Slip).where(Slip.artisan_id == artisan(maker).id)).one()
    for language in ("bn", "en"):
        drawn = slip_files.draw(slip_facts.of(slip, language), language)
        sha256, size = documents.keep(drawn, slip_files.FOLDER, papers=world.app.config["PAPERS_URL"])
        closing.record_file(slip.id, language, sha256, size, at=at)
    return slip.id
