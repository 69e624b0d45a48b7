"""The stage of the demo: a writing unit that lasts over days shows what days in units of their own would show."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import inspect, select, update

from shop.catalog.models import Product
from shop.clock import FixedClock
from shop.db import changed, db, writing
from shop.demo.people import Cast
from shop.demo.stage import Stage, Terms
from shop.demo.stories import Desk
from shop.orders.window import Window
from tests.cast import BEGAN
from tests.workshop import user
from tests.world import World

TOTE = Product.slug == "kalka-tote"


@pytest.fixture
def stage(world: World) -> Iterator[Stage]:
    """Give a stage on which Meera and Rina are."""
    with world.reading():
        window, rina = Window.of(world.app.config), user("Rina").id
        artisan = db.session.execute(db.text(f"SELECT id FROM artisan WHERE user_id = {rina}")).scalar_one()
        yield Stage(
            counter=world.app.extensions["counter"],
            clock=FixedClock(BEGAN),
            sandbox=world.sandbox,
            cast=Cast({}, {"Meera": user("Meera").id}, {"Rina": artisan}),
            terms=Terms(world.app.permanent_session_lifetime, "http://localhost", window),
            desk=Desk("", 0),
            first=BEGAN,
            last=1,
        )


def test_a_new_day_reads_anew_what_an_open_unit_read_but_for_the_people(stage: Stage) -> None:
    with stage.told():
        stage.write()
        tote, rina = db.session.scalars(select(Product).where(TOTE)).one(), stage.cast.maker("Rina")
        before = tote.title
        changed(update(Product).where(TOTE).values(title="Another"))
        assert tote.title == before  # within a day it stays as it was read
        tote.care = "By hand."

        stage.write()

        assert (tote.title, tote.care) == ("Another", "By hand.")
        assert stage.cast.maker("Rina") is rina and not inspect(rina).expired


def test_a_unit_is_whole_at_its_end_and_nothing_if_the_day_fails(stage: Stage) -> None:
    def rename(title: str) -> None:
        stage.write()
        changed(update(Product).where(TOTE).values(title=title))

    with suppress(ZeroDivisionError), stage.told():
        rename("Kept")
        stage.commit()
        assert not db.session().in_transaction()  # so a gateway may be asked
        rename("Lost")
        raise ZeroDivisionError

    with writing():  # the lock is free again
        assert db.session.scalar(select(Product.title).where(TOTE)) == "Kept"
    with stage.told():
        rename("Later")
    assert db.session.scalar(select(Product.title).where(TOTE)) == "Later"
