"""PINs: hashed under a pepper that is not in the database, made anew under a newer one, and reset in person."""

from datetime import timedelta

from argon2 import PasswordHasher
from sqlalchemy import select, text, update

from shop.db import db
from shop.users import enrolment
from shop.users.models import User
from tests.cast import ARTISANS
from tests.conftest import both_databases
from tests.users.factors import with_peppers
from tests.world import World

CARD, PIN, _, _ = ARTISANS["Rina"]
OLD, NEW = "only-for-development-too", "another pepper"


def enter(world: World, pin: str = PIN) -> int:
    return world.browser().post("/artisan/sign-in", {"card_number": CARD, "pin": pin}).status_code


def kept(world: World) -> tuple[str, str | None]:
    with world.reading():
        rina = world.user("Rina")
        return rina.secret_hash, rina.pepper


def test_who_has_the_database_cannot_try_pins_against_it(world: World) -> None:
    hashed, _pepper = kept(world)

    try:
        fits = PasswordHasher().verify(hashed, PIN)
    except Exception:
        fits = False
    assert not fits


def test_a_pin_does_not_open_without_its_pepper(world: World, settings: dict[str, str]) -> None:
    with with_peppers(world, settings, NEW) as other:
        assert enter(other) == 422
    assert enter(world) == 303


@both_databases
def test_a_pin_of_an_older_pepper_is_made_anew_at_the_next_sign_in(world: World, settings: dict[str, str]) -> None:
    before = kept(world)
    with with_peppers(world, settings, f"{NEW},{OLD}") as both:
        assert enter(both, "314159") == 422
        assert kept(world) == before, "a wrong PIN changes nothing"
        assert enter(both) == 303
    assert kept(world)[1] not in (None, before[1])
    with with_peppers(world, settings, NEW) as newest:
        assert enter(newest) == 303


@both_databases
def test_a_pin_from_before_there_were_peppers_gets_one(world: World) -> None:
    plain = PasswordHasher().hash(PIN)
    with world.writing():
        db.session.execute(update(User).where(User.name == "Rina").values(secret_hash=plain, pepper=None))

    assert enter(world, "314159") == 422
    assert enter(world) == 303
    assert kept(world)[1] is not None
    assert enter(world) == 303


def test_a_reset_keeps_who_did_it_and_when(world: World) -> None:
    with world.writing() as at:
        enrolment.reset_pin(world.user("Rina").id, "592817", at=at, by=world.user("Meera"))
        rina, meera = world.user("Rina").id, world.user("Meera").id

        assert enrolment.reset_by_within(rina, at) == {meera}
        assert enrolment.reset_by_within(rina, at + timedelta(days=7, seconds=-1)) == {meera}
        assert enrolment.reset_by_within(rina, at + timedelta(days=7)) == set()
        assert enrolment.reset_by_within(world.user("Mala").id, at) == set()


def test_the_office_resets_a_pin_under_its_own_name(world: World) -> None:
    meera = world.browser().sign_in("Meera")
    with world.reading():
        rina = db.session.execute(text("SELECT id FROM artisan WHERE work_name = 'Rina'")).scalar_one()

    assert meera.post(f"/manager/people/{rina}/pin", {"pin": "592817", "pin_again": "592817"}).status_code == 303

    with world.reading():
        assert enrolment.reset_by_within(world.user("Rina").id, world.clock.now()) == {world.user("Meera").id}
    assert enter(world, "592817") == 303


def test_she_reads_when_she_came_before(world: World) -> None:
    first = world.browser().sign_in_artisan("Rina")
    assert "আগে" not in first.get("/artisan/mine").text and "before on" not in first.get("/artisan/mine").text
    came = world.clock.now()
    world.advance(timedelta(days=3))

    rina = world.browser().sign_in_artisan("Rina")

    rina.post("/artisan/language", {"language": "en"})
    with world.reading():
        assert db.session.scalars(select(User.signed_in_before_at).where(User.name == "Rina")).one() == came
    assert "before on" in rina.get("/artisan/mine").text
