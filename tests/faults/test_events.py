"""Events in any order, any number of times: what stands in the books afterwards is the same, by a hash over it."""

import itertools
import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, Literal

import pytest

from sandbox.server import SandboxThread
from shop import jobs
from shop.payments import collect
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.conftest import Often
from tests.faults.figures import note
from tests.faults.kept import Kept
from tests.faults.posted import last_entry, posted_hash
from tests.faults.together import at_once
from tests.world import World

pytestmark = both_databases
COPIES = 5
WORKERS = 2
AT_A_TIME = 500  # deliveries that the sandbox is asked for in one request
SLOWEST_S = 0.2  # a delivery, on a machine that does much else
IDLE_S = 0.02  # a worker with nothing to do leaves the others the database, as a real one does


@dataclass
class Story:
    """One order and what its gateway did, in the order in which it did it."""

    world: World
    gateway: str
    link: str = ""

    def begin(self) -> "Story":
        self.link = self.world.buy(TOTE, gateway=self.gateway, pay=False)
        return self

    def told(self, plot: "Plot") -> "Story":
        plot(self)
        return self

    @property
    def ref(self) -> str:
        return self.world.attempts(self.link)[-1].page_ref or ""

    @property
    def account(self) -> str:
        """The code of the account that holds what was paid for the order."""
        return self.world.order(self.link).prepaid

    def pay(self, outcome: Any = "ok") -> str:
        """Press pay on the pay page; return the payment's id."""
        return self.world.sandbox.pay(self.gateway, self.ref, outcome)["payment"]

    def give_back(self) -> str:
        """Come back from the gateway paid, cancel the order, and return the refund, which waits for its bank."""
        kept = {"gateway": self.gateway, "match": "POST *refund*", "kind": "refund_pending"}
        self.world.sandbox.add_faults(kept)
        browser = self.world.browser()
        assert browser.get(f"{self.link}/return").status_code == 303
        assert browser.post(f"{self.link}/cancellation").status_code == 303
        self.world.work()
        waiting = [refund for refund in self.world.sandbox.books()["refunds"] if refund["status"] == "pending"]
        return str(waiting[-1]["id"])


def paid(story: Story) -> None:
    """Two events."""
    story.pay()


def declined_and_late(story: Story, declined: int = 1, late: int = 1) -> None:
    """Tries that fail, one that does not, and then some that failed go through after all: paid twice or more."""
    failed = [story.pay("fail") for _ in range(declined)]
    story.pay()
    for payment in failed[:late]:
        story.world.sandbox.capture_late(payment)


def authorised_first(story: Story) -> None:
    """The bank agrees and the merchant takes the money on the dashboard: the news of the first may come last."""
    story.world.sandbox.capture(story.pay("authorize"))


def asked_first(story: Story) -> None:
    """The bank asks, then says no, then yes: four events at Stripe."""
    story.pay("authenticate")
    story.pay("fail")
    story.pay()


def given_back(story: Story, outcome: Any = "ok") -> None:
    """Paid, cancelled, and the bank takes or sends back the refund: the news of all of it comes now."""
    story.pay()
    story.world.sandbox.settle(story.gateway, story.give_back(), outcome)


def asked_back(story: Story, decision: Literal["won", "lost"]) -> None:
    """Paid, and a bank asks it back and decides: six events at Stripe where it is won, five else, four at Razorpay."""
    payment = story.pay()
    opened = story.world.sandbox.dispute(story.gateway, payment)
    story.world.sandbox.decide(story.gateway, opened["dispute"], decision)


Plot = Callable[[Story], None]
PLOTS: list[tuple[str, Plot]] = [
    ("razorpay", paid),
    ("stripe", paid),
    ("razorpay", declined_and_late),
    ("stripe", asked_first),
    ("razorpay", given_back),
    ("stripe", partial(given_back, outcome="fail")),
]
EVENTS_OF_ALL = 20  # of one round of all plots


def events_of(world: World, after: int) -> list[str]:
    """Return the ids of the events that the gateways have to tell since the given number of them."""
    return [str(event["id"]) for event in world.sandbox.deliveries()["events"][after:]]


def deliver(world: World, ids: list[str], seed: int, **how: Any) -> None:
    """Let events come in, shuffled and copied, while two workers apply what there is."""
    told = ids * COPIES
    random.Random(seed).shuffle(told)
    over = threading.Event()

    def act(number: int) -> set[int]:
        answered = set()
        try:
            for first in range(0, len(told) if number == 0 else 0, AT_A_TIME):
                answers = world.sandbox.release(ids=told[first : first + AT_A_TIME], parallel=4, **how)
                answered |= {answer["status"] for answer in answers}
        finally:
            if number == 0:
                over.set()
        while not over.is_set():
            if not jobs.work_once(world.app):
                time.sleep(IDLE_S)
        return answered

    answers = at_once(WORKERS + 1, act, patience=60 + len(told) * SLOWEST_S)
    assert answers == [{200}, *[set()] * WORKERS], answers
    world.work()


def same_books(world: World, gateways: SandboxThread, seeds: int, events: int, seed: int) -> None:
    """Tell the same stories again and again, each time in another order: what is posted is the same each time.

    What happens at the gateways happens once; for each order the shop and the gateways go back to when nothing of it
    had been told.
    """
    world.advance(timedelta())  # both clocks stand still, however long this takes
    world.sandbox.set_deliveries(mode="hold")
    hashes: list[str] = []
    rounds = math.ceil(events / EVENTS_OF_ALL)
    with world.reading():
        since = last_entry()
    stories = [Story(world, gateway).begin().told(plot) for gateway, plot in PLOTS * rounds]
    ids = events_of(world, 0)
    assert len(ids) == rounds * EVENTS_OF_ALL
    names = {story.account: str(place) for place, story in enumerate(stories)}
    kept = Kept(world, gateways)
    for number in range(seeds):
        if number:
            kept.go_back()
        deliver(world, ids, seed + number, fresh_ids=bool(number % 2))
        with world.reading():
            hashes.append(posted_hash(since, names))
        assert world.net_difference() == 0
    kept.forget()
    note("payments.ledger_hashes", len(set(hashes)), n=seeds, seed=seed)
    assert len(set(hashes)) == 1, f"{seeds} orders of the same events came to {len(set(hashes))} different books"


def test_shuffled_and_copied_events_come_to_the_same_books(
    world: World, sandbox_thread: SandboxThread, seed: int, often: Often
) -> None:
    same_books(world, sandbox_thread, often(2, 10, 100), often(60, 300, 1_000), seed)


def every_order(world: World, gateway: str, plot: Plot, events: int, seed: int, most: int) -> None:
    """Give each order of the events of one story to an order of its own: all of them come to the same."""
    orders = list(itertools.permutations(range(events)))
    chosen = random.Random(seed).sample(orders, min(most, len(orders)))
    world.advance(timedelta())
    world.sandbox.set_deliveries(mode="hold")
    with world.reading():
        since = last_entry()
    accounts = []
    for permutation in chosen:
        before = len(events_of(world, 0))
        story = Story(world, gateway).begin()
        plot(story)
        ids = events_of(world, before)
        assert len(ids) == events
        accounts.append(story.account)
        for place in permutation:
            world.sandbox.release(ids=[ids[place]])
        jobs.work_once(world.app)
    world.work()
    world.sandbox.set_deliveries(mode="auto")
    world.work()
    world.look_at_gateways()  # a dispute of a payment that nobody had heard of is asked for within the hour
    with world.reading():
        hashes = {posted_hash(since, {account: "it"}, only=account) for account in accounts}
    note("payments.ledger_hashes", len(hashes), n=len(chosen), seed=seed)
    assert len(hashes) == 1, f"{len(chosen)} orders of {events} events came to {len(hashes)} different books"


def test_every_order_of_the_events_of_one_order_comes_to_the_same(world: World, seed: int, often: Often) -> None:
    """Two payments of three for one order are too many and go back, whichever of them was heard of first."""
    most, late = often(20, 120, 720), often(1, 1, 2)
    every_order(world, "razorpay", partial(declined_and_late, declined=2, late=late), 4 + late, seed, most)
    every_order(world, "razorpay", authorised_first, 3, seed, most)
    every_order(world, "stripe", asked_first, 4, seed, most)


@pytest.mark.parametrize("decision", ["won", "lost"])
def test_every_order_of_payment_and_dispute_comes_to_the_same(
    world: World, decision: Literal["won", "lost"], seed: int, often: Often
) -> None:
    most = often(4, 8, 120)
    plot = partial(asked_back, decision=decision)
    every_order(world, "stripe", plot, 6 if decision == "won" else 5, seed, most)
    every_order(world, "razorpay", plot, 4, seed, most)


@pytest.mark.parametrize("outcome", ["ok", "fail"])
def test_every_order_of_payment_and_refund_comes_to_the_same(
    world: World, outcome: str, seed: int, often: Often
) -> None:
    for gateway, events in (("razorpay", 3), ("stripe", 5)):
        every_order(world, gateway, partial(given_back, outcome=outcome), events, seed, often(4, 8, 120))


@pytest.mark.books_may_differ
def test_control_events_that_count_each_time_come_to_other_books(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a memory for the last payment alone, one that is told of again after another is captured again."""
    apply_payment, last, times = collect.apply_payment, {}, itertools.count()  # type: tuple[Any, dict[Any, Any], Any]

    def anew(gateway: Any, seen: Any, **more: Any) -> Any:
        order = seen.page_ref
        if last.get(order, ("", ""))[0] != seen.ref:
            last[order] = (seen.ref, f"{seen.ref}-{next(times)}")
        return apply_payment(gateway, replace(seen, ref=last[order][1]), **more)

    monkeypatch.setattr(collect, "apply_payment", anew)

    with pytest.raises(AssertionError, match=r"orders of 4 events came to \d+ different books"):
        every_order(world, "razorpay", declined_and_late, 4, seed, 12)
