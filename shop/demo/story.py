"""What happened in the demo: orders in every state, work in every state, payouts up to one confirmed.

Each step calls the verb that a page would call, at its own moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.client import SandboxControl
from shop import phases
from shop.artisans import earnings, payouts
from shop.artisans.models import Payout, PayoutMethod
from shop.clock import FixedClock, india_date
from shop.db import db, writing
from shop.demo.people import DOMAIN, Cast, refreshed
from shop.demo.stories import Desk
from shop.orders import cart as carts
from shop.orders import lifecycle, releases, returns
from shop.orders.address import check
from shop.orders.models import Order
from shop.orders.quote import quote
from shop.orders.return_models import Outcome, ReturnReason
from shop.orders.shipping import Destination
from shop.orders.window import Window
from shop.payments import checkout, refunds
from shop.payments.models import Attempt, Refund
from shop.phases import Counter
from shop.production import checks, orders, tasks
from shop.production.models import Cause, ProductionOrder, Task

KOLKATA = {
    "line1": "12 Invented Lane",
    "city": "Kolkata",
    "state": "West Bengal",
    "postcode": "700019",
    "country": "IN",
}
PUNE = {"line1": "4 Example Road", "city": "Pune", "state": "Maharashtra", "postcode": "411001", "country": "IN"}
BRISTOL = {"line1": "9 Sample Street", "city": "Bristol", "postcode": "BS1 4DJ", "country": "GB"}


@dataclass
class Story:
    """Tells the demo: the sandbox that pays, the clock that moves, the people who act."""

    counter: Counter
    clock: FixedClock
    sandbox: SandboxControl
    cast: Cast
    hold: timedelta
    shop_url: str
    window: Window
    desk: Desk

    def write(self, slug: str) -> None:
        """Write a story of the craft, and have it read."""
        self.desk.write(slug, self.cast, at=self.clock.now())

    def order(
        self,
        who: str,
        place: dict[str, str],
        items: dict[str, int],
        *,
        gateway: str,
        currency: str = "INR",
        pay: bool = True,
    ) -> int:
        """Buy as a customer does: fill a cart, check out, pay at the gateway; return the order's id."""
        self._set_sandbox_clock()
        at, key = self.clock.now(), None
        with writing():
            for sku, quantity in items.items():
                key = carts.add(key, sku, quantity, currency, at=at)
        address, wrong = check({"email": f"{who.lower()}@{DOMAIN}", "phone": "+919830012345", "name": who, **place})
        assert address is not None, wrong
        found = carts.find(key)
        assert found is not None
        method = "india-standard" if address.country == "IN" else "world-tracked"
        to = Destination(address.country, address.state, address.postcode)
        quoted = quote(found.cart, method, to, found.tariff, seller=self.counter.seller, at=at)
        wish = checkout.Wish(address, method, gateway, quoted.total_minor, "en", quoted.fingerprint)
        with writing():
            prepared = checkout.prepare(key, wish, hold=self.hold, seller=self.counter.seller, at=at)
        phases.open_page(self.counter, prepared.attempt_id, shop_url=self.shop_url, by="customer")
        if pay:
            self.pay(prepared.attempt_id)
        return prepared.order_id

    def pay(self, attempt_id: int) -> None:
        """Pay on the gateway's page and let the shop see it."""
        attempt = db.session.get_one(Attempt, attempt_id)
        assert attempt.page_ref is not None
        at = int(self.clock.now().timestamp())
        self.sandbox.pay(attempt.gateway, attempt.page_ref, at=at, quiet=True)
        phases.look(self.counter, attempt_id, close=False, by="customer")

    def production_of(self, order_id: int) -> ProductionOrder:
        """Return what the workshop was asked to make for an order."""
        lines = lifecycle.lines_of(db.session.get_one(Order, order_id))
        found = orders.find_by_reference([line.reference for line in lines])
        return found[0]

    def work(self, asked_id: int, makers: list[str], by: str, *, until: str = "checked", steps: int = 99) -> None:
        """Let makers do the steps of a production order in turn, up to a state of the last one."""
        asked = db.session.get_one(ProductionOrder, asked_id)
        names = [step.id for step in asked.making.steps][:steps]
        for index, step_id in enumerate(names):
            last = index == len(names) - 1
            self._step(asked_id, step_id, makers[index % len(makers)], by, until if last else "checked")

    def _step(self, asked_id: int, step_id: int, maker: str, by: str, until: str) -> None:
        office, artisan = self.cast.staff[by], self.cast.artisans[maker]
        with self._unit() as at:
            asked = db.session.get_one(ProductionOrder, asked_id)
            step = next(step for step in asked.making.steps if step.id == step_id)
            due = india_date(at) + timedelta(days=4)
            task_id = tasks.offer(asked, step, artisan, asked.quantity, due_on=due, at=at, by=office).id
        for state, verb in (("accepted", tasks.accept), ("started", tasks.start), ("submitted", tasks.submit)):
            if until == "offered":
                return
            with self._unit(hours=5) as at:
                verb(db.session.get_one(Task, task_id), at=at, by=artisan.user)
            if until == state:
                return
        self.check(task_id, by)

    def check(self, task_id: int, by: str, *, rework: int = 0) -> None:
        """Check what was handed in."""
        with self._unit(hours=3) as at:
            task = db.session.get_one(Task, task_id)
            checks.record(
                task,
                passed=len(task.pieces) - rework,
                rework=rework,
                rejected=0,
                cause=Cause.WORK if rework else None,
                at=at,
                by=self.cast.staff[by],
            )

    def ship(self, order_id: int, by: str, tracking: str, *, deliver: bool) -> None:
        """Send an order, and let it arrive."""
        with self._unit(hours=20) as at:
            lifecycle.ship(
                db.session.get_one(Order, order_id),
                "India Post",
                tracking,
                at=at,
                by=self.cast.staff[by].actor,
                seller=self.counter.seller,
            )
        if deliver:
            with self._unit(hours=96) as at:
                lifecycle.deliver(db.session.get_one(Order, order_id), at=at, by=self.cast.staff[by].actor)

    def cancel(self, order_id: int) -> None:
        """Let a customer cancel an order that was not paid: its page is closed first."""
        open_one = checkout.find_open(db.session.get_one(Order, order_id))
        assert open_one is not None
        phases.look(self.counter, open_one.id, close=True, by="customer")
        with self._unit() as at:
            lifecycle.cancel(db.session.get_one(Order, order_id), at=at, by="customer")

    def refund(self, order_id: int, reason: str, by: str) -> None:
        """Give an order's money back."""
        with self._unit(hours=2) as at:
            made = refunds.refund_order(
                db.session.get_one(Order, order_id), reason, at=at, by=self.cast.staff[by].actor
            )
            ids = [refund.id for refund in made]
        self._send_refunds(ids)

    def _send_refunds(self, ids: list[int]) -> None:
        self._set_sandbox_clock()
        for refund_id in ids:
            phases.send_refund(self.counter, refund_id, by="worker")
            assert db.session.get_one(Refund, refund_id).gateway_ref

    def send_back(self, order_id: int, reason: ReturnReason, by: str, outcome: Outcome) -> None:
        """Let a customer send back one piece of each line; it is agreed to, taken in, paid back and put away."""
        with self._unit(hours=30) as at:
            order = db.session.get_one(Order, order_id)
            asked = {line.id: 1 for line in lifecycle.lines_of(order)}
            return_id = returns.ask(order, asked, reason, self.window, at=at, by="customer").id
        with self._unit(hours=5) as at:
            office = self.cast.staff[by]
            returns.agree(returns.get_of(office, return_id), at=at, by=office.actor)
        with self._unit(hours=90) as at:
            office = self.cast.staff[by]
            agreed = returns.get_of(office, return_id)
            units = sorted({line_id: unit_id for unit_id, line_id in returns.units_out(order_id).items()}.values())
            received = returns.receive(agreed, units, at=at, by=office.actor)
            ids = [refund.id for refund in refunds.refund_return(received, at=at, by=office.actor)]
        self._send_refunds(ids)
        with self._unit(hours=1) as at:
            office = self.cast.staff[by]
            for unit_id in units:
                returns.settle(returns.get_of(office, return_id), unit_id, outcome, at=at, by=office.actor)

    def release_shares(self) -> None:
        """Let what may be the makers' by now become theirs, as the worker does every hour."""
        for order_id in releases.due(self.window, at=self.clock.now()):
            with self._unit(hours=0) as at:
                releases.release(order_id, self.window, at=at, by="worker")

    def pay_out(self, maker: str, proposer: str, approver: str, *, until: str, method: PayoutMethod) -> None:
        """Pay an artisan all she can take, up to a state."""
        artisan = self.cast.artisans[maker]
        with self._unit(hours=1) as at:
            amount = earnings.can_take(artisan)
            payout_id = payouts.propose(artisan, amount, method, at=at, by=self.cast.staff[proposer]).id
        if until == "proposed":
            return
        with self._unit(hours=2) as at:
            payouts.approve(self._payout(payout_id, approver), at=at, by=self.cast.staff[approver])
        if until == "approved":
            return
        with self._unit(hours=20) as at:
            bank = None if method is PayoutMethod.CASH else f"DEMO{payout_id:06}"
            payouts.record_sent(
                self._payout(payout_id, approver), bank_reference=bank, at=at, by=self.cast.staff[approver]
            )
        if until == "sent":
            return
        with self._unit(hours=3) as at:
            payouts.answer(payouts.get_own(artisan, payout_id), "yes", at=at, by=artisan.user)

    def _payout(self, payout_id: int, by: str) -> Payout:
        return payouts.get_of(self.cast.staff[by], payout_id)

    @contextmanager
    def _unit(self, hours: float = 1) -> Iterator[datetime]:
        self.clock.advance(timedelta(hours=hours))
        with writing():
            self.cast = refreshed(self.cast)
            yield self.clock.now()

    def _set_sandbox_clock(self) -> None:
        self.sandbox.set_clock(int(self.clock.now().timestamp()), frozen=True)


def tell(story: Story, begin: datetime) -> None:
    """Tell the whole story: ten weeks of the shop."""

    def day(number: int, hour: int = 5) -> None:
        story.clock.at = begin + timedelta(days=number, hours=hour)

    day(2)
    first = story.order("Asha", KOLKATA, {"MB-TOTE-KALKA-IND": 1, "MB-TYRE-WALLET-BLK": 1}, gateway="razorpay")
    story.ship(first, "Meera", "EB100000001IN", deliver=True)
    day(6)
    second = story.order("Kabir", PUNE, {"MB-MSGR-HIBIS-LEA": 2}, gateway="razorpay")
    asked = story.production_of(second).id
    day(7)
    story.work(asked, ["Shapla", "Jui", "Togor"], "Meera")
    story.ship(second, "Meera", "EB100000002IN", deliver=True)
    day(18)
    story.send_back(second, ReturnReason.CHANGED_MIND, "Meera", Outcome.RESTOCKED)
    day(20)
    story.write("one-block-for-each-colour")
    day(24)
    story.pay_out("Shapla", "Meera", "Farida", until="settled", method=PayoutMethod.CASH)
    day(27)
    story.write("paper-that-was-cloth")
    day(30)
    story.release_shares()
    day(44)
    story.refund(
        story.order("Dev", PUNE, {"MB-TYRE-FOB-BLK": 1}, gateway="stripe"), "ordered twice by mistake", "Farida"
    )
    day(50)
    abroad = story.order("Emma", BRISTOL, {"MB-NOTE-LEAF-IND": 2}, gateway="stripe", currency="GBP")
    story.ship(abroad, "Ruma", "EB100000003IN", deliver=False)
    day(55)
    journals = story.order("Noor", KOLKATA, {"MB-JRNL-PETAL-PET": 3}, gateway="razorpay")
    story.work(story.production_of(journals).id, ["Beli", "Malati"], "Ruma")
    day(57)
    story.write("a-tyre-has-four-skins")
    story.pay_out("Jui", "Meera", "Farida", until="sent", method=PayoutMethod.UPI)
    day(58)
    wallets = story.order("Ila", KOLKATA, {"MB-TYRE-WALLET-BLK": 5}, gateway="razorpay")
    story.work(story.production_of(wallets).id, ["Togor", "Jui"], "Meera", until="submitted", steps=2)
    day(59)
    bag = story.order("Tara", PUNE, {"MB-MSGR-HIBIS-LEA": 2}, gateway="stripe")
    story.work(story.production_of(bag).id, ["Shapla", "Jui"], "Meera", until="started", steps=3)
    story.pay_out("Beli", "Ruma", "Farida", until="proposed", method=PayoutMethod.CASH)
    story.pay_out("Malati", "Ruma", "Farida", until="approved", method=PayoutMethod.BANK)
    day(61, 1)
    other = story.order("Omar", KOLKATA, {"MB-MSGR-HIBIS-LEA": 1}, gateway="razorpay")
    story.work(story.production_of(other).id, ["Shapla"], "Meera", until="offered", steps=1)
    story.order("Rohan", KOLKATA, {"MB-NOTE-LEAF-IND": 1}, gateway="razorpay")
    story.cancel(story.order("Mina", PUNE, {"MB-NOTE-LEAF-IND": 1}, gateway="stripe", pay=False))
    story.clock.at = begin + timedelta(days=61, hours=8)
    story.release_shares()
    story.order("Leela", KOLKATA, {"MB-TYRE-FOB-BLK": 2}, gateway="razorpay", pay=False)
