"""Corrections: two people take an earning back, once, never below what she was paid, and she reads it in her book."""

import re
from collections.abc import Collection
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from shop import books
from shop.artisans import correction_verification, corrections, earnings, payouts, purse
from shop.artisans.models import Artisan, Correction, CorrectionReason, CorrectionStatus, Earning, PayoutMethod
from shop.db import db
from shop.errors import Conflict, DomainError, Invalid, NotFound, Refused
from shop.ledger.models import Entry
from shop.money import Money
from shop.users import audit
from shop.web.manager.reads.money import earned_since
from tests.conftest import both_databases
from tests.faults.together import at_once
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

RATE = 800
REASON = CorrectionReason.COUNTED_TWICE


@pytest.fixture
def earned(world: World) -> World:
    """Rina has earned ₹8 three times by one task."""
    life.earn(world, "Rina", 3)
    return world


def an_earning(number: int = 0) -> Earning:
    return db.session.scalars(select(Earning).order_by(Earning.id)).all()[number]


def propose(world: World, by: str = "Meera", number: int = 0) -> int:
    with world.writing() as at:
        return corrections.propose(an_earning(number), REASON, "the third was a sample", at=at, by=user(by)).id


def decide(world: World, correction_id: int, verb: str, by: str, *more: str) -> None:
    with world.writing() as at:
        getattr(corrections, verb)(db.session.get_one(Correction, correction_id), *more, at=at, by=user(by))


def can_take(world: World) -> int:
    with world.reading():
        return earnings.can_take(artisan("Rina")).minor


@both_databases
def test_two_people_take_an_earning_back_once_and_every_floor_still_holds(earned: World) -> None:
    asked = propose(earned)
    assert can_take(earned) == 3 * RATE

    decide(earned, asked, "approve", "Farida")

    assert can_take(earned) == 2 * RATE
    with earned.reading():
        entry = db.session.get_one(Entry, db.session.get_one(Correction, asked).reversal_id)
        assert (entry.reference, entry.kind, entry.reverses_id) == (
            f"correction:{asked}", "piece accepted.reversal", an_earning().entry_id,
        )  # fmt: skip
        month = earned.clock.now().replace(day=1, hour=0, minute=0)
        hers = artisan("Rina").id
        assert earned_since([hers], month) == {hers: 2 * RATE}
        assert [str(finding) for finding in books.findings()] == []
        assert [row.act for row in audit.newest(2)] == ["corrections.approve", "corrections.propose"]
    for verb in ("approve", "decline", "withdraw"):
        with pytest.raises(DomainError):
            decide(
                earned, asked, verb, "Meera" if verb == "withdraw" else "Anita", *(["no"] if verb == "decline" else [])
            )
    with pytest.raises(Conflict, match="one_standing"):
        propose(earned)
    assert can_take(earned) == 2 * RATE


@both_databases
def test_nobody_decides_what_she_proposed_and_the_database_knows_it(earned: World) -> None:
    asked = propose(earned, by="Farida")

    for verb, more in (("approve", ()), ("decline", ("no",))):
        with pytest.raises(Refused):
            decide(earned, asked, verb, "Farida", *more)
    with pytest.raises(Refused):
        decide(earned, asked, "withdraw", "Anita")
    with pytest.raises(IntegrityError, match="two_people"), earned.writing():
        row = update(Correction).where(Correction.id == asked)
        entry = select(Entry.id).order_by(Entry.id).limit(1).scalar_subquery()
        db.session.execute(row.values(status="approved", approved_by=Correction.proposed_by, reversal_id=entry))
    with pytest.raises(IntegrityError), earned.writing():
        columns = "earning_id, reason, note, status, proposed_by, proposed_at"
        db.session.execute(text(f"INSERT INTO correction ({columns}) SELECT {columns} FROM correction"))
    assert can_take(earned) == 3 * RATE


@both_databases
def test_she_keeps_what_she_was_paid(earned: World) -> None:
    asked = propose(earned)
    life.send(earned, "Rina", 3 * RATE - 100)

    with pytest.raises(Conflict, match=r"correction\.kept"):
        decide(earned, asked, "approve", "Farida")
    with pytest.raises(Conflict, match=r"correction\.kept"):
        propose(earned, number=1)
    assert can_take(earned) == 100
    with earned.reading():
        assert db.session.get_one(Correction, asked).status is CorrectionStatus.PROPOSED
        assert [str(finding) for finding in books.findings()] == []


def test_what_a_payout_has_promised_her_is_not_taken(earned: World) -> None:
    with earned.writing() as at:
        amount = Money(2 * RATE + 1, "INR")
        payout = payouts.propose(artisan("Rina"), amount, PayoutMethod.CASH, at=at, by=user("Meera")).id
    decide(earned, propose(earned, number=2), "withdraw", "Meera")  # a proposal of the office binds nothing yet
    with earned.writing() as at:
        payouts.approve(payouts.get_of(user("Farida"), payout), at=at, by=user("Farida"))
    with pytest.raises(Conflict, match=r"correction\.promised"):
        propose(earned)
    with earned.writing() as at:
        payouts.withdraw(payouts.get_of(user("Meera"), payout), at=at, by=user("Meera"))

    decide(earned, propose(earned), "approve", "Farida")


@pytest.mark.parametrize(("verb", "by", "more"), [("decline", "Farida", ("she made it",)), ("withdraw", "Meera", ())])
def test_a_closed_proposal_moves_nothing_and_may_be_made_again(
    earned: World, verb: str, by: str, more: tuple[str, ...]
) -> None:
    asked = propose(earned)
    decide(earned, asked, verb, by, *more)

    assert can_take(earned) == 3 * RATE
    assert propose(earned) != asked


@both_databases
def test_who_takes_an_earning_back_holds_her_purse_first(earned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody promises, saves or repays by the same money in the same moment."""
    asked, order = propose(earned), list[str]()
    real_hold, real_free = purse.hold_all, purse.free

    def hold_all(artisan_ids: Collection[int]) -> None:
        order.append("hold")
        real_hold(artisan_ids)

    def free(artisan: Artisan) -> int:
        order.append("look")
        return real_free(artisan)

    monkeypatch.setattr(purse, "hold_all", hold_all)
    monkeypatch.setattr(purse, "free", free)
    decide(earned, asked, "approve", "Farida")
    assert order == ["hold", "look"]


def test_a_correction_says_what_happened(earned: World) -> None:
    with pytest.raises(Invalid, match=r"correction\.note"), earned.writing() as at:
        corrections.propose(an_earning(), REASON, " ", at=at, by=user("Meera"))


def test_another_centres_earning_is_not_there(earned: World) -> None:
    asked = propose(earned)
    with earned.reading():
        reference = an_earning().reference
        assert corrections.of(user("Ruma")) == []
        for get in (
            lambda: corrections.get_of(user("Ruma"), asked),
            lambda: corrections.get_earning(user("Ruma"), reference),
        ):
            with pytest.raises(NotFound):
                get()


@pytest.mark.books_may_differ
@both_databases
@pytest.mark.parametrize("values", [{"reversed_at": None}, {"entry_id": 1}], ids=["still counts", "another entry"])
def test_an_earning_whose_correction_and_reversal_disagree_is_found(earned: World, values: dict[str, object]) -> None:
    asked = propose(earned)
    decide(earned, asked, "approve", "Farida")
    with earned.writing():
        if "entry_id" in values:
            other = db.session.get_one(Correction, asked).reversal_id
            values = {"entry_id": other}
        db.session.execute(update(Earning).where(Earning.id == an_earning().id).values(values))

    with earned.reading():
        assert any("correction" in str(finding) for finding in correction_verification.verify())


def test_her_passbook_shows_both_lines_in_plain_words(earned: World) -> None:
    decide(earned, propose(earned), "approve", "Farida")
    rina = earned.browser().sign_in_artisan("Rina")
    rina.post("/artisan/language", {"language": "en"})

    page = rina.get("/artisan/passbook").text
    lines = re.findall(r'href="(/artisan/passbook/\d+)"', page)

    assert len(lines) == 2
    assert "Put right: × 1" in page and "taken back" in page
    assert all(rina.get(line).status_code == 200 for line in lines)
    opened = rina.get(lines[0]).text
    assert "Kalka tote" in opened and "counted by mistake" in opened
    assert re.search(r"[−–-][^<0-9]*₹[^<0-9]*8<", opened)


def test_the_office_proposes_on_the_entry_and_another_decides_on_the_list(earned: World) -> None:
    with earned.reading():
        reference = an_earning().reference
    meera, farida, bina = (earned.browser().sign_in(name) for name in ("Meera", "Farida", "Bina"))
    path = f"/manager/books/entries/{reference}"
    assert "Propose a correction" in meera.get(path).text and "Propose a correction" not in bina.get(path).text
    assert meera.post(f"{path}/correction", {"reason": "", "note": "x"}).status_code == 422
    assert meera.post(f"{path}/correction", {"reason": "wrong-count", "note": ""}).status_code == 422
    assert meera.post(f"{path}/correction", {"reason": "wrong-count", "note": "two, not three"}).status_code == 303
    assert "Propose a correction" not in meera.get(path).text

    assert "/manager/corrections#correction-1" in farida.get("/manager/").text
    today = meera.get("/manager/").text
    assert "waits for a second person" in today and "correction-1" not in today
    assert "/manager/corrections/1/approval" not in meera.get("/manager/corrections").text
    assert meera.post("/manager/corrections/1/approval").status_code == 403
    assert "two, not three" in bina.get("/manager/corrections").text
    assert farida.post("/manager/corrections/1/approval").status_code == 303
    assert farida.post("/manager/corrections/1/approval").status_code == 409
    assert "Taken back from her account" in meera.get("/manager/corrections").text
    assert "approved by Farida" in meera.get(path).text


def test_a_refusal_of_what_she_was_paid_is_said_in_a_sentence(earned: World) -> None:
    propose(earned)
    life.send(earned, "Rina", 3 * RATE)
    answer = earned.browser().sign_in("Farida").post("/manager/corrections/1/approval")

    assert (answer.status_code, "She keeps what she was paid" in answer.text) == (409, True)


def propose_rate(world: World, right: int, number: int = 0) -> int:
    with world.writing() as at:
        what = (an_earning(number), CorrectionReason.WRONG_RATE, "the old rate was taken")
        return corrections.propose(*what, right=Money(right, "INR"), at=at, by=user("Meera")).id


@both_databases
@pytest.mark.parametrize("right", [RATE + 150, RATE - 150])
def test_a_rate_is_put_right_by_both_lines_and_the_piece_counts_once(earned: World, right: int) -> None:
    with earned.reading():
        wrong, task, first = an_earning().id, an_earning().source, an_earning().earned_at
    asked = propose_rate(earned, right)
    assert can_take(earned) == 3 * RATE
    earned.advance(timedelta(days=1))

    decide(earned, asked, "approve", "Farida")

    assert can_take(earned) == 2 * RATE + right
    with earned.reading():
        put = db.session.get_one(Correction, asked).put_id
        made = db.session.get_one(Earning, put)
        assert (made.reference, made.source, made.amount_minor) == (f"correction:{asked}:right", task, right)
        assert made.earned_at == first  # when the piece passed: it adds nothing to the wages of another period
        assert {key: each.id for key, each in corrections.put_in_place_of([wrong]).items()} == {wrong: put}
        hers = artisan("Rina").id
        assert earned_since([hers], first) == {hers: 2 * RATE + right}
        assert [str(finding) for finding in books.findings()] == []
    with pytest.raises(Conflict):
        decide(earned, asked, "approve", "Anita")
    with pytest.raises(Conflict, match="one_standing"):
        propose_rate(earned, right + 1)

    decide(earned, propose_rate(earned, RATE, number=3), "approve", "Farida")  # it was right after all
    assert can_take(earned) == 3 * RATE
    with earned.reading():
        assert [str(finding) for finding in books.findings()] == []


@both_databases
def test_of_what_she_was_paid_already_a_higher_rate_is_added_and_a_lower_one_refused(earned: World) -> None:
    life.send(earned, "Rina", 3 * RATE)

    with pytest.raises(Conflict, match=r"correction\.kept"):
        propose_rate(earned, RATE - 1)
    decide(earned, propose_rate(earned, RATE + 1), "approve", "Farida")

    assert can_take(earned) == 1
    with earned.reading():
        assert [str(finding) for finding in books.findings()] == []


@both_databases
def test_a_rate_that_two_approve_at_the_same_moment_is_put_right_once(earned: World) -> None:
    asked = propose_rate(earned, 5 * RATE)

    def approve(number: int) -> int:
        path = f"/manager/corrections/{asked}/approval"
        return deciders[number].post(path).status_code

    deciders = [earned.browser().sign_in(name) for name in ("Farida", "Anita")]
    answers = at_once(2, approve)

    assert sorted(answers) == [303, 409]
    assert can_take(earned) == 7 * RATE
    with earned.reading():
        assert [str(finding) for finding in books.findings()] == []


@pytest.mark.books_may_differ
@both_databases
def test_without_the_move_two_who_approve_at_once_are_both_told_yes(
    earned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: only the references are left then, and they still let the money move once."""
    asked = propose_rate(earned, 5 * RATE)
    deciders = [earned.browser().sign_in(name) for name in ("Farida", "Anita")]
    monkeypatch.setattr(corrections, "move", lambda *_what, **_values: True)

    answers = at_once(2, lambda number: deciders[number].post(f"/manager/corrections/{asked}/approval").status_code)

    assert (answers, can_take(earned)) == ([303, 303], 7 * RATE)


@pytest.mark.parametrize(
    ("reason", "right"),
    [(CorrectionReason.WRONG_RATE, None), (CorrectionReason.WRONG_RATE, 0), (CorrectionReason.WRONG_RATE, RATE),
     (CorrectionReason.COUNTED_TWICE, 700)],
)  # fmt: skip
def test_a_wrong_rate_and_nothing_else_names_another_one(
    earned: World, reason: CorrectionReason, right: int | None
) -> None:
    amount = Money(right, "INR") if right is not None else None
    with pytest.raises(Invalid, match=r"correction\.rate"), earned.writing() as at:
        corrections.propose(an_earning(), reason, "x", right=amount, at=at, by=user("Meera"))


@both_databases
@pytest.mark.books_may_differ
@pytest.mark.parametrize("values", ["amount_minor = 1", "artisan_id = 2", "source = 'task:99'", "reference = 'other'"])
def test_what_stands_in_the_place_of_an_earning_and_is_not_what_two_people_said_is_found(
    earned: World, values: str
) -> None:
    decide(earned, propose_rate(earned, 900), "approve", "Farida")
    with earned.writing():
        db.session.execute(text(f"UPDATE earning SET {values} WHERE reference LIKE 'correction:%'"))

    with earned.reading():
        assert any("puts right" in str(finding) for finding in correction_verification.verify())


def test_a_rate_is_put_right_on_the_pages_of_the_office_and_she_reads_both_lines(earned: World) -> None:
    with earned.reading():
        path = f"/manager/books/entries/{an_earning().reference}"
    meera, farida = (earned.browser().sign_in(name) for name in ("Meera", "Farida"))
    form = {"reason": "wrong-rate", "note": "the old rate"}
    for right in ("", "8", "0", "much"):
        assert meera.post(f"{path}/correction", form | {"right": right}).status_code == 422
    assert meera.post(f"{path}/correction", form | {"right": "9.50"}).status_code == 303

    waiting = farida.get("/manager/corrections").text
    assert re.search(r"₹24(\.00)?, and ₹25\.50 once it is approved", waiting)
    assert farida.post("/manager/corrections/1/approval").status_code == 303
    assert "→" in farida.get("/manager/corrections").text

    rina = earned.browser().sign_in_artisan("Rina")
    rina.post("/artisan/language", {"language": "en"})
    page = rina.get("/artisan/passbook").text
    lines = re.findall(r'href="(/artisan/passbook/\d+)"', page)
    assert len(lines) == 3 and page.count("Put right: × 1") == 2
    assert all(rina.get(line).status_code == 200 for line in lines)
