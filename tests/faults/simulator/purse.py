"""Her own money: what she puts aside, what she was given in advance, and what is paid out to her."""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import precondition

from shop.artisans import advances, payouts, recoveries, savings
from shop.artisans.advance_models import AdvanceReason
from shop.artisans.models import PayoutMethod
from shop.clock import india_date
from shop.money import Money
from tests.faults.simulator.buying import WHICH
from tests.faults.simulator.records import Advance, Payout, Woman
from tests.faults.simulator.stage import Stage, rule, user
from tests.faults.simulator.workshop import NAME
from tests.workshop import artisan

MINOR = st.one_of(st.integers(1, 4_000), st.sampled_from((-5, 0, 8_450, 20_000)))
PERCENT = st.sampled_from((10, 33, 50, 100, 100, 101))
STAFF = st.sampled_from(("Meera", "Farida"))
METHOD = st.sampled_from((PayoutMethod.CASH, PayoutMethod.UPI))


Verb = Callable[..., None]


class Purse(Stage):
    """Rules of savings, advances and payouts."""

    @rule(name=NAME, percent=PERCENT, again=st.booleans())
    def save(self, name: str, percent: int, again: bool) -> None:
        """She puts aside a part of what is free, sometimes with a form that was sent twice."""
        woman = self.model.women[name]
        self._put(woman, savings.save, self._part(self.model.free(woman), percent), self.model.free(woman), again)

    @rule(name=NAME, percent=PERCENT, again=st.booleans())
    def take_back_savings(self, name: str, percent: int, again: bool) -> None:
        woman = self.model.women[name]
        saved = self.model.held(woman, "savings")
        self._put(woman, savings.take_back, self._part(saved, percent), saved, again, back=True)

    def _part(self, minor: int, percent: int) -> int:
        return minor * percent // 100 + (1 if percent > 100 else 0)

    def _put(self, woman: Woman, verb: Verb, minor: int, most: int, again: bool, back: bool = False) -> None:
        mark, at = f"{self.step:016x}", self.world.clock.now()

        def act() -> None:
            verb(artisan(woman.name), Money(minor, "INR"), mark=mark, at=at, by=user(woman.name))

        refused = not 0 < minor <= most
        for _ in range(2 if again and not refused else 1):
            self.unit(act, refused=refused)
        if not refused:
            accounts = (woman.account("payable"), woman.account("savings"))
            self.model.move(*(accounts[::-1] if back else accounts), minor)

    def somebody_else_saves(self, name: str) -> None:
        """Nobody but she herself, whoever it is."""

        def act() -> None:
            at = self.world.clock.now()
            savings.save(artisan(name), Money(1, "INR"), mark=f"{self.step:016x}", at=at, by=user("Meera"))

        self.unit(act, refused=True)

    # Advances.

    @rule(name=NAME, minor=MINOR, percent=st.sampled_from((20, 50, 100, 120)), method=METHOD)
    def propose_an_advance(self, name: str, minor: int, percent: int, method: PayoutMethod) -> None:
        woman, instalment = self.model.women[name], minor * percent // 100
        refused = minor <= 0 or not 0 < instalment <= minor or woman.advance is not None

        def act() -> int:
            at, terms = (
                self.world.clock.now(),
                (Money(minor, "INR"), Money(instalment, "INR"), AdvanceReason.TOOLS, method),
            )
            return advances.propose(artisan(name), *terms, agreed_on=india_date(at), at=at, by=user("Meera")).id

        made = self.unit(act, refused=refused)
        if made is not None:
            woman.advances.append(Advance(made, minor, instalment, self._out_of(method)))

    def _out_of(self, method: PayoutMethod) -> str:
        return f"cash:{self.model.centre}" if method is PayoutMethod.CASH else "bank"

    def _with_advance(self) -> list[tuple[Woman, Advance]]:
        return [(woman, woman.advance) for woman in self.model.women.values() if woman.advance]

    @precondition(lambda self: self._with_advance())
    @rule(which=WHICH, by=STAFF, no=st.integers(0, 9), said=st.sampled_from(("yes", "yes", "less", "no")))
    def an_advance_goes_on(self, which: int, by: str, no: int, said: str) -> None:
        """Approved by a second person, paid, and answered by her; or taken back before, or brought back after."""
        woman, advance = self.pick(self._with_advance(), which)
        if advance.status == "proposed":
            refused = by == "Meera" and no > 0
            self.unit(lambda: self._advance(advance.id, "withdraw" if no == 0 else "approve", by), refused=refused)
            if not refused:
                advance.status = "withdrawn" if no == 0 else "approved"
        elif advance.status == "approved":
            refused = self.model.lacks(advance.account, advance.minor)
            self.unit(lambda: self._pay_advance(advance.id, f"UTA{self.step}"), refused=refused)
            if not refused:
                advance.status = "paid"
                self.model.hand_out(advance.account, advance.minor)
                self.model.move(woman.account("advance"), advance.account, advance.minor)
        elif no == 0 or advance.status == "acknowledged":
            refused = advance.status == "acknowledged"
            self.unit(lambda: self._advance(advance.id, "record_returned", by), refused=refused)
            if not refused:
                advance.status = "returned"
                self.model.hand_out(advance.account, -advance.minor)
                self.model.move(advance.account, woman.account("advance"), advance.minor)
        else:
            refused = said != "yes" and advance.status == "questioned"
            self.unit(lambda: self._answer_advance(woman.name, advance.id, said), refused=refused)
            if not refused:
                advance.status = "acknowledged" if said == "yes" else "questioned"

    def _advance(self, advance_id: int, verb: str, by: str) -> None:
        found = advances.get_of(user("Farida"), advance_id)
        getattr(advances, verb)(found, at=self.world.clock.now(), by=user(by))

    def _pay_advance(self, advance_id: int, reference: str) -> None:
        found = advances.get_of(user("Farida"), advance_id)
        advances.record_paid(found, bank_reference=reference, at=self.world.clock.now(), by=user("Farida"))

    def _answer_advance(self, name: str, advance_id: int, said: str) -> None:
        found = advances.get_own(artisan(name), advance_id)
        advances.answer(found, said, at=self.world.clock.now(), by=user(name))

    @precondition(lambda self: any(woman.advances for woman in self.model.women.values()))
    @rule(which=WHICH, minor=MINOR, again=st.booleans())
    def repay(self, which: int, minor: int, again: bool) -> None:
        """She gives back as much as she likes of what is free; the same form sent twice gives back once."""
        woman = self.pick([woman for woman in self.model.women.values() if woman.advances], which)
        advance, mark, at = woman.advances[-1], f"{self.step:015x}e", self.world.clock.now()
        most = min(self.model.held(woman, "advance"), self.model.free(woman))
        refused = advance.status != "acknowledged" or not 0 < minor <= most

        def act() -> None:
            she = artisan(woman.name)
            recoveries.repay(she, advance.id, Money(minor, "INR"), mark=mark, at=at, by=user(woman.name))

        for _ in range(2 if again and not refused else 1):
            self.unit(act, refused=refused)
        if not refused:
            self._went_back(woman, advance, minor)

    def _went_back(self, woman: Woman, advance: Advance, minor: int) -> None:
        self.model.move(woman.account("payable"), woman.account("advance"), minor)
        if self.model.held(woman, "advance") == 0:
            advance.status = "repaid"

    # Payouts.

    @rule(name=NAME, percent=PERCENT, method=METHOD)
    def propose_a_payout(self, name: str, percent: int, method: PayoutMethod) -> None:
        """Up to what she can take, less what then goes back of an advance; one at a time."""
        woman, at = self.model.women[name], self.world.clock.now()
        most = self.model.held(woman, "payable") - self.model.due(woman, at)
        minor = self._part(most, percent)
        refused = not 0 < minor <= most or woman.payout is not None
        made = self.unit(
            lambda: payouts.propose(artisan(name), Money(minor, "INR"), method, at=at, by=user("Meera")).id,
            refused=refused,
        )
        if made is not None:
            woman.payouts.append(Payout(made, minor, self._out_of(method)))

    def _with_payout(self) -> list[tuple[Woman, Payout]]:
        return [(woman, woman.payout) for woman in self.model.women.values() if woman.payout]

    @precondition(lambda self: self._with_payout())
    @rule(which=WHICH, by=STAFF, no=st.integers(0, 9))
    def a_payout_goes_on(self, which: int, by: str, no: int) -> None:
        """Approved by a second person and sent; or withdrawn, or failed."""
        woman, payout = self.pick(self._with_payout(), which)
        at = self.world.clock.now()
        if no == 0:
            verb = "withdraw" if payout.status in ("proposed", "approved") else "record_failed"
            self.unit(lambda: self._payout(payout.id, verb, by))
            if verb == "record_failed":
                self.model.hand_out(payout.account, -payout.minor)
                self.model.move(woman.account("in-transit"), woman.account("payable"), payout.minor)
            payout.status = "withdrawn" if verb == "withdraw" else "failed"
        elif payout.status == "proposed":
            refused = by == "Meera" or self.model.free(woman) < payout.minor
            self.unit(lambda: self._payout(payout.id, "approve", by), refused=refused)
            payout.status = "proposed" if refused else "approved"
        elif payout.status == "approved":
            refused = self.model.lacks(payout.account, payout.minor)
            self.unit(lambda: self._payout(payout.id, "record_sent", by), refused=refused)
            if not refused:
                self._sent(woman, payout)
        else:
            self.unit(lambda: self._payout(payout.id, "record_sent", by), refused=True)
        assert at == self.world.clock.now()

    def _sent(self, woman: Woman, payout: Payout) -> None:
        at, advance = self.world.clock.now(), woman.advance
        spare = self.model.held(woman, "payable") - payout.minor
        back = max(min(self.model.recovered(woman, at), spare), 0)
        taken = self.model.deducted(woman, min(self.model.half(woman, at), spare) - back, at)
        payout.status, payout.sent_at = "sent", at
        self.model.hand_out(payout.account, payout.minor)
        if back > 0 and advance is not None:
            self._went_back(woman, advance, back)
            advance.recovered.append((at, back))
        for each in taken:
            each.status, each.taken_at = "taken", at
            self.model.move(woman.account("payable"), f"deductions:{each.kind}", each.minor)
        self.model.move(woman.account("payable"), woman.account("in-transit"), payout.minor)

    def _payout(self, payout_id: int, verb: str, by: str) -> None:
        found, at = payouts.get_of(user("Farida"), payout_id), self.world.clock.now()
        if verb == "record_failed":
            payouts.record_failed(found, "account closed", at=at, by=user(by))
        elif verb == "record_sent":
            payouts.record_sent(found, bank_reference=f"UTR{self.step}", at=at, by=user(by))
        else:
            getattr(payouts, verb)(found, at=at, by=user(by))

    @precondition(lambda self: self._with_payout())
    @rule(which=WHICH, said=st.sampled_from(("yes", "yes", "less", "no")))
    def she_answers(self, which: int, said: str) -> None:
        """Her "yes" settles what was sent; "less" and "no" leave it in transit."""
        woman, payout = self.pick(self._with_payout(), which)
        refused = payout.status not in ("sent", "questioned") or (said != "yes" and payout.status == "questioned")

        def act() -> None:
            found, at = payouts.get_own(artisan(woman.name), payout.id), self.world.clock.now()
            payouts.answer(found, said, at=at, by=user(woman.name))

        self.unit(act, refused=refused)
        if not refused:
            payout.status = "settled" if said == "yes" else "questioned"
            if said == "yes":
                self.model.move(woman.account("in-transit"), payout.account, payout.minor)
