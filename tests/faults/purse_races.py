"""Five hundred times: everything that moves one woman's money at one moment, from connections of their own.

A payout is approved and sent with what then goes back of her advance, while she puts aside twice, takes back and
repays. `race` returns what is below zero or lost afterwards; what is left open is brought to an end before the next.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select

from shop.artisans import advances, payouts, purse, recoveries, savings
from shop.artisans.advance_models import AdvanceReason, AdvanceRepayment, AdvanceStatus
from shop.artisans.models import PayoutMethod, PayoutStatus
from shop.clock import india_date
from shop.db import db
from shop.errors import DomainError
from shop.ledger import balances
from shop.money import Money
from tests.faults.own_money import Together
from tests.faults.together import Gate, at_once, gated_writing
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

CASH = PayoutMethod.CASH
SAVED, GIVEN = 1_200, 60_000


def race(world: World, number: int, counted: Counter[str], together: Together = at_once) -> list[str]:
    """Let six at once move Rina's money; return every account of hers below zero, and what was lost or gained.

    `counted` grows by how often each verb was taken and refused: a verb that never was taken raced with nobody.
    """
    payout_id, advance_id = _prepare(world, number)
    before, mark, at = _hers(world), f"{number:015x}", world.clock.now()
    gate = Gate(6 if together is at_once else 1)

    def unit(verb: str, act: Callable[[], object]) -> str:
        try:
            with world.app.app_context(), gated_writing(gate)():
                act()
        except DomainError:
            return f"{verb} refused"
        return f"{verb} taken"

    def send() -> None:
        payout = payouts.get_of(user("Farida"), payout_id)
        payouts.record_sent(payout, bank_reference=None, at=at, by=user("Farida"))

    def move(verb: Callable[..., None], minor: int, end: str) -> None:
        verb(artisan("Rina"), Money(minor, "INR"), mark=mark + end, at=at, by=user("Rina"))

    def repay() -> None:
        recoveries.repay(artisan("Rina"), advance_id, Money(700, "INR"), mark=mark + "d", at=at, by=user("Rina"))

    acts: list[tuple[str, Callable[[], object]]] = [
        ("payout", send),
        ("saving", lambda: move(savings.save, 1_000, "a")),
        ("saving", lambda: move(savings.save, 1_000, "b")),
        ("taking back", lambda: move(savings.take_back, SAVED, "c")),
        ("taking back", lambda: move(savings.take_back, SAVED, "f")),
        ("repaying", repay),
    ]
    told: list[str] = []
    answers = together(len(acts), lambda each: told.append(unit(*acts[each])))
    counted.update(told)
    after = _hers(world)
    counted["recovery taken"] += _recovered(world, payout_id)
    odd = [repr(each) for each in answers if each is not None]
    odd += [f"{kind} is {minor}" for kind, minor in after.items() if minor < 0]
    if _whole(before) != _whole(after):
        odd.append(f"{_whole(before)} became {_whole(after)}")
    return odd


def _prepare(world: World, number: int) -> tuple[int, int]:
    """End what the last race left; then she has ₹24 and ₹12 put aside, owes an advance, and ₹15 were approved."""
    world.advance(timedelta(days=1))
    with world.writing() as at:
        she, rina, farida = artisan("Rina"), user("Rina"), user("Farida")
        if (sent := payouts.find_unanswered(she)) is not None:
            payouts.answer(sent, "yes", at=at, by=rina)
        for open_one in db.session.scalars(db.select(payouts.Payout).where(payouts.Payout.status.in_(payouts.OPEN))):
            assert open_one.status is PayoutStatus.APPROVED
            payouts.withdraw(open_one, at=at, by=farida)
    short = 24 - balances_of_hers(world) // 100
    if short > 0:
        life.earn(world, "Rina", -(-short // 8))
    with world.writing() as at:
        she, rina, meera, farida = artisan("Rina"), user("Rina"), user("Meera"), user("Farida")
        given = advances.find_standing(she)
        if given is None or given.status is not AdvanceStatus.ACKNOWLEDGED:
            terms = (Money(GIVEN, "INR"), Money(GIVEN, "INR"), AdvanceReason.TOOLS, CASH)
            given = advances.propose(she, *terms, agreed_on=india_date(at), at=at, by=meera)
            advances.approve(given, at=at, by=farida)
            advances.record_paid(given, bank_reference=None, at=at, by=farida)
            advances.answer(given, "yes", at=at, by=rina)
        if (lacks := SAVED - savings.saved(she).minor) > 0:
            savings.save(she, Money(min(lacks, purse.free(she)), "INR"), mark=f"{number:015x}e", at=at, by=rina)
        amount = Money(min(1_500, payouts.most(she, at=at)), "INR")
        payout = payouts.propose(she, amount, CASH, at=at, by=meera)
        payouts.approve(payout, at=at, by=farida)
        return payout.id, given.id


def _recovered(world: World, payout_id: int) -> int:
    """Return how often something went back of her advance with a payout."""
    with world.reading():
        query = select(func.count()).select_from(AdvanceRepayment).where(AdvanceRepayment.payout_id == payout_id)
        return int(db.session.scalar(query) or 0)


def balances_of_hers(world: World) -> int:
    return _hers(world)["payable"]


def _hers(world: World) -> dict[str, int]:
    """Return what each account of hers holds by its transfers."""
    with world.reading():
        number = artisan("Rina").id
        kinds = ("payable", "savings", "in-transit", "advance")
        found = {kind: balances.derived(f"artisan:{number}:{kind}").minor for kind in kinds}
        stored = balances.stored_many([f"artisan:{number}:{kind}" for kind in kinds])
        assert stored == {f"artisan:{number}:{kind}": minor for kind, minor in found.items()}
    return found


def _whole(hers: dict[str, int]) -> int:
    """Return what no race may change: all she has, wherever it lies, less what she owes."""
    return hers["payable"] + hers["savings"] + hers["in-transit"] - hers["advance"]
