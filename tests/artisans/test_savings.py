"""Her savings: hers alone to begin and to take back, once per form, and nobody else's to see, start, stop or take."""

import random
import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from shop import books
from shop.artisans import earnings, payouts, savings
from shop.artisans.models import PayoutMethod
from shop.artisans.saving_models import Saving, SavingMove
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, DomainError, Invalid, NotFound
from shop.ledger import balances
from shop.ledger.models import Entry
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.users.models import Role, User
from shop.users.policy import POLICY, may
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

RATE = 800
MARK = "0123456789abcdef"


def inr(minor: int) -> Money:
    return Money(minor, "INR")


@pytest.fixture
def earned(world: World) -> World:
    """Rina has earned ₹40."""
    life.earn(world, "Rina", 5)
    return world


def save(world: World, minor: int, mark: str = MARK, by: str = "Rina", of: str = "Rina") -> None:
    with world.writing() as at:
        savings.save(artisan(of), inr(minor), mark=mark, at=at, by=user(by))


def take_back(world: World, minor: int, mark: str = MARK[::-1], by: str = "Rina") -> None:
    with world.writing() as at:
        savings.take_back(artisan("Rina"), inr(minor), mark=mark, at=at, by=user(by))


def hers(world: World, name: str = "Rina") -> tuple[int, int]:
    """Return what she can take and what she has put aside."""
    with world.reading():
        she = artisan(name)
        return earnings.can_take(she).minor, savings.saved(she).minor


@both_databases
def test_she_puts_aside_and_takes_back_any_amount_once_a_form(earned: World) -> None:
    for _tap in range(2):
        save(earned, 1)
    save(earned, 5 * RATE - 1, "f" * 16)
    assert hers(earned) == (0, 5 * RATE)

    for _tap in range(2):
        take_back(earned, 5 * RATE)
    assert hers(earned) == (5 * RATE, 0)
    with earned.reading():
        assert db.session.query(Saving).count() == 3
        assert [str(finding) for finding in books.findings()] == []


@both_databases
def test_never_more_than_there_is_and_a_mark_stands_for_one_amount(earned: World) -> None:
    for wrong in (0, 5 * RATE + 1):
        with pytest.raises(Invalid, match=r"saving\.amount"):
            save(earned, wrong)
    with pytest.raises(Invalid, match=r"saving\.back"):
        take_back(earned, 1)
    save(earned, 100)
    with pytest.raises(Conflict, match=r"saving\.done"):
        save(earned, 200)
    with pytest.raises(Conflict, match=r"saving\.done"):
        take_back(earned, 100, MARK)
    assert hers(earned) == (5 * RATE - 100, 100)


def test_what_two_people_have_promised_her_waits_for_her_and_a_proposal_binds_nothing(earned: World) -> None:
    with earned.writing() as at:
        number = payouts.propose(artisan("Rina"), inr(3_000), PayoutMethod.BANK, at=at, by=user("Meera")).id
    save(earned, 2_000)
    with pytest.raises(Conflict, match=r"payout\.elsewhere"), earned.writing() as at:
        payouts.approve(payouts.get_of(user("Farida"), number), at=at, by=user("Farida"))
    take_back(earned, 1_500)
    with earned.writing() as at:
        payouts.approve(payouts.get_of(user("Farida"), number), at=at, by=user("Farida"))
    with pytest.raises(Invalid, match=r"saving\.amount"):
        save(earned, 501, "a" * 16)
    save(earned, 500, "b" * 16)
    with earned.writing() as at:
        payouts.record_sent(payouts.get_of(user("Farida"), number), bank_reference="UTR7", at=at, by=user("Farida"))
    assert hers(earned) == (0, 1_000)


def test_no_role_of_the_office_can_start_stop_or_take_savings(earned: World) -> None:
    assert not [action for action in POLICY if "saving" in action]
    assert [role for role in Role if may(role, "own.money")] == [Role.ARTISAN]
    save(earned, 700)
    with earned.reading():
        others = [each.name for each in db.session.scalars(select(User)) if each.name != "Rina"]
    assert len(others) > len(Role)
    for name in others:
        with pytest.raises(NotFound):
            save(earned, 100, "c" * 16, by=name)
        with pytest.raises(NotFound):
            take_back(earned, 100, "d" * 16, by=name)
    assert hers(earned) == (5 * RATE - 700, 700)


@pytest.mark.parametrize("name", ["Meera", "Farida", "Nasrin", "Bina", "Anita"])
def test_nobody_in_the_office_reads_what_one_woman_has_put_aside(earned: World, name: str) -> None:
    save(earned, 1_337)
    with earned.reading():
        number = artisan("Rina").id
        reference = db.session.scalars(select(Saving.reference)).one()
        before = balances.stored(savings.account_of(number)).minor
    assert before == 1_337
    office = earned.browser().sign_in(name)
    assert office.get(f"/manager/books/entries/{reference}").status_code in (403, 404)
    assert office.get(f"/manager/books/accounts/artisan:{number}:savings").status_code in (403, 404)


PAGES = ("people", "people/{0}", "books", "books?on={1}", "books/accounts/artisan:{0}:payable", "payouts", "")


@pytest.mark.parametrize("name", ["Meera", "Farida", "Nasrin", "Anita"])
def test_no_page_of_the_office_changes_when_she_saves(earned: World, name: str) -> None:
    """What differs between two pages, or between two days, would be what she has put aside."""
    with earned.writing() as at:  # so that the bank covers it, and Today has nothing to warn of
        post("float:1", "opened", [Leg("bank", "capital", inr(9_999))], effective_on=india_date(at), at=at, by="user:1")
    with earned.reading():
        number, day = artisan("Rina").id, india_date(earned.clock.now())
    earned.advance(timedelta(days=1))
    office = earned.browser().sign_in(name)

    def seen() -> dict[str, str]:
        pages = {path: office.get("/manager/" + path.format(number, day)) for path in PAGES}
        kept = {path: page.text.split("<h2>Seal")[0] for path, page in pages.items() if page.status_code == 200}
        return {path: re.sub(r'name="csrf_token" value="[^"]*"', "", text) for path, text in kept.items()}

    before = seen()
    assert "₹40.00" in before["people/{0}"] or name == "Anita"
    save(earned, 1_337)
    assert seen() == before
    save(earned, 5 * RATE - 1_337, "e" * 16)
    assert seen() == before
    take_back(earned, 1)
    assert seen() == before


def test_a_page_of_lines_is_full_however_often_she_saved(earned: World) -> None:
    farida = earned.browser().sign_in("Farida")
    account = "/manager/books/accounts/artisan:1:payable"
    for number in range(60):
        save(earned, 1, f"{number:016x}")
    page = farida.get(account).text
    assert page.count("piece accepted") == 5 and "Older lines" not in page


def test_a_proposal_of_more_than_she_can_take_is_refused_without_a_figure(earned: World) -> None:
    save(earned, 1_337)
    meera = earned.browser().sign_in("Meera")
    page = meera.get("/manager/payouts").text
    assert 'value="40"' in page and "Ask her how much she wants" in page
    asked = {"artisan": "1", "amount": "40", "method": "cash"}
    refused = meera.post("/manager/payouts", asked)
    assert refused.status_code == 422 and "Ask her how much she wants" in refused.text
    assert "13.37" not in refused.text and "26.63" not in refused.text
    assert meera.post("/manager/payouts", {**asked, "amount": "20"}).status_code == 303


@pytest.mark.books_may_differ
@both_databases
def test_verify_finds_the_house_spending_savings_and_a_request_that_nobody_made(earned: World) -> None:
    save(earned, 500)
    with earned.writing() as at:
        account, on, at_all = savings.account_of(artisan("Rina").id), india_date(at), {"at": at, "by": "user:1"}
        post("rent:1", "rent", [Leg(account, "bank", inr(300))], effective_on=on, **at_all)
        back = [Leg(account, artisan("Rina").payable, inr(50))]
        post("saving:1:theirs", "saving taken back", back, effective_on=on, **at_all)
    with earned.reading():
        found = [str(finding) for finding in savings.verify()]
    assert len(found) == 3
    assert "is not the sum of her requests" in found[0] and "350" not in found[0]
    assert all("nobody asked" in each for each in found[1:])


@both_databases
def test_requests_only_grow(earned: World) -> None:
    save(earned, 500)
    for bend in ("UPDATE saving SET amount_minor = 1", "DELETE FROM saving"):
        with pytest.raises(Exception, match="the books only grow"), earned.writing():
            db.session.execute(text(bend))
    with pytest.raises(IntegrityError), earned.writing() as at:
        row = {"artisan_id": 1, "move": SavingMove.SAVE, "amount_minor": 0, "reference": "x", "entry_id": 1, "at": at}
        db.session.execute(insert(Saving).values(row))


def test_erasing_her_identity_gives_back_first_what_she_put_aside(earned: World) -> None:
    from shop import identities

    save(earned, 3_000)
    with earned.reading():
        number, by = artisan("Rina").id, user("Nasrin")
        identities.erase(number, at=earned.clock.now(), by=by)
    assert hers(earned) == (5 * RATE, 0)
    with earned.reading():
        assert [str(finding) for finding in books.findings()] == []


def test_the_bank_is_said_to_hold_less_than_was_put_aside_until_it_does(earned: World) -> None:
    save(earned, 900)
    with earned.reading():
        assert savings.uncovered() == 900
    today = earned.browser().sign_in("Farida").get("/manager/").text
    assert "The bank holds less than was put aside" in today and "₹9.00" not in today
    with earned.writing() as at:
        post("float:1", "opened", [Leg("bank", "capital", inr(1_000))], effective_on=india_date(at), at=at, by="user:1")
    with earned.reading():
        assert savings.uncovered() == 0


@both_databases
def test_any_row_of_requests_leaves_what_a_simple_sum_says(earned: World) -> None:
    chance, can_take, aside, sent = random.Random(25), 5 * RATE, 0, dict[str, tuple[str, int]]()
    for step in range(60):
        verb, minor = chance.choice(["save", "back"]), chance.choice([0, 1, 7, 100, 999, 2_500, 4_001])
        mark = f"{chance.randrange(step + 1):016x}"
        room = can_take if verb == "save" else aside
        expected = sent.get(mark, (verb, minor)) == (verb, minor) and (mark in sent or 0 < minor <= room)
        try:
            (save if verb == "save" else take_back)(earned, minor, mark)
            done = True
        except DomainError:
            done = False
        assert done is expected, (step, verb, minor, mark)
        if done and mark not in sent:
            sent[mark] = (verb, minor)
            moved = minor if verb == "save" else -minor
            can_take, aside = can_take - moved, aside + moved
        assert hers(earned) == (can_take, aside)
    assert len(sent) > 10
    with earned.reading():
        assert db.session.query(Entry).filter(Entry.reference.like("saving:%")).count() == len(sent)
