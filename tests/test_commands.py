"""Commands, and an empty shop that opens without the demo: from nothing to a first paid order."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import delete, text

from sandbox.server import SandboxThread
from shop import create_app
from shop.catalog import pictures
from shop.clock import FixedClock
from shop.db import db
from shop.outbox import OutboxRow
from shop.payments.gateways.razorpay import RazorpayGateway
from shop.phases import Counter
from tests import cast
from tests.cast import SELLER
from tests.conftest import both_databases, webhooks_to
from tests.world import World


@pytest.fixture
def empty(tmp_path: Path, media: str, sandbox_thread: SandboxThread) -> Iterator[World]:
    """A migrated shop with nobody and nothing in it."""
    sandbox_thread.control.reset()
    sandbox_thread.control.reset_clock()
    app = create_app(
        {
            "TESTING": True,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}",
            "IDENTITY_DATABASE_URL": f"sqlite:///{tmp_path / 'identity.db'}",
            "MEDIA_URL": media,
            "SHOP_URL": "http://localhost",
            "STRIPE_API_BASE": sandbox_thread.stripe_base,
            "RAZORPAY_API_BASE": sandbox_thread.razorpay_base,
        }
    )
    clock = FixedClock(datetime.now(UTC).replace(microsecond=0))
    app.extensions["counter"] = Counter(app.extensions["counter"].gateways, clock, SELLER)
    with app.app_context():
        upgrade()
    with webhooks_to(app):
        yield World(app, sandbox_thread.control, clock)
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def run(app: Flask, *words: str) -> str:
    """Run a command and return what it printed; it must succeed."""
    result = app.test_cli_runner().invoke(args=list(words))
    assert result.exit_code == 0, result.output
    return result.output


def test_an_empty_shop_opens_and_sells_its_first_bag(empty: World) -> None:
    run(empty.app, "centres", "add", "NORTH", "North centre")
    staff = ["--role", "manager", "--name", "Meera", "--email", "meera@test.example", "--centre", "NORTH"]
    run(empty.app, "users", "add", *staff, "--password", cast.PASSWORD)
    second = ["--role", "finance", "--name", "Farida", "--email", "farida@test.example"]
    run(empty.app, "users", "add", *second, "--password", cast.PASSWORD)
    assert "Nothing is on the shelf yet" in empty.browser().get("/").text
    meera = empty.browser().sign_in("Meera")

    words = {"slug": "first-tote", "title": "First tote", "description": "The first of many.", "hsn": "420222"}
    made = meera.post("/manager/products", {**words, "trade": "block-print", "finish_days": "5", "materials": "cotton"})
    assert made.status_code == 303, made.text
    meera.post("/manager/products/first-tote/variants", {"sku": "FIRST", "grams": "200", "price_INR": "650"})
    picture = {"picture": (io.BytesIO(cast.a_picture()), "tote.png"), "alt": "A cotton tote"}
    meera.post("/manager/products/first-tote/pictures", {**picture, "csrf_token": meera.token})
    meera.post("/manager/products/first-tote/making", {"step_1": "stitch", "minutes_1": "30", "rate_1": "35"})
    farida = empty.browser().sign_in("Farida")
    assert farida.post("/manager/products/first-tote/making/1/approval").status_code == 303
    once = re.search(r'name="once" value="([^"]+)"', meera.get("/manager/products/first-tote").text)
    counted = {"sku": "FIRST", "change": "2", "reason": "first two", "once": once[1] if once else ""}
    meera.post("/manager/products/first-tote/stock", counted)
    published = meera.post("/manager/products/first-tote/publication")
    assert published.status_code == 303, published.text

    link = empty.buy("FIRST")

    assert empty.order(link).status == "paid"
    assert empty.books_breaks() == []


def test_a_person_is_not_added_to_a_centre_that_does_not_exist(empty: World) -> None:
    words = ["users", "add", "--role", "manager", "--name", "Meera", "--email", "m@test.example", "--centre", "SOUTH"]
    result = empty.app.test_cli_runner().invoke(args=[*words, "--password", cast.PASSWORD])

    assert result.exit_code == 1
    assert "There is no centre SOUTH" in result.output


def test_the_demo_is_refused_where_someone_real_signs_in(world: World) -> None:
    result = world.app.test_cli_runner().invoke(args=["demo", "load"])

    assert result.exit_code == 1
    assert "belongs to a real shop" in result.output


@both_databases
def test_the_demo_loads_verified_and_reconciled_and_a_second_load_changes_nothing(empty_like: World) -> None:
    first = run(empty_like.app, "demo", "load", "--months", "1")
    again = run(empty_like.app, "demo", "load", "--months", "1")

    assert "The demo is loaded." in first
    assert "was loaded before" in again
    assert "0 broken; 0 entries not yet sealed" in run(empty_like.app, "ledger", "verify")
    assert "0 differences" in run(empty_like.app, "payments", "reconcile")
    with empty_like.reading():
        assert (db.session.scalar(text("SELECT count(*) FROM ledger_transfer")) or 0) >= 200
        assert _statuses("payout") >= {"proposed", "sent", "settled", "questioned"}
        assert _statuses("task") >= {"offered", "accepted", "started", "submitted", "checked"}
        assert _statuses("orders") >= {"placed", "paid", "shipped", "delivered"}
        assert db.session.scalar(text("SELECT count(*) FROM ticket WHERE closed_at IS NULL"))
        idle = "SELECT count(*) FROM artisan WHERE id NOT IN (SELECT artisan_id FROM task)"
        assert db.session.scalar(text(idle)) == 0
    with empty_like.writing():  # a hundred pictures in their larger widths are a minute's work, tested where it is done
        db.session.execute(delete(OutboxRow).where(OutboxRow.kind.in_(pictures.JOBS)))


def _statuses(table: str) -> set[str]:
    return set(db.session.scalars(text(f"SELECT DISTINCT status FROM {table}")))


@pytest.fixture
def empty_like(world: World) -> World:
    """The world of this test with nobody in it, on whichever database it runs."""
    with world.app.app_context():
        _empty_every_table()
    return world


def _empty_every_table() -> None:
    tables = [table.name for table in reversed(db.metadatas[None].sorted_tables)]
    with db.engine.connect().execution_options(writing=True) as connection:
        if connection.dialect.name == "sqlite":
            raw = connection.connection.dbapi_connection
            raw.execute("PRAGMA query_only=OFF")
            triggers = [
                row[0] for row in raw.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            ]
            names = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()]
            for name in names:
                raw.execute(f"DROP TRIGGER {name}")
            for table in tables:
                raw.execute(f"DELETE FROM {table}")
            for trigger in triggers:
                raw.execute(trigger)
            return
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in tables:
            connection.exec_driver_sql(f'DELETE FROM "{table}"')
        connection.commit()


def test_a_gateway_that_does_not_answer_is_told_in_a_sentence(world: World) -> None:
    counter = world.app.extensions["counter"]
    nowhere = RazorpayGateway(
        key_id="rzp_test_x", key_secret="x", webhook_secrets=("x",), api_base="http://127.0.0.1:9/razorpay"
    )
    standing = dict(counter.gateways)
    counter.gateways["razorpay"] = nowhere
    try:
        result = world.app.test_cli_runner().invoke(args=["payments", "reconcile"])
    finally:
        counter.gateways.update(standing)

    assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
    assert "razorpay does not answer" in result.output and "Traceback" not in result.output
