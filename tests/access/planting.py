"""Unique values in every private column; how each is known again `tests/access/canaries.py` says.

A column that holds words gets a token of its own in every row (`zq……qz`, six random letters). One whose
value must keep a shape gets a unique value of that shape (phones, cards), and one whose value something
hangs on (keys, hashes, the gateways' ids) keeps it: those are unique already.
"""

import json
import random
from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Table, select, text
from sqlalchemy.engine import Connection

from shop import identities, peppers
from shop.artisans.models import Artisan
from shop.db import db
from shop.users.models import Role, User
from tests.access.canaries import Canary, Planted
from tests.access.private import PRIVATE, tables
from tests.world import World

LETTERS = "abcdefghijklmnoprstuvwxy"
# What something hangs on keeps the value that it has; the order's link, the gateways' ids and all hashes.
KEPT = {
    "orders.key", "cart.key", "user_account.secret_hash", "sign_in.token_hash", "payment_attempt.page_ref",
    "capture.payment_ref", "refund.gateway_ref", "gateway_event.event_id", "persona.public_id", "story_picture.name",
    "mailed_link.token_hash", "mailed_link.secret_hash", "mailed_link.browser_hash", "link_allowance.email_hash",
    "sign_in_tries.key", "device.token_hash", "half_sign_in.token_hash", "recovery_code.code_hash",
    "passkey.credential_id", "passkey.public_key", "passkey_challenge.challenge_hash", "invitation.nonce",
    "second_factor.seed", "month_close.note",  # a close is never written over, so its note is found as it stands
}  # fmt: skip
PHONES = ("orders.phone", "saved_address.phone")
DIGITS = {**dict.fromkeys(PHONES, "+9198{:08}"), "user_account.card_number": "{:012}"}
# What is out stands here as full_world.py wrote it: the story of Rina, who agreed to all of it.
NOT_OUT = "(SELECT id FROM story WHERE slug <> 'where-the-gauze-meets')"
NOT_AGREED = "artisan_id <> (SELECT artisan_id FROM story WHERE slug = 'where-the-gauze-meets')"
# Only some rows of these are private, or can be there.
ROWS = {
    **dict.fromkeys(("story_text.title", "story_text.lead", "story_text.body"), f"story_id IN {NOT_OUT}"),
    **dict.fromkeys(("story_picture.alt", "story_picture.name"), f"story_id IN {NOT_OUT}"),
    **{f"persona.{name}": NOT_AGREED for name in ("public_name", "name_bn", "name_hi", "emblem", "public_id")},
    "story.slug": f"id IN {NOT_OUT}",
    "product.title": "status = 'draft'",
    "product.titles": "status = 'draft'",
    "product.description": "status = 'draft'",
    "ticket.answer": "answered_at IS NOT NULL",
    "user_account.card_number": "role = 'artisan'",
    "user_account.email": "role <> 'artisan'",
}
OF_ORDER = (
    "SELECT product.centre_id FROM order_line JOIN variant ON variant.id = order_line.variant_id "
    "JOIN product ON product.id = variant.product_id WHERE order_line.order_id = "
)
# A column's rows that are judged apart from its others: the words that are put behind the column's name.
APART = {
    "user_account.name": "CASE role WHEN 'artisan' THEN '@artisan' WHEN 'customer' THEN '@customer' ELSE '' END",
    "user_account.email": "CASE role WHEN 'customer' THEN '@customer' ELSE '' END",
}
_STORY = ("NULL", "(SELECT a.user_id FROM artisan a JOIN story s ON s.artisan_id = a.id WHERE s.id = t.{0})",
          "(SELECT centre_id FROM story WHERE id = t.{0})")  # fmt: skip
_OF_CAPTURE = "(SELECT a.order_id FROM payment_attempt a JOIN capture c ON c.attempt_id = a.id WHERE c.id = {0})"
_HERS = "(SELECT a.{0} FROM artisan a JOIN earning e ON e.artisan_id = a.id WHERE e.id = {1})"
_EARNING = "(SELECT earning_id FROM correction WHERE id = t.correction_id)"


def _of_story(key: str) -> tuple[str, str, str]:
    """Return whose a story is, by the column that names it."""
    order, person, centre = _STORY
    return order, person.format(key), centre.format(key)


# table -> (its order, its person, its centre), each as SQL about the row `t`.
OWNERS: dict[str, tuple[str, str, str]] = {
    "orders": ("t.id", "NULL", ""),
    "order_event": ("t.order_id", "NULL", ""),
    "shipment": ("t.order_id", "NULL", ""),
    "payment_attempt": ("t.order_id", "NULL", ""),
    "payment_attempt_event": ("(SELECT order_id FROM payment_attempt WHERE id = t.attempt_id)", "NULL", ""),
    "capture": ("(SELECT order_id FROM payment_attempt WHERE id = t.attempt_id)", "NULL", ""),
    "refund": (_OF_CAPTURE.format("t.capture_id"), "NULL", ""),
    "dispute": (_OF_CAPTURE.format("t.capture_id"), "NULL", ""),
    "dispute_event": (
        _OF_CAPTURE.format("(SELECT capture_id FROM dispute WHERE id = t.dispute_id)"), "NULL", "",
    ),
    "artisan": ("NULL", "t.user_id", "t.centre_id"),
    "user_account": ("NULL", "t.id", "t.centre_id"),
    "sign_in": ("NULL", "t.user_id", "(SELECT centre_id FROM user_account WHERE id = t.user_id)"),
    "payout": (
        "NULL", "(SELECT user_id FROM artisan WHERE id = t.artisan_id)",
        "(SELECT centre_id FROM artisan WHERE id = t.artisan_id)",
    ),
    "payout_came_back": (
        "NULL", "(SELECT a.user_id FROM artisan a JOIN payout p ON p.artisan_id = a.id WHERE p.id = t.payout_id)",
        "(SELECT a.centre_id FROM artisan a JOIN payout p ON p.artisan_id = a.id WHERE p.id = t.payout_id)",
    ),
    "advance": (
        "NULL", "(SELECT user_id FROM artisan WHERE id = t.artisan_id)",
        "(SELECT centre_id FROM artisan WHERE id = t.artisan_id)",
    ),
    "cash_act": ("NULL", "NULL", "t.centre_id"),
    "deduction": (
        "NULL", "(SELECT user_id FROM artisan WHERE id = t.artisan_id)",
        "(SELECT centre_id FROM artisan WHERE id = t.artisan_id)",
    ),
    "payout_event": (
        "NULL", "(SELECT a.user_id FROM artisan a JOIN payout p ON p.artisan_id = a.id WHERE p.id = t.payout_id)",
        "(SELECT a.centre_id FROM artisan a JOIN payout p ON p.artisan_id = a.id WHERE p.id = t.payout_id)",
    ),
    "task_check": (
        "NULL", "(SELECT a.user_id FROM artisan a JOIN task k ON k.artisan_id = a.id WHERE k.id = t.task_id)",
        "(SELECT a.centre_id FROM artisan a JOIN task k ON k.artisan_id = a.id WHERE k.id = t.task_id)",
    ),
    "stock_movement": (
        "NULL", "NULL", "(SELECT p.centre_id FROM product p JOIN variant v ON v.product_id = p.id "
        "WHERE v.id = t.variant_id)",
    ),
    "centre": ("NULL", "NULL", "t.id"),
    "product": ("NULL", "NULL", "t.centre_id"),
    "persona": (
        "NULL", "(SELECT user_id FROM artisan WHERE id = t.artisan_id)",
        "(SELECT centre_id FROM artisan WHERE id = t.artisan_id)",
    ),
    "story": _of_story("id"),
    **dict.fromkeys(("story_text", "story_picture", "story_event"), _of_story("story_id")),
    "correction": ("NULL", _HERS.format("user_id", "t.earning_id"), _HERS.format("centre_id", "t.earning_id")),
    "correction_event": ("NULL", _HERS.format("user_id", _EARNING), _HERS.format("centre_id", _EARNING)),
    "recount": (
        "NULL", "(SELECT a.user_id FROM artisan a JOIN task k ON k.artisan_id = a.id JOIN task_piece p "
        "ON p.task_id = k.id WHERE p.id = t.entry_id)",
        "(SELECT a.centre_id FROM artisan a JOIN task k ON k.artisan_id = a.id JOIN task_piece p "
        "ON p.task_id = k.id WHERE p.id = t.entry_id)",
    ),
    "making_event": (
        "NULL", "NULL", "(SELECT p.centre_id FROM product p JOIN making m ON m.product_id = p.id "
        "WHERE m.id = t.making_id)",
    ),
    "return_event": ("(SELECT order_id FROM return_request WHERE id = t.return_id)", "NULL", ""),
    "share_rule_event": (
        "NULL", "NULL", "(SELECT p.centre_id FROM product p JOIN share_rule r ON r.scope = 'product:' || p.id "
        "WHERE r.id = t.share_rule_id)",
    ),
    "unwitnessed_answer": (
        "NULL", "(SELECT a.user_id FROM artisan a JOIN payout p ON p.artisan_id = a.id WHERE p.id = t.payout_id)",
        "(SELECT a.centre_id FROM artisan a JOIN payout p ON p.artisan_id = a.id WHERE p.id = t.payout_id)",
    ),
    "thanks": (
        "t.order_id",
        "(SELECT a.user_id FROM artisan a JOIN thanks_for f ON f.artisan_id = a.id WHERE f.thanks_id = t.id)", "",
    ),
    "ticket": ("NULL", "-1000 - t.id", ""),  # and who wrote a letter is another one still
    "saved_address": ("NULL", "t.customer_id", ""),
    "mailed_link": ("NULL", "COALESCE(t.user_id, -t.id)", ""),  # an address without an account is a person of its own
    **dict.fromkeys(("passkey", "second_factor"), ("NULL", "t.user_id", "")),
}  # fmt: skip


def plant(world: World, seed: int) -> Planted:
    """Put a canary into every private column of every row there is; the books may differ afterwards."""
    chance = random.Random(seed)
    planted = Planted()
    _enter_identities(world, planted, chance)
    with world.reading():
        for bind, engine in db.engines.items():
            if bind is not None:
                continue  # the vault's records are sealed: they went in by its own verb
            names = {table.name for table in db.metadatas[bind].sorted_tables}
            with engine.connect().execution_options(writing=True) as connection, connection.begin():
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
                for table in tables():
                    if table.name in names:
                        _plant_table(connection, table, planted, chance)
                _let_letters_be_sent_again(connection)
    return planted


def _enter_identities(world: World, planted: Planted, chance: random.Random) -> None:
    """Write a whole identity of canaries into the vault for each maker, as her manager would."""
    for number in _makers(world):
        with world.reading():
            artisan = db.session.get_one(Artisan, number)
            owner = (artisan.user_id, frozenset({artisan.centre_id}))
            by = db.session.scalars(select(User).where(User.role == Role.SAFEGUARDING)).one()
            given, found = _person(number, chance)
            keys = world.app.extensions["vault_keys"]
            identities.enter(keys, number, given, at=world.clock.now(), by=by)
            with db.engines["identity"].connect() as connection:
                index = connection.execute(
                    text("SELECT phone_index FROM identity WHERE artisan_id = :id"), {"id": number}
                )
                found["phone_index"] = (str(index.scalar_one()), "texts")
        for name, (value, kind) in found.items():
            canary = Canary(f"identity.{name}", f"({number},)", value, None, *owner)
            getattr(planted, kind)[value] = canary


def _makers(world: World) -> list[int]:
    with world.reading():
        return list(db.session.scalars(select(Artisan.id)))


def _person(number: int, chance: random.Random) -> tuple[dict[str, str | None], dict[str, tuple[str, str]]]:
    """Return an invented person, and the canary in each of her fields."""
    tokens = {name: _token(chance) for name in ("legal_name", "address", "account_holder", "upi")}
    digits = {
        "phone": f"98{chance.randrange(10**7, 10**8 - 1)}",
        "account_number": f"{chance.randrange(10**11, 10**12)}",
    }
    texts = {"birth_date": f"19{70 + number}-03-{10 + number}", "ifsc": f"ZQXJ0{chance.randrange(10**5, 10**6)}"}
    given: dict[str, str | None] = {**tokens, **digits, **texts}
    given |= {"phone": "+91" + digits["phone"], "upi": tokens["upi"] + "@invented"}
    found = {name: (value, "tokens") for name, value in tokens.items()}
    found |= {name: (value, "digits") for name, value in digits.items()}
    return given, found | {name: (value, "texts") for name, value in texts.items()}


def _token(chance: random.Random) -> str:
    return "zq" + "".join(chance.choice(LETTERS) for _ in range(6)) + "qz"


def _plant_table(connection: Connection, table: Table, planted: Planted, chance: random.Random) -> None:
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if name not in PRIVATE:
            continue  # `columns()` sees to it that it stands among the open ones
        keys = [key.name for key in table.primary_key]
        where = f"WHERE {ROWS[name]}" if name in ROWS else ""
        wanted = f"""{", ".join(keys)}, "{column.name}" AS held, {APART.get(name, "''")} AS apart"""
        rows = connection.execute(text(f"SELECT {wanted} FROM {table.name} {where}"))
        for row in rows.mappings().all():
            at = {key: row[key] for key in keys}
            canary_of = _owned(connection, table.name, at)
            value, kind = _value(name, row["held"], at, chance)
            if value is None:
                continue
            found = Canary(name + row["apart"], str(tuple(at.values())), value, *canary_of)
            getattr(planted, kind)[value] = found
            if kind != "texts":
                _write(connection, table, column, at, row["held"], value, kind)


def _value(name: str, held: Any, at: dict[str, Any], chance: random.Random) -> tuple[str | None, str]:
    if name in KEPT:
        return (_opened(name, str(held), next(iter(at.values()))) if held else None), "texts"
    if name in DIGITS:
        if held is None:
            return None, "digits"
        number = chance.randrange(10_000_000, 99_999_999)
        return DIGITS[name].format(number).lstrip("+").removeprefix("91"), "digits"
    return _token(chance), "tokens"


def _opened(name: str, held: str, user_id: object) -> str:
    """Return a kept value as it would be seen: a seed as her phone has it, since what is sealed says nothing."""
    sealed = peppers.unseal(held, f"second_factor|{user_id}|seed") if name == "second_factor.seed" else held
    assert sealed is not None
    return sealed


def _write(
    connection: Connection, table: Table, column: Column[Any], at: dict[str, Any], held: Any, value: str, kind: str
) -> None:
    name = f"{table.name}.{column.name}"
    shaped = SHAPES.get(name, lambda held, value: value)(held, value)
    if kind == "digits":
        shaped = "+91" + value if name in PHONES else value
    where = " AND ".join(f"{key} = :{key}" for key in at)
    connection.execute(text(f'UPDATE {table.name} SET "{column.name}" = :value WHERE {where}'), {**at, "value": shaped})


def _document(held: Any, value: str) -> str:
    document = json.loads(held) if isinstance(held, str) else dict(held or {})
    return json.dumps({**document, "canary": value})


def _bytes(held: Any, value: str) -> bytes:
    return bytes(held) + json.dumps({"canary": value}).encode()


SHAPES: dict[str, Callable[[Any, str], Any]] = {
    **dict.fromkeys(
        ("user_account.email", "orders.email", "mailed_link.email", "ticket.email"),
        lambda held, value: f"{value}@canary.example",
    ),
    "payment_attempt.page_url": lambda held, value: f"{held or 'https://pay.example'}?seen={value}",
    "outbox.payload": _document,
    "product.titles": lambda held, value: json.dumps({"bn": value}),
    "gateway_event.body": _bytes,
}


def _owned(connection: Connection, table: str, at: dict[str, Any]) -> tuple[int | None, int | None, frozenset[int]]:
    if table not in OWNERS:
        return None, None, frozenset()
    order, person, centre = OWNERS[table]
    where = " AND ".join(f"t.{key} = :{key}" for key in at)
    found = connection.execute(
        text(f"SELECT {order}, {person}, {centre or 'NULL'} FROM {table} t WHERE {where}"), at
    ).one()
    if centre:
        of_the_house = table == "user_account" and found[2] is None  # who works for all centres is known in each
        some = connection.execute(text("SELECT id FROM centre")).scalars().all() if of_the_house else [found[2]]
        return found[0], found[1], frozenset(some) - {None}
    made_at = connection.execute(text(OF_ORDER + ":order_id"), {"order_id": found[0]}).scalars()
    return found[0], found[1], frozenset(made_at)


# What a letter is about -> where the address to which it goes stands.
ADDRESSES = {
    "order_id": "SELECT email FROM orders WHERE id = :id",
    "link_id": "SELECT email FROM mailed_link WHERE id = :id",
    "invitation_id": "SELECT u.email FROM user_account u JOIN invitation i ON i.user_id = u.id WHERE i.id = :id",
    "ticket_id": "SELECT email FROM ticket WHERE id = :id",
    "user_id": "SELECT email FROM user_account WHERE id = :id",
}
TO_THE_SELLER = "ticket_new"


def _let_letters_be_sent_again(connection: Connection) -> None:
    """Let the worker write every letter once more, now to the addresses that stand in the orders."""
    rows = connection.execute(text("SELECT id, reference, payload FROM outbox WHERE kind = 'mail'")).all()
    for row_id, reference, payload in rows:
        document = json.loads(payload) if isinstance(payload, str) else payload
        about = dict(document["values"])
        if document["template"] == "account_notice":
            about["user_id"] = reference.split(":")[2]  # mail:account:<id>:<what>:<when>
        for key, addresses in ADDRESSES.items():
            if key in about and document["template"] != TO_THE_SELLER:
                found = connection.execute(text(addresses), {"id": about[key]})
                document["to"] = found.scalar_one()
        connection.execute(
            text("UPDATE outbox SET payload = :payload, done_at = NULL, tries = 0, lease_until = NULL WHERE id = :id"),
            {"id": row_id, "payload": json.dumps(document)},
        )
