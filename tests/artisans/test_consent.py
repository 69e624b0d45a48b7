"""Consent fails closed: what is not agreed to, here, in this language, now, by an adult who works with us, is hidden.

The rules about who may be published are held by the database itself, so they are tried with raw SQL on both.
"""

import itertools
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from shop.artisans import consents, persona, publication
from shop.artisans.consent_models import (
    LONGEST_DAYS,
    Channel,
    Consent,
    ConsentWithdrawal,
    Item,
    Language,
    Persona,
    Told,
)
from shop.artisans.consents import Wish
from shop.artisans.models import Artisan
from shop.db import db
from shop.errors import Invalid, NotFound, Refused
from shop.users import audit
from tests.artisans import publishing
from tests.conftest import both_databases
from tests.workshop import artisan, user
from tests.world import World

CARD = Wish(Item.CARD, Channel.SHOP, Language.EN)
ROW = {
    "artisan_id": 1, "adult_confirmed_on": "2026-01-02", "item": "persona-card", "channel": "shop", "language": "en",
    "about": "", "explanation": "1", "told": "read", "recorded_by": 1, "witness_id": 5, "witness_role": "safeguarding",
    "given_at": "2026-11-01 06:00:00", "expires_at": "2027-11-01 06:00:00",
}  # fmt: skip
NEVER = {
    "an age that is not confirmed": {"adult_confirmed_on": None},
    "another day than that of her own row": {"adult_confirmed_on": "2026-01-01"},
    "someone of whom there is no row": {"artisan_id": 99},
    "given before her age was confirmed": {"given_at": "2026-01-01 06:00:00", "expires_at": "2026-06-01 06:00:00"},
    "more than three years": {"expires_at": "2029-11-03 06:00:00"},
    "ended before it began": {"expires_at": "2026-10-01 06:00:00"},
    "the witness wrote it down": {"witness_id": 1},
    "the witness is a manager": {"witness_role": "manager"},
    "the witness is a maker": {"witness_role": "artisan"},
    "a channel that nobody knows": {"channel": "anywhere"},
    "a language that nobody knows": {"language": "xx"},
    "an item that nobody knows": {"item": "everything"},
    "not said how she was told": {"told": "assumed"},
}


def insert(world: World, table: str, row: dict[str, object]) -> None:
    names = ", ".join(row)
    with world.writing():
        db.session.execute(text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(':' + n for n in row)})"), row)


def shown(world: World, wish: Wish = CARD, name: str = "Rina") -> bool:
    with world.reading():
        at = world.clock.now()
        return publication.may_show(artisan(name), wish.item, wish.channel, wish.language, at=at, about=wish.about)


def grant(world: World, *wishes: Wish, by: str = "Meera", witness: str = "Nasrin", days: int = 365) -> None:
    with world.writing() as at:
        consents.grant(
            artisan("Rina"), wishes or (CARD,), told=Told.READ, witness=user(witness), at=at, by=user(by), days=days
        )


def withdraw(world: World, item: Item | None = None, by: str = "Rina") -> int:
    with world.writing() as at:
        return consents.withdraw(artisan("Rina"), item=item, at=at, by=user(by))


@both_databases
def test_a_consent_shows_exactly_what_it_names(world: World) -> None:
    publishing.choose(world)
    grant(world)

    every = itertools.product(Item, Channel, Language)
    assert [wish for each in every if shown(world, wish := Wish(*each))] == [CARD]
    assert not shown(world, CARD, "Mala")
    assert not shown(world, Wish(Item.CARD, Channel.SHOP, Language.EN, "story:1"))


@both_databases
@pytest.mark.parametrize(
    "ending",
    ["absent", "expired", "withdrawn", "withdrawn by staff", "not yet given", "left", "under age", "another day"],
)
def test_whatever_ends_it_hides_it_at_once(world: World, ending: str) -> None:
    publishing.choose(world)
    if ending != "absent":
        grant(world, days=30)
        assert shown(world)
    match ending:
        case "expired":
            world.advance(timedelta(days=30))
        case "withdrawn":
            withdraw(world)
        case "withdrawn by staff":
            withdraw(world, by="Farida")
        case "not yet given":
            world.clock.advance(timedelta(days=-1))
        case "left":
            with world.writing() as at:
                db.session.execute(update(Artisan).where(Artisan.id == 1).values(left_at=at))
        case "under age" | "another day":
            day = date(2031, 1, 1) if ending == "under age" else date(2026, 1, 1)
            bend(world, f"UPDATE artisan SET adult_confirmed_on = '{day}' WHERE id = 1")
            if ending == "under age":
                bend(world, f"UPDATE consent SET adult_confirmed_on = '{day}'", "consent")

    assert not shown(world)
    with world.reading():
        at = world.clock.now()
        assert publication.cards([1], [Item.CARD], Channel.SHOP, "en", at=at) == []


def bend(world: World, statement: str, table: str | None = None) -> None:
    """Change what the database holds by its keys and triggers, as someone at the server could; the query holds then."""
    with world.app.app_context():
        is_sqlite = db.engine.dialect.name == "sqlite"
        with db.engine.connect().execution_options(writing=True) as connection:
            raw = connection.connection.dbapi_connection
            if is_sqlite:
                raw.execute("PRAGMA foreign_keys=OFF")
                raw.execute("PRAGMA ignore_check_constraints=ON")
            else:
                connection.exec_driver_sql("SET session_replication_role = replica")
                connection.exec_driver_sql("ALTER TABLE consent DROP CONSTRAINT IF EXISTS ck_consent_given_as_an_adult")
            guard = ""
            if is_sqlite and table:
                named = f"SELECT sql FROM sqlite_master WHERE name = '{table}_no_update'"
                guard = str(connection.exec_driver_sql(named).scalar_one())
                connection.exec_driver_sql(f"DROP TRIGGER {table}_no_update")
            connection.exec_driver_sql(statement)
            if guard:  # whoever bends may put it back, so only the query is left to notice
                connection.exec_driver_sql(guard)
            connection.commit()
            if is_sqlite:
                raw.execute("PRAGMA foreign_keys=ON")
                raw.execute("PRAGMA ignore_check_constraints=OFF")
            else:
                connection.exec_driver_sql("SET session_replication_role = origin")
                connection.commit()


@both_databases
def test_the_row_of_the_raw_sql_is_a_good_one(world: World) -> None:
    insert(world, "consent", ROW)

    with world.reading():
        assert db.session.scalar(select(Consent.item)) is Item.CARD


@both_databases
@pytest.mark.parametrize("why", NEVER)
def test_the_database_itself_refuses(world: World, why: str) -> None:
    with pytest.raises(DatabaseError):
        insert(world, "consent", {**ROW, **NEVER[why]})


@both_databases
def test_three_years_to_the_day_are_taken(world: World) -> None:
    insert(world, "consent", {**ROW, "expires_at": "2029-11-01 06:00:00"})


@both_databases
@pytest.mark.parametrize(
    "row",
    [
        {"adult_confirmed_on": None},
        {"adult_confirmed_on": "2026-01-01"},
        {"artisan_id": 99},
        {"public_id": "1001"},
    ],
    ids=str,
)
def test_no_persona_of_one_who_is_not_a_confirmed_adult(world: World, row: dict[str, object]) -> None:
    good = {
        "artisan_id": 1, "adult_confirmed_on": "2026-01-02", "public_id": "x" * 16, "public_name": "Doyel",
        "name_bn": "", "name_hi": "", "emblem": "tide", "chosen_at": "2026-11-01 06:00:00", "chosen_with": "user:1",
    }  # fmt: skip
    with pytest.raises(DatabaseError):
        insert(world, "persona", {**good, **row})
    insert(world, "persona", good)


@both_databases
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE artisan SET adult_confirmed_on = NULL WHERE id = 1",
        "UPDATE artisan SET adult_confirmed_on = '2026-11-20' WHERE id = 1",
        "UPDATE consent SET expires_at = '2031-01-01 00:00:00'",
        "UPDATE consent SET channel = 'social'",
        "DELETE FROM consent",
        "UPDATE consent_withdrawal SET at = '2031-01-01 00:00:00'",
        "DELETE FROM consent_withdrawal",
    ],
)
def test_what_she_said_is_never_changed_afterwards(world: World, statement: str) -> None:
    publishing.choose(world)
    grant(world, CARD, Wish(Item.CARD, Channel.PACKAGING, Language.EN))
    with world.writing():
        first = db.session.scalars(select(Consent).order_by(Consent.id)).first()
        assert first is not None
        db.session.add(ConsentWithdrawal(consent_id=first.id, at=world.clock.now(), by="user:7"))

    with pytest.raises(DatabaseError), world.writing():
        db.session.execute(text(statement))


@pytest.mark.parametrize(
    ("by", "witness", "message"),
    [
        ("Meera", "Meera", "consent.two_people"),
        ("Nasrin", "Nasrin", "consent.two_people"),
        ("Nasrin", "Meera", "consent.witness_manager"),
        ("Meera", "Ruma", "consent.witness_manager"),
        ("Meera", "Mala", "consent.witness_manager"),
    ],
)
def test_the_witness_is_another_and_no_manager(world: World, by: str, witness: str, message: str) -> None:
    publishing.choose(world)
    with pytest.raises(Refused, match=message):
        grant(world, by=by, witness=witness)
    assert not shown(world)


def test_who_gave_her_a_new_pin_is_no_witness_for_a_week(world: World) -> None:
    publishing.choose(world)
    nasrin = world.browser().sign_in("Nasrin")
    assert nasrin.post("/manager/people/1/pin", {"pin": "482915", "pin_again": "482915"}).status_code == 303

    with pytest.raises(Refused, match=r"consent\.witness_reset"):
        grant(world)
    grant(world, Wish(Item.ALIAS, Channel.SHOP, Language.EN), witness="Anita")
    world.advance(timedelta(days=7, minutes=1))
    grant(world)
    assert shown(world)


@pytest.mark.parametrize(
    ("wish", "days", "error", "message"),
    [
        (CARD, 0, Invalid, "consent.days"),
        (CARD, LONGEST_DAYS + 1, Invalid, "consent.days"),
        (Wish(Item.STORY, Channel.SHOP, Language.EN), 365, Invalid, "consent.which_story"),
        (Wish(Item.CARD, Channel.SHOP, Language.EN, "story:1"), 365, Invalid, "consent.which_story"),
        (Wish(Item.STORY, Channel.SHOP, Language.EN, "story:1"), 365, NotFound, "story.unknown"),
        (Wish(Item.FACE, Channel.SHOP, Language.EN, "story:1"), 365, Refused, "consent.faces_off"),
    ],
)
def test_what_cannot_be_agreed_to(world: World, wish: Wish, days: int, error: type[Exception], message: str) -> None:
    publishing.choose(world)
    with pytest.raises(error, match=message):
        grant(world, wish, days=days)


def test_without_a_persona_there_is_no_card(world: World) -> None:
    with pytest.raises(Invalid, match=r"consent\.no_persona"):
        grant(world)


@both_databases
def test_one_thing_or_all_of_it_is_taken_down(world: World) -> None:
    publishing.choose(world)
    publishing.agree(world)
    before = publishing.number(world)

    assert withdraw(world, Item.ALIAS) == len(Channel) * 2
    assert shown(world) and not shown(world, Wish(Item.ALIAS, Channel.PACKAGING, Language.BN))
    assert withdraw(world) == len(Channel) * 2
    assert not shown(world)
    assert withdraw(world) == 0
    assert publishing.number(world) > before
    with world.reading():
        acts = [(row.act, row.subject, row.reason) for row in audit.newest(2)]
    assert acts == [("consents.withdraw", "artisan:1", "everything"), ("consents.withdraw", "artisan:1", "alias")]


@both_databases
def test_a_version_moves_with_the_withdrawal_or_not_at_all(world: World) -> None:
    publishing.choose(world)
    grant(world)
    before = publishing.number(world)

    with pytest.raises(RuntimeError), world.writing() as at:
        consents.withdraw(artisan("Rina"), at=at, by=user("Rina"))
        raise RuntimeError("the power goes")

    assert shown(world) and publishing.number(world) == before


@pytest.mark.parametrize(
    ("names", "own", "message"),
    [
        ({"en": ""}, False, "persona.name"),
        ({"en": "rina"}, False, "persona.work_name"),
        ({"en": " R-i na "}, True, "persona.work_name"),
        ({"en": "Doyel", "bn": "Rina"}, True, "persona.work_name"),
        ({"en": "Anjali Mondal"}, False, "persona.real_name"),
        ({"en": "Khatun"}, False, "persona.real_name"),
        ({"en": "Doyel", "bn": "মণ্ডল"}, False, "persona.real_name"),
        ({"en": "Rescued bird"}, True, "persona.word"),
    ],
    ids=str,
)
def test_a_persona_leads_nowhere(world: World, names: dict[str, str], own: bool, message: str) -> None:
    with pytest.raises(Invalid, match=message), world.writing() as at:
        persona.choose(artisan("Rina"), names, "tide", not_her_own=own, at=at, by=user("Meera"))
    with world.reading():
        assert db.session.scalar(select(Persona.id)) is None


def test_a_public_id_says_nothing(world: World) -> None:
    ids = set()
    for number, name in enumerate(("Rina", "Mala", "Shila")):
        publishing.choose(world, name, public=f"Pakhi{number}")
        with world.reading():
            found = persona.find_of(artisan(name))
            assert found is not None
            ids.add(found.public_id)

    assert len(ids) == 3
    assert all(len(each) == 16 and not each.isdigit() for each in ids)


def test_faces_are_the_houses_and_safeguardings(world: World) -> None:
    for name in ("Meera", "Anita", "Farida"):
        with pytest.raises(Refused), world.writing() as at:
            consents.switch_faces(True, at=at, by=user(name))
    publishing.choose(world)
    story_id = publishing.draft(world)
    face = Wish(Item.FACE, Channel.SHOP, Language.EN, f"story:{story_id}")
    with world.writing() as at:
        consents.switch_faces(True, at=at, by=user("Nasrin"))
    grant(world, face)
    assert shown(world, face)
    with world.writing() as at:
        consents.switch_faces(False, at=at, by=user("Nasrin"))
    assert not shown(world, face)
