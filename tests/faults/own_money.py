"""A race of everything that moves one woman's money: a payout with its recovery, saving twice, repaying, taking back.

`race` returns what it broke, so that it can be counted: an account below zero, or a payout promised and not there.
"""

from collections.abc import Callable
from contextlib import suppress

from shop.artisans import advances, earnings, payouts, purse, recoveries, savings
from shop.artisans.advance_models import AdvanceReason
from shop.artisans.models import PayoutMethod
from shop.clock import india_date
from shop.errors import DomainError
from shop.ledger import balances
from shop.money import Money
from tests.faults.together import Gate, at_once, gated_writing
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

CASH = PayoutMethod.CASH
Together = Callable[[int, Callable[[int], None]], list[Exception | None]]
EARNED, GIVEN, PROPOSED = 4_000, 3_000, 2_500


def in_turn(people: int, act: Callable[[int], None]) -> list[Exception | None]:
    """Let one act after the other, the payout first."""
    for number in range(people):
        act(number)
    return []


def race(world: World, number: int, together: Together = at_once) -> list[str]:
    """Let six at once move Rina's money, who has ₹40 and owes ₹30; return what does not hold afterwards."""
    life.earn(world, "Rina", EARNED // 800)
    payout_id, advance_id = _prepare(world)
    mark = f"{number:015x}"
    gate = Gate(6 if together is at_once else 1)

    def unit(act: Callable[[], object]) -> None:
        with world.app.app_context(), suppress(DomainError), gated_writing(gate)():
            act()

    def approve() -> None:
        payouts.approve(payouts.get_of(user("Farida"), payout_id), at=world.clock.now(), by=user("Farida"))

    def send() -> None:
        payout = payouts.get_of(user("Farida"), payout_id)
        payouts.record_sent(payout, bank_reference=None, at=world.clock.now(), by=user("Farida"))

    def save(end: str, minor: int) -> None:
        amount = Money(minor, "INR")
        savings.save(artisan("Rina"), amount, mark=mark + end, at=world.clock.now(), by=user("Rina"))

    def repay() -> None:
        amount, at = Money(2_000, "INR"), world.clock.now()
        recoveries.repay(artisan("Rina"), advance_id, amount, mark=mark + "b", at=at, by=user("Rina"))

    acts = [approve, lambda: save("a", 1_800), lambda: save("a", 1_800), repay, lambda: save("c", 1_500), send]
    answers = together(len(acts), lambda each: unit(acts[each]))
    odd = [repr(each) for each in answers if each is not None]
    return odd + _broken(world)


def _prepare(world: World) -> tuple[int, int]:
    """Let Rina have an advance that she said yes to, and a payout that waits for its second person."""
    with world.writing() as at:
        she, terms = artisan("Rina"), (Money(GIVEN, "INR"), Money(GIVEN, "INR"), AdvanceReason.TOOLS, CASH)
        given = advances.propose(she, *terms, agreed_on=india_date(at), at=at, by=user("Meera"))
        advances.approve(given, at=at, by=user("Farida"))
        advances.record_paid(given, bank_reference=None, at=at, by=user("Farida"))
        advances.answer(given, "yes", at=at, by=user("Rina"))
        payout = payouts.propose(she, Money(PROPOSED - 500, "INR"), CASH, at=at, by=user("Meera"))
        return payout.id, given.id


def _broken(world: World) -> list[str]:
    with world.reading():
        she = artisan("Rina")
        codes = [she.payable, savings.account_of(she.id), recoveries.account_of(she.id)]
        below = [code for code, minor in balances.stored_many(codes).items() if minor < 0]
        below += [code for code in codes if balances.derived(code).minor != balances.stored(code).minor]
        held, promised = earnings.can_take(she).minor, purse.promised(she)
    return below + ([f"{promised} promised, {held} there"] if promised > held else [])
