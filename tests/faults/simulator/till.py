"""The centre's cash box: brought, taken to the bank and counted by two; payouts and advances in cash come out of it."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition

from shop.artisans import cash_box
from shop.artisans.cash_models import CashActKind
from shop.money import Money
from tests.faults.simulator.purse import STAFF
from tests.faults.simulator.records import CashAct
from tests.faults.simulator.stage import Stage, rule, user

KIND = st.sampled_from(("open", "open", "bring", "bring", "take", "count"))
SUM = st.one_of(st.integers(1, 60_000), st.sampled_from((0, 150_000)))
OFF = st.sampled_from((0, 0, -7, 150))


class CashBox(Stage):
    """Rules of the box. A count that is off needs a reason; nothing moves before a second person has seen it."""

    @rule(kind=KIND, minor=SUM, off=OFF, note=st.sampled_from(("", "coins", "coins")), by=STAFF)
    def write_down_cash(self, kind: str, minor: int, off: int, note: str, by: str) -> None:
        till = self.model.till
        expected = till.held or 0
        minor = max(expected + off, 0) if kind == "count" else minor
        refused = till.waiting is not None or (till.held is None) is not (kind == "open")
        refused = refused or (kind in ("bring", "take") and minor <= 0)
        refused = refused or (kind == "count" and minor != expected and not note)

        def act() -> int:
            told = {"bank_reference": f"CASH{self.step}", "note": note, "at": self.world.clock.now(), "by": user(by)}
            return cash_box.propose(self.model.centre, CashActKind(kind), Money(minor, "INR"), **told).id

        made = self.unit(act, refused=refused)
        if made is not None:
            till.waiting = CashAct(made, kind, minor, by, expected)

    @precondition(lambda self: self.model.till.waiting)
    @rule(by=STAFF, no=st.integers(0, 7))
    def somebody_sees_the_cash(self, by: str, no: int) -> None:
        """The second person says that it was so; or it is taken back before."""
        till, at = self.model.till, self.world.clock.now()
        waiting = till.waiting
        assert waiting is not None
        grown = self._grown(waiting)
        refused = no > 0 and (by == waiting.by or (till.held is not None and till.held + grown < 0))

        def act() -> None:
            found = cash_box.get_act(self.model.centre, waiting.id)
            (cash_box.see if no else cash_box.withdraw)(found, at=at, by=user(by))

        self.unit(act, refused=refused)
        if refused:
            return
        till.waiting = None
        if no:
            self._seen(waiting, grown)

    def _grown(self, act: CashAct) -> int:
        """By how much the box grows."""
        return act.minor - act.expected if act.kind == "count" else -act.minor if act.kind == "take" else act.minor

    def _seen(self, act: CashAct, grown: int) -> None:
        cash = f"cash:{self.model.centre}"
        if act.kind == "open":  # what the books hold otherwise, without what is handed out and not confirmed
            women = self.model.women.values()
            out = sum(
                it.minor
                for woman in women
                for it in woman.payouts
                if it.account == cash and it.status in ("sent", "questioned")
            )
            self.model.move(cash, f"cash-opening:{self.model.centre}", act.minor - (-self.model.minor[cash] - out))
        else:
            other = f"cash-differences:{self.model.centre}" if act.kind == "count" else "bank"
            self.model.move(cash, other, grown)
        self.model.till.held = (self.model.till.held or 0) + grown
        self.ground.counted[f"cash {act.kind} seen"] += 1
