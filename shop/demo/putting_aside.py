"""Two of the demo's makers put a little aside each month, one of them took some back; a third was given an advance.

All by the verbs that they and the office use, on days counted back from the one on which the demo is loaded.
"""

from shop.artisans import advances, purse, savings
from shop.artisans.advance_models import AdvanceReason
from shop.artisans.models import PayoutMethod
from shop.clock import india_date
from shop.demo import till
from shop.demo.stage import Stage
from shop.money import Money

SAVES = {"Shapla": 20_000, "Beli": 15_000}  # in paise, on the day before payday
SAVING_DAYS = range(3, 366, 30)
TOOK_BACK_ON, TOOK_BACK = 40, ("Beli", 40_000)
GIVEN_ON, GIVEN_TO = 100, "Togor"  # three paydays and a half before the demo is loaded
GIVEN, INSTALMENT = Money(40_000, "INR"), Money(10_000, "INR")


def act(stage: Stage, before: int) -> None:
    """Do what falls on a day, so many days before the demo is loaded."""
    if before in SAVING_DAYS:
        for name, minor in SAVES.items():
            _save(stage, name, minor, before)
    if before == TOOK_BACK_ON:
        name, minor = TOOK_BACK
        artisan = stage.cast.maker(name)
        held = min(minor, savings.saved(artisan).minor)
        if held:
            by = artisan.user
            savings.take_back(artisan, Money(held, "INR"), mark=f"{before:016x}", at=stage.tick(), by=by)
    if before == GIVEN_ON:
        _give(stage)


def _save(stage: Stage, name: str, minor: int, before: int) -> None:
    artisan = stage.cast.maker(name)
    amount = min(minor, purse.free(artisan) // 2 // 1_000 * 1_000)  # never more than half of what she could take
    if amount:
        savings.save(artisan, Money(amount, "INR"), mark=f"{before:016x}", at=stage.tick(), by=artisan.user)


def _give(stage: Stage) -> None:
    """Give the advance: proposed today, approved and paid tomorrow, and she says yes the day after."""
    artisan, by = stage.cast.maker(GIVEN_TO), stage.cast.member("Meera")
    terms = (GIVEN, INSTALMENT, AdvanceReason.FESTIVAL, PayoutMethod.CASH)
    at = stage.tick()
    number = advances.propose(artisan, *terms, agreed_on=india_date(at), at=at, by=by).id

    def pay() -> None:
        finance = stage.cast.member("Farida")
        advance = advances.get_of(finance, number)
        advances.approve(advance, at=stage.tick(), by=finance)
        centre = advance.artisan.centre
        till.fill(stage, centre.id, centre.code, GIVEN.minor)
        advances.record_paid(advance, bank_reference=None, at=stage.tick(), by=finance)

    def say_yes() -> None:
        she = stage.cast.maker(GIVEN_TO)
        advances.answer(advances.get_own(she, number), "yes", at=stage.tick(), by=she.user)

    stage.in_days(1, lambda _at: pay())
    stage.in_days(2, lambda _at: say_yes())
