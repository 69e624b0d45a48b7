"""Posting beside a bare insert of the same rows: `python -m bench.posting CLIENTS`, for the shop of the environment.

One posting is an order line's worth: an entry and three transfers, one of them on an account with a floor. The bare
one writes the same rows in one transaction to tables without keys of others, guards or balances. Clients are
processes; all of them post for a short round, then all insert barely, in turn.
"""

import json
import multiprocessing
import sys
import time
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, MetaData, Table, insert

from shop import create_app
from shop.db import db, run, writing
from shop.ledger.models import Entry, Transfer
from shop.ledger.posting import Leg, post
from shop.money import Money

ROUNDS, ROUND_S = 6, 1.0
AT, ON = datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1)
LEGS = (("gateway:stripe:clearing", "sales"), ("wages:1", "artisan:{maker}:payable"), ("bank", "tax:igst"))


def bare_tables() -> tuple[Table, Table]:
    """Return an entry's and a transfer's columns as tables with nothing but a primary key."""
    bare = MetaData()
    made = []
    for model in (Entry, Transfer):
        columns = model.metadata.tables[model.__tablename__].columns
        copies = [Column(column.name, column.type, primary_key=column.primary_key) for column in columns]
        made.append(Table(f"bare_{model.__tablename__}", bare, *copies))
    return made[0], made[1]


def post_one(client: int, number: int) -> None:
    """Post as the shop does."""
    legs = [Leg(d, c.format(maker=client * 50 + number % 50), Money(100 + number % 900, "INR")) for d, c in LEGS]
    with writing():
        post(f"bench:{client}:{number}", "bench", legs, effective_on=ON, at=AT, by="bench")


def insert_one(client: int, number: int, tables: tuple[Table, Table]) -> None:
    """Write the same rows, and nothing else."""
    entry, transfer = tables
    with writing():
        values = {
            "reference": f"bench:{client}:{number}", "kind": "bench", "effective_on": ON, "happened_on": None,
            "recorded_at": AT, "actor": "bench", "reverses_id": None,
        }  # fmt: skip
        made = run(insert(entry).returning(entry.c.id), values).scalar_one()
        rows = [
            {
                "entry_id": made, "book": "house", "currency": "INR", "debit_account_id": place + 1,
                "credit_account_id": place + 4, "amount_minor": 100 + number % 900,
                "effective_on": ON,
            }
            for place in range(len(LEGS))
        ]  # fmt: skip
        run(insert(transfer), rows)


def client(number: int, barrier: Any, told: Any) -> None:
    """Take part in all rounds; tell how many of each kind were written in each."""
    with create_app().app_context():
        tables, done, counts = bare_tables(), 0, []
        for _ in range(ROUNDS):
            for kind in ("post", "bare"):
                barrier.wait()
                began, before = time.perf_counter(), done
                while time.perf_counter() - began < ROUND_S:
                    if kind == "post":
                        post_one(number, done)
                    else:
                        insert_one(number, done, tables)
                    done += 1
                counts.append((done - before) / (time.perf_counter() - began))
        told.put(counts)


def measure(clients: int) -> dict[str, float]:
    """Return the ratio of what all clients posted to what they inserted, after a first round that warms up."""
    with create_app().app_context():
        for table in bare_tables():
            with db.engine.connect().execution_options(writing=True) as connection:
                table.drop(connection, checkfirst=True)
                table.create(connection)
                connection.commit()
        db.engine.dispose()
    context = multiprocessing.get_context("spawn")
    barrier, told = context.Barrier(clients), context.Queue()
    working = [context.Process(target=client, args=(number, barrier, told)) for number in range(clients)]
    for process in working:
        process.start()
    counts = [told.get(timeout=180) for _ in working]
    for process in working:
        process.join()
    rounds = [sum(rates) for rates in zip(*counts, strict=True)]
    posts, bares = sum(rounds[2::2]), sum(rounds[3::2])
    return {"ratio": posts / bares, "n": ROUNDS - 1, "posts_per_s": posts / (ROUNDS - 1), "clients": clients}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
