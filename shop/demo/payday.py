"""How the demo's makers are paid: once a month, proposed by one, approved by another, sent, confirmed by her."""

from collections.abc import Sequence

from shop.artisans import payouts
from shop.artisans.models import PayoutMethod
from shop.demo.people import ARTISANS, MANAGERS
from shop.demo.stage import Stage
from shop.money import Money

LEAST_MINOR = 10_000  # less waits for the next month
METHODS = (PayoutMethod.UPI, PayoutMethod.BANK, PayoutMethod.CASH)
WRONG_NUMBER = "The bank sent it back: the account number was mistyped."


def pay_all(stage: Stage, *, fails: Sequence[str] = (), questions: Sequence[str] = ()) -> None:
    """Propose a month's payouts; what follows stands in the diary. `fails` and `questions` are work names."""
    for number, (name, *_, centre) in enumerate(ARTISANS):
        artisan = stage.cast.maker(name)
        amount = Money(payouts.most(artisan, at=stage.clock.now()) // 1_000 * 1_000, "INR")  # whole tens of rupees
        if amount.minor < LEAST_MINOR:
            continue
        method, by = METHODS[number % len(METHODS)], stage.cast.member(MANAGERS[centre])
        payout_id = payouts.propose(artisan, amount, method, at=stage.tick(), by=by).id
        said = "less" if name in questions else "yes"
        _Payment(stage, payout_id, name, said, name in fails).begin(slow=number % 4 == 3)


class _Payment:
    """One payout on its way."""

    def __init__(self, stage: Stage, payout_id: int, name: str, said: str, fails: bool) -> None:
        self._stage, self._id, self._name = stage, payout_id, name
        self._said, self._fails = said, fails

    def begin(self, *, slow: bool) -> None:
        """Write into the diary when it is approved: tomorrow, or some days later."""
        self._stage.in_days(3 if slow else 1, lambda at: self._approve())

    def _approve(self) -> None:
        finance = self._stage.cast.member("Farida")
        payouts.approve(payouts.get_of(finance, self._id), at=self._stage.tick(), by=finance)
        self._stage.in_days(0 if self._said == "less" else self._stage.chance.randint(0, 1), lambda at: self._send())

    def _send(self) -> None:
        finance = self._stage.cast.member("Farida")
        payout = payouts.get_of(finance, self._id)
        bank = None if payout.method is PayoutMethod.CASH else f"DEMO{self._id:06}"
        payouts.record_sent(payout, bank_reference=bank, at=self._stage.tick(), by=finance)
        if self._fails and bank is not None:
            self._stage.in_days(2, lambda at: self._fail())
            return
        later = 0 if bank is None or self._said == "less" else self._stage.chance.randint(0, 3)
        self._stage.in_days(later, lambda at: self._answer())

    def _answer(self) -> None:
        artisan = self._stage.cast.maker(self._name)
        own = payouts.get_own(artisan, self._id)
        payouts.answer(own, self._said, at=self._stage.tick(20), by=artisan.user)

    def _fail(self) -> None:
        finance = self._stage.cast.member("Farida")
        payouts.record_failed(payouts.get_of(finance, self._id), WRONG_NUMBER, at=self._stage.tick(), by=finance)
