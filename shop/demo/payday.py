"""How the demo's makers are paid: a run of each centre a month, from its proposal to her yes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from shop.artisans import payouts, runs
from shop.artisans.models import Payout, PayoutMethod
from shop.artisans.runs import Wish
from shop.clock import india_date
from shop.db import db
from shop.demo import till
from shop.demo.people import ARTISANS, MANAGERS
from shop.demo.stage import Stage
from shop.money import Money

LEAST_MINOR = 10_000  # less waits for the next month
METHODS = (PayoutMethod.UPI, PayoutMethod.BANK, PayoutMethod.CASH)
PERIOD = timedelta(days=29)  # the run before it ended the day before
SILENT, SILENT_DAYS = "Togor", 30  # who has not confirmed the last cash that she was handed
WRONG_NUMBER = "The bank sent it back: the account number was mistyped."


def pay_all(stage: Stage, *, fails: Sequence[str] = (), question: bool = False) -> None:
    """Propose each centre's run for the last thirty days; the diary has the rest.

    `fails`: work names whose payout a bank sends back. `question`: the first of each run says that it was less.
    """
    wishes: dict[str, list[Wish]] = {centre: [] for centre in MANAGERS}
    for number, (name, *_, centre) in enumerate(ARTISANS):
        artisan = stage.cast.maker(name)
        amount = Money(payouts.most(artisan, at=stage.clock.now()) // 1_000 * 1_000, "INR")  # whole tens of rupees
        if amount.minor >= LEAST_MINOR:
            wishes[centre].append(Wish(artisan.id, amount, METHODS[number % len(METHODS)]))
    for centre, asked in wishes.items():
        if asked:
            _Run(stage, centre, asked, fails, question).begin()


class _Run:
    """One centre's run on its way: proposed by its manager, and approved, sent and written down by finance."""

    def __init__(self, stage: Stage, centre: str, wishes: Sequence[Wish], fails: Sequence[str], question: bool) -> None:
        self._stage, self._centre, self._wishes = stage, centre, wishes
        self._fails, self._question = fails, question
        self._id = 0

    def begin(self) -> None:
        """Propose it today; it is approved tomorrow, in cash brought the same morning, and leaves as it is approved."""
        stage, by = self._stage, self._stage.cast.member(MANAGERS[self._centre])
        today = india_date(stage.clock.now())
        assert by.centre_id is not None
        period = (today - PERIOD, today)
        least = Money(LEAST_MINOR, "INR")
        run = runs.begin(by.centre_id, *period, least=least, at=stage.tick(), by=by)
        runs.propose(run, self._wishes, mark=f"{stage.day:016x}", at=stage.tick(), by=by)
        self._id, centre_id = run.id, run.centre_id
        cash = sum(wish.amount.minor for wish in self._wishes if wish.method is PayoutMethod.CASH)
        till.fill(stage, centre_id, self._centre, cash)
        stage.in_days(1, lambda at: self._approve())

    def _approve(self) -> None:
        stage, finance = self._stage, self._stage.cast.member("Farida")
        run = runs.get_of(finance, self._id)
        waiting = [each.id for each in runs.payouts_of([run.id])[run.id]]
        approved = runs.approve(run, waiting, at=stage.tick(), by=finance)
        stage.in_days(stage.chance.randint(0, 1), lambda at: self._send(approved.done))

    def _send(self, approved: Sequence[int]) -> None:
        stage, finance = self._stage, self._stage.cast.member("Farida")
        run = runs.get_of(finance, self._id)
        chosen = {each.id: each for each in runs.payouts_of([run.id])[run.id] if each.id in approved}
        cash = {each.id for each in chosen.values() if each.method is PayoutMethod.CASH}
        sent = runs.send(
            run,
            {number: None if number in cash else f"DEMO{number:06}" for number in chosen},
            at=stage.tick(),
            by=finance,
        )
        asks = (
            next((each for each in sent.done if chosen[each].artisan.work_name != SILENT), 0) if self._question else 0
        )
        for number in sent.done:
            name = chosen[number].artisan.work_name
            if name in self._fails and number not in cash:
                stage.in_days(2, partial(_fail, stage, number))
            elif not (stage.last - stage.day < SILENT_DAYS and name == SILENT):
                said = "less" if number == asks else "yes"
                later = 0 if number in cash or said == "less" else stage.chance.randint(0, 3)
                stage.in_days(later, partial(_answer, stage, number, name, said))
        till.count(stage, run.centre_id, self._centre)


def propose_one(stage: Stage) -> None:
    """Let a manager propose, outside a run, what is owed to the one who has most of it: somebody has to approve it."""
    paid = set(db.session.scalars(select(Payout.artisan_id).where(Payout.status.in_(payouts.OPEN))))
    makers = [(stage.cast.maker(name), centre) for name, *_, centre in ARTISANS]
    free = [(artisan, centre) for artisan, centre in makers if artisan.id not in paid]
    owed = [(payouts.most(artisan, at=stage.clock.now()), artisan, centre) for artisan, centre in free]
    most, artisan, centre = max(owed, key=lambda each: each[0])
    by = stage.cast.member(MANAGERS[centre])
    payouts.propose(artisan, Money(most, "INR"), PayoutMethod.UPI, at=stage.tick(), by=by)


def _answer(stage: Stage, number: int, name: str, said: str, at: datetime) -> None:
    artisan = stage.cast.maker(name)
    payouts.answer(payouts.get_own(artisan, number), said, at=stage.tick(20), by=artisan.user)


def _fail(stage: Stage, number: int, at: datetime) -> None:
    finance = stage.cast.member("Farida")
    payouts.record_failed(payouts.get_of(finance, number), WRONG_NUMBER, at=stage.tick(), by=finance)
