"""Deductions: off unless they are on, a notice, her answer, three people, and at most half with everything else."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition

from shop.artisans import deductions
from shop.artisans.deduction_models import Deduction, DeductionKind, DeductionReason
from shop.db import db
from shop.money import Money
from tests.faults.simulator.buying import WHICH
from tests.faults.simulator.records import Deducted, Woman
from tests.faults.simulator.stage import Stage, rule, user
from tests.faults.simulator.workshop import NAME
from tests.workshop import artisan

KINDS = {
    "damage": DeductionReason.TOOL_LOST,
    "fine": DeductionReason.RULE_BROKEN,
    "housing": DeductionReason.ROOM,
}
MINOR = st.one_of(st.integers(1, 3_000), st.sampled_from((-5, 0, 41, 41, 253, 20_000)))
BY = st.sampled_from(("Meera", "Farida", "Anita"))
DAYS = 7
AFTER = {  # where her answer leads from; anything else is refused
    "yes": {"noticed": "agreed", "questioned": "agreed", "objected": "agreed"},
    "no": {"noticed": "objected", "questioned": "objected"},
    "question": {"noticed": "questioned"},
}
ALIVE = ("proposed", "noticed", "questioned", "objected", "agreed", "upheld", "taken")


class Deducting(Stage):
    """Rules of deductions, up to the payout that takes them."""

    def _alive(self) -> list[tuple[Woman, Deducted]]:
        return [(woman, it) for woman in self.model.women.values() for it in woman.deductions if it.status in ALIVE]

    @rule(name=NAME, kind=st.sampled_from(sorted(KINDS)), minor=MINOR, later=st.sampled_from((0, 0, 0, 5, -1)),
          no=st.integers(0, 5), by=BY)  # fmt: skip
    def propose_a_deduction(self, name: str, kind: str, minor: int, later: int, no: int, by: str) -> None:
        woman, due_on = self.model.women[name], self.today() + timedelta(days=later)
        refused = no == 0 or minor <= 0 or later < 0

        def act() -> int:
            more = {"due_on": due_on, "allowed": self._allowed(no), "at": self.world.clock.now(), "by": user(by)}
            return deductions.propose(artisan(name), Money(minor, "INR"), KINDS[kind], **more).id

        made = self.unit(act, refused=refused)
        if made is not None:
            woman.deductions.append(Deducted(made, kind, minor, due_on, by))

    @staticmethod
    def _allowed(no: int) -> frozenset[DeductionKind]:
        """The house's setting: nothing is allowed where it was never turned on."""
        return frozenset(DeductionKind) if no else frozenset()

    @precondition(lambda self: self._alive())
    @rule(which=WHICH, by=BY, no=st.integers(0, 9), said=st.sampled_from(("yes", "yes", "yes", "no", "question")))
    def a_deduction_goes_on(self, which: int, by: str, no: int, said: str) -> None:
        """Approved by a second person, answered by her or upheld by a third; withdrawn; or given back."""
        woman, it = self.pick(self._alive(), which)
        if it.status == "taken":
            self.unit(lambda: deductions.give_back(self._get(it), at=self.world.clock.now(), by=user(by)))
            it.status = "reversed"
            self.model.move(f"deductions:{it.kind}", woman.account("payable"), it.minor)
        elif no == 1:
            self.unit(lambda: deductions.withdraw(self._get(it), at=self.world.clock.now(), by=user(by)))
            it.status = "withdrawn"
        elif it.status == "proposed":
            self._approve(it, by, no)
        elif it.status in ("noticed", "questioned", "objected"):
            if no < 4:
                self._uphold(it, by, no)
            else:
                self._answer(woman, it, said)

    @staticmethod
    def _get(it: Deducted) -> Deduction:
        return db.session.get_one(Deduction, it.id)

    def _approve(self, it: Deducted, by: str, no: int) -> None:
        at, refused = self.world.clock.now(), no == 0 or by == it.proposed_by
        more = {"days": DAYS, "allowed": self._allowed(no), "at": at}
        self.unit(lambda: deductions.approve(self._get(it), by=user(by), **more), refused=refused)
        if not refused:
            it.status, it.approved_by, it.noticed_at = "noticed", by, at
            it.respond_by = self.today() + timedelta(days=DAYS)

    def _uphold(self, it: Deducted, by: str, no: int) -> None:
        at, why = self.world.clock.now(), "it was signed for"
        assert it.respond_by is not None
        refused = no == 0 or by in (it.proposed_by, it.approved_by) or self.today() <= it.respond_by
        more = {"allowed": self._allowed(no), "at": at}
        self.unit(lambda: deductions.uphold(self._get(it), why, by=user(by), **more), refused=refused)
        it.status = it.status if refused else "upheld"

    def _answer(self, woman: Woman, it: Deducted, said: str) -> None:
        then, at = AFTER[said].get(it.status), self.world.clock.now()

        def act() -> None:
            deductions.answer(deductions.get_own(artisan(woman.name), it.id), said, at=at, by=user(woman.name))

        self.unit(act, refused=then is None)
        it.status = then or it.status
