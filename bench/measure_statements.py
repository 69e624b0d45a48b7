"""How many SQL statements pages and a whole checkout take on a warm app; pytest runs this file for `make figures`.

Counted is every statement that reads or writes rows: not BEGIN, COMMIT, ROLLBACK, PRAGMA, SET or savepoints.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from shop import phases
from shop.db import db
from shop.payments import inbox
from shop.payments.models import EventStatus
from shop.web.kept import PageCache
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.figures import note
from tests.world import World

pytestmark = both_databases
FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SET", "SAVEPOINT", "RELEASE")


@contextmanager
def counted(world: World, what: str) -> Iterator[list[str]]:
    """Give the list that fills with the statements of what happens inside."""
    seen: list[str] = []

    def see(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.lstrip().upper().startswith(FRAME):
            seen.append(" ".join(statement.split()))

    with world.app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", see)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", see)
    if os.environ.get("SHOW"):
        print(
            f"\n{what}: {len(seen)}", *(f"  {number:2} {text[:230]}" for number, text in enumerate(seen, 1)), sep="\n"
        )


def page(world: World, path: str) -> list[str]:
    """Return the statements of a page that is made anew: nothing is kept of it, nor of its parts."""
    browser = world.browser()
    assert browser.get(path).status_code == 200
    kept = world.app.wsgi_app
    assert isinstance(kept, PageCache)
    kept.clear()
    world.app.extensions["parts"].clear()
    with counted(world, path) as seen:
        assert browser.get(path).status_code == 200
    return seen


def checkout(world: World, gateway: str) -> list[str]:
    """Return the statements of one whole checkout: add, form, POST, webhook with its application, order page."""
    browser = world.browser()
    everything: list[str] = []

    def step(name: str, act: Callable[[], int], status: int) -> None:
        with counted(world, f"{gateway} {name}") as seen:
            assert act() == status
        everything.extend(seen)

    step("add", lambda: world.add_to_cart(browser, TOTE).status_code, 303)
    form: dict[str, str] = {}

    def open_form() -> int:
        form.update(world.checkout_form(browser), payment_method=gateway)
        return 200

    step("form", open_form, 200)
    link = ""

    def send() -> int:
        nonlocal link
        answer = browser.post("/checkout", form)
        link = answer.location.removesuffix("/pay")
        return answer.status_code

    step("POST", send, 303)
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.pay(gateway, world.attempts(link)[-1].page_ref or "")
    telling = {"stripe": "checkout.session.completed", "razorpay": "payment_link.paid"}[gateway]
    ids = [each["id"] for each in world.sandbox.deliveries()["events"] if each["type"] == telling][-1:]
    step("webhook", lambda: world.sandbox.release(ids=ids)[0]["status"] or 0, 200)

    def apply() -> int:
        with world.app.app_context():
            waiting = inbox.waiting(at=world.clock.now())
            return [phases.apply_event(world.app.extensions["counter"], each) for each in waiting].count(
                EventStatus.APPLIED
            )

    step("apply", apply, 1)
    step("order page", lambda: browser.get(link).status_code, 200)
    assert world.order(link).status == "paid"
    world.sandbox.release()
    world.sandbox.set_deliveries(mode="auto")
    world.work()
    return everything


@pytest.mark.parametrize("path", ["/products", "/products?trade=kantha"])
def test_list(world: World, path: str) -> None:
    note("spine.statements_list", len(page(world, path)), n=1, seed=0)


def test_product(world: World) -> None:
    note("spine.statements_product", len(page(world, "/products/kalka-tote")), n=1, seed=0)


@pytest.mark.parametrize("gateway", ["stripe", "razorpay"])
def test_checkout(world: World, gateway: str) -> None:
    checkout(world, gateway)  # warms
    note("spine.statements_checkout", len(checkout(world, gateway)), n=1, seed=0)
