"""No column, no choice and no form of the whole house has a place for what happened to anyone.

Read by reflection from both databases at head, from every enum of the shop and from every form's field.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect

import shop
from shop.artisans.vault.models import FIELDS
from shop.db import db

# Stems as they would stand in a name; whole words where the stem has innocent readings.
WORDS = re.compile(
    r"victim|surviv|rescu|traffick|abus|brothel|prostitut|exploit|sex_?work|trauma|violen|rape|assault|perpetrat|"
    r"offender|crimin|police|court|shelter|asylum|refuge|counsel|therap|diagnos|disease|hiv|pregnan|caste|religio|"
    r"(?:^|_|-)(?:fir|case|cases|raid|incident|history|background|past|story_of|origin|vulnerab\w*|risk_?level|"
    r"category|tags?|remarks?|legal_status|marital\w*|medical|health|gender|village)(?:$|_|-)"
)
# Free text about anything else than a person; each is looked at by hand before it is written here.
NOTES = {
    "gateway_event.note", "payment_review.note", "payment_review_event.note",
    "payment_attempt_event.note", "payout_event.note", "stock_movement.note", "task_check.note",
    "orders.note", "order_event.note", "making_event.note", "story_event.note",  # why rates or a text were sent back
    "correction.note", "correction_event.note", "recount.note",  # why an earning was counted wrongly
    "product.note",  # what a product still lacks
    "share_rule_event.note", "return_event.note",  # why a rule or a return was refused
    "dispute_event.note",  # what was sent to a bank
    "cash_act.note",  # why a count differs
    "month_close.note",  # why a month was closed over a question
    "unwitnessed_answer.note",  # what was found about a payout's answer
}  # fmt: skip
THINGS = {  # of a piece: the random text on its label; of a product: words for lists and marketplaces
    ("unit", "tag"), ("product", "tags"), ("product", "category"),
}  # fmt: skip
VAULT_ONLY = {*FIELDS, "wrapped_key", "phone_index", "key_version", "key_id"} - {"phone", "address"}
CUSTOMERS = {"orders", "saved_address", "ticket"}  # whose phone and address are a customer's


@pytest.fixture
def columns(app: Flask) -> dict[str | None, list[tuple[str, str]]]:
    """Every (table, column) of both databases, as they stand at head."""
    with app.app_context():
        return {
            bind: [
                (table, column["name"])
                for table in inspect(engine).get_table_names()
                for column in inspect(engine).get_columns(table)
            ]
            for bind, engine in db.engines.items()
        }


def enums() -> Iterator[tuple[str, str]]:
    """Yield every (enum, value) of the shop."""
    for found in pkgutil.walk_packages(shop.__path__, "shop."):
        if found.name.startswith("shop.demo"):
            continue
        for kind in vars(importlib.import_module(found.name)).values():
            if isinstance(kind, type) and issubclass(kind, Enum) and kind.__module__.startswith("shop."):
                yield from ((kind.__name__, str(member.value)) for member in kind)


def fields() -> set[str]:
    """Return the name of every field of every form."""
    pages = "".join(path.read_text() for path in Path("shop/templates").rglob("*.html"))
    found = re.findall(r"""name=["']([a-z_-]+)["']""", pages)
    return {*found, *re.findall(r"""(?:field|textarea|select|radio|tick)\(["']([a-z_-]+)["']""", pages)}


def test_no_column_has_a_place_for_it(columns: dict[str | None, list[tuple[str, str]]]) -> None:
    everything = [name for found in columns.values() for name in found]

    assert len(everything) > 200, "the reflection sees the whole house"
    assert {name for name in everything if any(WORDS.search(part) for part in name)} == THINGS


def test_no_choice_has_a_word_for_it() -> None:
    known = set(enums())

    assert ("LookReason", "own-request") in known and ("Role", "artisan") in known
    assert [choice for choice in known if WORDS.search(choice[1]) or WORDS.search(choice[0].lower())] == []


def test_no_form_asks_for_it() -> None:
    assert {"legal_name", "work_name", "reason"} <= fields() | set(FIELDS)
    assert {name for name in fields() if WORDS.search(name)} == {"category", "tags"}  # of a product: THINGS


@pytest.mark.parametrize(
    "name",
    ["victim_id", "is_survivor", "rescued_on", "case", "fir_number", "was_trafficked", "abuse", "police_case",
     "shelter_home", "tags", "remarks", "hiv_status", "case-file", "risk_level", "medical_note"],
)  # fmt: skip
def test_the_list_of_words_catches_what_it_should(name: str) -> None:
    assert WORDS.search(name)


@pytest.mark.parametrize(
    "name", ["purchase", "first_name", "confirmed_on", "history_id_", "trace", "storefront", "casement"]
)
def test_and_nothing_innocent(name: str) -> None:
    assert not WORDS.search(name.replace("history_id_", "id"))


def test_the_vault_holds_the_fields_that_were_agreed_and_no_note(
    columns: dict[str | None, list[tuple[str, str]]],
) -> None:
    bookkeeping = {"artisan_id", "wrapped_key", "key_version", "key_id", "phone_index"}
    moments = {"entered_at", "changed_at", "unclaimed_since"}

    assert {c for t, c in columns["identity"] if t == "identity"} == {*FIELDS} | bookkeeping | moments
    assert {c for t, c in columns["identity"] if t == "tombstone"} == {"artisan_id", "erased_at"}


def test_the_shop_has_none_of_the_vaults_columns(columns: dict[str | None, list[tuple[str, str]]]) -> None:
    shops = columns[None]

    assert [name for name in shops if name[1] in VAULT_ONLY] == []
    assert {table for table, column in shops if column in ("phone", "address")} <= CUSTOMERS


def test_the_shop_has_no_free_text_about_a_maker(columns: dict[str | None, list[tuple[str, str]]]) -> None:
    notes = {f"{table}.{column}" for table, column in columns[None] if re.search(r"note(?!d_)|comment|memo", column)}

    assert {name for name in notes if re.match(r"(artisan|user_account|identity|persona)", name)} == set()
    assert notes <= NOTES
