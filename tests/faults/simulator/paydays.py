"""Payout runs: what the centre pays for a period, in one go each; who cannot be paid holds nobody else up."""

from collections.abc import Callable, Set
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition

from shop.artisans import runs
from shop.artisans.models import PayoutMethod
from shop.artisans.runs import Outcome, Wish
from shop.money import Money
from tests.faults.simulator.buying import WHICH
from tests.faults.simulator.purse import METHOD, PERCENT, STAFF, Purse
from tests.faults.simulator.records import Payout, PayRun, Woman
from tests.faults.simulator.stage import rule, user

LEAST = 100
LONGEST = 31


class Paydays(Purse):
    """Rules of runs; every payout of one is a payout like any other in the model too."""

    @rule(ago=st.integers(-1, 3), days=st.sampled_from((1, 1, 2, 7, 31, 32)))
    def begin_a_run(self, ago: int, days: int) -> None:
        last = self.today() - timedelta(days=ago)
        first = last - timedelta(days=days - 1)
        same = next((it for it in self.model.runs if (it.first_on, it.last_on) == (first, last)), None)
        meets = any(it.first_on <= last and it.last_on >= first for it in self.model.runs)
        refused = ago < 0 or days > LONGEST or (meets and same is None)

        def act() -> int:
            by, at = user("Meera"), self.world.clock.now()
            return runs.begin(self.model.centre, first, last, least=Money(LEAST, "INR"), at=at, by=by).id

        made = self.unit(act, refused=refused)
        if made is not None and same is None:
            self.model.runs.append(PayRun(made, first, last))
        assert same is None or made is None or made == same.id

    @precondition(lambda self: self.model.runs)
    @rule(which=WHICH, percents=st.tuples(PERCENT, PERCENT), method=METHOD, again=st.booleans())
    def propose_in_a_run(self, which: int, percents: tuple[int, int], method: PayoutMethod, again: bool) -> None:
        """A payout for each of them, sometimes with a form that was sent twice."""
        going, at = self.pick(self.model.runs, which), self.world.clock.now()
        wanted: dict[int, int] = {}
        paid: list[Woman] = []
        for woman, percent in zip(self._women(), percents, strict=True):
            most = self.model.held(woman, "payable") - self.model.due(woman, at)
            minor = wanted[woman.number] = self._part(max(most, 0), percent)
            if LEAST <= minor <= most and woman.payout is None:
                paid.append(woman)
        wishes = [Wish(number, Money(minor, "INR"), method) for number, minor in wanted.items()]

        def act() -> Outcome:
            found, mark = runs.get_of(user("Meera"), going.id), f"{self.step:016x}"
            return runs.propose(found, wishes, mark=mark, at=at, by=user("Meera"))

        done = self._as_told(act, [woman.number for woman in paid], wanted.keys() - {it.number for it in paid}, again)
        for woman, number in zip(paid, done, strict=True):
            woman.payouts.append(Payout(number, wanted[woman.number], self._out_of(method), run=going.id))

    def _women(self) -> list[Woman]:
        return sorted(self.model.women.values(), key=lambda woman: woman.number)

    def _as_told(self, act: Callable[[], Outcome], done: list[int], refused: Set[int], again: bool) -> list[int]:
        """Do something with a run: so many go, just those are refused, and the same once more moves nothing."""
        outcome = self.unit(act)
        assert outcome is not None
        found = list(outcome.done)
        assert (len(found), outcome.refused.keys()) == (len(done), refused), f"{outcome}: {done} {refused}"
        self.ground.counted["refused in a run"] += len(refused)
        if again:
            outcome = self.unit(act)
            assert outcome is not None
            assert (outcome.done, outcome.refused.keys()) == ([], refused), f"again: {outcome}"
        return found

    def _in_run(self, run_id: int, *statuses: str) -> list[tuple[Woman, Payout]]:
        """The payouts of a run that wait, by woman."""
        found = [(woman, woman.payout) for woman in self._women()]
        return [(woman, it) for woman, it in found if it and it.run == run_id and it.status in statuses]

    def _waiting_runs(self) -> list[PayRun]:
        return [it for it in self.model.runs if self._in_run(it.id, "proposed", "approved")]

    @precondition(lambda self: self._waiting_runs())
    @rule(which=WHICH, by=STAFF, out=st.integers(0, 5))
    def approve_a_run(self, which: int, by: str, out: int) -> None:
        """The second person's; one of them may be taken out, and what has moved on says so."""
        going, at = self.pick(self._waiting_runs(), which), self.world.clock.now()
        standing = self._in_run(going.id, "proposed", "approved")
        ids = [it.id for _, it in standing]
        outs = ids[:1] if out == 0 else []
        done, refused = [], set[int]()
        for woman, it in standing:
            if it.status == "approved" and it.id in outs:
                refused.add(woman.number)
            elif it.status == "proposed" and (it.id in outs or self.model.free(woman) >= it.minor):
                done.append((it, "withdrawn" if it.id in outs else "approved"))
            elif it.status == "proposed":
                refused.add(woman.number)

        def act() -> Outcome:
            found = runs.get_of(user("Farida"), going.id)
            return runs.approve(found, ids, out=outs, at=at, by=user(by))

        if by == "Meera":  # who began it
            self.unit(act, refused=True)
            return
        self._as_told(act, [it.id for it, _ in done], refused, again=False)
        for it, then in done:
            it.status = then

    @precondition(lambda self: self._waiting_runs())
    @rule(which=WHICH, again=st.booleans())
    def send_a_run(self, which: int, again: bool) -> None:
        """What was approved leaves, cash as far as the box reaches; the rest says why it stays."""
        going, at = self.pick(self._waiting_runs(), which), self.world.clock.now()
        standing = self._in_run(going.id, "proposed", "approved")
        sent = {it.id: None if it.account.startswith("cash") else f"UTR{self.step}-{it.id}" for _, it in standing}
        refused, done = set[int](), []
        for woman, it in standing:
            if it.status != "approved" or self.model.lacks(it.account, it.minor):
                refused.add(woman.number)
            else:
                done.append(it.id)
                self._sent(woman, it)

        def act() -> Outcome:
            return runs.send(runs.get_of(user("Farida"), going.id), sent, at=at, by=user("Farida"))

        assert sorted(self._as_told(act, done, refused, again)) == sorted(done)
