"""The payout file: two people, a row for each payee before anything opens, safe in a spreadsheet, kept nowhere."""

import csv as standard
import io
from pathlib import Path

import pytest
from sqlalchemy import select

from shop.artisans import payouts, people
from shop.artisans.models import Payout, PayoutMethod
from shop.artisans.vault import payout_file, records
from shop.artisans.vault.payout_file import PayoutFile, PayoutFileLine, PayoutFileStatus
from shop.db import db, vault_session, writing
from shop.errors import Refused
from shop.money import Money
from shop.users import audit
from shop.web import csv
from tests.artisans.vaults import DEFAULT, MALA, RINA, listening, meddle
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.web.test_manager_identity import stepped
from tests.world import Browser, World

FILES = "/manager/payout-files"


def approved(world: World, name: str, method: PayoutMethod) -> int:
    """Let an artisan earn and have a payout approved; return its id."""
    life.earn(world, name)
    with world.writing() as at:
        artisan = life.artisan(name)
        payout = payouts.propose(artisan, Money(2_000, "INR"), method, at=at, by=world.user("Meera"))
        payouts.approve(payout, at=at, by=world.user("Farida"))
        return payout.id


@pytest.fixture
def house(world: World) -> World:
    """Three approved payouts: Rina's by bank, Mala's by UPI, Champa's by bank without details on file."""
    with world.writing() as at:
        people.enrol("Champa", "1009", "482915", "leaf", centre_id=1, adult_confirmed_on=at.date(), at=at)
    for name, method in (("Rina", PayoutMethod.BANK), ("Mala", PayoutMethod.UPI), ("Champa", PayoutMethod.BANK)):
        approved(world, name, method)
    with world.reading(), writing(vault_session) as session:
        records.enter(session, DEFAULT, 1, RINA, at=world.clock.now())
        mala = MALA | {"upi": "mala@bank", "legal_name": "=HYPERLINK(1)", "account_holder": "=HYPERLINK(1)"}
        records.enter(session, DEFAULT, 2, mala, at=world.clock.now())
    return world


@pytest.fixture
def farida(house: World) -> Browser:
    return stepped(house.browser().sign_in("Farida"))


@pytest.fixture
def anita(house: World) -> Browser:
    return stepped(house.browser().sign_in("Anita"))


@pytest.fixture
def proposed(farida: Browser) -> Browser:
    """Farida, after she proposed file 1."""
    assert farida.post(FILES, {"centre": ""}).location == f"{FILES}/1"
    return farida


def released(world: World) -> list[tuple[str, str, str]]:
    with world.reading():
        rows = reversed(audit.newest(50, act="payout-file.release"))
        return [(row.subject, row.by, row.reason) for row in rows]


def table(text: str) -> list[dict[str, str]]:
    return list(standard.DictReader(io.StringIO(text)))


@both_databases
def test_two_people_make_a_file_and_every_payee_is_written_down(
    house: World, proposed: Browser, anita: Browser
) -> None:
    page = anita.get(f"{FILES}/1").text
    assert "Her bank details are not on file" in page and RINA["account_number"] not in page

    answer = anita.post(f"{FILES}/1/release")

    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="payout-file-1.csv"'
    rina, mala = table(answer.text)
    assert rina == {
        "reference": "payout-1", "method": "bank", "amount": "20.00", "currency": "INR",
        "account_holder": RINA["account_holder"], "account_number": RINA["account_number"],
        "ifsc": RINA["ifsc"], "upi": "",
    }  # fmt: skip
    assert (mala["upi"], mala["account_number"], mala["account_holder"]) == ("mala@bank", "", "'=HYPERLINK(1)")
    with house.reading():
        by = house.user("Anita").actor
    assert released(house) == [("artisan:1", by, "payout-file:1"), ("artisan:2", by, "payout-file:1")]


@both_databases
def test_the_one_who_proposed_cannot_release_by_page_by_verb_or_by_sql(house: World, proposed: Browser) -> None:
    answer = proposed.post(f"{FILES}/1/release")
    assert answer.status_code == 403 and "someone else has to release" in answer.text
    with house.writing() as at, pytest.raises(Refused):
        payout_file.release(payout_file.get_file(1), {1: RINA}, at=at, by=house.user("Farida"))
    with pytest.raises(Exception, match="two_people"), house.writing():
        file = payout_file.get_file(1)
        file.released_by, file.status = file.proposed_by, PayoutFileStatus.RELEASED
        db.session.flush()
    assert released(house) == []


@both_databases
def test_a_file_is_released_once(house: World, proposed: Browser, anita: Browser) -> None:
    assert anita.post(f"{FILES}/1/release").status_code == 200

    again = anita.post(f"{FILES}/1/release")
    assert again.status_code == 409 and RINA["account_number"] not in again.text
    assert len(released(house)) == 2


@both_databases
def test_the_audit_stands_before_anything_is_opened(house: World, proposed: Browser, anita: Browser) -> None:
    with house.reading():
        meddle("UPDATE identity SET account_number = ifsc WHERE artisan_id = 1")

    assert anita.post(f"{FILES}/1/release").status_code == 503
    assert len(released(house)) == 2


@both_databases
def test_a_payout_stands_in_one_file_only_until_that_is_taken_back(
    house: World, proposed: Browser, anita: Browser
) -> None:
    assert proposed.post(FILES, {"centre": ""}).status_code == 422
    with pytest.raises(Exception, match=r"uq_payout_file_line_once|payout_file_line.payout_id"), house.writing() as at:
        other = PayoutFile(status=PayoutFileStatus.PROPOSED, proposed_by="user:9", proposed_at=at)
        other.lines = [PayoutFileLine(payout_id=1)]
        db.session.add(other)
        db.session.flush()
    anita.post(f"{FILES}/1/release")
    assert proposed.post(f"{FILES}/1/withdrawal").location == f"{FILES}/1"
    assert anita.post(f"{FILES}/1/withdrawal").location == FILES

    second = proposed.post(FILES, {"centre": ""}).location
    assert second not in (None, f"{FILES}/1")
    assert len(table(anita.post(f"{second}/release").text)) == 2


@both_databases
def test_a_file_pays_what_is_still_approved_and_of_its_centre(house: World, farida: Browser, anita: Browser) -> None:
    assert farida.post(FILES, {"centre": "2"}).status_code == 422, "nobody of the river centre waits"
    farida.post(FILES, {"centre": "1"})
    with house.reading():
        assert [line.payout_id for line in payout_file.get_file(1).lines] == [1, 2, 3]
    with house.writing() as at:
        payouts.withdraw(db.session.get_one(Payout, 1), at=at, by=house.user("Farida"))

    assert "It has moved on since" in anita.get(f"{FILES}/1").text
    assert [row["reference"] for row in table(anita.post(f"{FILES}/1/release").text)] == ["payout-2"]


@pytest.mark.parametrize("who", ["Meera", "Nasrin", "Bina"])
def test_only_finance_and_the_house_make_one(house: World, proposed: Browser, who: str) -> None:
    person = stepped(house.browser().sign_in(who))

    assert {person.get(FILES).status_code, person.get(f"{FILES}/1").status_code} == {403}
    assert person.post(FILES).status_code == person.post(f"{FILES}/1/release").status_code == 403


def test_a_release_asks_for_a_step_up(house: World, proposed: Browser) -> None:
    anita = house.browser().sign_in("Anita")

    assert anita.post(f"{FILES}/1/release").location.startswith("/step-up")
    assert released(house) == []


def test_the_file_is_stored_nowhere(
    house: World, proposed: Browser, anita: Browser, tmp_path: Path, settings: dict[str, str]
) -> None:
    house.app.testing = False
    with listening() as heard:
        assert RINA["account_number"] in anita.post(f"{FILES}/1/release").text
    house.app.testing = True

    databases = Path(settings["DATABASE_URL"].removeprefix("sqlite:///")).parent
    stored = [path for folder in (tmp_path, databases) for path in folder.rglob("*") if path.is_file()]
    assert databases / "shop.db" in stored
    assert [path for path in stored if RINA["account_number"].encode() in path.read_bytes()] == []
    log = heard.getvalue()
    assert "endpoint=manager.release_payout_file" in log and RINA["account_number"] not in log
    with house.reading():
        assert db.session.scalars(select(PayoutFile.status)).all() == [PayoutFileStatus.RELEASED]


def test_today_asks_the_other_one_to_release(house: World, proposed: Browser, anita: Browser) -> None:
    assert "waits to be released" in anita.get("/manager/").text
    assert f'href="{FILES}/1"' in anita.get("/manager/").text
    assert f'href="{FILES}/1"' not in proposed.get("/manager/").text


@pytest.mark.parametrize("begins", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_that_begins_like_a_formula_gets_an_apostrophe(begins: str) -> None:
    assert csv.cell(begins) == f"'{begins}"
    assert next(standard.reader(io.StringIO(csv.document([begins], [])))) == [f"'{begins}"]


@pytest.mark.parametrize("plain", ["", "a=1", "000123", "12.50", 'Ratna, "Moyna"\nx'])
def test_any_other_cell_comes_back_as_it_was(plain: str) -> None:
    assert list(standard.reader(io.StringIO(csv.document(["x"], [[plain, "y"]]))))[1] == [plain, "y"]


@both_databases
def test_what_a_released_file_left_out_stands_in_the_next_one(house: World, proposed: Browser, anita: Browser) -> None:
    assert len(table(anita.post(f"{FILES}/1/release").text)) == 2
    page = anita.get(f"{FILES}/1").text
    assert "₹40.00" in page and "₹60.00" not in page and "Left out" in page

    with house.reading(), writing(vault_session) as session:
        records.enter(session, DEFAULT, life.artisan("Champa").id, RINA | {"phone": None}, at=house.clock.now())
    second = proposed.post(FILES, {"centre": ""}).location
    assert [row["reference"] for row in table(anita.post(f"{second}/release").text)] == ["payout-3"]


@both_databases
def test_a_payout_that_the_bank_may_be_paying_is_not_taken_back(
    house: World, proposed: Browser, anita: Browser
) -> None:
    anita.post(f"{FILES}/1/release")
    refused = anita.post("/manager/payouts/1/withdrawal")
    assert refused.status_code == 409 and "It stands in a file that the bank has." in refused.text

    assert anita.post("/manager/payouts/3/withdrawal").status_code == 303, "it was left out"
    assert anita.post(f"{FILES}/1/withdrawal").status_code == 303
    again = anita.post(f"{FILES}/1/withdrawal")
    assert again.status_code == 403 and "Someone else has to say it too." in again.text
    assert "never reached the bank" in anita.get("/manager/").text
    assert anita.post("/manager/payouts/1/withdrawal").status_code == 409, "one person cannot do what two must"
    assert "Ask the bank before you say so too." in proposed.get(f"{FILES}/1").text
    assert proposed.post(f"{FILES}/1/withdrawal").status_code == 303
    assert "never reached the bank" not in anita.get("/manager/").text
    assert anita.post("/manager/payouts/1/withdrawal").status_code == 303


@both_databases
def test_the_database_wants_two_people_to_take_a_released_file_back(
    house: World, proposed: Browser, anita: Browser
) -> None:
    anita.post(f"{FILES}/1/release")
    anita.post(f"{FILES}/1/withdrawal")
    with pytest.raises(Exception, match=r"taken_back_by_two"), house.writing():
        file = payout_file.get_file(1)
        file.withdrawn_by = file.recalled_by
        db.session.flush()
