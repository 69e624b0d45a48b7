"""What happens to the house itself: time, the worker's sweeps, sealing, settlements, erasing, dying and beginning anew."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from sandbox.client import SandboxRefusal
from shop import duties, identities, privacy
from shop.errors import Conflict
from shop.ledger import sealing
from tests.faults.simulator.buying import HOLD, WHICH
from tests.faults.simulator.giving_back import GivingBack
from tests.faults.simulator.model import FEES
from tests.faults.simulator.purse import Purse
from tests.faults.simulator.stage import user
from tests.faults.simulator.workshop import NAME, Workshop

HOURS = st.sampled_from((1, 5, 26, 24 * 4, 24 * 15, 24 * 31))


class Machine(GivingBack, Workshop, Purse):
    """The whole house: a rule of any floor is one function in that floor's class."""

    @rule(hours=HOURS)
    def time_passes(self, hours: int) -> None:
        """Pay pages lapse and are looked at once more; shares become theirs where nothing can come back."""
        self.world.advance(timedelta(hours=hours))

        def sweeps() -> None:
            with self.world.app.app_context():
                duties.lapse_holds()

        self.asked(sweeps)
        for order in self.model.orders:
            if not order.is_heard:
                self.model.hear(order)
                order.is_over = timedelta(hours=hours) > HOLD
        self.release_shares()

    @precondition(lambda self: any(share.status == "pending" for share in self.model.shares.values()))
    @rule()
    def release_shares(self) -> None:
        def sweep() -> None:
            with self.world.app.app_context():
                duties.release_shares()

        with self.world.reading():
            self.model.stand(self.standing_pieces())
        self.asked(sweep)
        self.model.release(self.world.clock.now())

    @rule(minor=st.sampled_from((0, 1, 100, 9_801, 12_345)))
    def another_share_from_now_on(self, minor: int) -> None:
        """What was sold keeps its own; the next order promises this."""
        if minor != self.model.share_minor:
            self.share_of(minor)

    @rule()
    def seal(self) -> None:
        self.unit(lambda: sealing.seal(whole=True))

    @rule(gateway=st.sampled_from(("stripe", "razorpay")))
    def a_gateway_settles(self, gateway: str) -> None:
        """It sends what it holds to the bank less its fees; the hourly comparison reads that, and all that was unheard."""
        self.webhooks("shuffle", 1)
        before = self._settled(gateway)
        try:
            sent = self.world.sandbox.pay_out(gateway)
        except SandboxRefusal:
            return
        gross = self._settled(gateway) - before

        def compare() -> None:
            with self.world.app.app_context():
                duties.reconcile()

        self.asked(compare)
        self.hear_all()
        clearing = f"gateway:{gateway}:clearing"
        self.model.move("bank", clearing, sent["amount"])
        self.model.move(FEES, clearing, gross - sent["amount"])

    def _settled(self, gateway: str) -> int:
        return int(self.world.sandbox.books()[gateway].get("INR", {}).get("settled", 0))

    @rule(name=NAME)
    def erase_her_identity(self, name: str) -> None:
        """What she had put aside is hers to take again; no amount of anybody else moves, and no hash breaks."""
        woman = self.model.women[name]

        def erase() -> None:
            with self.world.app.app_context():
                identities.erase(woman.number, at=self.world.clock.now(), by=user("Nasrin"))

        self.asked(erase)
        self.model.move(woman.account("savings"), woman.account("payable"), self.model.held(woman, "savings"))

    @precondition(lambda self: self.orders())
    @rule(which=WHICH)
    def erase_a_customer(self, which: int) -> None:
        """She goes where nothing of hers is open; either way no amount moves."""
        order = self.pick(self.model.orders, which)

        def erase() -> bool:
            try:
                privacy.erase(privacy.get_by_email(order.email), at=self.world.clock.now(), by=user("Nasrin").actor)
            except Conflict:
                return False
            return True

        if order.email and self.unit(erase):
            order.email = ""
            order.status = "cancelled" if order.status == "placed" else order.status
            self.ground.counted["customers erased"] += 1

    @rule(after=st.integers(1, 25))
    def what_comes_next_dies(self, after: int) -> None:
        self.dies_after = after

    @rule()
    def the_house_begins_anew(self) -> None:
        self.restart()
