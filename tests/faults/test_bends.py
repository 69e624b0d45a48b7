"""Eleven ways to bend the books, twenty random rows each: every one is refused, or found by `ledger verify`.

bends.py has those that are statements; the edit of the database's file and the second connection are here.
"""

import random
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from shop import append_only, guards
from shop.db import db
from shop.engines import newest_sqlite
from shop.guards import GROWING
from shop.ledger import heads, sealing, verification
from shop.ledger.models import Entry, Seal, Transfer
from shop.ledger.posting import Event, Leg, post, post_all
from shop.money import Money
from tests.conftest import both_databases
from tests.faults.bends import REFUSED, WAYS, Hand
from tests.faults.conftest import Often
from tests.faults.figures import note
from tests.world import World

pytestmark = [both_databases, pytest.mark.books_may_differ]
ON, AT = date(2026, 11, 20), datetime(2026, 11, 20, 6, tzinfo=UTC)
ENTRIES, ROWS = 60, 20


@pytest.fixture
def written(world: World) -> list[int]:
    """Sixty sealed entries of two transfers each; their ids."""
    with world.writing():
        events = [
            Event(
                f"bend:{number:04d}:{uuid.UUID(int=number)}",
                "test",
                [
                    Leg("bank", "capital", Money(100 + number, "INR")),
                    Leg("wages:1", f"artisan:{number % 7 + 1}:payable", Money(10 + number, "INR")),
                ],
            )
            for number in range(ENTRIES)
        ]
        ids = post_all(events, effective_on=ON, at=AT, by="user:1")
        sealing.seal()
    return ids


def findings() -> list[str]:
    return [str(finding) for verify in (verification.verify, guards.verify) for finding in verify()]


def bend(world: World, way: str, row: int, dice: random.Random) -> str:
    """Try one way at one row, on a connection of its own: "refused", "found", or else what nobody noticed."""
    with world.app.app_context():
        db.session.rollback()
        connection = db.session.connection(execution_options={"writing": True})
        raw = connection.connection.driver_connection
        try:
            WAYS[way](Hand(connection, row, dice))
            waiting = sealing.unsealed()  # told by the command as well: the last link alone was taken, and comes again
            seen = [*findings(), *(f"{waiting} entries not yet sealed" for _ in range(waiting))]
        except DatabaseError:
            return "refused"
        finally:
            db.session.rollback()
            if connection.dialect.name == "sqlite":
                raw.execute("PRAGMA foreign_keys=ON")
                raw.execute("PRAGMA recursive_triggers=ON")
        return "found" if seen else f"{way} at entry {row} went unnoticed"


def twelve_ways(world: World, ids: list[int], seed: int, rows: int = ROWS) -> dict[str, list[str]]:
    """Try every way at so many random rows; fail with what went unnoticed."""
    dice = random.Random(seed)
    answers = {way: [bend(world, way, row, dice) for row in dice.sample(ids, rows)] for way in WAYS}
    unnoticed = [each for found in answers.values() for each in found if each not in ("refused", "found")]
    note("ledger.bends_unnoticed", len(unnoticed), n=sum(map(len, answers.values())), seed=seed)
    assert not unnoticed, f"{len(unnoticed)} bends unnoticed: {unnoticed[:3]}"
    return answers


def test_each_way_to_bend_the_books_is_refused_or_found(world: World, written: list[int], seed: int) -> None:
    answers = twelve_ways(world, written, seed)

    for way, answered in answers.items():
        assert set(answered) == {"refused" if way in REFUSED else "found"}, way
    with world.reading():
        assert findings() == [], "what was tried was rolled back"


def test_control_without_chain_and_shapes_bends_go_unnoticed(
    world: World, written: list[int], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_chain", "_shapes", "_balances"):
        monkeypatch.setattr(verification, name, lambda: iter(()))

    with pytest.raises(AssertionError, match=r"\d+ bends unnoticed"):
        twelve_ways(world, written, seed, rows=4)


def test_control_without_triggers_verify_finds_what_would_be_refused(
    world: World, written: list[int], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.writing():
        for name in append_only.expected(db.engine.dialect.name, GROWING):
            on = f" ON {name.partition('_no_')[0]}" if db.engine.dialect.name == "postgresql" else ""
            db.session.execute(text(f"DROP TRIGGER {name}{on}"))
    monkeypatch.setattr(guards, "verify", lambda: iter(()))

    dice = random.Random(seed)
    assert {bend(world, "UPDATE", row, dice) for row in written[:5]} == {"found"}
    monkeypatch.setattr(verification, "verify", lambda: iter(()))
    assert all("went unnoticed" in bend(world, "UPDATE", row, dice) for row in written[:5])


# A second connection in mid-entry.


def test_a_second_connection_cannot_write_into_an_open_entry(world: World, written: list[int], seed: int) -> None:
    refused = 0
    for number in range(ROWS):
        with world.writing():
            legs = [Leg("bank", "capital", Money(5, "INR")), Leg("wages:1", "artisan:1:payable", Money(5, "INR"))]
            entry = post(f"open:{seed}:{number}", "test", legs, effective_on=ON, at=AT, by="user:1")
            refused += _slip_in(entry)
    note("ledger.bends_unnoticed", ROWS - refused, n=ROWS, seed=seed)

    assert refused == ROWS
    with world.writing():
        sealing.seal()
    with world.reading():
        assert findings() == []


def _slip_in(entry: int) -> int:
    """Write a transfer under an entry from another connection, with none of the shop's own waiting; 1 if refused."""
    slipped = (
        "INSERT INTO ledger_transfer "
        "(entry_id, book, currency, debit_account_id, credit_account_id, amount_minor, effective_on) "
        f"SELECT {entry}, book, currency, debit_account_id, credit_account_id, 1, effective_on "
        "FROM ledger_transfer LIMIT 1"
    )
    try:
        if db.engine.dialect.name == "sqlite":
            module = newest_sqlite()
            other = module.connect(db.engine.url.database, timeout=0)
            try:
                other.execute(slipped)
                other.commit()
            except module.Error:
                return 1
            finally:
                other.close()
            return 0
        address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, options="-c lock_timeout=200") as other:
            other.execute(slipped.encode())
    except psycopg.Error:
        return 1
    return 0


# The database's own file, edited past the database.


def test_an_edit_of_the_databases_file_is_found(
    world: World, written: list[int], seed: int, often: Often, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    dice = random.Random(seed)
    is_quick = world.app.config["DATABASE_URL"].startswith("sqlite")  # each is a copy of the database on PostgreSQL
    numbers = dice.sample(range(ENTRIES), ROWS if is_quick else often(4, ROWS, ROWS))
    old = {number: f"bend:{number:04d}:{uuid.UUID(int=number)}" for number in numbers}
    unnoticed = 0
    with world.app.app_context():
        if db.engine.dialect.name == "sqlite":
            seen = list(_edited_sqlite(old, tmp_path))
            unnoticed = sum(not any(f"bend:{number:04d}|" in line for line in seen) for number in numbers)
        else:
            unnoticed = _edited_postgresql(request.getfixturevalue("postgresql_server"), old)
    note("ledger.bends_unnoticed", unnoticed, n=len(numbers), seed=seed)

    assert unnoticed == 0


def _bent(reference: str) -> bytes:
    return (reference[:9] + "|" + reference[10:]).encode()


def _edited_sqlite(old: dict[int, str], folder: Path) -> Iterator[str]:
    with db.engine.connect() as connection:
        connection.rollback()
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.session.remove()
    db.engine.dispose()
    file = Path(str(db.engine.url.database))
    shutil.copy(file, folder / "before.db")
    content = file.read_bytes()
    for reference in old.values():
        assert reference.encode() in content
        content = content.replace(reference.encode(), _bent(reference))
    file.write_bytes(content)
    yield from findings()


def _edited_postgresql(server: str, old: dict[int, str]) -> int:
    """Edit the table's file, and let the server read it anew as a copied database; return what it did not notice.

    Its pages have checksums: it refuses to read them. Where a server has none, the chain would find the row.
    """
    with psycopg.connect(server, autocommit=True) as owner:
        here = str(db.engine.url.database)
        with psycopg.connect(owner.info.dsn, dbname=here, autocommit=True) as inside:
            inside.execute("SELECT count(*) FROM ledger_entry")  # else it writes the page once more for its hints
            inside.execute("CHECKPOINT")
            found = inside.execute(
                "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('ledger_entry')"
            ).fetchone()
        db.session.remove()
        db.engine.dispose()
        assert found
        file, missed = Path(found[0]), 0
        whole = file.read_bytes()
        for number, reference in old.items():
            assert reference.encode() in whole
            file.write_bytes(whole.replace(reference.encode(), _bent(reference)))
            copy = f"{here}_edited_{number}"
            owner.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(copy), sql.Identifier(here)
                )
            )
            try:
                with psycopg.connect(owner.info.dsn, dbname=copy) as reader:
                    missed += len(reader.execute("SELECT * FROM ledger_entry").fetchall()) > 0
            except psycopg.errors.DataCorrupted:
                pass
            finally:
                owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(copy)))
        file.write_bytes(whole)
        return missed


# Changed and sealed anew by someone who may write everything.


def seal_anew() -> None:
    """Compute the whole chain again, as whoever may write every row can."""
    links = db.session.execute(select(Seal.seq, Seal.entry_id).order_by(Seal.seq)).all()
    rows = db.session.execute(
        select(*sealing.SEALED_COLUMNS).join(Transfer, Transfer.entry_id == Entry.id).order_by(Entry.id, Transfer.id)
    )
    of_entry = dict(sealing.entries(sealing.SealedRow._make(row) for row in rows))
    db.session.execute(text("DELETE FROM ledger_seal"))
    chain, made = sealing.GENESIS, []
    for seq, entry_id in links:
        chain = sealing.link(chain, of_entry[entry_id])
        fingerprints = sealing.fingerprints(of_entry[entry_id])
        made.append({"seq": seq, "entry_id": entry_id, "chain": chain, "fingerprints": fingerprints})
    db.session.execute(insert(Seal), made)


def test_an_entry_changed_and_sealed_anew_is_found_by_a_head_kept_elsewhere(
    world: World, written: list[int], seed: int
) -> None:
    run = world.app.test_cli_runner().invoke
    kept = run(args=["ledger", "heads"]).output
    for row in random.Random(seed).sample(written, ROWS):
        with world.app.app_context():
            db.session.rollback()
            connection = db.session.connection(execution_options={"writing": True})
            triggers = append_only.statements(connection.dialect.name, GROWING)
            for name in triggers:
                on = f" ON {name.partition('_no_')[0]}" if connection.dialect.name == "postgresql" else ""
                connection.exec_driver_sql(f"DROP TRIGGER {name}{on}")
            connection.exec_driver_sql(f"UPDATE ledger_entry SET actor = 'user:2' WHERE id = {row}")
            seal_anew()
            for statement in triggers.values():
                connection.exec_driver_sql(statement)
            assert findings() == [], "the chain holds within itself: only what left the house can tell"
            found = [str(each) for each in heads.differing(heads.read(kept.splitlines()))]
            db.session.rollback()
        assert len(found) == 1
        assert found[0].startswith(f"ledger: seal {ENTRIES}: was kept elsewhere as ")


def test_verify_compares_heads_that_were_kept_elsewhere(world: World, written: list[int], tmp_path: Path) -> None:
    run = world.app.test_cli_runner().invoke
    file = tmp_path / "heads"
    file.write_text(run(args=["ledger", "heads", "--days", "30"]).output)
    seq, _colon, chain = file.read_text().split()[0].partition(":")

    assert "1 heads kept elsewhere compared" in run(args=["ledger", "verify", "--heads", str(file)]).output
    bent = chain.translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    for head, told in ((f"{seq}:{bent}", "is another now"), (f"{int(seq) + 9}:{chain}", "is gone")):
        answer = run(args=["ledger", "verify", "--head", head])
        assert answer.exit_code == 1
        assert told in answer.output
    refused = run(args=["ledger", "verify", "--head", "12:short"])
    assert "not a head of the chain" in refused.output
