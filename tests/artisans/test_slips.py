"""Her statement of a closed month: drawn once in three languages, kept under its hash, and never otherwise again."""

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pypdfium2
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from shop import append_only, books, duties
from shop.artisans import closing, closing_verification, corrections, deductions, questions, savings
from shop.artisans.deduction_models import Deduction, DeductionKind, DeductionReason
from shop.artisans.models import CorrectionReason, Earning, Payout, PayoutMethod
from shop.artisans.question_models import Asked
from shop.artisans.slip_models import LANGUAGES, MonthClose, Slip, SlipFile
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, Invalid
from shop.ledger import balances, dates, period_verification, periods
from shop.ledger.models import Transfer
from shop.ledger.posting import HOUSE
from shop.money import Money
from shop.outbox import OutboxRow
from shop.production import slip_facts, slip_files
from shop.production.models import StepName
from shop.production.slip_facts import Facts, Moves, Paid, Row
from tests.conftest import both_databases
from tests.faults.bends import Hand
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

GOLDEN = Path(__file__).parent.joinpath("golden")
OCTOBER = date(2026, 10, 1)
# A month with one of everything that can stand on a statement.
EVERYTHING = Facts(
    card="0412",
    employer="The Missing Bags Trust",
    centre="Canning centre",
    month=OCTOBER,
    closed_on=date(2026, 11, 3),
    head="812:" + "ab" * 32,
    opening=12_300,
    earned=[
        Row("work", 96_000, "Indigo tote", StepName.PRINT, 12, 8_000),
        Row("work", 24_000, "Kantha wallet", StepName.EMBROIDER, 2, 12_000, happened_on=date(2026, 9, 28)),
        Row("share", 4_500, count=3),
        Row("story", 50_000),
        Row("back", -8_000, "Indigo tote", StepName.PRINT, 1, 8_000, taken_back=date(2026, 10, 4)),
        Row("right", 9_500, "Indigo tote", StepName.PRINT, 1, 9_500),
        Row("other_in:design royalty", 1_500, count=1),
    ],
    taken=[Row("recovered", -20_000), Row("repaid", -5_000), Row("other_out:cloth", -100)],
    paid=[
        Paid(date(2026, 10, 28), -100_000, PayoutMethod.BANK, "4321", False),
        Paid(date(2026, 10, 30), -1_000, PayoutMethod.CASH, "", False),
        Paid(date(2026, 10, 31), 1_000, PayoutMethod.UPI, "9876", True),
    ],
    put=-10_000,
    closing=54_700,
    savings=Moves(5_000, 12_000, 2_000),
    advance=Moves(60_000, 0, 25_000),
    on_the_way=1_000,
    coming=4_500,
)


def read(pdf: bytes) -> str:
    """Return the text of a PDF as a reader of PDFs finds it."""
    pages = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in pages) + "\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_statement_says_what_it_has_always_said_and_drawing_it_again_gives_the_same_bytes(language: str) -> None:
    drawn = slip_files.draw(EVERYTHING, language)

    assert read(drawn) == GOLDEN.joinpath(f"slip-{language}.txt").read_text(encoding="utf-8")
    assert slip_files.draw(EVERYTHING, language) == drawn
    assert b"pdfuaid" in drawn and f"/Lang({language}-IN)".encode() in drawn


def test_every_word_of_a_statement_is_there_in_every_language() -> None:
    assert {word: sorted(said) for word, said in slip_files.words().items() if sorted(said) != sorted(LANGUAGES)} == {}


@pytest.fixture
def month(world: World) -> World:
    """A month of Rina: work, one piece of it taken back, savings, a payout that she confirmed; Mala only worked."""
    life.earn(world, "Rina", 5)
    life.earn(world, "Mala", 2)
    with world.writing() as at:
        savings.save(artisan("Rina"), Money(700, "INR"), mark="a" * 16, at=at, by=user("Rina"))
        savings.take_back(artisan("Rina"), Money(200, "INR"), mark="b" * 16, at=at, by=user("Rina"))
        last = db.session.scalars(
            select(Earning).where(Earning.artisan_id == artisan("Rina").id).order_by(Earning.id.desc()).limit(1)
        ).one()
        made = corrections.propose(last, CorrectionReason.COUNTED_TWICE, "twice", at=at, by=user("Meera"))
        corrections.approve(made, at=at, by=user("Farida"))
    life.send(world, "Rina", 1_500, PayoutMethod.BANK)
    return world


def close(world: World, note: str = "", days: int = 7) -> date:
    """Let the month of now be over, and close it; return its first day."""
    with world.reading():
        first = periods.due()
    assert first is not None
    wait = periods.end_of(first) - india_date(world.clock.now()) + timedelta(days=2)
    if wait > timedelta(0):
        world.advance(wait)
    with world.writing() as at:
        closing.close(first, note, question_days=days, at=at, by=user("Farida").actor)
    return first


def slip_of(name: str) -> Slip:
    return db.session.scalars(select(Slip).where(Slip.artisan_id == artisan(name).id)).one()


@both_databases
def test_a_close_that_went_with_all_it_kept_is_found(month: World) -> None:
    """The newest one, taken out past every guard: nothing after it in the books misses it."""
    close(month)
    with month.app.app_context():
        db.session.rollback()
        connection = db.session.connection(execution_options={"writing": True})
        hand = Hand(connection, 0, random.Random(0))
        raw: Any = connection.connection.driver_connection
        try:
            if hand.is_sqlite:
                hand.pragma("foreign_keys", "OFF")
            else:
                for table in ("month_close", "slip"):
                    connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT fk_{table}_period_id")
            for name in append_only.expected(connection.dialect.name, ("ledger_period", "ledger_period_balance")):
                on = "" if hand.is_sqlite else f" ON {name.partition('_no_')[0]}"
                connection.exec_driver_sql(f"DROP TRIGGER {name}{on}")
            hand.do("DELETE FROM ledger_period_balance")
            hand.do("DELETE FROM ledger_period")
            assert [str(each) for each in period_verification.verify()] == []
            found = [str(each) for each in closing_verification.verify()]
        finally:
            db.session.rollback()
            if hand.is_sqlite:
                raw.execute("PRAGMA foreign_keys=ON")
    assert len(found) == 3 and found[0].startswith("artisans: month close"), found


@both_databases
def test_a_close_gives_each_woman_of_the_month_her_statement_and_the_sums_are_the_books(month: World) -> None:
    first = close(month)
    with month.reading():
        asked = select(OutboxRow.reference).where(OutboxRow.kind == "slip.draw")
        assert len(db.session.scalars(asked).all()) == db.session.scalar(select(func.count(Slip.id))) == 2
    month.work()

    with month.reading():
        assert db.session.scalar(select(func.count(SlipFile.id))) == 2 * len(LANGUAGES)
        assert [(each.statements, each.drawn) for each in closing.closed()] == [(2, 2)]
        facts = {name: slip_facts.of(slip_of(name), "en") for name in ("Rina", "Mala")}
        rina = facts["Rina"]
        assert [(row.word, row.count, row.rate, row.minor) for row in rina.earned] == [
            ("work", 5, 800, 4_000),
            ("back", 1, 800, -800),
        ]
        assert rina.earned[1].taken_back is not None
        assert (rina.opening, rina.gross, rina.deductions, rina.put, rina.net) == (0, 3_200, 0, -500, 1_500)
        assert (rina.savings, rina.advance, rina.on_the_way) == (Moves(0, 700, 200), Moves(0, 0, 0), 1_500)
        assert [(paid.method, paid.end, paid.came_back) for paid in rina.paid] == [(PayoutMethod.BANK, "0001", False)]
        period = periods.find(first)
        assert period is not None and rina.head == f"{period.seal_seq}:{period.chain}"
        grown = sum(each.closing - each.opening for each in facts.values())  # L9
        until = periods.end_of(first)
        payable = [artisan(name).payable for name in facts]
        assert grown == sum(balances.at_end(code, until).minor for code in payable) == 1_200 + 1_600
        assert [str(finding) for finding in books.findings()] == []


@both_databases
def test_what_comes_later_changes_no_byte_of_it_and_stands_in_the_next_one_which_opens_where_it_closed(
    month: World,
) -> None:
    close(month)
    month.work()
    papers = month.app.config["PAPERS_URL"]
    with month.reading():
        before = {language: slip_files.find(slip_of("Rina"), language, papers=papers) for language in LANGUAGES}
        kept, closing_before = slip_of("Rina").id, slip_facts.of(slip_of("Rina"), "en").closing

    with month.writing() as at:  # a piece of the closed month is taken back
        earned = db.session.scalars(select(Earning).where(Earning.reversed_at.is_(None)).order_by(Earning.id)).first()
        assert earned is not None
        made = corrections.propose(earned, CorrectionReason.WRONG_COUNT, "four", at=at, by=user("Meera"))
        corrections.approve(made, at=at, by=user("Farida"))
    with month.app.app_context():
        duties.draw_slip({"slip_id": kept})  # again, as after a lost lease

    close(month)
    month.work()
    with month.reading():
        first, second = closing.slips_of(artisan("Rina").id)[::-1]
        assert {each: slip_files.find(first, each, papers=papers) for each in LANGUAGES} == before
        late = slip_facts.of(second, "en")
        assert late.opening == closing_before  # L10
        assert [(row.word, row.minor) for row in late.earned] == [("back", -800)]
        for language, drawn in before.items():
            assert slip_files.draw(slip_facts.of(first, language), language) == drawn
    for statement in ("UPDATE slip_file SET size = 1", "DELETE FROM slip", "UPDATE month_close SET note = 'x'"):
        with pytest.raises(DatabaseError), month.writing():
            db.session.execute(text(statement))


def test_it_is_hers_alone_without_her_name_and_a_bent_file_is_not_served(month: World) -> None:
    close(month)
    with month.reading():
        rina, mala = slip_of("Rina").id, slip_of("Mala").id
    hers = month.browser().sign_in_artisan("Rina")
    assert hers.get(f"/artisan/statements/{rina}").status_code == 404  # not drawn yet
    month.work()

    answer = hers.get(f"/artisan/statements/{rina}?in=en")
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (
        200,
        "application/pdf",
        "no-store",
    )
    assert 'filename="khata-' in answer.headers["Content-Disposition"]
    said = read(answer.data)
    with month.reading():
        assert "Rina" not in said and str(artisan("Rina").user.card_number) in said
    assert b"Rina" not in answer.data and "₹5.00" in said  # what she put aside
    assert hers.get(f"/artisan/statements/{mala}").status_code == 404
    assert "আপনার মাসের হিসাব" in read(hers.get(f"/artisan/statements/{rina}").data)
    for name in ("Meera", "Farida", "Anita", "Bina"):
        assert month.browser().sign_in(name).get(f"/artisan/statements/{rina}").status_code == 403
    with month.reading():
        sha256 = db.session.scalars(
            select(SlipFile.sha256).where(SlipFile.slip_id == rina, SlipFile.language == "en")
        ).one()
    file = Path(urlsplit(month.app.config["PAPERS_URL"]).path, "slips", sha256[:2], f"{sha256}.pdf")
    file.write_bytes(file.read_bytes() + b" ")
    assert hers.get(f"/artisan/statements/{rina}?in=en").status_code == 503


@both_databases
def test_a_month_does_not_close_over_an_old_question_without_a_note_that_is_kept(month: World) -> None:
    with month.writing() as at:
        hers = artisan("Mala")
        line = db.session.scalars(
            select(Transfer.id)
            .join(Earning, Earning.entry_id == Transfer.entry_id)
            .where(Earning.artisan_id == hers.id)
            .limit(1)
        ).one()
        questions.ask(hers, line, Asked.TOO_LITTLE, at=at, by=hers.user)
    with pytest.raises(Invalid, match=r"closing\.unanswered"):
        close(month, days=0)
    with month.reading():
        assert (dates.closed_until(HOUSE), db.session.scalar(select(func.count(Slip.id)))) == (None, 0)

    close(month, "She is away until the harvest.", days=0)

    with month.reading():
        kept = db.session.scalars(select(MonthClose)).one()
        assert (kept.unanswered, kept.note) == (1, "She is away until the harvest.")
    with pytest.raises(Conflict, match=r"ledger\.month_closed"), month.writing() as at:
        closing.close(kept.month, "x", question_days=0, at=at, by=user("Farida").actor)


def test_the_office_sees_what_a_close_would_do_and_only_finance_does_it_by_page_or_by_command(month: World) -> None:
    with month.reading():
        first = periods.due()
        assert first is not None
    month.advance(periods.end_of(first) - india_date(month.clock.now()) + timedelta(days=9))
    farida = month.browser().sign_in("Farida")
    assert "/manager/books/months" in farida.get("/manager/").text  # open for more than a week after its end
    assert "/manager/books/months" not in month.browser().sign_in("Meera").get("/manager/").text
    assert "for 2 makers" in farida.get("/manager/books/months").text
    admin = month.browser().sign_in("Anita")
    assert admin.post("/manager/books/months", {"month": f"{first:%Y-%m}"}).status_code == 403
    assert farida.post("/manager/books/months", {"month": "2019-01"}).status_code == 409
    assert farida.post("/manager/books/months", {"month": "9999-12"}).status_code == 409
    assert farida.get("/manager/cash/1?month=9999-12").status_code == 200

    run = month.app.test_cli_runner().invoke
    for by in ("anita@test.example", "nobody@test.example"):
        assert run(args=["ledger", "close", f"{first:%Y-%m}", "--by", by, "--yes"]).exit_code == 1
    stopped = run(args=["ledger", "close", f"{first:%Y-%m}", "--by", "farida@test.example"], input="n\n")
    assert stopped.exit_code == 1 and "2 statements; 0 open questions" in stopped.output
    done = run(args=["ledger", "close", f"{first:%Y-%m}", "--by", "farida@test.example", "--yes"])
    assert (done.exit_code, done.output.splitlines()[-1]) == (
        0, f"{first:%Y-%m} is closed; the worker draws its statements.",
    )  # fmt: skip
    assert "Farida" in farida.get("/manager/books/months").text
    with month.reading():
        assert db.session.scalar(select(func.count(Payout.id))) == 1


@both_databases
def test_a_deduction_stands_with_its_reason_and_what_was_given_back_beside_it(world: World) -> None:
    life.earn(world, "Rina", 5)
    with world.writing() as at:
        lost, on = DeductionReason.TOOL_LOST, frozenset({DeductionKind.DAMAGE})
        notice = deductions.propose(
            artisan("Rina"), Money(100, "INR"), lost, due_on=india_date(at), allowed=on, at=at, by=user("Meera")
        )
        deductions.approve(notice, days=7, allowed=on, at=at, by=user("Farida"))
        deductions.answer(notice, "yes", at=at, by=user("Rina"))
        number = notice.id
    life.send(world, "Rina", 1_000, PayoutMethod.BANK)
    with world.writing() as at:
        deductions.give_back(db.session.get_one(Deduction, number), at=at, by=user("Farida"))
    close(world)

    with world.reading():
        facts = slip_facts.of(slip_of("Rina"), "en")
        assert [(row.word, row.minor) for row in facts.taken] == [("tool-lost", -100), ("given_back", 100)]
        assert (facts.gross, facts.deductions) == (4_000, 0), "what was given back was not earned again"
        said = read(slip_files.draw(facts, "en"))
    assert "A tool that was handed over was lost or broken" in said and "Given back to you" in said
    world.work()
