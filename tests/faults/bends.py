"""The twelve ways to bend the books, by name, each as it is done on either database.

A way gets a connection within a transaction that is rolled back afterwards, one row's number, and dice. Either the
database refuses it, or `ledger verify` finds what it did.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from shop import append_only
from shop.guards import GROWING
from shop.ledger import dates

CHANGES = (
    "UPDATE ledger_transfer SET amount_minor = amount_minor + 1 WHERE entry_id = {row}",
    "UPDATE ledger_transfer SET debit_account_id = credit_account_id, credit_account_id = debit_account_id "
    "WHERE entry_id = {row}",
    "UPDATE ledger_entry SET effective_on = '2020-01-01' WHERE id = {row}",
    "UPDATE ledger_entry SET actor = 'user:99' WHERE id = {row}",
    "UPDATE ledger_entry SET kind = 'another' WHERE id = {row}",
    "UPDATE ledger_seal SET chain = 'x' WHERE entry_id = {row}",
)
LOSSES = (
    "DELETE FROM ledger_transfer WHERE entry_id = {row}",
    "DELETE FROM ledger_transfer WHERE id = (SELECT max(id) FROM ledger_transfer WHERE entry_id = {row})",
    "DELETE FROM ledger_seal WHERE entry_id = {row}",
)
ENTRY = "reference, kind, effective_on, recorded_at, actor"


@dataclass(frozen=True)
class Hand:
    """Whoever has the database's keys, at one row."""

    connection: Connection
    row: int
    dice: random.Random

    @property
    def is_sqlite(self) -> bool:
        return self.connection.dialect.name == "sqlite"

    def do(self, statement: str) -> None:
        """Run a statement about the row; it must have touched something, or it is no bend."""
        assert self.connection.exec_driver_sql(statement.format(row=self.row)).rowcount != 0, statement

    def pragma(self, name: str, value: str) -> None:
        """Set a pragma of SQLite outside the transaction, where alone it counts, and open another one."""
        raw: Any = self.connection.connection.driver_connection
        for statement in ("COMMIT", f"PRAGMA {name}={value}", "BEGIN IMMEDIATE"):
            raw.execute(statement)


def update(hand: Hand) -> None:
    hand.do(hand.dice.choice(CHANGES))


def delete(hand: Hand) -> None:
    hand.do(hand.dice.choice(LOSSES))


def replace(hand: Hand) -> None:
    """SQLite's REPLACE deletes without a DELETE; PostgreSQL's MERGE changes without an UPDATE."""
    if hand.is_sqlite:
        hand.do(
            hand.dice.choice(
                (
                    "INSERT OR REPLACE INTO ledger_transfer SELECT id, entry_id, book, currency, debit_account_id, "
                    "credit_account_id, amount_minor + 1, effective_on FROM ledger_transfer WHERE entry_id = {row}",
                    f"REPLACE INTO ledger_entry ({ENTRY}) SELECT reference, 'bent', effective_on, recorded_at, actor "
                    "FROM ledger_entry WHERE id = {row}",
                )
            )
        )
    else:
        hand.do(
            "MERGE INTO ledger_transfer USING ledger_entry ON entry_id = ledger_entry.id AND ledger_entry.id = {row} "
            "WHEN MATCHED THEN UPDATE SET amount_minor = 1"
        )


def upsert(hand: Hand) -> None:
    hand.do(
        f"INSERT INTO ledger_entry ({ENTRY}) SELECT reference, kind, effective_on, recorded_at, actor "
        "FROM ledger_entry WHERE id = {row} ON CONFLICT (reference) DO UPDATE SET kind = 'bent'"
    )


def re_used_id(hand: Hand) -> None:
    over = "" if hand.is_sqlite else "OVERRIDING SYSTEM VALUE "
    hand.do(
        f"INSERT INTO ledger_entry (id, {ENTRY}) {over}SELECT id, 'another:' || reference, kind, effective_on, "
        "recorded_at, actor FROM ledger_entry WHERE id = {row}"
    )


def truncate(hand: Hand) -> None:
    """SQLite has no TRUNCATE: a DELETE without a condition is carried out as one."""
    table = hand.dice.choice(("ledger_transfer", "ledger_seal", "ledger_entry", "ledger_account"))
    hand.do(f"DELETE FROM {table}" if hand.is_sqlite else f"TRUNCATE {table} CASCADE")


def foreign_keys_off(hand: Hand) -> None:
    if hand.is_sqlite:
        hand.pragma("foreign_keys", "OFF")
    else:
        hand.do("ALTER TABLE ledger_transfer DROP CONSTRAINT fk_ledger_transfer_entry_id")
        hand.do("ALTER TABLE ledger_transfer DROP CONSTRAINT fk_ledger_transfer_credit")
    entry, account = hand.dice.choice((("entry_id + 1000000", "credit_account_id"), ("entry_id", "1000000 + {row}")))
    if "1000000" in entry:  # that an entry is gone is seen by the trigger that asks it for its day, too
        hand.do(f"DROP TRIGGER {dates.NAME}{'' if hand.is_sqlite else ' ON ledger_transfer'}")
    hand.do(
        "INSERT INTO ledger_transfer "
        "(entry_id, book, currency, debit_account_id, credit_account_id, amount_minor, effective_on) "
        f"SELECT {entry}, book, currency, debit_account_id, {account}, 1, effective_on "
        "FROM ledger_transfer WHERE entry_id = {row}"
    )


def drop_trigger(hand: Hand) -> None:
    """Also by those who put an empty one in its place, or switch it off."""
    dialect = hand.connection.dialect.name
    for name in append_only.expected(dialect, ("ledger_transfer", "ledger_entry", "ledger_seal")):
        table = name.partition("_no_")[0]
        if dialect == "postgresql" and hand.dice.random() < 0.5:
            hand.do(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
            continue
        hand.do(f"DROP TRIGGER {name}" + (f" ON {table}" if dialect == "postgresql" else ""))
        if dialect == "sqlite" and hand.dice.random() < 0.5:
            hand.do(f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} BEGIN SELECT 1; END")
    hand.do(hand.dice.choice(CHANGES + LOSSES))


def date_trigger_off(hand: Hand) -> None:
    """The trigger of days stands by its name and does nothing."""
    if hand.is_sqlite:
        hand.do(f"DROP TRIGGER {dates.NAME}")
        hand.do(dates.ON_SQLITE.replace("BEFORE INSERT ON ledger_transfer", "BEFORE INSERT ON ledger_transfer WHEN 0"))
        return
    hand.do(f"DROP TRIGGER {dates.NAME} ON ledger_transfer")
    hand.do(dates.ON_POSTGRESQL.replace("FOR EACH ROW", "FOR EACH ROW WHEN (false)"))


def dropped_and_put_back(hand: Hand) -> None:
    """A trigger that was dropped, and stands again as if nothing had been."""
    dialect = hand.connection.dialect.name
    held = append_only.statements(dialect, GROWING)
    mine = {name: sql for name, sql in held.items() if name.startswith("ledger_")}
    for name in mine:
        table = name.partition("_no_")[0]
        hand.do(f"DROP TRIGGER {name}" + (f" ON {table}" if dialect == "postgresql" else ""))
    hand.do(hand.dice.choice(CHANGES + LOSSES))
    for statement in mine.values():
        hand.do(statement)


def replication_role(hand: Hand) -> None:
    """PostgreSQL's replicas fire no triggers; on SQLite REPLACE fires none while `recursive_triggers` is off."""
    if hand.is_sqlite:
        hand.pragma("recursive_triggers", "OFF")
        hand.pragma("foreign_keys", "OFF")
        hand.do(
            f"REPLACE INTO ledger_entry ({ENTRY}) SELECT reference, 'bent', effective_on, recorded_at, actor "
            "FROM ledger_entry WHERE id = {row}"
        )
    else:
        hand.do("SET LOCAL session_replication_role = replica")
        hand.do(hand.dice.choice(CHANGES + LOSSES))


# Way -> what it does and what the database says to it. The two that are not statements are in test_bends.py.
WAYS: dict[str, Callable[[Hand], None]] = {
    "UPDATE": update,
    "DELETE": delete,
    "REPLACE": replace,
    "upsert": upsert,
    "re-used id": re_used_id,
    "TRUNCATE": truncate,
    "foreign keys off": foreign_keys_off,
    "drop trigger": drop_trigger,
    "trigger of days off": date_trigger_off,
    "drop trigger and put it back": dropped_and_put_back,
    "replication role": replication_role,
}
REFUSED = ("UPDATE", "DELETE", "REPLACE", "upsert", "re-used id", "TRUNCATE")
