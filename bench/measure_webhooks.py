"""How long the shop takes over a webhook, from its signature until it is stored and answered.

pytest runs this file for `make figures`. A hundred genuine events a round, each another one; the median of the best of
five rounds counts. PostgreSQL syncs each commit to its disk here, which the other tests leave out.
"""

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import psycopg
import pytest

from sandbox.settings import SandboxSettings
from sandbox.signing import razorpay_signature
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.figures import note
from tests.world import World

EVENTS, ROUNDS = 100, 5


@contextmanager
def synced(address: str) -> Iterator[None]:
    """Let a PostgreSQL sync every commit for the while; SQLite always does."""
    if not address.startswith("postgresql"):
        yield
        return
    with psycopg.connect(address, autocommit=True) as line:
        line.execute("ALTER SYSTEM SET fsync = on")
        line.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            line.execute("ALTER SYSTEM SET fsync = off")
            line.execute("SELECT pg_reload_conf()")


@both_databases
@pytest.mark.books_may_differ
def test_webhooks(world: World, settings: dict[str, str]) -> None:
    link = world.buy(TOTE, pay=False)
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.pay("razorpay", world.attempts(link)[-1].page_ref or "")
    [said] = [
        json.loads(event["body"])
        for event in world.sandbox.deliveries(bodies=True)["events"]
        if event["type"] == "payment.captured"
    ]
    client, secret = world.app.test_client(), SandboxSettings().razorpay_webhook_secret
    medians = []
    with synced(settings["DATABASE_URL"]):
        for number in range(ROUNDS):
            taken = []
            for event in range(EVENTS):
                body = json.dumps({**said, "created_at": number * EVENTS + event}).encode()
                signed = {"X-Razorpay-Signature": razorpay_signature(secret, body)}
                signed["X-Razorpay-Event-Id"] = f"evt_{number}_{event}"
                began = time.perf_counter()
                assert client.post("/webhooks/razorpay", data=body, headers=signed).status_code == 200
                taken.append(time.perf_counter() - began)
            medians.append(median(taken) * 1000)
    note("payments.webhook_ms", math.ceil(min(medians)), n=EVENTS * ROUNDS, seed=0)
