"""Buying and paying: cart, order, the gateway's page, and its webhooks in any order, twice, late or never."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition

from shop import duties, phases
from shop.db import db
from shop.orders import cart as carts
from shop.orders import lifecycle
from shop.orders.address import check
from shop.orders.models import Order
from shop.orders.quote import quote
from shop.orders.shipping import Destination
from shop.payments import checkout, inbox
from tests import cast
from tests.faults.simulator.model import AFTER_DELIVERY, WITHOUT_NEWS
from tests.faults.simulator.records import Bought, Row
from tests.faults.simulator.stage import Stage, rule, user
from tests.world import ABROAD, ADDRESS

SKUS = (cast.TOTE, cast.MESSENGER, cast.MESSENGER, cast.TOTE_RED)
ABROAD_SKUS = ((cast.TOTE, "EUR"), (cast.TOTE, "GBP"), (cast.MESSENGER, "USD"), (cast.TOTE_RED, "USD"))
WHICH = st.integers(0, 11)
HOLD = timedelta(minutes=31)


class Buying(Stage):
    """Rules of the upper floors, up to the parcel."""

    @precondition(lambda self: len(self.model.orders) < 10)
    @rule(sku=st.sampled_from(SKUS), more=st.sampled_from(SKUS), pieces=st.integers(1, 3), paid=st.booleans(),
          gateway=st.sampled_from(("stripe", "razorpay")))  # fmt: skip
    def buy(self, sku: str, more: str, pieces: int, gateway: str, paid: bool) -> None:
        self._buy({sku: pieces} | ({more: 1} if more != sku else {}), gateway, paid, "INR")

    @precondition(lambda self: len(self.model.orders) < 10)
    @rule(what=st.sampled_from(ABROAD_SKUS), pieces=st.integers(1, 3), paid=st.booleans())
    def buy_from_abroad(self, what: tuple[str, str], pieces: int, paid: bool) -> None:
        """In the customer's own currency, through the gateway that takes it; the makers' share stays in rupees."""
        sku, currency = what
        self._buy({sku: pieces}, "stripe", paid, currency)

    def _buy(self, wanted: dict[str, int], gateway: str, paid: bool, currency: str) -> None:
        email = f"guest{len(self.model.orders)}@test.example"
        order_id = self.unit(lambda: self._place(wanted, gateway, email, currency))
        assert order_id is not None
        with self.world.reading():
            order = db.session.get_one(Order, order_id)
            rows = {
                line.sku: Row(line.sku, line.id, line.quantity, line.total_minor, line.share_minor)
                for line in order.lines
            }
            bought = Bought(
                order.id, order.number, order.key, email, gateway, rows, order.shipping_minor, self.today(), currency
            )
            assert (order.total_minor, order.currency) == (bought.total, currency)
        for row in rows.values():
            price = cast.SHELF[row.sku][2][currency]
            assert (row.pieces, row.minor, row.share) == (
                wanted[row.sku],
                wanted[row.sku] * price,
                self.model.share_minor,
            )
        self.model.orders.append(bought)
        self._open_page(bought)
        if paid:
            self.pay(len(self._payable()) - 1)
            self.webhooks("fifo", 1)

    def _place(self, wanted: dict[str, int], gateway: str, email: str, currency: str) -> int:
        at, counter = self.world.clock.now(), self.world.app.extensions["counter"]
        key: str | None = None
        for sku, pieces in wanted.items():
            key = carts.add(key, sku, pieces, currency, at=at)
        address, wrong = check({**(ADDRESS if currency == "INR" else ABROAD), "email": email})
        assert address is not None, wrong
        method = "india-standard" if currency == "INR" else "world-tracked"
        found = carts.find(key)
        assert found is not None
        to = Destination(address.country, address.state, address.postcode)
        quoted = quote(found.cart, method, to, found.tariff, seller=counter.seller, at=at)
        wish = checkout.Wish(address, method, gateway, quoted.total_minor, "en", quoted.fingerprint)
        return checkout.prepare(key, wish, hold=HOLD, seller=counter.seller, at=at).order.id

    def _open_page(self, bought: Bought) -> None:
        with self.world.app.app_context():
            attempt = checkout.find_open(db.session.get_one(Order, bought.id))
            assert attempt is not None
            bought.attempt_id = attempt.id
            phases.open_page(duties.counter(), attempt.id, shop_url="http://localhost", by="customer")
            bought.page = checkout.get_attempt(bought.attempt_id).page_ref or ""
        assert bought.page

    def _payable(self) -> list[Bought]:
        return [it for it in self.orders("placed", "cancelled") if it.page and not it.payment and not it.is_over]

    @precondition(lambda self: self._payable())
    @rule(which=WHICH)
    def pay(self, which: int) -> None:
        order = self.pick(self._payable(), which)
        order.payment = self.world.sandbox.pay(order.gateway, order.page, "ok")["payment"]
        order.paid_on = self.today()

    @precondition(lambda self: any(order.is_news or order.refunds for order in self.orders()))
    @rule(order=st.sampled_from(("fifo", "reverse", "shuffle")), copies=st.integers(1, 3))
    def webhooks(self, order: str, copies: int) -> None:
        """What the gateways hold comes, in any order and as often as drawn, and the worker applies it."""
        self.world.sandbox.release(order=order, copies=copies, seed=self.step)
        self.asked(self._apply_events)
        self.hear_all(by_webhook=True)

    def _apply_events(self) -> None:
        with self.world.app.app_context():
            while events := inbox.waiting(at=self.world.clock.now()):
                db.session.rollback()
                phases.apply_events(duties.counter(), events)

    def hear_all(self, *, by_webhook: bool = False) -> None:
        for order in self.model.orders:
            if not (by_webhook and order.is_lost):
                self.model.hear(order)
            if order.disputed is not None and not (by_webhook and order.disputed.is_lost):
                self.model.hear_dispute(order)

    @precondition(lambda self: any(order.is_news for order in self.orders()))
    @rule()
    def webhooks_are_lost(self) -> None:
        """Whatever waits at the gateways never comes; her browser, a sweep or the hourly comparison finds it."""
        self.world.sandbox.release(drop=True)
        for order in self.model.orders:
            order.is_lost = order.is_lost or bool(order.payment and not order.is_heard)
            if order.disputed is not None and order.disputed.told != order.disputed.status:
                order.disputed.is_lost = True

    @precondition(lambda self: any(order.payment and not order.is_heard for order in self.orders()))
    @rule(which=WHICH)
    def she_comes_back_from_the_gateway(self, which: int) -> None:
        """Her browser's return asks the gateway, whatever became of its webhooks."""
        order = self.pick([it for it in self.orders() if it.payment and not it.is_heard], which)

        def look() -> None:
            with self.world.app.app_context():
                phases.look(duties.counter(), order.attempt_id, close=False, by="customer")

        self.asked(look)
        self.model.hear(order)

    @precondition(lambda self: self.orders("placed", "paid", "shipped"))
    @rule(which=WHICH)
    def cancel_unpaid(self, which: int) -> None:
        """Only what no money has come for is simply cancelled; the rest is given back."""
        found = [it for it in self.orders("placed", "shipped") if it.status == "shipped" or not it.is_heard]
        if not found:
            return
        order = self.pick(found, which)
        self.unit(lambda: self._cancel(order.id), refused=order.status != "placed")
        if order.status == "placed":
            order.status = "cancelled"

    def _cancel(self, order_id: int) -> None:
        order, at = db.session.get_one(Order, order_id), self.world.clock.now()
        lifecycle.cancel(order, at=at, by="customer")

    @precondition(lambda self: self.orders("paid", "cancelled"))
    @rule(which=WHICH)
    def ship(self, which: int) -> None:
        order = self.pick(self.orders("paid", "cancelled"), which)
        with self.world.reading():
            pieces = [
                pair for pair in self.standing_pieces() if pair[1] in {row.line_id for row in order.rows.values()}
            ]
        ready = len(pieces) == sum(row.pieces for row in order.rows.values())
        self.unit(lambda: self._ship(order.id), refused=order.status != "paid" or not ready)
        if order.status == "paid" and ready:
            order.status = "shipped"
            order.ends_at = self.world.clock.now() + WITHOUT_NEWS
            self.model.move(order.prepaid, order.turnover, order.total)

    def _ship(self, order_id: int) -> None:
        order, at, by = db.session.get_one(Order, order_id), self.world.clock.now(), user("Meera").actor
        lifecycle.ship(order, "India Post", f"EB{order.id}IN", at=at, by=by, seller=cast.SELLER)

    @precondition(lambda self: self.orders("shipped"))
    @rule(which=WHICH)
    def deliver(self, which: int) -> None:
        order = self.pick(self.orders("shipped"), which)
        self.unit(lambda: self._deliver(order.id))
        order.status, order.ends_at = "delivered", self.world.clock.now() + AFTER_DELIVERY

    def _deliver(self, order_id: int) -> None:
        lifecycle.deliver(db.session.get_one(Order, order_id), at=self.world.clock.now(), by=user("Meera").actor)
