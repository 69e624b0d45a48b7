"""Giving back: whole, in part, before and after the parcel left; pieces that come back; and what banks take."""

from datetime import timedelta
from fractions import Fraction
from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import precondition

from shop import duties, outbox
from shop.db import db, writing
from shop.orders import returns
from shop.orders.models import Order
from shop.orders.reductions import Asked
from shop.orders.return_models import Return, ReturnReason
from shop.orders.window import USUAL
from shop.payments import refunds, taken_off
from tests.faults.simulator.buying import WHICH, Buying
from tests.faults.simulator.model import half_up
from tests.faults.simulator.records import Bought, Disputed, GivenBack, Row
from tests.faults.simulator.stage import rule

BY = "user:1"
LEAST = 100  # Razorpay gives back no less than a rupee: what is refused is refund_troubles.py's and its tests'
NO_LEASE = timedelta(0)  # a worker that died has to be waited for, and time passes by another rule


class GivingBack(Buying):
    """Rules of refunds, returns and disputes."""

    @precondition(lambda self: self.orders("placed", "paid", "shipped", "delivered"))
    @rule(which=WHICH)
    def refund_all(self, which: int) -> None:
        order = self.pick(self.orders("placed", "paid", "shipped", "delivered"), which)
        left = order.left
        if 0 < left < LEAST:
            return
        self.unit(lambda: self._refund_all(order.id), refused=left <= 0)
        if left > 0:
            was_sold = order.status in ("shipped", "delivered")
            order.refunds.append(GivenBack(left, of_sale=was_sold))
            order.status = order.status if was_sold else "cancelled"

    def _refund_all(self, order_id: int) -> None:
        refunds.refund_order(db.session.get_one(Order, order_id), "asked by mail", at=self.world.clock.now(), by=BY)

    @precondition(lambda self: self.orders("paid", "shipped", "delivered"))
    @rule(which=WHICH, row=WHICH, minor=st.integers(LEAST, 120_000))
    def refund_part_of_a_sale(self, which: int, row: int, minor: int) -> None:
        """Money of one row alone; nothing before the parcel has left, and never more than the row still has."""
        order = self.pick(self.orders("paid", "shipped", "delivered"), which)
        sku = self.pick(sorted(order.rows), row)
        left = self._left_of_row(order, order.rows[sku])
        refused = order.status == "paid" or minor > left or minor > order.left

        def act() -> None:
            found = db.session.get_one(Order, order.id)
            refunds.refund_parts(found, {sku: minor}, "a scratch", at=self.world.clock.now(), by=BY)

        self.unit(act, refused=refused)
        if not refused:
            order.refunds.append(GivenBack(minor, of_sale=True))
            order.given_of_row[sku] += minor

    def _left_of_row(self, order: Bought, row: Row) -> int:
        """What of a row was not asked back; all of it was once everything that was left went."""
        sold = sum(each.minor for each in order.refunds if each.of_sale)
        return 0 if sold == order.total else row.minor - order.given_of_row[row.sku]

    @precondition(lambda self: self.orders("paid"))
    @rule(which=WHICH, row=WHICH, pieces=st.integers(0, 2), minor=st.sampled_from((0, 0, 101, 333, 9_999, 200_000)))
    def take_off(self, which: int, row: int, pieces: int, minor: int) -> None:
        """Pieces go off an order that has not left, with what they cost, or money alone."""
        order = self.pick(self.orders("paid"), which)
        found = order.rows[self.pick(sorted(order.rows), row)]
        cost = half_up(Fraction(found.minor * pieces, found.pieces)) if 0 < pieces <= found.pieces else 0
        whole = sum(each.pieces for each in order.rows.values())
        refused = (
            not (pieces or minor) or pieces > found.pieces or pieces == whole or cost + minor > found.minor
            or (pieces < found.pieces and cost + minor == found.minor) or cost + minor > order.left
        )  # fmt: skip

        def act() -> None:
            asked = {found.sku: Asked(pieces, minor)}
            taken_off.take_off(db.session.get_one(Order, order.id), asked, "drawn", at=self.world.clock.now(), by=BY)

        self.unit(act, refused=refused)
        if not refused:
            found.pieces, found.minor = found.pieces - pieces, found.minor - cost - minor
            order.refunds.append(GivenBack(cost + minor, of_sale=False))

    @precondition(lambda self: any(not back.is_gone for order in self.orders() for back in order.refunds))
    @rule()
    def the_worker_sends_refunds(self) -> None:
        self.asked(self._send_refunds)
        for order in self.model.orders:
            self.model.sent_back(order)

    def _send_refunds(self) -> None:
        with self.world.app.app_context():
            while claims := self._claims():
                for claimed in claims:
                    duties.send_refund(claimed.payload)
                    with writing():
                        outbox.finish(claimed, at=self.world.clock.now())

    def _claims(self) -> list[outbox.Claim]:
        with writing():
            return outbox.claim(20, at=self.world.clock.now(), lease=NO_LEASE, only=("refund.send",))

    # Pieces that come back.

    @precondition(lambda self: self.orders("shipped", "delivered"))
    @rule(which=WHICH, row=WHICH, pieces=st.integers(1, 2))
    def ask_to_send_back(self, which: int, row: int, pieces: int) -> None:
        order = self.pick(self.orders("shipped", "delivered"), which)
        line = self.pick(sorted(order.rows.values(), key=lambda each: each.line_id), row)
        assert order.ends_at is not None
        out = line.pieces - len(order.came_back[line.sku])
        refused = self.world.clock.now() > order.ends_at or order.open_return != 0 or pieces > out

        def act() -> int:
            at, wanted = self.world.clock.now(), {line.line_id: pieces}
            found = returns.ask(
                db.session.get_one(Order, order.id), wanted, ReturnReason.SIZE, USUAL, at=at, by="customer"
            )
            return found.id

        made = self.unit(act, refused=refused)
        if made is not None:
            order.open_return, order.coming, order.wanted_back = made, True, (line.sku, pieces)

    @precondition(lambda self: any(order.coming for order in self.orders()))
    @rule(which=WHICH, how=st.sampled_from(("comes", "comes", "refused", "called off")))
    def a_return_goes_on(self, which: int, how: str) -> None:
        """It comes and its price goes back, as far as that is left; or the customer keeps everything."""
        order = self.pick([each for each in self.orders() if each.coming], which)
        sku, pieces = order.wanted_back
        row = order.rows[sku]
        cost = half_up(Fraction(row.minor * pieces, row.pieces))
        minor = min(cost, self._left_of_row(order, row), order.left)
        if 0 < minor < LEAST:
            return

        def act() -> list[int]:
            found, at = db.session.get_one(Return, order.open_return), self.world.clock.now()
            if how == "refused":
                returns.refuse(found, "it was worn", at=at, by=BY)
            elif how == "called off":
                returns.call_off(found, at=at, by="customer")
            else:
                returns.agree(found, at=at, by=BY)
                out = [unit for unit, line in sorted(returns.units_out(order.id).items()) if line == row.line_id]
                refunds.refund_return(returns.receive(found, out[:pieces], at=at, by=BY), at=at, by=BY)
                return out[:pieces]
            return []

        units = self.unit(act)
        order.coming = False
        if how != "comes":
            order.open_return = 0
            return
        order.in_the_house = list(units or ())
        order.came_back[sku] += order.in_the_house
        if minor:
            order.refunds.append(GivenBack(minor, of_sale=True))
            order.given_of_row[sku] += minor

    @precondition(lambda self: any(order.in_the_house for order in self.orders()))
    @rule(which=WHICH, outcome=st.sampled_from(returns.Outcome))
    def settle_a_piece(self, which: int, outcome: returns.Outcome) -> None:
        """A piece goes back on the shelf, or is written off; its makers' wages stay as they are."""
        order = self.pick([each for each in self.orders() if each.in_the_house], which)
        unit_id = order.in_the_house[0]

        def act() -> None:
            found = db.session.get_one(Return, order.open_return)
            returns.settle(found, unit_id, outcome, at=self.world.clock.now(), by=BY)

        self.unit(act)
        order.in_the_house.pop(0)
        if not order.in_the_house:
            order.open_return = 0

    # Banks.

    def _disputable(self) -> list[Bought]:
        found = self.orders("paid", "shipped", "delivered")
        return [it for it in found if _can_be_disputed(it)]

    @precondition(lambda self: self._disputable())
    @rule(which=WHICH)
    def a_bank_asks_back(self, which: int) -> None:
        order = self.pick(self._disputable(), which)
        self.webhooks("fifo", 1)
        opened = self.world.sandbox.dispute(order.gateway, order.payment)
        order.disputed = Disputed(opened["dispute"], on=self.today())
        self.webhooks("fifo", 1)

    @precondition(lambda self: any(it.disputed and it.disputed.status == "opened" for it in self.orders()))
    @rule(which=WHICH, outcome=st.sampled_from(("won", "lost")))
    def a_bank_decides(self, which: int, outcome: Literal["won", "lost"]) -> None:
        order = self.pick([it for it in self.orders() if it.disputed and it.disputed.status == "opened"], which)
        assert order.disputed is not None
        self.world.sandbox.decide(order.gateway, order.disputed.ref, outcome)
        order.disputed.status, order.disputed.is_lost, order.disputed.on = outcome, False, self.today()


def _can_be_disputed(order: Bought) -> bool:
    """A bank asks for rupees; what it takes in another currency is converted at a rate of its own."""
    return (
        order.is_heard and not order.refunds and order.disputed is None and not order.open_return
        and order.currency == "INR"
    )  # fmt: skip
