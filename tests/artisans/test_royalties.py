"""Design royalties: what stays sold pays her who drew it, once a month, and nothing takes it back.

A tote's design pays 1201 paise a piece: Rina's part is 3333 basis points, Mala's 6667.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from shop import duties
from shop.artisans import designs, earnings, royalties
from shop.artisans.design_models import Design, DesignPart, Royalty, RoyaltyLine
from shop.artisans.models import Earning, EarningKind
from shop.clock import india_date
from shop.db import adding, db, run
from shop.errors import Conflict, Invalid, Refused
from shop.money import Money
from shop.orders import designed, returns
from shop.orders.return_models import Return
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.sharing import asked, house, order_of, received, send
from tests.workshop import artisan, user, variant
from tests.world import World

RATE = 1_201
PARTS = {"Rina": 3_333, "Mala": 6_667}


def product() -> str:
    return designed.named(variant(TOTE).product_id)


def agree(world: World, rate: int = RATE, *, until: str = "approved", ago: int = 0, **parts: int) -> int:
    """Write down who drew the tote, and let someone else approve it; return the version's id."""
    with world.writing() as at:
        whose = {artisan(name).id: part for name, part in (parts or PARTS).items()}
        agreed = india_date(at) - timedelta(days=ago)
        made = designs.propose(product(), whose, Money(rate, "INR"), agreed_on=agreed, at=at, by=user("Meera"))
        if until == "approved":
            designs.approve(made, at=at, by=user("Farida"))
        return made.id


def sold(world: World, quantity: int = 1) -> str:
    """Sell totes from the shelf and let them arrive; return the order's link."""
    link = world.buy(TOTE, quantity)
    send(world, link)
    return link


def next_month(world: World) -> None:
    """Go on to the second day of the next month but one, so that whatever was sent is beyond sending back."""
    today = india_date(world.clock.now())
    there = (today.replace(day=1) + timedelta(days=64)).replace(day=2)
    world.advance(there - today)


def swept(world: World) -> dict[str, int]:
    """Let the duty run twice; return who was credited for designs, in paise."""
    with world.app.app_context():
        duties.credit_royalties()
        duties.credit_royalties()
    with world.reading():
        names = {artisan(name).id: name for name in PARTS}
        paid = select(Earning.artisan_id, Earning.amount_minor).where(Earning.kind == EarningKind.DESIGN)
        rows = db.session.execute(paid.order_by(Earning.id)).all()
        return {name: sum(minor for who, minor in rows if who == number) for number, name in names.items()}


def findings(world: World) -> list[str]:
    with world.reading():
        return [str(each) for verify in (royalties.verify, designed.verify, earnings.verify) for each in verify()]


@both_databases
def test_what_stays_sold_is_credited_once_a_month_and_divided_to_the_paisa(world: World) -> None:
    agree(world)
    sold(world, 3)
    assert swept(world) == {"Rina": 0, "Mala": 0}, "it may still be sent back"
    next_month(world)
    assert swept(world) == {"Rina": 1_201, "Mala": 2_402}  # 3 x 1201 = 3603: 1200.88 and 2402.12
    assert house(world, "fees") == [3_603]
    next_month(world)
    assert swept(world) == {"Rina": 1_201, "Mala": 2_402}, "a line is counted once for good"
    assert findings(world) == []


@both_databases
def test_what_came_back_before_is_left_out_and_what_comes_back_after_is_the_houses_to_bear(world: World) -> None:
    agree(world, 1_000)
    link = sold(world, 2)
    received(world, asked(world, link))
    next_month(world)
    assert sum(swept(world).values()) == 1_000
    with world.writing():
        assert [row.pieces for row in db.session.scalars(select(RoyaltyLine))] == [1]
    next_month(world)
    assert sum(swept(world).values()) == 1_000
    assert findings(world) == []


@both_databases
def test_the_version_of_the_day_of_the_order_pays_and_nothing_before_the_agreement(world: World) -> None:
    sold(world)
    world.advance(timedelta(days=1))
    first = agree(world, 1_000)
    sold(world, 2)
    world.advance(timedelta(days=1))
    second = agree(world, 500, Rina=10_000)
    sold(world)
    next_month(world)
    swept(world)
    with world.reading():
        assert {(row.design_id, row.pieces, row.amount_minor) for row in db.session.scalars(select(Royalty))} == {
            (first, 2, 2_000),
            (second, 1, 500),
        }
    assert findings(world) == []


@both_databases
def test_a_return_on_its_way_waits_and_counts_in_the_month_after(world: World) -> None:
    agree(world, 1_000)
    link = sold(world)
    return_id = asked(world, link)
    next_month(world)
    assert sum(swept(world).values()) == 0
    with world.writing() as at:
        returns.call_off(db.session.get_one(Return, return_id), lapsed=True, at=at, by="worker")
    next_month(world)
    assert sum(swept(world).values()) == 1_000
    with world.reading():
        assert order_of(link).status.value == "delivered"


@both_databases
def test_two_people_stand_behind_a_version_and_the_database_holds_it(world: World) -> None:
    number = agree(world, until="proposed")
    with pytest.raises(Refused, match=r"design\.two_people"), world.writing() as at:
        designs.approve(db.session.get_one(Design, number), at=at, by=user("Meera"))
    with pytest.raises(Conflict, match=r"design\.one_open"):
        agree(world)
    with pytest.raises(IntegrityError), world.writing():
        db.session.execute(update(Design).values(status="approved", approved_by=user("Meera").actor))
    with world.writing() as at:
        designs.approve(db.session.get_one(Design, number), at=at, by=user("Farida"))
    with pytest.raises(Conflict, match=r"design\.moved_on"), world.writing() as at:
        designs.withdraw(db.session.get_one(Design, number), at=at, by=user("Farida"))
    with pytest.raises(Invalid, match=r"design\.agreed_on"):
        agree(world, ago=1)
    for wrong in ({"Rina": 9_999}, {"Rina": 10_001, "Mala": -1}):
        with pytest.raises(Invalid, match=r"design\.parts"):
            agree(world, **wrong)


@pytest.mark.books_may_differ
@both_databases
def test_what_is_bent_afterwards_is_found(world: World) -> None:
    number = agree(world)
    sold(world)
    next_month(world)
    swept(world)
    with world.writing():
        db.session.execute(update(DesignPart).where(DesignPart.basis_points == 3_333).values(basis_points=3_300))
    assert any("basis points" in each for each in findings(world))
    assert any("is divided" in each or "credited" in each for each in findings(world))
    with world.writing():
        db.session.execute(update(DesignPart).where(DesignPart.basis_points == 3_300).values(basis_points=3_333))
        db.session.execute(update(Design).where(Design.id == number).values(royalty_minor=1_300))
    assert any("its lines 1 at 1300" in each for each in findings(world))
    with world.writing() as at:
        db.session.execute(update(Design).where(Design.id == number).values(royalty_minor=RATE))
        row = {"design_id": number, "month": "2020-01", "pieces": 1, "amount_minor": RATE, "credited_at": at}
        made = run(adding(Royalty, "id"), row).scalar_one()
        run(adding(RoyaltyLine), {"royalty_id": made, "line": "order-line:999999", "pieces": 1})
    assert any("was not sold" in each for each in findings(world))
    with pytest.raises(IntegrityError), world.writing() as at:
        row = {"design_id": number, "month": "2020-01", "pieces": 1, "amount_minor": RATE, "credited_at": at}
        run(adding(Royalty), row)


def test_the_month_before_is_counted_as_india_counts() -> None:
    assert designed.month_before(datetime(2026, 11, 30, 18, 29, tzinfo=UTC)) == date(2026, 10, 1)
    assert designed.month_before(datetime(2026, 11, 30, 18, 30, tzinfo=UTC)) == date(2026, 11, 1)


@given(st.integers(0, 10**10), st.dictionaries(st.integers(1, 99), st.integers(1, 9_999), min_size=1, max_size=6))
def test_the_parts_of_a_royalty_are_the_whole_and_within_a_paisa_of_fair(minor: int, parts: dict[int, int]) -> None:
    found = royalties.divide(minor, parts)
    whole = sum(parts.values())
    assert sum(found.values()) == minor
    assert all(abs(found.get(who, 0) * whole - minor * part) < whole for who, part in parts.items())
    assert found == royalties.divide(minor, dict(reversed(list(parts.items()))))
