"""Advances: two people give one, she says yes to it, and it goes back little by little, never past the rules."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from shop import books
from shop.artisans import (
    advance_verification,
    advances,
    cash_alerts,
    corrections,
    earnings,
    payouts,
    recoveries,
    savings,
)
from shop.artisans.advance_models import Advance, AdvanceReason, AdvanceRepayment, AdvanceStatus
from shop.artisans.models import CorrectionReason, Earning, EarningKind, Payout, PayoutMethod
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger import balances
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.outbox import OutboxRow
from shop.users import audit, enrolment
from shop.web.manager.reads import advances as reads
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

RATE = 800
CASH = PayoutMethod.CASH


def inr(minor: int) -> Money:
    return Money(minor, "INR")


def give(world: World, minor: int = 3_000, instalment: int = 1_000, *, until: str = "yes") -> int:
    """Give Rina an advance as far as a step; return its id."""
    with world.writing() as at:
        reason = AdvanceReason.FESTIVAL
        made = advances.propose(
            artisan("Rina"),
            inr(minor),
            inr(instalment),
            reason,
            CASH,
            agreed_on=india_date(at),
            at=at,
            by=user("Meera"),
        )
        if until != "proposed":
            advances.approve(made, at=at, by=user("Farida"))
        if until in ("paid", "yes"):
            advances.record_paid(made, bank_reference=None, at=at, by=user("Farida"))
        if until == "yes":
            advances.answer(made, "yes", at=at, by=user("Rina"))
        return made.id


def do(world: World, verb: str, number: int, by: str, *more: object, **named: object) -> None:
    with world.writing() as at:
        getattr(advances, verb)(db.session.get_one(Advance, number), *more, at=at, by=user(by), **named)


def pay(world: World, minor: int | None = None) -> int:
    """Pay Rina out, all that can be proposed unless less is said; return the payout's id. She says yes."""
    with world.writing() as at:
        amount = minor if minor is not None else payouts.most(artisan("Rina"), at=at)
        made = payouts.propose(artisan("Rina"), inr(amount), CASH, at=at, by=user("Meera"))
        payouts.approve(made, at=at, by=user("Farida"))
        payouts.record_sent(made, bank_reference=None, at=at, by=user("Farida"))
        payouts.answer(made, "yes", at=at, by=user("Rina"))
        return made.id


def left(world: World) -> tuple[int, int]:
    """Return what is left to repay and what she can take."""
    with world.reading():
        return recoveries.left(artisan("Rina")).minor, earnings.can_take(artisan("Rina")).minor


def findings(world: World) -> list[str]:
    with world.reading():
        return [str(finding) for finding in books.findings()]


@both_databases
def test_it_is_given_by_two_acknowledged_by_her_and_goes_back_to_the_last_paisa(world: World) -> None:
    number = give(world)
    assert left(world) == (3_000, 0)
    for expected in (2_000, 1_000, 0):
        life.earn(world, "Rina", 5)
        pay(world)
        assert left(world) == (expected, 0)
        world.advance(timedelta(days=32))
    life.earn(world, "Rina", 1)
    pay(world)
    assert left(world) == (0, 0)
    with world.reading():
        assert db.session.get_one(Advance, number).status is AdvanceStatus.REPAID
        paid = dict(db.session.execute(select(Payout.id, Payout.amount_minor)).all())
        assert list(paid.values()) == [3_000, 3_000, 3_000, 800]
        assert [row.act for row in audit.newest(100) if row.act.startswith("advances")][::-1] == [
            "advances.propose", "advances.approve", "advances.pay",
        ]  # fmt: skip
    assert findings(world) == []


@both_databases
def test_nothing_goes_back_before_her_yes_and_an_advance_that_did_not_stay_is_owed_by_nobody(world: World) -> None:
    number = give(world, until="paid")
    life.earn(world, "Rina", 5)
    do(world, "answer", number, "Rina", "less")
    pay(world, 2_000)
    assert left(world) == (3_000, 2_000)
    with pytest.raises(Conflict, match=r"advance\.moved_on"), world.writing() as at:
        recoveries.repay(artisan("Rina"), number, inr(1), mark="a" * 16, at=at, by=user("Rina"))
    do(world, "record_returned", number, "Meera")
    assert left(world) == (0, 2_000)
    with pytest.raises(Conflict):
        do(world, "answer", number, "Rina", "yes")
    assert findings(world) == []


def test_at_most_the_instalment_in_a_month_and_half_of_the_wages_of_the_period(world: World) -> None:
    give(world, 9_000, 1_000)
    life.earn(world, "Rina", 2)  # half of ₹16 is less than the instalment
    pay(world, 500)
    assert left(world) == (8_200, 300)
    world.advance(timedelta(days=32))
    pay(world, 100)  # no wages since: nothing goes back
    assert left(world) == (8_200, 200)
    world.advance(timedelta(minutes=1))
    life.earn(world, "Rina", 9)
    pay(world, 100)
    assert left(world) == (7_200, 200 + 7_200 - 100 - 1_000)
    life.earn(world, "Rina", 9)
    pay(world, 100)  # the instalment of this month is spent, whatever she earns; on a new month's day it may not be
    spent = left(world)[0]
    assert spent in (7_200, 6_200)
    assert findings(world) == []


@both_databases
def test_it_goes_back_with_money_that_leaves_and_never_with_a_payout_that_was_taken_back(world: World) -> None:
    give(world)
    life.earn(world, "Rina", 5)
    with world.writing() as at:
        made = payouts.propose(artisan("Rina"), inr(3_000), CASH, at=at, by=user("Meera")).id
        payouts.approve(payouts.get_of(user("Farida"), made), at=at, by=user("Farida"))
    assert left(world) == (3_000, 4_000)
    with world.writing() as at:
        payouts.withdraw(payouts.get_of(user("Meera"), made), at=at, by=user("Meera"))
    assert left(world) == (3_000, 4_000)
    sent = pay(world)
    assert left(world) == (2_000, 0)
    with world.reading():
        assert db.session.scalars(select(AdvanceRepayment.payout_id)).all() == [sent]
    assert findings(world) == []


def test_savings_taken_back_and_shares_are_no_wages(world: World) -> None:
    life.earn(world, "Rina", 5)
    with world.writing() as at:
        savings.save(artisan("Rina"), inr(4_000), mark="a" * 16, at=at, by=user("Rina"))
    world.advance(timedelta(days=40))
    give(world)
    with world.writing() as at:
        savings.take_back(artisan("Rina"), inr(4_000), mark="b" * 16, at=at, by=user("Rina"))
    pay(world)
    assert left(world) == (3_000, 0)


@both_databases
def test_wages_that_she_has_in_her_hand_are_not_counted_and_a_fee_stays_whole(world: World) -> None:
    life.earn(world, "Rina", 5)
    pay(world)
    give(world)
    with world.writing() as at:
        fee = {"reference": "story:1:fee", "source": "story:1", "at": at, "by": "user:1"}
        earnings.credit(artisan("Rina"), inr(4_000), kind=EarningKind.STORY, **fee)
        assert payouts.most(artisan("Rina"), at=at) == 4_000
    pay(world)
    assert left(world) == (3_000, 0)
    world.advance(timedelta(minutes=1))
    life.earn(world, "Rina", 5)
    pay(world)
    assert left(world) == (2_000, 0)
    assert findings(world) == []


def test_wages_of_a_later_moment_wait_for_the_next_time(world: World) -> None:
    give(world)
    before = world.clock.now()
    world.advance(timedelta(minutes=1))
    life.earn(world, "Rina", 5)
    with world.reading():
        she = artisan("Rina").id
        assert recoveries.standing_of([she], at=before)[she].period.wages_minor == 0
        assert recoveries.standing_of([she], at=world.clock.now())[she].period.wages_minor == 4_000


@both_databases
def test_she_repays_of_her_own_wish_once_a_form_and_never_too_much(world: World) -> None:
    number = give(world)
    life.earn(world, "Rina", 3)

    def repay(minor: int, mark: str = "a" * 16, by: str = "Rina") -> None:
        with world.writing() as at:
            recoveries.repay(artisan("Rina"), number, inr(minor), mark=mark, at=at, by=user(by))

    for _tap in range(2):
        repay(2_000)
    assert left(world) == (1_000, 400)
    with pytest.raises(Conflict, match=r"saving\.done"):
        repay(1)
    for wrong in (0, 401):
        with pytest.raises(Invalid):
            repay(wrong, "b" * 16)
    for other in ("Mala", "Meera", "Farida", "Anita"):
        with pytest.raises(NotFound):
            repay(1, "c" * 16, by=other)
    life.earn(world, "Rina", 3)
    repay(1_000, "d" * 16)
    assert left(world) == (0, 1_800)
    assert findings(world) == []


@both_databases
def test_two_people_one_at_a_time_and_the_database_knows_it(world: World) -> None:
    number = give(world, until="proposed")
    with pytest.raises(Refused, match=r"advance\.two_people"):
        do(world, "approve", number, "Meera")
    with pytest.raises(Conflict, match=r"advance\.one_standing"):
        give(world, until="proposed")
    with pytest.raises(IntegrityError, match="two_people"), world.writing():
        mine = update(Advance).where(Advance.id == number)
        db.session.execute(mine.values(status="approved", approved_by=Advance.proposed_by))
    with pytest.raises(IntegrityError, match=r"acknowledged_by_her|given_by_two"), world.writing():
        db.session.execute(update(Advance).where(Advance.id == number).values(status="acknowledged"))
    with pytest.raises(Conflict):
        do(world, "record_paid", number, "Farida", bank_reference=None)
    with pytest.raises(Conflict):
        do(world, "record_returned", number, "Farida")
    do(world, "withdraw", number, "Meera")
    assert left(world) == (0, 0)
    assert give(world, until="proposed") != number


def test_her_yes_is_not_taken_from_a_browser_of_the_office_nor_after_a_new_pin(world: World) -> None:
    number = give(world, until="paid")
    with pytest.raises(NotFound):
        do(world, "answer", number, "Mala", "yes")
    with pytest.raises(Refused, match=r"advance\.own_phone"):
        do(world, "answer", number, "Rina", "yes", staff_device=True)
    with world.writing() as at:
        enrolment.reset_pin(artisan("Rina").user_id, "482915", at=at, by=user("Nasrin"))
    with pytest.raises(Refused, match=r"advance\.own_phone"):
        do(world, "answer", number, "Rina", "yes")
    world.advance(timedelta(days=8))
    do(world, "answer", number, "Rina", "yes")


def test_today_tells_each_what_is_hers_to_do_about_an_advance(world: World) -> None:
    number = give(world, until="proposed")

    def today(name: str) -> str:
        return world.browser().sign_in(name).get("/manager/").text

    mine, second = "You proposed it, so someone else has to approve it.", "You did not propose it, so you can be"
    assert [(mine in today(name), second in today(name)) for name in ("Meera", "Farida", "Bina")] == [
        (True, False), (False, True), (False, False),
    ]  # fmt: skip
    assert "waits for a second person" in today("Bina")
    do(world, "approve", number, "Farida")
    assert [("Record it as paid" in today(name)) for name in ("Farida", "Bina")] == [True, False]
    assert "An advance of ₹30.00 for Rina is approved" in today("Bina")


def test_what_she_questioned_she_can_still_say_yes_to_on_her_page(world: World) -> None:
    number = give(world, until="paid")
    rina = world.browser().sign_in_artisan("Rina")
    rina.post(f"/artisan/advances/{number}/answer", {"said": "less"})
    assert f'href="/artisan/advances/{number}"' in rina.get("/artisan/").text
    page = rina.get(f"/artisan/advances/{number}").text
    assert 'value="yes"' in page and 'value="less"' not in page and "/artisan/passbook" in page
    rina.post(f"/artisan/advances/{number}/answer", {"said": "yes"})
    with world.reading():
        assert db.session.get_one(Advance, number).status is AdvanceStatus.ACKNOWLEDGED
    assert rina.get(f"/artisan/advances/{number}").status_code == 303
    assert world.browser().sign_in_artisan("Mala").get(f"/artisan/advances/{number}").status_code == 404


def test_home_is_no_dead_end_where_her_yes_is_not_taken(world: World) -> None:
    number = give(world, until="paid")
    tablet = world.browser().sign_in("Meera")
    tablet.post("/logout", {})
    tablet.sign_in_artisan("Rina")
    home = tablet.get("/artisan/").text
    assert f'href="/artisan/advances/{number}"' in home and "/artisan/passbook" in home and "/answer" not in home
    page = tablet.get(f"/artisan/advances/{number}").text
    assert 'value="yes"' not in page and 'value="less"' in page and "/artisan/passbook" in page
    assert tablet.post(f"/artisan/advances/{number}/answer", {"said": "yes"}).status_code == 303
    with world.reading():
        assert db.session.get_one(Advance, number).status is AdvanceStatus.PAID
    assert "/answer" in world.browser().sign_in_artisan("Rina").get("/artisan/").text


def test_a_correction_after_a_recovery_leaves_every_list_clean(world: World) -> None:
    give(world)
    life.earn(world, "Rina", 5)
    pay(world, 1_000)
    with world.writing() as at:
        earning = db.session.scalars(select(Earning).order_by(Earning.id)).first()
        assert earning is not None
        asked = corrections.propose(earning, CorrectionReason.COUNTED_TWICE, "twice", at=at, by=user("Meera"))
    world.advance(timedelta(hours=1))
    with world.writing() as at:
        corrections.approve(db.session.merge(asked), at=at, by=user("Farida"))
    assert findings(world) == []


@pytest.mark.books_may_differ
@both_databases
def test_verify_finds_what_bends_an_advance(world: World) -> None:
    number = give(world, until="paid")
    life.earn(world, "Rina", 5)
    with world.writing() as at:
        she = artisan("Rina")
        leg = Leg(she.payable, recoveries.account_of(she.id), inr(400))
        on = india_date(at)
        loose = post("advance:9:payout:9", recoveries.RECOVERED, [leg], effective_on=on, at=at, by="user:1")
    with world.reading():
        found = [str(finding) for finding in advance_verification.verify()]
    assert len(found) == 2 and "owes 3000, her account says 2600" in found[0] and "no row says so" in found[1]

    row = {"advance_id": number, "payout_id": None, "amount_minor": 400, "reference": "advance:9:payout:9"}
    with world.writing() as at:
        made = payouts.propose(artisan("Rina"), inr(100), CASH, at=at, by=user("Meera"))
        period = {"payout_id": made.id, "wages_minor": 4_000, "wages_from": at - timedelta(days=9), "entry_id": loose}
        db.session.execute(insert(AdvanceRepayment).values({**row, **period, "at": at}))
    with world.reading():
        found = [str(finding) for finding in advance_verification.verify()]
    assert len(found) == 1 and "before she acknowledged" in found[0]
    with pytest.raises(IntegrityError, match="half_of_wages"), world.writing() as at:
        over = {**row, **period, "reference": "x", "amount_minor": 2_001, "at": at}
        db.session.execute(insert(AdvanceRepayment).values(over))


@pytest.mark.books_may_differ
@both_databases
def test_verify_finds_a_repayment_that_was_not_her_own_act(world: World) -> None:
    given = give(world, until="paid")
    life.earn(world, "Rina", 5)

    def take(number: int, actor: str) -> None:
        with world.writing() as at:
            she, named = artisan("Rina"), f"advance:{given}:repaid:{number}"
            leg = Leg(she.payable, recoveries.account_of(she.id), inr(100))
            entry = post(named, recoveries.REPAID, [leg], effective_on=india_date(at), at=at, by=actor)
            row = {"advance_id": given, "amount_minor": 100, "reference": named, "entry_id": entry, "at": at}
            db.session.execute(insert(AdvanceRepayment).values(row))

    with world.reading():
        hers, office = user("Rina").actor, user("Meera").actor
    take(1, hers)
    with world.reading():
        [early] = [str(finding) for finding in advance_verification.verify()]
    assert "before she acknowledged" in early
    do(world, "answer", given, "Rina", "yes")
    world.advance(timedelta(minutes=1))
    take(2, office)
    with world.reading():
        found = [str(finding) for finding in advance_verification.verify()]
    assert len(found) == 1 and f"advance:{given}:repaid:2" in found[0] and "was not her own act" in found[0]


def test_one_bank_reference_pays_one_thing(world: World) -> None:
    life.earn(world, "Rina", 5)
    with world.writing() as at:
        she, terms = artisan("Rina"), (inr(3_000), inr(1_000), AdvanceReason.TOOLS, PayoutMethod.BANK)
        given = advances.propose(she, *terms, agreed_on=india_date(at), at=at, by=user("Meera"))
        advances.approve(given, at=at, by=user("Farida"))
        number = given.id
    life.send(world, "Rina", 1_000, PayoutMethod.BANK)
    with pytest.raises(Conflict, match=r"payout\.bank_reference_used"):
        do(world, "record_paid", number, "Farida", bank_reference="UTR0001")
    do(world, "record_paid", number, "Farida", bank_reference="UTR0002")


def test_an_advance_that_stands_is_listed_however_many_are_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "ENDED", 1)
    first = give(world, until="proposed")
    do(world, "withdraw", first, "Meera")
    second = give(world, until="proposed")
    do(world, "withdraw", second, "Meera")
    third = give(world, until="proposed")
    with world.reading():
        page = reads.advances_page(user("Farida"))
        assert [each.advance.id for each in page.standing] == [third]
        assert [each.advance.id for each in page.over] == [second]


def test_the_office_sees_what_waits_and_she_sees_what_is_left(world: World) -> None:
    number = give(world, until="paid")
    meera, rina = world.browser().sign_in("Meera"), world.browser().sign_in_artisan("Rina")
    assert "has not said yes to an advance" in meera.get("/manager/").text
    alone = rina.get("/artisan/").text
    assert "₹৩০" in alone and "₹১০" in alone and f"/artisan/advances/{number}/answer" in alone
    rina.post(f"/artisan/advances/{number}/answer", {"said": "yes"})
    assert "has not said yes" not in meera.get("/manager/").text
    life.earn(world, "Rina", 5)
    assert "goes back on her advance" in meera.get("/manager/payouts").text
    assert 'value="30"' in meera.get("/manager/payouts").text
    pay(world)
    assert "advance:" in rina.get("/artisan/savings").text or "₹২০" in rina.get("/artisan/savings").text
    page = meera.get("/manager/advances").text
    assert "₹20.00" in page and "Acknowledged by her" in page
    with world.reading():
        assert db.session.scalar(select(func.count()).select_from(AdvanceRepayment)) == 1
        assert balances.stored(recoveries.account_of(artisan("Rina").id)).minor == 2_000


@both_databases
def test_one_given_in_cash_is_told_of_until_she_has_acknowledged_it(world: World) -> None:
    number = give(world, until="paid")
    assert (mails(world), mails(world)) == (1, 1)
    page = world.browser().sign_in("Farida").get("/manager/cash/1").text
    assert f"#advance-{number}" in page and "₹30.00" in page

    do(world, "answer", number, "Rina", "no")
    world.advance(timedelta(days=1))
    life.earn(world, "Mala", 5)
    life.send(world, "Mala", 1_000)
    assert mails(world) == 2  # one more that is late, and the mail is of both
    assert "₹40.00" in world.browser().sign_in("Farida").get("/manager/cash").text

    do(world, "answer", number, "Rina", "yes")
    page = world.browser().sign_in("Farida").get("/manager/cash/1").text
    assert f"#advance-{number}" not in page and "₹30.00" not in page
    assert mails(world) == 2


def mails(world: World) -> int:
    """Tell finance of all that is out now; return how many mails were asked for in all."""
    with world.writing() as at:
        cash_alerts.tell(at, at=at)
    with world.reading():
        named = select(func.count()).select_from(OutboxRow).where(OutboxRow.reference.like("mail:cash%"))
        return int(db.session.scalar(named) or 0)
