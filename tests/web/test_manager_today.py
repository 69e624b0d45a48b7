"""Today: what needs someone, its reason, and one act; when it is settled, the row is gone."""

from datetime import timedelta

import pytest
from flask_migrate import upgrade
from sqlalchemy import event, select

from shop import create_app
from shop.artisans import corrections, payouts
from shop.artisans.models import CorrectionReason, Earning, Payout, PayoutMethod
from shop.clock import india_date
from shop.db import db, writing
from shop.money import Money
from shop.payments.models import EventStatus, GatewayEvent
from shop.production.models import Task
from shop.users import enrolment
from shop.users.models import Role
from tests import cast, databases
from tests.artisans import publishing
from tests.web import artisan_life as life
from tests.world import Browser, World


@pytest.fixture
def farida(world: World) -> Browser:
    return world.browser().sign_in("Farida")


@pytest.fixture
def meera(world: World) -> Browser:
    return world.browser().sign_in("Meera")


def today(browser: Browser) -> str:
    return browser.get("/manager/").text


def test_nothing_needs_anyone_on_a_quiet_day(meera: Browser) -> None:
    assert "Nothing needs you." in today(meera)


def test_money_that_nobody_thought_of(world: World, meera: Browser) -> None:
    life.earn(world)
    page = today(meera)
    assert "Rina is owed ₹24.00" in page and "Propose payouts" in page


def test_the_one_who_proposed_reads_who_can_approve(world: World, meera: Browser) -> None:
    life.earn(world)
    meera.post("/manager/payouts", {"artisan": "1", "amount": "24", "method": "cash"})
    assert "You proposed it, so someone else has to approve it." in today(meera)
    assert "Approve ₹24.00" not in today(meera)
    assert "Approve ₹24.00" in today(world.browser().sign_in("Farida"))


def test_a_payout_that_she_questions_or_leaves_unanswered(world: World, meera: Browser) -> None:
    life.earn(world)
    payout_id = life.send(world, "Rina", 2_400)
    assert "has not confirmed" not in today(meera)
    world.advance(timedelta(days=3, hours=1))
    meera.sign_in("Meera")
    assert "Rina has not confirmed ₹24.00" in today(meera)
    world.browser().sign_in_artisan("Rina").post(f"/artisan/payouts/{payout_id}/answer", {"said": "less"})
    page = today(meera)
    assert "has not confirmed" not in page
    assert "Rina questions ₹24.00" in page and "She says that less came." in page


def test_an_order_goes_from_offer_to_parcel(world: World, meera: Browser) -> None:
    link = world.buy(cast.MESSENGER)
    assert "has nobody" in today(meera)
    order = world.order(link)
    world.advance(timedelta(days=(order.promised_on - india_date(world.clock.now())).days + 2))
    meera.sign_in("Meera")
    page = today(meera)
    assert f"Order {order.number} is" in page and "late" in page and "nobody has Stitch × 1" in page
    assert page.count("Offer Stitch × 1") == 1


def test_an_order_from_the_shelf_is_ready_to_leave(world: World, meera: Browser) -> None:
    order = world.order(world.buy(cast.TOTE))
    page = today(meera)
    assert f"Order {order.number} is ready to leave" in page and "Pack and send it" in page


def test_ruma_reads_nothing_of_work_that_only_the_north_can_move(world: World) -> None:
    world.buy(cast.MESSENGER)
    world.advance(timedelta(days=60))
    page = today(world.browser().sign_in("Ruma"))
    assert "nobody has" not in page and "/manager/work/" not in page


def test_work_that_waits(world: World, meera: Browser) -> None:
    life.offer(world, "Mala")
    task_id = life.hand_in(world, "Rina")
    world.advance(timedelta(days=2))
    meera.sign_in("Meera")
    page = today(meera)
    assert "Mala has not answered an offer for 2 days" in page
    assert "Rina waits for a check for 2 days" in page and f"/manager/tasks/{task_id}/check" in page
    life.check(world, task_id)
    assert "waits for a check" not in today(meera)


def test_work_past_its_day(world: World, meera: Browser) -> None:
    task_id = life.offer(world)
    rina = world.browser().sign_in_artisan("Rina")
    rina.post(f"/artisan/tasks/{task_id}/acceptance")
    world.advance(timedelta(days=6))
    meera.sign_in("Meera")
    assert "Rina’s work was due 2 days ago" in today(meera)
    with world.reading():
        assert db.session.get_one(Task, task_id).status.value == "accepted"


@pytest.mark.parametrize(("act", "status"), [("another-try", "received"), ("closing", "ignored")])
def test_a_message_that_fits_nothing_waits_for_a_person(world: World, farida: Browser, act: str, status: str) -> None:
    with world.writing() as at:
        db.session.add(
            GatewayEvent(gateway="stripe", event_id="evt_x", body_sha256="0" * 64, kind="payment", body=b"{}",
                         status=EventStatus.HELD, note="no attempt of ours", received_at=at)
        )  # fmt: skip
    assert "Stripe tells of money we did not ask for" in today(farida)
    assert farida.post("/manager/events/1/closing", {"note": " "}).status_code == 422
    assert farida.post(f"/manager/events/1/{act}", {"note": "a test of the bank"}).status_code == 303
    with world.reading():
        found = db.session.scalars(select(GatewayEvent)).one()
        assert found.status.value == status
    assert "did not ask for" not in today(farida)
    assert farida.post("/manager/events/1/closing", {"note": "again"}).status_code == 404


def test_a_variant_that_is_not_made_to_order_and_sold_out(world: World, meera: Browser) -> None:
    world.buy(cast.WALLET)
    page = today(meera)
    assert "Tyre wallet: none left" in page and f"/manager/work/new?sku={cast.WALLET}" in page


def statements(world: World, browser: Browser, path: str = "/manager/") -> int:
    """Return how many statements a page sends to the database."""
    seen: list[str] = []

    def count(*given: object) -> None:
        seen.append(str(given[2]))

    with world.app.app_context():
        event.listen(db.engine, "before_cursor_execute", count)
        assert browser.get(path).status_code == 200
        event.remove(db.engine, "before_cursor_execute", count)
    return len(seen)


def test_today_asks_no_question_per_row(world: World, meera: Browser) -> None:
    for _ in range(2):
        life.hand_in(world)
        world.buy(cast.MESSENGER)
    few = statements(world, meera)
    for _ in range(4):
        life.hand_in(world, "Mala")
        world.buy(cast.MESSENGER)
    assert statements(world, meera) == few


def test_what_waits_for_a_second_person_asks_no_question_per_row(world: World) -> None:
    """A correction, a "yes" to look into, a proposed payout and a story of one maker cost what those of two do."""
    anita, pages = world.browser().sign_in("Anita"), ("/manager/", "/manager/corrections", "/manager/stories")

    def wait(name: str) -> None:
        life.earn(world, name)
        paid = life.send(world, name, 800)
        with world.writing() as at:
            her, meera = life.artisan(name), world.user("Meera")
            payouts.answer(db.session.get_one(Payout, paid), "yes", at=at, by=her.user, staff_device=True)
            earning = db.session.scalars(select(Earning).where(Earning.artisan_id == her.id).limit(1)).one()
            corrections.propose(earning, CorrectionReason.NOT_DONE, "the third was a sample", at=at, by=meera)
            payouts.propose(her, Money(800, "INR"), PayoutMethod.CASH, at=at, by=meera)
        publishing.draft(world, teller=name, picture=False, slug=f"told-by-{name.lower()}")

    wait("Rina")
    few = [statements(world, anita, page) for page in pages]
    assert today(anita).count("may not have been she") == 1
    wait("Mala")
    assert [statements(world, anita, page) for page in pages] == few
    assert today(anita).count("may not have been she") == 2


def test_an_empty_shop_opens_step_by_step(tmp_path: object, sandbox_thread: object) -> None:
    settings = databases.sqlite_settings(tmp_path)
    app = create_app({**settings, "TESTING": True, "MEDIA_URL": f"file://{tmp_path}/media"})
    with app.app_context():
        upgrade()
        with writing():
            enrolment.add_staff(Role.ADMIN, "Anita", "anita@test.example", cast.PASSWORD, centre_id=None, at=cast.BEGAN)
    anita = Browser(app).sign_in("Anita")
    assert "Add the first centre" in today(anita)
    centre = {
        "organisation": "A trust",
        "code": "north",
        "name": "North",
        "region": "Sundarbans",
        "hours_per_day": "২০",
    }
    assert anita.post("/manager/centres", centre).status_code == 303
    page = today(anita)
    for words in ("Nobody manages a centre yet", "No maker has a card yet", "Write the first product"):
        assert words in page
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
