"""What happens to the house itself: time, sweeps, sealing, settlements, erasing, dying, beginning anew."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition

from sandbox.client import SandboxRefusal
from shop import duties, identities, privacy
from shop.artisans.models import PayoutMethod
from shop.errors import Conflict
from shop.ledger import sealing
from tests.cast import MESSENGER, TOTE
from tests.faults.simulator.buying import HOLD, WHICH
from tests.faults.simulator.closing import Months
from tests.faults.simulator.deducting import Deducting
from tests.faults.simulator.failing import Failing
from tests.faults.simulator.fees import Fees
from tests.faults.simulator.model import FEES
from tests.faults.simulator.paydays import Paydays
from tests.faults.simulator.stage import NAMES, rule, user
from tests.faults.simulator.till import CashBox
from tests.faults.simulator.workshop import NAME, Workshop

ABROAD = ("EUR", "GBP", "USD")
SHARES = (0, 1, 100, 9_801, 12_345)
STEPS_OF_ALL = 4  # two steps of what was sold, and two of what the shelf was asked for
HOURS = st.sampled_from((1, 5, 26, 24 * 4, 24 * 15, 24 * 31))


def _sent(at_work: "Machine", name: str) -> None:
    [pieces] = [row.pieces for row in at_work.model.orders[0].rows.values() if row.sku == MESSENGER]
    for _ in range(STEPS_OF_ALL):
        at_work.work_is_done(which=0, name=name, pieces=pieces)
    at_work.ship(which=0)
    assert at_work.orders("shipped")


def _comes_back(at_work: "Machine", name: str) -> None:
    _sent(at_work, name)
    at_work.ask_to_send_back(which=0, row=0, pieces=1)


def _disputed(at_work: "Machine", name: str) -> None:
    at_work.a_bank_asks_back(which=0)


def _designed(at_work: "Machine", name: str) -> None:
    """What she drew has left, and the month in which its time for sending back ended is over."""
    _sent(at_work, name)
    for _ in range(2):
        at_work.time_passes(hours=24 * 31)


def _box(at_work: "Machine", name: str) -> None:
    at_work.write_down_cash(kind="open", minor=60_000, off=0, note="", by="Meera")
    at_work.somebody_sees_the_cash(by="Farida", no=1)
    at_work.write_down_cash(kind="bring", minor=150_000, off=0, note="", by="Meera")


def _advance(at_work: "Machine", name: str) -> None:
    """So small a part of it goes back at a time that a deduction finds room beside it."""
    at_work.propose_an_advance(name=name, minor=253, percent=20, method=PayoutMethod.UPI)
    for _ in ("approved", "paid", "acknowledged"):
        at_work.an_advance_goes_on(which=0, by="Farida", no=1, said="yes")


def _payday(at_work: "Machine", name: str) -> None:
    """An advance and a deduction wait for the payout that two people have promised her."""
    _advance(at_work, name)
    at_work.propose_a_deduction(name=name, kind="damage", minor=41, later=0, no=5, by="Meera")
    for _ in ("noticed", "agreed"):
        at_work.a_deduction_goes_on(which=0, by="Farida", no=5, said="yes")
    at_work.propose_a_payout(name=name, percent=50, method=PayoutMethod.UPI)
    at_work.a_payout_goes_on(which=0, by="Farida", no=1)


def _paid_out(at_work: "Machine", name: str) -> None:
    _payday(at_work, name)
    at_work.a_payout_goes_on(which=0, by="Farida", no=1)


def _saved(at_work: "Machine", name: str) -> None:
    at_work.save(name=name, percent=50, again=False)


def _run(at_work: "Machine", name: str) -> None:
    at_work.begin_a_run(ago=0, days=1)


BEGINNINGS: dict[str, Callable[["Machine", str], None]] = {
    "sent": _sent, "comes back": _comes_back, "disputed": _disputed, "designed": _designed, "box": _box,
    "advance": _advance, "payday": _payday, "paid out": _paid_out, "saved": _saved, "run": _run,
}  # fmt: skip


class Machine(Failing, Workshop, Paydays, CashBox, Deducting, Months, Fees):
    """The whole house: a rule of any floor is one function in that floor's class."""

    @initialize(
        pieces=st.integers(1, 3),
        name=NAME,
        gateway=st.sampled_from(("stripe", "razorpay")),
        begun=st.sampled_from(("", *BEGINNINGS)),
    )
    def the_house_is_at_work(self, pieces: int, name: str, gateway: str, begun: str) -> None:
        """Something is sold and waits for the workshop, and some of it is made already; and of what takes many steps
        one thing may have begun, so that a run reaches its end.
        """
        begun = self.ground.begun or begun
        if begun == "designed":
            self.write_down_a_design(product="messenger", part=3_333, rate=1_201, ago=0)
            self.approve_a_design(which=0, by="Farida", no=1)
        self.buy(sku=MESSENGER, more=TOTE, pieces=pieces, gateway=gateway, paid=True)
        self.ask_for_the_shelf(sku=MESSENGER, pieces=pieces)
        for _ in range(pieces):
            self.work_is_done(which=0, name=name, pieces=pieces)
        if begun:
            BEGINNINGS[begun](self, name)
        self.rule = ""

    @rule(hours=HOURS)
    def time_passes(self, hours: int) -> None:
        """Pay pages lapse and are looked at once more; shares become theirs where nothing can come back."""
        self.stand()  # what stands now counts for today, though nobody has looked yet
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

        self.stand()
        self.asked(sweep)
        self.model.release(self.world.clock.now())

    @rule(what=st.sampled_from(("seal", "seal", "begin anew", "another share", "another share", "a stranger saves")))
    def between_whiles(self, what: str) -> None:
        """The sealer; a restart; another rule of the share from now on; somebody who is not she."""
        if what == "seal":
            self.unit(lambda: sealing.seal(whole=True))
        elif what == "begin anew":
            self.restart()
        elif what == "a stranger saves":
            self.somebody_else_saves(self.pick(NAMES, self.step))
        else:
            self.share_of(self.pick([each for each in SHARES if each != self.model.share_minor], self.step))

    @rule(gateway=st.sampled_from(("stripe", "razorpay")))
    def a_gateway_settles(self, gateway: str) -> None:
        """It sends what it holds to the bank less its fees; the hourly comparison reads that, and what was unheard."""
        self.webhooks("shuffle", 1)
        before = self._settled(gateway)
        try:
            sent = self.world.sandbox.pay_out(gateway)
        except SandboxRefusal:
            return
        gross = self._settled(gateway)
        gross.subtract(before)

        def compare() -> None:
            with self.world.app.app_context():
                duties.reconcile()

        self.asked(compare)
        self.hear_all()
        clearing = f"gateway:{gateway}:clearing"
        self.model.move("bank", clearing, sent["amount"])
        self.model.move(FEES, clearing, gross["INR"] - sent["amount"])
        for currency in ABROAD:
            self.model.move(f"fx {currency}", f"{clearing} {currency}", gross[currency])

    def _settled(self, gateway: str) -> Counter[str]:
        """Currency paid in -> what of it has left for the bank, in all."""
        held = self.world.sandbox.books()[gateway]
        return Counter({each: int(held.get(each, {}).get("settled", 0)) for each in ("INR", *ABROAD)})

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
