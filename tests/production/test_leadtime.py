"""Lead times: the product's own days plus the centre's queue, rounded up."""

from sqlalchemy import select

from shop.catalog.models import Availability
from shop.db import db
from shop.production import leadtime
from tests.cast import MESSENGER, TOTE
from tests.workshop import ask, made, variant
from tests.world import World


def test_an_empty_queue_leaves_a_products_own_days(world: World) -> None:
    with world.reading():
        days = leadtime.ready_in_days()
        assert (days[variant(MESSENGER).id], days[variant(TOTE).id]) == (12, 7)
        assert leadtime.queue_minutes() == {}


def test_a_queue_adds_its_minutes_over_the_minutes_of_a_day_rounded_up(world: World) -> None:
    ask(world, 14)  # 14 x 92 minutes = 1288, of 1200 a day: two days

    with world.reading():
        assert leadtime.queue_minutes() == {1: 1_288}
        assert leadtime.ready_in_days([variant(MESSENGER).id]) == {variant(MESSENGER).id: 14}


def test_work_that_passed_leaves_the_queue(world: World) -> None:
    order = ask(world, 2)
    made(world, order, "stitch", "Rina", 2)

    with world.reading():
        assert leadtime.queue_minutes() == {1: 28}
    made(world, order, "finish", "Mala", 2)
    with world.reading():
        assert leadtime.queue_minutes().get(1, 0) == 0


def test_what_is_published_is_what_lists_read(world: World) -> None:
    ask(world, 14)
    with world.writing() as at:
        leadtime.publish(as_of=at)

    with world.reading():
        published = db.session.scalars(
            select(Availability).where(Availability.variant_id == variant(MESSENGER).id)
        ).one()
        assert (published.ready_in_days, published.as_of) == (14, world.clock.now())
