"""What the shop holds of a customer: all of it in her export, and none of it left once she is erased.

`tests/orders/held.py` is the list: into every column of it a text of its own is put, and looked for afterwards.
"""

import json
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import JSON, String, Table, select, text, update

from shop import mail, peppers, privacy
from shop.db import db
from shop.orders import privacy as of_orders
from shop.orders import thanks
from shop.orders.models import Order
from shop.payments import privacy as of_payments
from shop.users import devices, halves, passkeys, tries
from shop.users.devices import Device
from shop.users.models import User
from shop.users.tries import Tries
from tests.cast import ARTISANS
from tests.conftest import both_databases
from tests.orders.held import COUNTS, GOES_WITH_TIME, HELD, NOT_HERS, OF_MAKERS, OF_STAFF, OF_THE_HOUSE
from tests.orders.her_life import ASHA, a_life, dump, user_id
from tests.world import World


def test_every_column_that_can_hold_something_of_a_customer_is_in_the_list() -> None:
    tables = db.metadatas[None].tables

    assert {name: set(tables[name].columns.keys()) for name in HELD} == {name: set(HELD[name]) for name in HELD}


def test_every_table_was_judged_and_stands_in_one_list() -> None:
    lists = [*HELD, *GOES_WITH_TIME, *OF_STAFF, *OF_MAKERS, *OF_THE_HOUSE]

    assert sorted(lists) == sorted(db.metadatas[None].tables)


@both_databases
def test_a_table_that_is_not_hers_points_at_no_customer(world: World) -> None:
    a_life(world)
    with world.reading():
        assert people_in(HELD.keys()) >= {"customer"}  # the look finds one where there is one
        assert people_in(NOT_HERS) & {"customer"} == set()


def people_in(names: Iterable[str]) -> set[str]:
    """Return the roles of everyone at whom a row of some tables points."""
    found: set[str] = set()
    for name in names:
        for key in db.metadatas[None].tables[name].foreign_keys:
            if key.column.table.name == "user_account":
                found |= set(db.session.scalars(select(User.role).where(User.id.in_(select(key.parent)))))
    return found


def plant(world: World) -> dict[str, str]:
    """Put a text of its own into every column of hers that is to go or to be replaced; return column -> text."""
    planted: dict[str, str] = {}
    with world.writing():
        hers = user_id(ASHA)
        db.session.execute(update(Order).values(customer_id=hers))
        for name, fates in HELD.items():
            table = db.metadatas[None].tables[name]
            for column, fate in fates.items():
                mark = f"Q{len(planted):03}kxq7z"
                if "stays" not in fate and put(table, column, mark, hers):
                    planted[f"{name}.{column}"] = mark
    return planted


def put(table: Table, column: str, mark: str, hers: int) -> bool:
    """Put a text into one column of every row that is hers, if it can hold one."""
    if table.name in COUNTS:
        return False
    if (table.name, column) == ("ticket", "email"):  # by which a letter is known as hers: the one planted before
        own_address = select(User.email).where(User.id == hers).scalar_subquery()
        db.session.execute(table.update().values(email=own_address))
        return False
    owner = {
        "user_account": f"id = {hers}",
        "outbox": "kind = 'mail'",
        "device": f"id IN (SELECT device_id FROM device_user WHERE user_id = {hers})",
    } | dict.fromkeys(("sign_in", "half_sign_in", "passkey_challenge"), f"user_id = {hers}")
    where = text(owner.get(table.name, "1 = 1"))
    kind = table.c[column].type
    if isinstance(kind, JSON):
        for row_id, payload in db.session.execute(select(table.c.id, table.c[column]).where(where)).all():
            to = db.session.scalars(select(Order.email)).first()
            value = {**payload, "to": to, "template": mark}
            db.session.execute(table.update().where(table.c.id == row_id).values({column: value}))
        return True
    if not isinstance(kind, String) or (kind.length is not None and kind.length < len(mark)):
        return False
    value: Any = f"{mark.lower()}@test.example" if column == "email" else mark
    unique = {c.name for u in table.constraints for c in getattr(u, "columns", []) if len(u.columns) == 1}
    key = next(iter(table.primary_key))
    for number, row_id in enumerate(db.session.scalars(select(key).where(where)).all()):
        own = f"{value}-{number}" if column in unique and number else value
        db.session.execute(table.update().where(key == row_id).values({column: own}))
    return True


def left_after_an_erase(world: World) -> dict[str, str]:
    """Plant, erase, and return which planted texts are still somewhere: column -> where."""
    a_life(world)
    planted = plant(world)
    before = dump(world)
    for column, mark in planted.items():
        assert mark.lower() in before[column].lower(), f"{column} was not planted"
    with world.writing() as at:
        hers = db.session.scalars(select(User).where(User.email.like("q%@test.example"))).one()
        privacy.erase(privacy.of_account(hers), at=at, by=hers.actor)
    after = {where: found.lower() for where, found in dump(world).items()}
    return {column: where for column, mark in planted.items() for where in after if mark.lower() in after[where]}


@both_databases
def test_after_an_erase_nothing_of_her_is_found_in_a_dump(world: World) -> None:
    assert left_after_an_erase(world) == {}
    assert world.books_breaks() == []


@pytest.mark.parametrize(
    ("module", "verb", "column"),
    [
        (of_orders, "erase_addresses", "saved_address.line1"),
        (thanks, "erase_of", "thanks.text"),
        (of_payments, "erase_of", "refund.reason"),
        (mail, "forget", "outbox.payload"),
        (devices, "forget_of", "device.token_hash"),
        (halves, "forget_of", "half_sign_in.token_hash"),
        (passkeys, "forget_asked", "passkey_challenge.challenge_hash"),
    ],
)
def test_a_part_that_forgets_to_erase_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch, module: ModuleType, verb: str, column: str
) -> None:
    monkeypatch.setattr(module, verb, lambda *what, **more: None)

    assert column in left_after_an_erase(world)


@both_databases
def test_what_goes_is_gone_and_what_is_emptied_is_empty(world: World) -> None:
    hers = a_life(world)
    world.browser().sign_in_customer()  # once more, so that there is a sign-in before the newest
    pointing = [
        (name, key.parent)
        for name, fates in HELD.items()
        for key in db.metadatas[None].tables[name].foreign_keys
        if key.column.table.name == "user_account" and fates[key.parent.name] == "gone"
    ]

    def seen() -> tuple[set[str], bool, bool]:
        with world.reading():
            user = db.session.get_one(User, hers)
            rows = {name for name, column in pointing if db.session.scalars(select(column).where(column == hers)).all()}
            return rows, user.signed_in_at is not None, user.signed_in_before_at is not None

    everything = {name for name, _column in pointing}
    assert everything > {"sign_in", "device_user"}
    assert seen() == (everything, True, True)
    with world.writing() as at:
        privacy.erase(privacy.get_by_email(ASHA), at=at, by="command")
    assert seen() == (set(), False, False)


@both_databases
def test_no_count_of_her_tries_is_left_but_the_one_of_the_address(world: World) -> None:
    hers, stranger, wrong = world.browser().sign_in_customer(), world.browser(), {"email": ASHA, "password": "no"}
    hers.post("/logout")
    assert [hers.post("/login", wrong).status_code, stranger.post("/login", wrong).status_code] == [422, 422]
    with world.writing() as at:
        tries.count("name", ASHA, 5, at=at)  # from before she opened her account
    with world.reading():
        assert len(db.session.scalars(select(Tries.key)).all()) == 4
    with world.writing() as at:
        privacy.erase(privacy.get_by_email(ASHA), at=at, by="command")
    with world.reading():
        assert db.session.scalars(select(Tries.key)).all() == [peppers.keyed("tries", "address:127.0.0.1")]


@both_databases
def test_a_browser_that_others_use_stays_theirs(world: World) -> None:
    shared, alone = world.browser(), world.browser().sign_in_customer()
    shared.sign_in_customer().post("/logout")
    shared.sign_in_artisan("Rina")
    with world.writing() as at:
        rina = db.session.scalars(select(User.id).where(User.card_number == ARTISANS["Rina"][0])).one()
        [theirs] = devices.of(rina)
        assert len(devices.of(user_id(ASHA))) == 2 and theirs in devices.of(user_id(ASHA))
        privacy.erase(privacy.get_by_email(ASHA), at=at, by="command")
    with world.reading():
        assert list(db.session.scalars(select(Device.id))) == devices.of(rina) == [theirs]
    assert alone.get("/account").status_code == 302


@both_databases
def test_the_export_holds_every_column_that_it_promises_and_no_secret(world: World) -> None:
    a_life(world)
    planted = plant(world)
    with world.reading():
        hers = db.session.scalars(select(User).where(User.email.like("q%@test.example"))).one()
        told = "".join(privacy.as_json(privacy.sections(privacy.of_account(hers)), at=world.clock.now()))

    json.loads(told)
    wrong = {
        column: mark
        for column, mark in planted.items()
        if (mark.lower() in told.lower()) != HELD[column.split(".")[0]][column.split(".")[1]].startswith("+")
    }
    assert wrong == {}
