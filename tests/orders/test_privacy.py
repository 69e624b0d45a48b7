"""What the shop holds of a customer: all of it in her export, and none of it left once she is erased.

`HELD` is written by hand: every column of every table that can hold something of a customer, whether
she gets it, and what becomes of it. Every other table is judged too, in the lists below it: a new
column or a new table that stands nowhere fails here.
"""

import json
from collections.abc import Iterable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import JSON, String, Table, event, inspect, select, text, update

from shop import books, mail, peppers, privacy
from shop.db import db
from shop.errors import Conflict, NotFound
from shop.orders import lifecycle, tickets
from shop.orders import privacy as of_orders
from shop.orders.models import Order, OrderStatus
from shop.orders.tickets import Topic
from shop.outbox import OutboxRow
from shop.payments import privacy as of_payments
from shop.users import audit, customers, devices, halves, passkeys, tries
from shop.users.devices import Device
from shop.users.links import LinkAllowance
from shop.users.models import User
from shop.users.passkeys import Site
from shop.users.tries import Tries
from tests.cast import ARTISANS, PASSWORD, TOTE, WALLET
from tests.conftest import both_databases
from tests.letters import letters, newest_link
from tests.web.test_account import PLACE, fresh
from tests.world import World

ASHA = "asha@test.example"

# What becomes of a column: "gone" with its row, "neutral" replaced or emptied, "stays" because the books,
# the tax office or the gateway need it and it names nobody. A "+" means that she gets it in her export.
HELD = {
    "user_account": {
        "id": "stays", "role": "stays", "name": "+neutral", "email": "+neutral", "card_number": "stays",
        "secret_hash": "neutral", "password_set_at": "+neutral", "email_proven_at": "+neutral", "language": "+neutral",
        "centre_id": "stays", "pepper": "stays", "sign_in_version": "stays", "created_at": "+stays",
        "disabled_at": "stays", "signed_in_at": "+neutral", "signed_in_before_at": "+neutral",
    },
    "sign_in": {
        "id": "gone", "token_hash": "gone", "user_id": "gone", "version": "gone", "began_at": "+gone",
        "idle_until": "+gone", "stepped_up_at": "+gone", "ended_at": "+gone",
        "enrol_first": "gone",
    },
    "half_sign_in": dict.fromkeys(("id", "token_hash", "user_id", "version", "until"), "gone"),
    "sign_in_tries": dict.fromkeys(("key", "tries", "until"), "gone"),
    "device": dict.fromkeys(("id", "token_hash", "seen_at", "staff_at"), "gone"),
    "device_user": {"device_id": "gone", "user_id": "gone", "at": "+gone"},
    "passkey_challenge": dict.fromkeys(("challenge_hash", "user_id", "asked", "until"), "gone"),
    "mailed_link": {
        "id": "gone", "purpose": "+gone", "token_hash": "gone", "user_id": "gone", "email": "+gone", "name": "+gone",
        "secret_hash": "gone", "browser_hash": "gone", "language": "+gone", "leads_to": "+gone", "asked_at": "+gone",
        "expires_at": "+gone", "used_at": "+gone",
    },
    "link_allowance": {"email_hash": "gone", "asked": "gone", "until": "gone"},
    "saved_address": {
        "id": "gone", "customer_id": "gone", "phone": "+gone", "name": "+gone", "line1": "+gone", "line2": "+gone",
        "city": "+gone", "state": "+gone", "postcode": "+gone", "country": "+gone", "added_at": "+gone",
    },
    "orders": {
        "id": "stays", "customer_id": "neutral", "number": "+stays", "key": "neutral", "cart_id": "stays",
        "status": "+stays", "currency": "+stays", "items_minor": "+stays", "shipping_minor": "+stays",
        "total_minor": "+stays", "tax_minor": "+stays", "shipping_method": "+stays", "place_of_supply": "+stays",
        "promised_on": "+stays", "language": "+stays", "email": "+neutral", "phone": "+neutral", "name": "+neutral",
        "line1": "+neutral", "line2": "+neutral", "city": "+neutral", "state": "+neutral", "postcode": "+neutral",
        "country": "+stays", "placed_at": "+stays", "paid_at": "+stays", "note": "+neutral", "zone": "stays",
        "grams": "+stays", "tariff_version": "stays", "arrives_from": "+stays", "arrives_by": "+stays",
    },
    "order_line": {
        "id": "stays", "order_id": "stays", "position": "stays", "variant_id": "stays", "making_id": "stays",
        "sku": "+stays", "title": "+stays", "option": "+stays", "hsn": "stays", "quantity": "+stays",
        "unit_minor": "+stays", "total_minor": "+stays", "ready_in_days": "stays", "share_minor": "stays",
        "breakdown": "stays",
    },
    "tax_line": dict.fromkeys(
        ("id", "order_id", "order_line_id", "kind", "hsn", "rate_bp", "rate_from", "taxable_minor", "amount_minor"),
        "stays",
    ),
    "order_event": {
        "id": "stays", "order_id": "stays", "status": "+stays", "at": "+stays", "by": "stays", "note": "+neutral",
    },
    "return_request": {
        "id": "stays", "order_id": "stays", "status": "stays", "reason": "stays", "asked_at": "stays",
        "refund_minor": "stays",
    },
    "return_line": {"return_id": "stays", "order_line_id": "stays", "quantity": "stays"},
    "return_piece": dict.fromkeys(
        ("return_id", "unit_id", "order_line_id", "outcome", "settled_at", "settled_by"), "stays"
    ),
    "return_event": {
        "id": "stays", "return_id": "stays", "status": "stays", "at": "stays", "by": "stays", "note": "stays",
    },
    "return_refund": dict.fromkeys(("refund_id", "return_id"), "stays"),
    "shipment": {
        "id": "stays", "order_id": "stays", "carrier": "+stays", "tracking": "+neutral", "shipped_at": "+stays",
        "shipped_by": "stays", "delivered_at": "+stays",
    },
    "invoice": {  # what it says names nobody; its file is kept for the tax office as long as the law wants
        "id": "stays", "kind": "+stays", "number": "+stays", "seller": "stays", "series": "stays", "year": "stays",
        "seq": "stays", "reference": "stays", "order_id": "stays", "credits_id": "stays", "issued_on": "+stays",
        "issued_at": "stays", "issued_by": "stays", "currency": "stays", "total_minor": "+stays",
        "tax_minor": "+stays", "document": "stays",
    },
    "invoice_file": dict.fromkeys(("invoice_id", "sha256", "size", "drawn_at"), "stays"),
    "cart": dict.fromkeys(("id", "key", "currency", "created_at", "touched_at"), "stays"),
    "cart_line": dict.fromkeys(("id", "cart_id", "variant_id", "quantity"), "stays"),
    "payment_attempt": {
        "id": "stays", "order_id": "stays", "number": "stays", "gateway": "+stays", "key": "stays", "status": "+stays",
        "amount_minor": "+stays", "currency": "+stays", "captured_minor": "stays", "refund_reserved_minor": "stays",
        "page_ref": "stays", "page_url": "neutral", "expires_at": "stays", "created_at": "+stays",
        "looked_at": "stays",
    },
    "payment_attempt_event": {
        "id": "stays", "attempt_id": "stays", "status": "stays", "at": "stays", "by": "stays", "note": "neutral",
    },
    "capture": {
        "id": "stays", "attempt_id": "stays", "gateway": "stays", "payment_ref": "+stays", "amount_minor": "+stays",
        "currency": "stays", "captured_at": "+stays",
    },
    "refund": {
        "id": "stays", "capture_id": "stays", "key": "stays", "amount_minor": "+stays", "status": "+stays",
        "reason": "+neutral", "gateway_ref": "stays", "requested_at": "+stays", "requested_by": "stays",
        "processed_at": "+stays",
    },
    "refund_event": dict.fromkeys(("id", "refund_id", "status", "at", "by"), "stays"),
    "ticket": {
        "id": "gone", "number": "+gone", "topic": "+gone", "name": "+gone", "email": "+gone", "text": "+gone",
        "language": "+gone", "written_at": "+gone", "answer": "+gone", "answered_at": "+gone", "answered_by": "gone",
        "closed_at": "+gone",
    },
    "outbox": {
        "id": "stays", "kind": "stays", "reference": "stays", "payload": "+neutral", "due_at": "+stays",
        "lease_until": "stays", "token": "stays", "tries": "stays", "done_at": "+stays", "gave_up_at": "stays",
        "last_error": "neutral",
    },
}  # fmt: skip
COUNTS = {"link_allowance", "sign_in_tries"}  # keyed hashes and nothing else: looked at by themselves below
GOES_WITH_TIME = {"gateway_event"}  # what a gateway sent is emptied by the sweep; her page says so
# Tables that hold nothing of a customer. One that points at a person points at staff or at a maker.
OF_STAFF = {"invitation", "second_factor", "recovery_code", "passkey", "house_switch", "catalogue_file"}
OF_MAKERS = {
    "artisan", "artisan_number", "pin_reset", "availability", "identity_look", "identity_looks_of_day",
    "identity_tombstone", "persona", "consent", "consent_withdrawal", "earning", "correction", "correction_event",
    "payout", "payout_event", "payout_file", "payout_file_line", "unwitnessed_answer", "story", "story_text",
    "story_picture", "story_review", "story_event", "share", "share_part",
}  # fmt: skip
OF_THE_HOUSE = {  # the audit and the books name people and orders by surrogate ids alone
    "shipping_tariff", "invoice_series",
    "claim", "product_address",
    "organisation", "centre", "audit_head", "audit_record", "ledger_account", "ledger_balance", "ledger_entry",
    "ledger_seal", "ledger_transfer", "product", "variant", "price", "picture", "rendition", "stock",
    "product_material", "listing", "listing_price", "search_word", "search_slip", "search_posting", "collection",
    "collection_pick", "stock_movement", "reservation", "unit", "unit_maker", "page_version", "making", "making_event",
    "making_step", "piece",
    "production_order", "task", "task_check", "task_event", "task_piece", "share_rule", "share_rule_event", "cost",
    "actual_cost",
}  # fmt: skip
SIGNING_IN = {"sign_ins", "browsers", "links"}  # how the export calls what has to do with signing in
NOT_HERS = OF_STAFF | OF_MAKERS | OF_THE_HOUSE


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


def a_life(world: World) -> int:
    """Give Asha an order that arrived long ago, a refund, an address, a sign-in, links and mails; return her id."""
    number = deliver(world, world.buy(TOTE))
    farida = world.browser().sign_in("Farida")
    answer = farida.post(f"/manager/orders/{number}/refund", {"reason": "a scratch"})
    assert answer.status_code in (303, 422), answer.status_code
    cancelled = world.buy(WALLET)
    assert world.browser().post(f"{cancelled}/cancellation").status_code == 303
    world.work()
    asha = world.browser().sign_in_customer()
    asha.post("/account/addresses/new", PLACE)
    asha.post("/login/link", {"email": ASHA})
    asha.post("/account/new", {"email": ASHA, "name": "A", "password": "a long enough one"})
    letters(world, ASHA)
    with world.writing() as at:
        words = (Topic.ORDER, "Asha Sen", ASHA, "Where is my bag?")
        letter = tickets.write(*words, language="en", seller="", at=at)
        tickets.answer(letter, "It left today.", at=at, by="user:1")
    with world.writing() as at:
        hers = user_id(ASHA)
        halves.begin(db.session.get_one(User, hers), at=at)  # no page gives a customer these; were there one, it goes
        passkeys.ask_to_prove(hers, Site("localhost", "http://localhost"), at=at)
    return hers


def deliver(world: World, link: str, *, days: int = 15) -> str:
    """Ship an order, let it arrive, and let days pass; return its number."""
    order_id = world.order(link).id
    with world.writing() as at:
        lifecycle.ship(db.session.get_one(Order, order_id), "India Post", "EB1IN", at=at, by="user:1")
    with world.writing() as at:
        lifecycle.deliver(db.session.get_one(Order, order_id), at=at, by="user:1")
    world.advance(timedelta(days=days))
    return world.order(link).number


def user_id(email: str) -> int:
    return db.session.scalars(select(User.id).where(User.email == email)).one()


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


def dump(world: World) -> dict[str, str]:
    """Return every column of the main database as text; the gateways' raw events go by another's sweep."""
    found: dict[str, str] = {}
    with world.reading():
        for table in inspect(db.engine).get_table_names():
            for column in inspect(db.engine).get_columns(table):
                if (table, column["name"]) == ("gateway_event", "body"):
                    continue
                values = db.session.execute(text(f'SELECT "{column["name"]}" FROM "{table}"')).scalars()
                found[f"{table}.{column['name']}"] = repr(list(values))
    return found


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


def test_many_orders_are_told_and_asked_about_with_the_statements_of_one(world: World) -> None:
    def statements() -> int:
        seen: list[str] = []

        def count(*given: object) -> None:
            seen.append(str(given[2]))

        with world.reading():
            event.listen(db.engine, "before_cursor_execute", count)
            person = privacy.get_by_email(ASHA)
            rows = {name: len(list(rows)) for name, rows in privacy.sections(person)}
            privacy.holds(person, at=world.clock.now())
            event.remove(db.engine, "before_cursor_execute", count)
        assert rows["orders"] == rows["payments"] == len(person.orders)
        return len(seen)

    world.buy(TOTE)
    few = statements()
    world.buy(TOTE)
    world.buy(WALLET)
    assert statements() == few


@both_databases
def test_the_books_hold_and_the_amounts_stay_under_the_order_s_number(world: World) -> None:
    a_life(world)
    with world.reading():
        before = db.session.execute(
            select(Order.number, Order.total_minor, Order.tax_minor, Order.place_of_supply)
        ).all()
    with world.writing() as at:
        hers = db.session.get_one(User, user_id(ASHA))
        assert privacy.erase(privacy.of_account(hers), at=at, by=hers.actor) == 2

    with world.reading():
        columns = (Order.number, Order.total_minor, Order.tax_minor, Order.place_of_supply)
        assert db.session.execute(select(*columns)).all() == before
        assert {o.email.partition("@")[2] for o in db.session.scalars(select(Order))} == {"invalid"}
        assert [str(finding) for finding in books.findings()] == []
        assert list(audit.verify()) == []
        assert db.session.scalars(select(LinkAllowance)).all() == []
        assert [row.act for row in audit.newest(9, act="customers.erase")] == ["customers.erase"]


def test_she_takes_her_data_with_her(world: World) -> None:
    order = world.order(world.buy(TOTE))
    asha = world.browser().sign_in_customer()
    assert asha.post("/account/export", {"kind": "json"}).location.startswith("/step-up?next=")
    fresh(asha)

    answer = asha.post("/account/export", {"kind": "json"}, buffered=True)
    page = asha.post("/account/export", {"kind": "html"}, buffered=True)

    told = json.loads(answer.data)
    assert set(told) == {"made_at", "account", "addresses", "orders", "payments", "letters", "mails", *SIGNING_IN}
    assert told["orders"][0]["number"] == order.number and told["account"][0]["email"] == ASHA
    assert told["payments"][0]["received"][0]["amount_minor"] == order.total_minor
    assert told["mails"][0]["kind"] == "order_paid"
    assert told["browsers"] == [{"signed_in_at": told["account"][0]["signed_in_at"]}]
    assert order.key not in answer.text and "argon2" not in answer.text
    assert order.number in page.text and "12 Invented Lane" in page.text and "<script" not in page.text
    assert "₹749.00" in page.text and "minor" not in page.text
    for each in (answer, page):
        assert each.headers["Content-Disposition"].startswith("attachment; filename=")
        assert each.headers["Cache-Control"] == "no-store"
    with world.reading():
        assert [row.subject for row in audit.newest(5, act="customers.export")] == [f"user:{user_id(ASHA)}"] * 2


def test_nobody_else_s_order_is_in_her_export(world: World) -> None:
    other = world.order(world.buy(TOTE, email="kabir@test.example", name="Kabir Roy"))
    answer = fresh(world.browser().sign_in_customer()).post("/account/export", {"kind": "json"}, buffered=True)

    assert other.number not in answer.text and "Kabir" not in answer.text


@both_databases
def test_she_closes_her_account_by_saying_so_twice(world: World) -> None:
    link = world.buy(TOTE)
    deliver(world, link)
    asha, elsewhere = world.browser().sign_in_customer(), world.browser().sign_in_customer()
    assert asha.get("/account/erase").location == "/step-up?next=/account/erase"
    fresh(asha)
    assert "What stays" in asha.get("/account/erase").text
    assert asha.post("/account/erasure", {}).status_code == 422
    assert "quite sure" in asha.post("/account/erase").text

    assert asha.post("/account/erasure", {"sure": "yes"}).location == "/account/closed"

    assert [b.get("/account").status_code for b in (asha, elsewhere)] == [302, 302]
    assert world.browser().get(link).status_code == 404
    assert world.browser().post("/login", {"email": ASHA, "password": PASSWORD}).status_code == 422
    stranger = world.browser()
    stranger.post("/account/new", {"email": ASHA})  # the address is free again, and finds nothing
    stranger.post(newest_link(world, ASHA))
    assert "MB-" not in stranger.get("/account").text


@pytest.mark.parametrize("state", ["open", "on-its-way", "may-return", "unpaid"])
def test_an_order_that_is_not_settled_stands_in_the_way(world: World, state: str) -> None:
    link = world.buy(TOTE, pay=state != "unpaid")
    if state == "on-its-way":
        with world.writing() as at:
            order = db.session.get_one(Order, world.order(link).id)
            lifecycle.ship(order, "India Post", "EB1IN", at=at, by="user:1")
    if state == "may-return":
        deliver(world, link, days=13)
    asha = fresh(world.browser().sign_in_customer())
    number = world.order(link).number

    page = asha.get("/account/erase").text
    answer = asha.post("/account/erasure", {"sure": "yes"})

    assert number in page and "Erase everything</button>" not in page
    assert (answer.status_code, number in answer.text) == (409, True)
    assert world.order(link).email == ASHA
    assert asha.get("/account").status_code == 200
    with pytest.raises(Conflict, match=state), world.writing() as at:
        privacy.erase(privacy.get_by_email(ASHA), at=at, by="command")


def test_money_on_its_way_back_stands_in_the_way(world: World) -> None:
    link = world.buy(TOTE)
    world.browser().post(f"{link}/cancellation")
    with world.reading():
        assert [hold.why.value for hold in privacy.holds(privacy.get_by_email(ASHA), at=world.clock.now())] == [
            "refund-due"
        ]
    world.work()
    with world.reading():
        assert privacy.holds(privacy.get_by_email(ASHA), at=world.clock.now()) == []


def test_an_order_that_was_never_paid_is_cancelled_and_let_go(world: World) -> None:
    link = world.buy(TOTE, pay=False)
    world.advance(timedelta(minutes=40))
    world.look_at_gateways()
    with world.writing() as at:
        privacy.erase(privacy.get_by_email(ASHA), at=at, by="command")

    order = world.order(link)
    assert (order.status, order.name) == (OrderStatus.CANCELLED, "erased")


def test_a_mail_that_waits_is_not_sent_after_an_erase(world: World) -> None:
    world.browser().post("/login/link", {"email": ASHA})
    with world.writing() as at:
        privacy.erase(privacy.get_by_email(ASHA), at=at, by="command")

    assert letters(world, ASHA) == []
    with world.reading():
        assert [row.payload for row in db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "mail"))] == [{}]


@both_databases
def test_a_guest_who_writes_in_is_answered_by_the_commands(world: World) -> None:
    number = deliver(world, world.buy(TOTE, email="Kabir@Test.example", name="Kabir Roy"))
    runner = world.app.test_cli_runner()

    told = runner.invoke(args=["privacy", "export", "KABIR@test.example"])
    assert json.loads(told.output)["orders"][0]["number"] == number
    asked = runner.invoke(args=["privacy", "erase", "kabir@test.example"], input="n\n")
    assert asked.exit_code == 1 and "1 orders" in asked.output
    done = runner.invoke(args=["privacy", "erase", "kabir@test.example", "--yes"])
    assert done.exit_code == 0, done.output

    assert "Kabir" not in json.dumps(dump(world)) and "kabir@" not in json.dumps(dump(world))
    again = runner.invoke(args=["privacy", "export", "kabir@test.example"])
    assert again.exit_code == 1 and "nothing under this address" in again.output
    with world.reading():
        assert {row.act for row in audit.newest(9)} >= {"customers.export", "customers.erase"}


def test_nobody_is_found_under_an_address_that_bought_nothing(world: World) -> None:
    with world.reading(), pytest.raises(NotFound):
        privacy.get_by_email("nobody@test.example")


def test_an_account_that_bought_nothing_is_closed(world: World) -> None:
    with world.writing() as at:
        assert privacy.erase(privacy.get_by_email(ASHA), at=at, by="command") == 0
    with world.reading():
        assert customers.find_customer(ASHA) is None
