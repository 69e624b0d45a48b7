"""What is brought about before a route about savings or an advance is asked: approved, paid, acknowledged."""

from typing import TYPE_CHECKING

from sqlalchemy import update

from shop.artisans import advances, savings
from shop.artisans.advance_models import Advance
from shop.db import db
from shop.money import Money
from tests.workshop import artisan, user

if TYPE_CHECKING:
    from tests.two_centres import House


def no_advance(house: "House", side: str, _name: str | None) -> None:
    """Let the advance that waits for a second person be taken back."""
    db.session.execute(update(Advance).where(Advance.id == house.sides[side]["advance_id"]).values(status="withdrawn"))


def approved(house: "House", side: str, _name: str | None) -> Advance:
    """Approve the advance, by one who is signed in nowhere here."""
    advance = db.session.get_one(Advance, house.sides[side]["advance_id"])
    second = "Rupa" if advance.proposed_by == user("Mina").actor else "Mina"
    advances.approve(advance, at=house.world.clock.now(), by=user(second))
    return advance


def paid(house: "House", side: str, name: str | None) -> Advance:
    """Pay the advance."""
    advance = approved(house, side, name)
    advances.record_paid(advance, bank_reference="UTR-5", at=house.world.clock.now(), by=user("Mina"))
    return advance


def acknowledged(house: "House", side: str, name: str | None) -> None:
    """Let her say yes to the advance."""
    advance = paid(house, side, name)
    advances.answer(advance, "yes", at=house.world.clock.now(), by=advance.artisan.user)


def put_aside(house: "House", side: str, _name: str | None) -> None:
    """Let her put a rupee aside."""
    maker = str(house.sides[side]["maker"])
    at = house.world.clock.now()
    savings.save(artisan(maker), Money(100, "INR"), mark="b" * 16, at=at, by=user(maker))
