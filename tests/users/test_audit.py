"""The audit only grows, names ids and codes only, and a bent row is found."""

import pytest
from sqlalchemy import text

from shop import append_only
from shop.db import db
from shop.users import audit
from tests.conftest import both_databases
from tests.world import World

pytestmark = both_databases


def write(world: World, acts: int = 3) -> int:
    """Write some acts; return the number of the last act that stood there before."""
    with world.reading():
        before = audit.newest(1)[0].seq
    for number in range(acts):
        with world.writing() as at:
            audit.record("pin.reset", f"artisan:{number + 1}", by="user:1", at=at, reason="lost")
    return before


def findings(world: World) -> list[str]:
    with world.reading():
        return [str(found) for found in audit.verify()]


def test_acts_are_chained_and_hold(world: World) -> None:
    before = write(world)

    assert findings(world) == []
    with world.reading():
        newest = [(row.seq, row.subject) for row in audit.newest(2)]
    assert newest == [(before + 3, "artisan:3"), (before + 2, "artisan:2")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_record SET by = 'user:2' WHERE seq = 2",
        "DELETE FROM audit_record WHERE seq = 2",
        "INSERT INTO audit_record SELECT * FROM audit_record WHERE seq = 2",
    ],
)
def test_the_database_refuses_to_change_an_act(world: World, statement: str) -> None:
    write(world)

    with pytest.raises(Exception, match=r"only grow|UNIQUE|unique"), world.writing():
        db.session.execute(text(statement))
    assert findings(world) == []


@pytest.mark.books_may_differ
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE audit_record SET \"by\" = 'user:2' WHERE seq = :seq + 2", 2),
        ("DELETE FROM audit_record WHERE seq = :seq + 2", 3),
        ("DELETE FROM audit_record WHERE seq = :seq + 3", 3),
    ],
)
def test_whoever_drops_the_guards_is_found(world: World, statement: str, named: int) -> None:
    before = write(world)
    with world.writing():
        dialect = db.engine.dialect.name
        for name in append_only.expected(dialect, audit.APPEND_ONLY):
            on = " ON audit_record" if dialect == "postgresql" else ""
            db.session.execute(text(f"DROP TRIGGER {name}{on}"))
        db.session.execute(text(statement), {"seq": before})

    assert f"act {before + named}" in findings(world)[0]


@pytest.mark.parametrize(
    "values",
    [
        {"subject": "Rina Sardar"},
        {"subject": "order:MB-2222222"},
        {"subject": "order"},
        {"by": "rina@test.example"},
        {"reason": "she phoned me"},
        {"act": "Reveal"},
        {"reason": "+91 98300 12345"},
    ],
)
def test_nothing_but_ids_and_codes_is_taken(world: World, values: dict[str, str]) -> None:
    good = {"act": "pin.reset", "subject": "artisan:1", "by": "user:1", "reason": "lost"}
    with pytest.raises(ValueError, match="ids and codes"), world.writing() as at:
        audit.record(**{**good, **values}, at=at)


def test_resetting_a_pin_is_in_the_audit(world: World) -> None:
    meera = world.browser().sign_in("Meera")
    assert meera.post("/manager/people/1/pin", {"pin": "592817", "pin_again": "592817"}).status_code == 303

    page = world.browser().sign_in("Bina").get("/manager/audit").text
    assert "pin.reset" in page and "artisan:1" in page and "Meera" in page
