"""What is kept only for a while, on both databases: webhook bodies, carts, mails that were sent, sign-ins."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shop import duties, jobs, outbox
from shop.db import db
from shop.errors import Conflict
from shop.orders import cart
from shop.orders.models import Cart, CartLine, Order
from shop.outbox import OutboxRow
from shop.payments import inbox
from shop.payments.models import EventStatus, GatewayEvent
from shop.users.models import SignIn
from tests.cast import TOTE, WALLET
from tests.conftest import both_databases
from tests.world import World

pytestmark = both_databases


def forget_after(world: World, days: int) -> None:
    world.advance(timedelta(days=days))
    with world.app.app_context():
        duties.forget()


def bodies(world: World) -> list[bytes]:
    with world.reading():
        return [bytes(body) for body in db.session.scalars(select(GatewayEvent.body).order_by(GatewayEvent.id))]


def test_webhook_bodies_go_after_ninety_days_and_a_replay_is_still_known(world: World) -> None:
    link = world.buy(TOTE)
    before = bodies(world)
    assert before and all(before)
    with world.reading():
        one = db.session.scalars(select(GatewayEvent).order_by(GatewayEvent.id)).first()
        gateway, event_id, kind = one.gateway, one.event_id, one.kind

    forget_after(world, 89)
    assert bodies(world) == before
    forget_after(world, 2)
    assert bodies(world) == [b""] * len(before)

    notice = world.app.extensions["counter"].gateways[gateway].parse(before[0], "evt_another_id")
    with world.writing() as at:
        assert inbox.store(world.app.extensions["counter"].gateways[gateway], notice, before[0], at=at) is False
    world.work()
    assert len(bodies(world)) == len(before)
    assert world.order(link).status == "paid"
    assert (event_id, kind) != ("", "")


@pytest.mark.parametrize("waits", [EventStatus.RECEIVED, EventStatus.HELD, EventStatus.PARKED])
def test_an_event_that_waits_keeps_its_body_until_it_is_settled(world: World, waits: EventStatus) -> None:
    world.buy(TOTE)
    with world.writing():
        event = db.session.scalars(select(GatewayEvent).order_by(GatewayEvent.id)).first()
        assert event is not None
        event.status, event_id = waits, event.id

    forget_after(world, 91)
    with world.writing():
        event = db.session.get_one(GatewayEvent, event_id)
        assert event.body
        event.status = EventStatus.HELD
        inbox.set_aside(event, "of another shop", at=world.clock.now(), by="user:3")
    forget_after(world, 1)

    with world.writing():
        event = db.session.get_one(GatewayEvent, event_id)
        assert not event.body
        with pytest.raises(Conflict, match=r"event\.too_old"):
            inbox.try_again(event)


def test_what_a_period_asked_for_goes_with_it(world: World) -> None:
    periods: dict[str, int] = {}
    while jobs.work_on_schedule(world.app, periods):
        pass
    asked = select(func.count()).where(OutboxRow.kind.startswith(outbox.PERIODIC))
    with world.reading():
        assert db.session.scalar(asked) == len(jobs.SLOW)

    forget_after(world, 31)

    with world.reading():
        assert db.session.scalar(asked) == 0


def test_carts_go_after_sixty_days_but_for_those_that_became_an_order_or_are_in_use(world: World) -> None:
    link = world.buy(TOTE)
    old, used = world.browser(), world.browser()
    world.add_to_cart(old, WALLET)
    world.add_to_cart(used, TOTE)
    world.advance(timedelta(days=40))
    world.add_to_cart(used, TOTE)

    forget_after(world, 21)

    with world.reading():
        left = set(db.session.scalars(select(Cart.id)))
        ordered = db.session.scalar(select(Order.cart_id).where(Order.number == world.order(link).number))
    assert len(left) == 2 and ordered in left
    assert "Kalka tote" in used.get("/cart").text
    assert "Tyre wallet" not in old.get("/cart").text
    with world.reading():
        assert db.session.scalar(select(func.count()).select_from(CartLine)) >= 1
    with world.writing() as at:
        assert cart.forget(before=at, limit=0) == 0


def test_a_mail_that_was_sent_forgets_its_reader_after_thirty_days(world: World) -> None:
    world.buy(TOTE)
    with world.reading():
        rows = list(db.session.scalars(select(OutboxRow)))
        assert "asha@test.example" in str([row.payload for row in rows])

    forget_after(world, 29)
    with world.reading():
        assert "asha@test.example" in str(list(db.session.scalars(select(OutboxRow.payload))))
    forget_after(world, 2)

    with world.reading():
        rows = list(db.session.scalars(select(OutboxRow)))
        assert rows and all(row.payload == {} for row in rows if row.done_at)
    with world.app.app_context():
        duties.forget()  # nothing is left to forget, and nothing breaks


def test_a_mail_that_still_waits_keeps_its_reader(world: World) -> None:
    with world.writing() as at:
        db.session.add(
            OutboxRow(
                kind="mail", reference="later", payload={"to": "asha@test.example"}, due_at=at + timedelta(days=400)
            )
        )

    forget_after(world, 200)

    with world.reading():
        assert db.session.scalar(select(OutboxRow.payload).where(OutboxRow.reference == "later"))


def test_batches_are_bounded_and_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duties, "AT_ONCE", 2)
    for _cart in range(5):
        world.add_to_cart(world.browser(), TOTE)
    seen: list[int] = []
    sweep = cart.forget
    monkeypatch.setattr(cart, "forget", lambda **given: seen.append(sweep(**given)) or seen[-1])

    forget_after(world, 61)

    assert seen == [2, 2, 1]


def test_sign_ins_go_ninety_days_after_their_end(world: World) -> None:
    world.browser().sign_in("Meera")

    forget_after(world, 92)

    with world.reading():
        assert db.session.scalar(select(func.count()).select_from(SignIn)) == 0


def test_the_schedule_forgets(world: World) -> None:
    assert duties.forget in dict(jobs.SCHEDULE)
