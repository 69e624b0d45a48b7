"""Nothing that cannot be done keeps back what can: late money, other gateways, other pages, other people's shares."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from shop import phases
from shop.artisans.share_models import Share
from shop.catalog.models import Stock, Variant
from shop.db import db
from shop.orders import releases
from shop.orders.models import OrderStatus
from shop.orders.window import Window
from shop.payments import collect
from shop.payments.gateways import PaymentSeen
from shop.payments.models import AttemptStatus, EventStatus, GatewayEvent, Refund
from shop.production.models import Making
from tests import sharing
from tests.cast import MESSENGER, TOTE
from tests.conftest import both_databases
from tests.letters import letters
from tests.world import World


@pytest.mark.books_may_differ  # the sandbox does not know of the late payment
@both_databases
def test_late_money_for_a_piece_that_is_gone_and_that_nobody_can_make_goes_back(world: World) -> None:
    """It would be made to order, but no making of it was ever approved: nobody could be asked for it."""
    with world.writing():
        tote = db.session.scalars(select(Variant).where(Variant.sku == TOTE)).one()
        tote.made_to_order = True
        withdrawn = {"status": "withdrawn", "approved_at": None, "approved_by": None}
        db.session.execute(update(Making).where(Making.product_id == tote.product_id).values(withdrawn))
        db.session.execute(update(Stock).where(Stock.variant_id == tote.id).values(on_hand=Stock.reserved + 1))
    late, gateway = world.buy(TOTE, gateway="stripe", pay=False), world.app.extensions["counter"].gateways["stripe"]
    world.advance(timedelta(minutes=40))
    world.look_at_gateways()
    first = world.attempts(late)[0]
    assert first.status is AttemptStatus.EXPIRED
    assert world.order(world.buy(TOTE)).status is OrderStatus.PAID

    with world.writing() as at:
        seen = PaymentSeen("pi_late", first.key, first.amount_minor, "INR", True, False, at)
        collect.apply_payment(gateway, seen, at=at, by="test")

    assert world.order(late).status is OrderStatus.CANCELLED
    with world.reading():
        asked = db.session.scalars(select(Refund)).unique().one()
        assert (asked.reason, asked.amount_minor) == ("sold out", first.amount_minor)


def test_an_event_of_a_gateway_that_was_switched_off_keeps_nothing_back(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay", pay=False)
    body = {"event_id": "evt_off", "body_sha256": "0" * 64, "kind": "x", "body": b"{}"}
    with world.writing() as at:
        db.session.add(GatewayEvent(gateway="gone", **body, status=EventStatus.RECEIVED, tries=0, received_at=at))

    world.pay(link)

    assert world.order(link).status is OrderStatus.PAID
    assert [str(letter["Subject"]) for letter in letters(world, "asha@test.example")]


def test_a_pay_page_that_cannot_be_closed_does_not_keep_others_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = [world.buy(TOTE, gateway="stripe", pay=False), world.buy(TOTE, gateway="razorpay", pay=False)]
    world.advance(timedelta(minutes=40))
    gateway = world.app.extensions["counter"].gateways["stripe"]

    def broken(*_given: Any) -> None:
        raise ValueError("an answer that nobody can read")

    monkeypatch.setattr(gateway, "close_page", broken)
    with world.reading(), pytest.raises(ValueError, match="nobody can read"):
        phases.lapse(world.app.extensions["counter"])

    assert [world.attempts(link)[0].status for link in links] == [AttemptStatus.PENDING, AttemptStatus.EXPIRED]


def test_a_share_that_cannot_be_released_keeps_no_other_woman_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing.rule(world)
    for _ in range(2):
        sharing.send(world, sharing.bought_and_made(world))
    world.advance(timedelta(days=60))
    release, turns = releases.release, []

    def broken_at_first(order_id: int, *given: Any, **named: Any) -> Any:
        turns.append(order_id)
        if len(turns) == 1:
            raise ValueError("books that nobody can read")
        return release(order_id, *given, **named)

    monkeypatch.setattr(releases, "release", broken_at_first)
    with pytest.raises(ValueError, match="nobody can read"):
        sharing.sweep(world)

    with world.reading():
        standing = db.session.scalars(select(Share.status).order_by(Share.id)).all()
    assert [status.value for status in standing] == ["pending", "released"]


def test_the_question_whose_share_is_due_does_not_grow_with_what_waits(world: World) -> None:
    """A database takes only so many values in one statement: a busy month has more lines than that."""
    sharing.rule(world)
    first = sharing.bought_and_made(world)
    sharing.send(world, first)
    one = _values_of_due(world)
    for _ in range(2):
        sharing.send(world, sharing.bought_and_made(world))

    assert _values_of_due(world) == one
    with world.reading():
        assert len(db.session.scalars(select(Share.id)).all()) == 3
        assert len(releases.due(Window(), at=world.clock.now() + timedelta(days=15))) == 3
        assert releases.due(Window(), at=world.clock.now() + timedelta(days=13)) == []
    assert MESSENGER


def _values_of_due(world: World) -> int:
    """Return how many values the statements of `releases.due` carry."""
    counted: list[int] = []

    def count(_connection: object, _cursor: object, _statement: str, values: Any, *_more: object) -> None:
        counted.append(len(values))

    with world.reading():
        event.listen(db.engine, "before_cursor_execute", count)
        try:
            _due(world.clock.now() + timedelta(days=15))
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
    return sum(counted)


def _due(at: datetime) -> list[int]:
    return releases.due(Window(), at=at)
