"""Identities in the office: entered by her centre, seen once for a reason after a step-up, erased by safeguarding."""

import base64
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from shop import identities
from shop.artisans.models import Artisan
from shop.artisans.vault import erasure, looks, records
from shop.artisans.vault.looks import MOST_A_DAY, IdentityLook, LookReason
from shop.artisans.vault.models import FIELDS
from shop.db import db, vault_session, writing
from shop.errors import TooMany
from shop.users import audit
from tests.artisans.vaults import DEFAULT, MALA, RINA, listening, meddle
from tests.cast import PASSWORD
from tests.conftest import both_databases
from tests.web.test_manager_people import MAKER
from tests.world import Browser, World

FORM = {name: value for name, value in RINA.items() if name != "birth_date"} | {"birth_date": "1990-02-28"}
PAGE, LOOK, ERASURE = (
    "/manager/people/1/identity",
    "/manager/people/1/identity/look",
    "/manager/people/1/identity/erasure",
)
SHOWN = [value for value in RINA.values() if "\n" not in value]


def stepped(browser: Browser) -> Browser:
    assert browser.post("/step-up", {"password": PASSWORD}).status_code == 303
    return browser._with_token("/manager/")


@pytest.fixture
def meera(world: World) -> Browser:
    return world.browser().sign_in("Meera")


@pytest.fixture
def nasrin(world: World) -> Browser:
    return stepped(world.browser().sign_in("Nasrin"))


@pytest.fixture
def known(world: World, meera: Browser) -> Browser:
    """Meera, after she wrote Rina's identity down."""
    assert meera.post(PAGE, FORM).status_code == 303
    return meera


def acts(world: World) -> list[tuple[str, str, str, str]]:
    with world.reading():
        rows = [row for row in reversed(audit.newest(200)) if row.act.startswith("identity.")]
        return [(row.act, row.subject, row.by, row.reason) for row in rows]


def actor(world: World, name: str) -> str:
    with world.reading():
        return world.user(name).actor


def break_vault(world: World, how: str) -> None:
    """Take the vault away: no key, a wrong one, or no tables."""
    if how == "no key":
        world.app.extensions["vault_keys"] = None
    elif how == "wrong key":
        from shop.artisans.vault import keys

        world.app.extensions["vault_keys"] = keys.read(base64.b64encode(b"x" * 32).decode())
    else:
        with world.reading():
            meddle("ALTER TABLE identity RENAME TO elsewhere")


BROKEN = pytest.mark.parametrize("how", ["no key", "wrong key", "no database"])


@both_databases
def test_what_is_entered_is_told_by_name_and_never_by_value(world: World, known: Browser) -> None:
    pages = known.get(PAGE).text + known.get("/manager/people/1").text

    assert pages.count(">On file</span>") == len(FIELDS)
    assert [value for value in SHOWN if value in pages] == []
    assert acts(world) == [("identity.enter", "artisan:1", actor(world, "Meera"), "")]


@both_databases
def test_one_look_needs_a_step_up_and_a_reason_and_is_written_down_before_it_opens(
    world: World, known: Browser
) -> None:
    asked = known.post(LOOK, {"reason": "payment"}, headers={"Referer": f"http://localhost{PAGE}"})
    assert asked.status_code == 303 and asked.location.startswith("/step-up?next=")
    assert asked.location.endswith("/manager/people/1/identity"), "she comes back to the form, not to a value"
    stepped(known)
    for reason in ("", "curious"):
        assert known.post(LOOK, {"reason": reason}).status_code == 422
    assert len(acts(world)) == 1

    answer = known.post(LOOK, {"reason": "payment"})

    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert [value for value in SHOWN if value not in answer.text] == []
    assert acts(world)[1:] == [("identity.reveal", "artisan:1", actor(world, "Meera"), "payment")]
    assert known.get(LOOK).status_code == 405


@both_databases
def test_a_step_up_older_than_five_minutes_opens_nothing(world: World, known: Browser) -> None:
    stepped(known)
    world.advance(timedelta(minutes=5, seconds=1))

    assert known.post(LOOK, {"reason": "payment"}).status_code == 303
    assert len(acts(world)) == 1


@both_databases
def test_that_she_looked_stands_even_if_nothing_could_be_opened(world: World, known: Browser) -> None:
    stepped(known)
    with world.reading():
        meddle("UPDATE identity SET legal_name = upi WHERE artisan_id = 1")

    with listening() as heard:
        answer = known.post(LOOK, {"reason": "contact"})

    said = heard.getvalue()
    assert answer.status_code == 503 and "vault.tampered" in said and "identity|1|legal_name|1" in said
    assert [value for value in SHOWN if value in answer.text + said] == []
    assert acts(world)[-1][0] == "identity.reveal"


@both_databases
def test_nobody_looks_more_than_twenty_times_a_day(world: World, known: Browser) -> None:
    stepped(known)
    for _ in range(MOST_A_DAY):
        world.advance(timedelta(seconds=1))
        assert known.post(LOOK, {"reason": "payment"}).status_code == 200
    refused = known.post(LOOK, {"reason": "payment"})
    assert refused.status_code == 429 and "20 times" in refused.text
    assert len(acts(world)) == 1 + MOST_A_DAY
    with world.reading(), writing():  # another person is not held back, nor is she tomorrow
        rina = db.session.get_one(Artisan, 1)
        assert looks.ask(rina, LookReason.PAYMENT, at=world.clock.now(), by=world.user("Nasrin"))
        tomorrow = world.clock.now() + timedelta(days=1)
        assert looks.ask(rina, LookReason.PAYMENT, at=tomorrow, by=world.user("Meera"))
        with pytest.raises(TooMany):
            looks.ask(rina, LookReason.PAYMENT, at=world.clock.now(), by=world.user("Meera"))


@pytest.mark.parametrize(("who", "status"), [("Ruma", 404), ("Farida", 403), ("Anita", 403), ("Bina", 403)])
def test_another_centre_and_other_roles_open_nothing(world: World, known: Browser, who: str, status: int) -> None:
    person = stepped(world.browser().sign_in(who))

    assert person.get(PAGE).status_code == status
    assert person.post(PAGE, {"upi": "other@bank"}).status_code == status
    assert person.post(LOOK, {"reason": "payment"}).status_code == status
    assert person.post(ERASURE).status_code == 403 and person.get(ERASURE).status_code == 403
    assert [act for act in acts(world) if act[1] == "artisan:1"] == acts(world)[:1]


def test_a_manager_may_not_erase(world: World, known: Browser) -> None:
    stepped(known)

    assert known.get(ERASURE).status_code == known.post(ERASURE).status_code == 403
    assert "/erasure" not in known.get("/manager/people/1").text


@both_databases
def test_safeguarding_erases_for_good(world: World, known: Browser, nasrin: Browser) -> None:
    assert "for good" in nasrin.get(ERASURE).text
    assert nasrin.post(ERASURE).status_code == 303

    assert "Nothing is on file" in nasrin.get("/manager/people/1").text
    with world.reading():
        assert records.fields_on_file(vault_session(), [1]) == {}
        assert set(erasure.remembered()) == {1}
    assert acts(world)[-1] == ("identity.erase", "artisan:1", actor(world, "Nasrin"), "")


@both_databases
def test_someone_else_of_the_centre_is_told_on_today_and_notes_it(
    world: World, known: Browser, nasrin: Browser
) -> None:
    stepped(known).post(LOOK, {"reason": "own-request"})
    assert "look at an identity" not in known.get("/manager/").text, "nobody is told of her own look"
    assert "1 look at an identity" in nasrin.get("/manager/").text
    page = nasrin.get("/manager/looks").text
    assert "Meera" in page and "She asks for it herself" in page and "Rina" in page
    ruma = world.browser().sign_in("Ruma")
    assert "look at an identity" not in ruma.get("/manager/").text

    assert known.post("/manager/looks", {"last": "1"}).status_code == 303
    assert "1 look at an identity" in nasrin.get("/manager/").text, "she cannot note her own"
    assert nasrin.post("/manager/looks", {"last": "1"}).status_code == 303

    assert "look at an identity" not in nasrin.get("/manager/").text
    assert "Nasrin knows" in known.get(PAGE).text


@both_databases
def test_the_database_itself_refuses_a_look_noted_by_the_one_who_looked(world: World, known: Browser) -> None:
    stepped(known).post(LOOK, {"reason": "payment"})

    with pytest.raises(Exception, match="noted_by_another"), world.writing():
        look = db.session.scalars(select(IdentityLook)).one()
        look.noted_by = look.by
        db.session.flush()


@both_databases
def test_a_form_that_is_left_empty_keeps_and_a_tick_takes_away(world: World, known: Browser) -> None:
    assert known.post(PAGE, {"upi": "new.one@bank", "forget_address": "yes"}).status_code == 303
    with world.reading():
        assert set(records.fields_on_file(vault_session(), [1])[1]) == set(FIELDS) - {"address"}

    everything = {f"forget_{name}": "yes" for name in FIELDS}
    assert known.post(PAGE, everything).status_code == 422
    assert known.post(PAGE, {"forget_ifsc": "yes"}).status_code == 422


@both_databases
def test_a_phone_of_another_maker_is_refused_and_the_try_is_in_the_audit(world: World, known: Browser) -> None:
    answer = known.post("/manager/people/2/identity", {"legal_name": "Invented Two", "phone": "98300 11111"})

    assert answer.status_code == 409 and "another maker" in answer.text
    assert [act[0] for act in acts(world)] == ["identity.enter", "identity.enter", "identity.refuse-phone"]
    with world.reading():
        assert records.fields_on_file(vault_session(), [2]) == {}


@both_databases
def test_a_maker_is_enrolled_with_her_identity_in_the_vault_and_nowhere_else(world: World, meera: Browser) -> None:
    answer = meera.post("/manager/people", {**MAKER, "legal_name": MALA["legal_name"], "phone": MALA["phone"]})

    assert (answer.status_code, answer.location) == (303, "/manager/people/4")
    with world.reading():
        assert records.fields_on_file(vault_session(), range(9)) == {4: ("legal_name", "phone")}
        rows = [str(row) for table in db.metadatas[None].sorted_tables for row in db.session.execute(select(table))]
        assert [row for row in rows if MALA["legal_name"] in row or MALA["phone"] in row] == []


@both_databases
def test_an_enrolment_that_fails_leaves_no_identity_and_can_be_sent_again(world: World, meera: Browser) -> None:
    form = {**MAKER, "legal_name": MALA["legal_name"], "phone": MALA["phone"]}
    assert meera.post("/manager/people", {**form, "card_number": "1001"}).status_code == 409
    with world.reading():
        assert erasure.numbers(vault_session()) == []

    again = meera.post("/manager/people", form)
    assert again.status_code == 303
    number = int(again.location.rpartition("/")[2])
    with world.reading():
        assert erasure.numbers(vault_session()) == [number]


@pytest.fixture
def dies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The cleaning up after a failed enrolment does not happen, as if the process had died."""
    monkeypatch.setattr(identities, "_erase", lambda number, at: None)
    yield


@both_databases
def test_an_identity_whose_enrolment_died_is_swept_after_a_day(world: World, meera: Browser, dies: None) -> None:
    meera.post("/manager/people", {**MAKER, "legal_name": "Invented", "card_number": "1001"})
    with world.reading():
        assert len(erasure.numbers(vault_session())) == 1
        at = world.clock.now()
        assert identities.sweep(at=at) == 0
        assert identities.sweep(at=at + timedelta(days=1)) == 1
        assert erasure.numbers(vault_session()) == []


@both_databases
@BROKEN
def test_without_its_vault_the_shop_sells_on_and_identity_pages_say_so(world: World, known: Browser, how: str) -> None:
    stepped(known)
    break_vault(world, how)
    world.app.testing = False  # an error page, not the error

    for answer in (known.get(PAGE), known.post(PAGE, FORM), known.post(LOOK, {"reason": "payment"})):
        assert answer.status_code == 503
        assert "vault cannot be opened" in answer.text and "<h1" in answer.text
    page = known.get("/manager/people/1")
    assert page.status_code == 200 and "vault cannot be opened" in page.text
    assert world.browser().get("/products/kalka-tote").status_code == 200
    ready = world.browser().get("/readyz")
    assert ready.status_code == 200 and ready.json is not None
    assert ready.json["ready"] is True and set(ready.json["problems"]) == {"identity"}
    world.app.testing = True
    world.buy("MB-TOTE-IND")
    assert "identity.reveal" not in {act[0] for act in acts(world)}


@both_databases
@BROKEN
def test_without_its_vault_an_enrolment_writes_nothing_down_in_clear_and_says_so(
    world: World, known: Browser, how: str
) -> None:
    break_vault(world, how)
    answer = known.post("/manager/people", {**MAKER, "legal_name": MALA["legal_name"], "phone": MALA["phone"]})
    assert answer.status_code == 303
    assert "written down nowhere" in known.get(answer.location).text
    with world.reading():
        rows = [str(row) for table in db.metadatas[None].sorted_tables for row in db.session.execute(select(table))]
    assert [row for row in rows if MALA["legal_name"] in row or MALA["phone"] in row] == []


@both_databases
def test_an_erasure_asked_for_while_the_vault_is_away_is_done_by_the_sweep(world: World, known: Browser) -> None:
    nasrin = stepped(world.browser().sign_in("Nasrin"))
    break_vault(world, "no database")
    assert nasrin.post(ERASURE).status_code == 303
    with world.reading():
        meddle("ALTER TABLE elsewhere RENAME TO identity")
        assert erasure.numbers(vault_session()) == [1]
        vault_session().rollback()
        assert identities.sweep(at=world.clock.now()) == 1
        assert erasure.numbers(vault_session()) == []


def test_logs_and_error_pages_never_show_a_value(world: World, known: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    world.app.testing = False
    world.app.config["PROPAGATE_EXCEPTIONS"] = False
    stepped(known)
    said = known.post(LOOK, {"reason": "payment"}).text
    assert RINA["account_number"] in said, "the control: the page itself shows it"

    def fails(*arguments: object, **more: object) -> None:
        raise RuntimeError(str(arguments))

    monkeypatch.setattr(records, "refuse_strange_keys", fails)
    with listening() as heard:
        broken = known.post(PAGE, FORM)
        assert broken.status_code == 500
        known.post(PAGE, {**FORM, "phone": "12"})
    with world.reading(), pytest.raises(Exception, match="identity") as duplicate, writing(vault_session) as session:
        session.execute(text("INSERT INTO identity SELECT * FROM identity"), {"value": RINA["account_number"]})
    log = heard.getvalue()
    seen = log + broken.text + str(duplicate.value)

    assert "endpoint=manager.enter_identity" in log and "event=defect" in log, "the log is what is looked at"
    assert [value for value in SHOWN if value in seen] == []


def test_her_own_pages_and_the_public_ones_know_nothing_of_it(world: World, known: Browser) -> None:
    rina = world.browser().sign_in_artisan("Rina")
    seen = "".join(
        browser.get(path).text
        for browser, paths in (
            (rina, ("/artisan/", "/artisan/passbook", "/artisan/mine")),
            (world.browser(), ("/", "/products/kalka-tote", "/sitemap.xml")),
        )
        for path in paths
    )

    assert [value for value in SHOWN if value in seen] == []


@both_databases
def test_what_two_people_wrote_one_after_the_other_stands_together(world: World, known: Browser) -> None:
    with world.reading():
        before = records.get(vault_session(), DEFAULT, looks.Leave(1)).items()
        vault_session().rollback()
        identities.enter(DEFAULT, 1, {"address": "9 Lane"}, at=world.clock.now(), by=world.user("Meera"))
        identities.enter(DEFAULT, 1, {"upi": "b@bank"}, at=world.clock.now(), by=world.user("Nasrin"))

        assert records.get(vault_session(), DEFAULT, looks.Leave(1)).items() == {
            **before, "address": "9 Lane", "upi": "b@bank",
        }  # fmt: skip
