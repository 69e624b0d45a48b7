"""Bad input gets a clear message, a right status, and changes nothing.

`tests/bad_input/cases.py` is the table; `bench/` counts the unexpected answers of the same table.
"""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from shop.db import db
from tests.bad_input.cases import CASES, SHARED, Case
from tests.bad_input.running import contents, unexpected
from tests.bad_input.sending import add, razorpay_hook, stripe_hook
from tests.bad_input.stages import Stage, a_heard_webhook, nothing
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.world import World


@both_databases
@pytest.mark.parametrize("before", SHARED, ids=lambda before: before.__name__)
def test_bad_input_gets_a_clear_answer_and_changes_nothing(world: World, before: Callable[[World], Stage]) -> None:
    cases = [case for case in CASES if case.before is before]

    assert [line for case in cases for line in unexpected(world, case)] == []


@pytest.mark.parametrize("case", [case for case in CASES if case.before not in SHARED], ids=lambda case: case.name)
def test_bad_input_into_a_story_gets_a_clear_answer_and_changes_nothing(world: World, case: Case) -> None:
    assert unexpected(world, case) == []


def test_a_case_that_changes_something_is_noticed(world: World) -> None:
    honest = Case("honest", nothing, add(), 303, "")

    assert unexpected(world, honest) == ["honest: changed cart, cart_line"]


def test_a_line_break_in_a_name_never_becomes_a_header(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []
    monkeypatch.setattr("shop.mail.send", lambda message, **_: sent.append(message))

    link = world.buy(TOTE, name="Asha\r\nBcc: evil@evil.example")

    assert world.order(link).name == "Asha Bcc: evil@evil.example"
    assert [message["To"] for message in sent] == ["asha@test.example"]
    assert all(message["Bcc"] is None for message in sent)


@pytest.mark.parametrize("gateway", ["razorpay", "stripe"])
def test_a_genuine_webhook_for_an_order_that_is_not_ours_is_held_and_moves_no_money(world: World, gateway: str) -> None:
    browser, body = a_heard_webhook(gateway)(world)
    key = world.attempts(latest_link(world))[0].key.encode()
    strange = body.replace(key, b"MB-STRANGE-1").replace(b"pay_", b"pxy_")
    was = contents(world)

    (razorpay_hook if gateway == "razorpay" else stripe_hook)(strange.replace(b'"evt_', b'"evz_'))(world, browser)
    world.work()

    now = contents(world)
    assert [name for name in was if was[name] != now[name]] == ["gateway_event"]


def latest_link(world: World) -> str:
    from shop.orders.models import Order

    with world.reading():
        order = db.session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()
        return f"/orders/{order.number}/{order.key}"
