"""What gets out into a log: the fields of one table, each in its shape, and of an error its kinds and places."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop import create_app, jobs, mail, outbox
from shop.db import db
from shop.errors import where
from shop.outbox import OutboxRow
from shop.web import logs
from shop.web.logs import FIELDS, log
from tests.world import World

CANARY = "asha-canary@test.example"


@pytest.fixture(params=["json", "text"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is logged meanwhile."""
    out = io.StringIO()
    logs.configure(request.param, out)
    yield out
    logs.configure("text")


def test_a_field_that_is_not_in_the_table_does_not_get_out(written: io.StringIO) -> None:
    log.info("request", status=200, email=CANARY, query=f"q={CANARY}", nested={"name": CANARY})

    line = written.getvalue()
    assert CANARY not in line and "email" not in line and "nested" not in line
    assert "request" in line and "200" in line and "dropped" in line


@pytest.mark.parametrize("name", FIELDS)
def test_no_field_of_the_table_lets_an_address_through(written: io.StringIO, name: str) -> None:
    for value in (CANARY, f'x "{CANARY}"', f"a\n{CANARY}", f"/orders/MB-1/{'k' * 43}?q={CANARY}"):
        event = {"event": "request", name: value}
        log.info(event.pop("event"), **event)

    assert CANARY not in written.getvalue()
    assert all(line.strip() for line in written.getvalue().splitlines())


def test_a_renderer_without_the_table_would_tell_all() -> None:
    """The negative control: the same words, were it not for `only_listed`."""
    assert CANARY in json.dumps({"event": "request", "email": CANARY})
    assert logs.only_listed(None, "info", {"event": "request", "email": CANARY}) == {"event": "request", "dropped": 1}


def test_an_error_is_told_by_kinds_and_places_alone(world: World, written: io.StringIO) -> None:
    with world.reading():
        try:
            db.session.execute(text("SELECT no_such_column, :email"), {"email": CANARY})
        except Exception as error:
            assert CANARY in str(error)
            log.error("defect", exc_info=error)
            told = where(error)

    line = written.getvalue()
    assert CANARY not in line and "no_such_column" not in line
    assert "OperationalError" in line and "tests/test_logs.py" in line and "sqlalchemy/engine/default.py" in line
    assert told.startswith("OperationalError < OperationalError at tests/test_logs.py:")
    assert " /" not in told


def test_causes_are_named_without_their_messages() -> None:
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as inner:
            raise IntegrityError(f"INSERT {CANARY}", {"email": CANARY}, inner) from inner
    except IntegrityError as error:
        told = where(error)

    assert told.startswith("IntegrityError < ValueError at ")
    assert CANARY not in told


def test_what_libraries_log_is_reduced_too(written: io.StringIO) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("stripe").exception("could not reach %s", CANARY)

    line = written.getvalue()
    assert CANARY not in line
    assert "stripe" in line and "ValueError" in line and "library" in line


def test_a_request_is_one_line_without_what_was_asked(settings: dict[str, str], written: io.StringIO) -> None:
    app = create_app(settings)
    logs.configure("json", written)
    written.truncate(0)

    app.test_client().get(f"/search?q={CANARY}", headers={"Referer": CANARY, "User-Agent": CANARY})
    app.test_client().post("/login", data={"email": CANARY}, headers={"Sec-Fetch-Site": "same-origin"})
    app.test_client().get(f"/orders/MB-1/{CANARY}")

    lines = [json.loads(line) for line in written.getvalue().strip("\0\n").splitlines()]
    assert [line["endpoint"] for line in lines] == ["storefront.search", "auth.sign_in_post", "storefront.order"]
    assert all(line.keys() <= FIELDS.keys() and "dropped" not in line for line in lines)
    assert CANARY not in written.getvalue()


def test_a_defect_in_a_view_is_logged_without_its_message(settings: dict[str, str], written: io.StringIO) -> None:
    app = create_app({**settings, "PROPAGATE_EXCEPTIONS": False})
    logs.configure("json", written)

    def broken() -> str:
        raise RuntimeError(CANARY)

    broken.__dict__["action"] = None
    app.view_functions["storefront.home"] = broken
    assert app.test_client().get("/").status_code == 500

    assert CANARY not in written.getvalue()
    assert '"error": "RuntimeError"' in written.getvalue() and "broken" in written.getvalue()


def test_a_job_that_fails_notes_neither_in_the_log_nor_in_its_row_whom_it_was_about(
    world: World, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(message: object, **_: object) -> None:
        raise OSError(f"550 {CANARY} is unknown")

    monkeypatch.setitem(jobs.KINDS, "mail", lambda payload: refuse(payload))
    with world.writing() as at:
        mail.enqueue("order_paid", "canary", CANARY, {}, at=at)
    world.work()

    with world.reading():
        row = db.session.scalars(db.select(OutboxRow).where(OutboxRow.reference == "mail:canary")).one()
        assert row.last_error and row.last_error.startswith("OSError at ") and CANARY not in row.last_error
    assert CANARY not in written.getvalue() and "job.failed" in written.getvalue()
    with world.writing() as at:
        assert outbox.claim(1, at=at) == []


def test_flask_keeps_no_log_of_its_own(app: Flask, written: io.StringIO) -> None:
    app.logger.error("signed in as %s", CANARY)

    assert CANARY not in written.getvalue() and "library" in written.getvalue()
