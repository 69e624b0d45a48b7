"""Verify names a payout that left, ended or failed otherwise than its row says."""

import pytest
from sqlalchemy import update

from shop.artisans import payout_verification, payouts
from shop.artisans.models import Payout
from shop.clock import india_date
from shop.db import db
from shop.ledger.posting import Leg, post
from shop.money import Money
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

pytestmark = both_databases


def found(world: World) -> list[str]:
    with world.reading():
        return [str(each) for each in payout_verification.verify()]


@pytest.fixture
def sent(world: World) -> int:
    """A payout of ₹8 that left and was not answered yet."""
    life.earn(world, "Rina", 3)
    return life.send(world, "Rina", 800)


def post_step(world: World, payout_id: int, step: str, minor: int) -> None:
    with world.writing() as at:
        she = artisan("Rina")
        legs = [Leg(she.in_transit, "bank", Money(minor, "INR"))]
        post(f"payout:{payout_id}:{step}", f"payout {step}", legs, effective_on=india_date(at), at=at, by="user:1")


def test_payouts_that_stand_as_they_say_are_whole(world: World, sent: int) -> None:
    assert found(world) == []
    with world.writing() as at:
        payouts.answer(payouts.get_own(artisan("Rina"), sent), "yes", at=at, by=user("Rina"))
    assert found(world) == []
    again = life.send(world, "Rina", 800)
    with world.writing() as at:
        payouts.record_failed(payouts.get_of(user("Farida"), again), "closed", at=at, by=user("Farida"))
    assert found(world) == []


@pytest.mark.books_may_differ
@pytest.mark.parametrize(
    ("step", "minor", "says"),
    [
        ("settled", 800, "is sent; the books differ under settled"),
        ("failed", 799, "is sent; the books differ under failed"),
    ],
)
def test_a_step_that_the_payout_never_took_is_named(world: World, sent: int, step: str, minor: int, says: str) -> None:
    post_step(world, sent, step, minor)
    assert found(world) == [f"artisans: payout {sent}: {says}"]


@pytest.mark.books_may_differ
def test_a_payout_that_says_it_was_settled_and_was_not_is_named(world: World, sent: int) -> None:
    with world.writing():
        db.session.execute(update(Payout).where(Payout.id == sent).values(status="settled"))
    assert found(world) == [f"artisans: payout {sent}: is settled; the books differ under settled"]
