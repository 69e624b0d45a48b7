"""A piece that was credited to the wrong woman: one correction by two people, and all that went by it follows."""

import re
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from shop import books
from shop.artisans import closing, corrections, earnings, payouts, shares
from shop.artisans.models import Correction, CorrectionReason, Earning, PayoutMethod, payable_of
from shop.artisans.share_models import Share, ShareStatus
from shop.artisans.shares import divide
from shop.catalog import crediting as pieces
from shop.catalog.models import Unit
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound
from shop.ledger import periods
from shop.ledger.balances import stored
from shop.ledger.models import Entry
from shop.money import Money
from shop.production import crediting, slip_facts
from tests.conftest import both_databases
from tests.faults.together import at_once
from tests.sharing import MALAS, RINAS, SHARE, bought_and_made, hers, rule, send, sweep
from tests.web import artisan_life as life
from tests.workshop import artisan, ask, check, do, made, offer, user
from tests.world import World

STITCH, FINISH = 8_450, 1_350  # what the two steps of a messenger earn


def propose(world: World, reference: str, to: str | None = None, right: int | None = None, by: str = "Meera") -> int:
    reason = CorrectionReason.WRONG_PERSON if to else CorrectionReason.WRONG_RATE
    with world.writing() as at:
        earning = corrections.get_earning(user(by), reference)
        other = artisan(to) if to else None
        more = {"right": Money(right, "INR") if right else None, "credit": other}
        return corrections.propose(earning, reason, "they sat side by side", **more, at=at, by=user(by)).id


def approve(world: World, correction_id: int, by: str = "Farida") -> int:
    with world.writing() as at:
        return crediting.approve(db.session.get_one(Correction, correction_id), at=at, by=user(by))


def stitched(world: World) -> str:
    """Return the reference of the newest earning for stitching."""
    with world.reading():
        found = select(Earning.reference).where(Earning.amount_minor == STITCH).order_by(Earning.id.desc())
        return str(db.session.scalars(found).first())


def on_record(world: World) -> dict[str, tuple[str, int]]:
    """Return step -> (maker, earned) of the newest piece."""
    with world.reading():
        unit = db.session.scalars(select(Unit).order_by(Unit.id.desc())).first()
        assert unit is not None
        names = {artisan(name).id: name for name in ("Rina", "Mala")}
        return {each.step: (names[each.artisan_id], each.earned_minor) for each in unit.makers}


def takes(world: World) -> tuple[int, int]:
    """Return what Rina and Mala can take."""
    with world.reading():
        return earnings.can_take(artisan("Rina")).minor, earnings.can_take(artisan("Mala")).minor


@both_databases
def test_a_piece_of_anothers_work_is_taken_back_from_one_and_credited_to_the_other_with_its_share(
    world: World,
) -> None:
    rule(world)
    link = bought_and_made(world)
    assert hers(world) == {"Rina": (RINAS, STITCH), "Mala": (MALAS, FINISH)}
    asked = propose(world, stitched(world), "Mala")
    assert hers(world) == {"Rina": (RINAS, STITCH), "Mala": (MALAS, FINISH)}

    assert approve(world, asked) == 1

    assert hers(world) == {"Rina": (0, 0), "Mala": (SHARE, STITCH + FINISH)}
    assert on_record(world) == {"stitch": ("Mala", STITCH), "finish": ("Mala", FINISH)}
    assert world.books_breaks() == []
    with pytest.raises(Conflict, match="moved_on"):
        approve(world, asked, "Anita")

    approve(world, propose(world, f"correction:{asked}:right", "Rina"))  # it was hers after all
    assert hers(world) == {"Rina": (RINAS, STITCH), "Mala": (MALAS, FINISH)}
    assert on_record(world) == {"stitch": ("Rina", STITCH), "finish": ("Mala", FINISH)}

    send(world, link)
    sweep(world, 20)
    assert hers(world) == {"Rina": (0, STITCH + RINAS), "Mala": (0, FINISH + MALAS)}
    assert world.books_breaks() == []


@both_databases
def test_a_rate_put_right_follows_to_the_piece_and_what_is_pending(world: World) -> None:
    rule(world)
    bought_and_made(world)
    right = 2 * STITCH

    assert approve(world, propose(world, stitched(world), right=right)) == 1

    parts = divide(SHARE, {1: right, 2: FINISH})
    assert hers(world) == {"Rina": (parts[1], right), "Mala": (parts[2], FINISH)}
    assert on_record(world)["stitch"] == ("Rina", right)
    assert world.books_breaks() == []


@both_databases
def test_of_a_share_that_was_released_nothing_moves_and_the_page_says_so(world: World) -> None:
    rule(world)
    send(world, bought_and_made(world))
    sweep(world, 20)
    before = hers(world)
    propose(world, stitched(world), "Mala")
    farida = world.browser().sign_in("Farida")
    page = farida.get("/manager/corrections").text
    assert "was released to its makers already and stays with them" in page
    assert "Owed to Rina" in page and "Owed to Mala" in page

    assert farida.post("/manager/corrections/1/approval").status_code == 303

    assert "divided anew" not in farida.get("/manager/corrections").text
    moved = {"Rina": (0, before["Rina"][1] - STITCH), "Mala": (0, before["Mala"][1] + STITCH)}
    assert hers(world) == moved
    assert on_record(world)["stitch"] == ("Mala", STITCH)
    assert world.books_breaks() == []


@both_databases
def test_put_right_before_the_piece_is_finished_its_record_begins_right(world: World) -> None:
    order = ask(world)
    task = made(world, order, "stitch", "Rina")
    approve(world, propose(world, f"task:{task}:piece:1", "Mala"))

    made(world, order, "finish", "Rina")

    assert on_record(world) == {"stitch": ("Mala", STITCH), "finish": ("Rina", FINISH)}
    assert world.books_breaks() == []


@both_databases
def test_what_she_was_paid_or_promised_is_not_moved(world: World) -> None:
    life.earn(world, "Rina", 2)
    reference = "task:1:piece:1"
    asked = propose(world, reference, "Mala")
    with world.writing() as at:
        payout = payouts.propose(artisan("Rina"), Money(1_600, "INR"), PayoutMethod.CASH, at=at, by=user("Meera"))
        payouts.approve(payout, at=at, by=user("Anita"))
    with pytest.raises(Conflict, match=r"correction\.promised"):
        approve(world, asked)
    with world.writing() as at:
        payouts.record_sent(payouts.get_of(user("Anita"), 1), bank_reference=None, at=at, by=user("Anita"))
    with pytest.raises(Conflict, match=r"correction\.kept"):
        approve(world, asked)
    with pytest.raises(Conflict, match=r"correction\.kept"):
        propose(world, "task:1:piece:2", "Mala")

    assert takes(world) == (0, 0)
    assert world.books_breaks() == []


@pytest.mark.parametrize(
    ("reason", "to"),
    [(CorrectionReason.WRONG_PERSON, "Rina"), (CorrectionReason.COUNTED_TWICE, "Mala"),
     (CorrectionReason.WRONG_RATE, "Mala")],
)  # fmt: skip
def test_another_woman_is_named_for_a_wrong_person_and_is_another(
    world: World, reason: CorrectionReason, to: str
) -> None:
    life.earn(world, "Rina", 1)
    right = Money(900, "INR") if reason is CorrectionReason.WRONG_RATE else None
    with pytest.raises(Invalid, match=r"correction\.woman"), world.writing() as at:
        earning = db.session.scalars(select(Earning)).one()
        corrections.propose(earning, reason, "x", right=right, credit=artisan(to), at=at, by=user("Meera"))


@both_databases
def test_a_correction_between_two_centres_is_of_those_who_see_both(world: World) -> None:
    life.earn(world, "Rina", 1)
    asked = propose(world, "task:1:piece:1", "Shila", by="Farida")
    for name, seen in (("Meera", []), ("Ruma", []), ("Anita", [asked])):
        with world.reading():
            assert [each.id for each in corrections.of(user(name))] == seen
            if not seen:
                with pytest.raises(NotFound):
                    corrections.get_of(user(name), asked)
    approve(world, asked, "Anita")

    with world.reading():
        assert [stored(payable_of(artisan(name).id)).minor for name in ("Rina", "Shila")] == [0, 800]
        assert corrections.find_earning(user("Meera"), _entry(f"correction:{asked}:right")) is None
        assert corrections.find_earning(user("Ruma"), _entry(f"correction:{asked}:right")) is not None
    assert world.books_breaks() == []
    forged = {"reason": "wrong-person", "note": "x", "credit": "3"}
    life.earn(world, "Rina", 1)
    path = "/manager/books/entries/task:2:piece:1/correction"
    assert world.browser().sign_in("Meera").post(path, forged).status_code == 404


def _entry(reference: str) -> int:
    return db.session.scalars(select(Entry.id).where(Entry.reference == reference)).one()


@both_databases
def test_two_who_approve_at_once_move_a_piece_once(world: World) -> None:
    asked, answers = _two_approve(world)

    assert sorted(map(str, answers)) == ["303", "409"]
    assert takes(world) == (3 * 800 - 800, 800)
    with world.reading():
        assert db.session.get_one(Correction, asked).put_id is not None
    assert world.books_breaks() == []


@pytest.mark.books_may_differ
@both_databases
def test_without_the_move_both_are_told_yes_and_the_references_still_hold(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: only the unique references are left then."""
    monkeypatch.setattr(corrections, "move", lambda *_what, **_values: True)

    _asked, answers = _two_approve(world)

    assert (answers, takes(world)) == ([303, 303], (3 * 800 - 800, 800))


def _two_approve(world: World) -> tuple[int, list[int | Exception]]:
    life.earn(world, "Rina", 3)
    asked = propose(world, "task:1:piece:2", "Mala")
    deciders = [world.browser().sign_in(name) for name in ("Farida", "Anita")]
    return asked, at_once(2, lambda n: deciders[n].post(f"/manager/corrections/{asked}/approval").status_code)


def _checked_meanwhile(world: World, monkeypatch: pytest.MonkeyPatch, *, waits: bool) -> None:
    """Let the last check of a piece and a correction of its first step meet; who worked on it is right on record.

    `waits`: the correction stays open until the check has been written down, as nothing keeps it from being.
    """
    order = ask(world)
    task = made(world, order, "stitch", "Rina")
    last = offer(world, order, "finish", "Mala")
    do(world, last, "accept", "start", "submit")
    asked = propose(world, f"task:{task}:piece:1", "Shila", by="Anita")
    is_moved, is_checked = threading.Event(), threading.Event()
    real = pieces.hold

    def hold_slowly(reference: str) -> Unit | None:
        unit = real(reference)
        is_moved.set()
        assert not waits or is_checked.wait(30)
        return unit

    monkeypatch.setattr(pieces, "hold", hold_slowly)

    def act(number: int) -> None:
        if number == 0:
            approve(world, asked)
            return
        assert is_moved.wait(30)
        check(world, last, 1)
        is_checked.set()

    assert at_once(2, act) == [None, None]
    with world.reading():
        assert [str(each) for each in crediting.verify()] == [], "the record and the books differ"


@both_databases
def test_the_last_check_waits_for_a_correction_of_the_piece(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _checked_meanwhile(world, monkeypatch, waits=False)


@pytest.mark.books_may_differ
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)  # SQLite writes one unit at a time
def test_control_without_the_lock_the_piece_stands_with_the_wrong_woman(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crediting, "_lock", lambda _piece_id: None)

    with pytest.raises(AssertionError, match="the record and the books differ"):
        _checked_meanwhile(world, monkeypatch, waits=True)


BENT = {
    "UPDATE earning SET artisan_id = 1 WHERE reference LIKE 'correction:%'": "is not what correction 1 puts right",
    "UPDATE correction SET credit_artisan_id = 1": "is not what correction 1 puts right",
    "UPDATE correction SET right_minor = 1": "is not what correction 1 puts right",
    "UPDATE unit_maker SET artisan_id = 1 WHERE step = 'stitch'": "production: piece:1: stitch is artisan 1's",
    "UPDATE unit_maker SET earned_minor = 1 WHERE step = 'stitch'": "stitch is artisan 2's for 1, credited",
    "DELETE FROM unit_maker WHERE step = 'stitch'": "stitch is artisan None's",
    "UPDATE share_part SET artisan_id = 1": "promises a part to artisan 1, who did not work on it",
    "UPDATE share SET divided = 0": "the books differ under",
    "UPDATE share SET divided = 2": "was divided anew; the books differ under",
}


@both_databases
@pytest.mark.books_may_differ
@pytest.mark.parametrize("bend", BENT)
def test_what_is_bent_of_a_piece_that_moved_is_found(world: World, bend: str) -> None:
    rule(world)
    bought_and_made(world)
    approve(world, propose(world, stitched(world), "Mala"))
    assert world.books_breaks() == []
    with world.writing():
        db.session.execute(text(bend))

    with world.reading():
        assert BENT[bend] in "\n".join(str(finding) for finding in books.findings())


def _released_meanwhile(world: World, first: Callable[[], object] = bool, then: Callable[[], object] = bool) -> None:
    """Let a share be released while its piece moves: all of it once, to those who are on record then."""
    rule(world)
    send(world, bought_and_made(world))
    world.advance(timedelta(days=20))
    asked = propose(world, stitched(world), "Mala")

    def act(number: int) -> None:
        if number:
            first()
            approve(world, asked)
            then()
            return
        with world.app.app_context(), world.writing() as at:
            shares.release([db.session.scalars(select(Share.line)).one()], at=at, by="test")

    assert at_once(2, act) == [None, None], "one of the two found the other's half"
    with world.reading():
        share = db.session.scalars(select(Share)).one()
        assert (share.status, sum(part.amount_minor for part in share.parts)) == (ShareStatus.RELEASED, SHARE)
    assert sum(payable for _pending, payable in hers(world).values()) == SHARE + STITCH + FINISH
    assert world.books_breaks() == []


@both_databases
def test_a_share_that_is_released_while_its_piece_moves_is_whole(world: World) -> None:
    _released_meanwhile(world)


def _moved_after_the_look(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the piece move between the look of a release and what it does; only PostgreSQL lets two write at once."""
    has_looked, has_moved = threading.Event(), threading.Event()
    real = shares.pending_for

    def look(lines: Sequence[str]) -> list[Share]:
        found = real(lines)
        if found:
            has_looked.set()
            assert has_moved.wait(30)
        return found

    monkeypatch.setattr(shares, "pending_for", look)
    _released_meanwhile(world, lambda: has_looked.wait(30), has_moved.set)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_release_gives_what_stands_once_it_holds_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _moved_after_the_look(world, monkeypatch)
    assert hers(world) == {"Rina": (0, 0), "Mala": (0, SHARE + STITCH + FINISH)}


@pytest.mark.books_may_differ
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_control_a_release_that_looks_once_gives_what_has_moved(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "_still_pending", list)

    with pytest.raises(AssertionError, match="found the other's half"):
        _moved_after_the_look(world, monkeypatch)


def test_a_rupee_is_followed_to_both(world: World) -> None:
    rule(world)
    link = bought_and_made(world)
    asked = propose(world, stitched(world), "Shila", by="Anita")
    approve(world, asked)
    number = world.order(link).number
    farida = world.browser().sign_in("Farida")
    page = farida.get(f"/manager/orders/{number}/rupee").text

    assert "Rina" in page and "Shila" in page and "taken back" in page.lower()
    assert f"/manager/books/entries/correction:{asked}:right" in page
    assert ":again:1" in page
    with world.reading():
        share = db.session.scalars(select(Share)).one()
        promise = share.promise
    assert farida.get(f"/manager/books/entries/{promise}").status_code == 200
    northern = world.browser().sign_in("Meera").get(f"/manager/orders/{number}/rupee").text
    assert "Rina" in northern and "Shila" not in northern


def test_each_statement_has_its_own_line(world: World) -> None:
    life.earn(world, "Rina", 2)
    approve(world, propose(world, "task:1:piece:1", "Mala"))
    with world.reading():
        first = periods.due()
    assert first is not None
    world.advance(periods.end_of(first) - india_date(world.clock.now()) + timedelta(days=2))
    with world.writing() as at:
        closing.close(first, "", question_days=7, at=at, by=user("Farida").actor)

    with world.reading():
        for name, rows in (("Rina", [("work", 1_600), ("moved_out", -800)]), ("Mala", [("moved_in", 800)])):
            facts = slip_facts.of(closing.slips_of(artisan(name).id)[0], "en")
            assert [(row.word, row.minor) for row in facts.earned] == rows
            assert all(row.item and row.step for row in facts.earned)


def test_another_woman_comes_with_the_sum_that_is_hers(world: World) -> None:
    life.earn(world, "Rina", 1)
    propose(world, "task:1:piece:1", "Mala")
    with pytest.raises(IntegrityError, match="credits_a_sum"), world.writing():
        db.session.execute(update(Correction).values(right_minor=None))


def test_each_reads_her_own_line_and_never_the_others_name(world: World) -> None:
    life.earn(world, "Rina", 2)
    meera, farida = (world.browser().sign_in(name) for name in ("Meera", "Farida"))
    path = "/manager/books/entries/task:1:piece:1"
    assert "Mala · " in meera.get(path).text and "Shila" not in meera.get(path).text
    form = {"reason": "wrong-person", "note": "they sat side by side", "credit": "2"}
    assert meera.post(f"{path}/correction", form | {"reason": "counted-twice"}).status_code == 422
    assert meera.post(f"{path}/correction", form).status_code == 303
    waiting = farida.get("/manager/corrections").text
    assert re.search(r"Owed to Rina</dt><dd>₹16(\.00)?, and ₹8(\.00)? once", waiting)
    assert re.search(r"Owed to Mala</dt><dd>₹0(\.00)?, and ₹8(\.00)? once", waiting)
    assert farida.post("/manager/corrections/1/approval").status_code == 303
    assert "→ Mala" in farida.get("/manager/corrections").text

    told = {"Rina": ("Was not your work", "Someone else made this"), "Mala": ("Your work after all", "You made this")}
    for name, (short, long) in told.items():
        browser = world.browser().sign_in_artisan(name)
        browser.post("/artisan/language", {"language": "en"})
        page = browser.get("/artisan/passbook").text
        lines = re.findall(r'href="(/artisan/passbook/\d+)"', page)
        opened = [browser.get(line).text for line in lines]
        assert short in page and any(long in one for one in opened)
        other = "Mala" if name == "Rina" else "Rina"
        assert not any(other in one for one in (page, *opened))


def test_what_a_correction_does_is_seen_before_it_is_proposed(world: World) -> None:
    rule(world)
    bought_and_made(world)
    meera = world.browser().sign_in("Meera")
    path = f"/manager/books/entries/{stitched(world)}"
    assert "Propose it" not in meera.get(path).text
    form = {"reason": "wrong-person", "note": "they sat side by side", "credit": "2", "look": "yes"}

    answer = meera.post(f"{path}/correction", form)

    page = re.sub(r"<[^>]+>", " ", answer.text)
    assert answer.status_code == 200 and "Propose it" in answer.text
    assert 'value="they sat side by side"' in answer.text and re.search(r'value="2" selected', answer.text)
    assert re.search(r"Owed to Rina\s+₹84\.50, and ₹0(\.00)? once", page)
    assert re.search(r"Owed to Mala\s+₹13\.50, and ₹98(\.00)? once", page)
    assert "₹98.01 is promised, and is divided anew" in page
    with world.reading():
        assert db.session.scalars(select(Correction)).all() == []
    for wrong, status in ({"credit": "3"}, 404), ({"credit": "1"}, 422), ({"reason": "wrong-rate", "credit": ""}, 422):
        assert meera.post(f"{path}/correction", form | wrong).status_code == status
    seen = meera.post(f"{path}/correction", form | {"reason": "wrong-rate", "credit": "", "right": "100"}).text
    assert re.search(r"Owed to Rina\s+₹84\.50, and ₹100(\.00)? once", re.sub(r"<[^>]+>", " ", seen))
    life.send(world, "Rina", STITCH)
    assert "She keeps what she was paid" in meera.post(f"{path}/correction", form).text
