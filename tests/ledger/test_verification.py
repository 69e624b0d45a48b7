"""Verify finds what was bent behind the books' back, and names it. Each test drops a guard and bends one thing."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text

from shop import append_only
from shop.db import db
from shop.ledger import sealing, verification
from shop.ledger.models import APPEND_ONLY, Entry, Seal, Transfer
from shop.ledger.posting import Leg, post
from shop.money import Money
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.world import World

pytestmark = [both_databases, pytest.mark.books_may_differ]  # bare postings, with no order or task behind them
ON = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 6, tzinfo=UTC)


@pytest.fixture
def sealed(world: World) -> World:
    """A house with three sealed entries of two transfers each."""
    for number in (1, 2, 3):
        with world.writing():
            legs = [
                Leg("bank", "capital", Money(100 * number, "INR")),
                Leg("wages:1", "artisan:7:payable", Money(number, "INR")),
            ]
            post(f"event:{number}", "test", legs, effective_on=ON, at=AT, by="user:1")
    with world.writing():
        assert sealing.seal() == 3
    return world


def test_books_that_nobody_bent_have_nothing_to_say(sealed: World) -> None:
    assert findings(sealed) == []


def test_the_chain_links_each_entry_to_the_one_before(sealed: World) -> None:
    with sealed.reading():
        seals = db.session.scalars(select(Seal).order_by(Seal.seq)).all()
        assert [seal.seq for seal in seals] == [1, 2, 3]
        assert len({seal.chain for seal in seals}) == 3
        assert sealing.head() == (3, seals[-1].chain)
        assert sealing.unsealed() == 0


def test_sealing_again_adds_only_what_is_new(sealed: World) -> None:
    with sealed.writing():
        assert sealing.seal() == 0
    with sealed.writing():
        post("event:4", "test", [Leg("bank", "capital", Money(1, "INR"))], effective_on=ON, at=AT, by="user:1")
        assert sealing.unsealed() == 1
        assert sealing.seal() == 1

    assert findings(sealed) == []


def test_one_bent_paisa_is_found_and_the_transfer_is_named(sealed: World) -> None:
    bent = transfer_of(sealed, "event:2")

    bend(sealed, f"UPDATE ledger_transfer SET amount_minor = amount_minor + 1 WHERE id = {bent}")

    assert findings(sealed) == [f"ledger: transfer {bent} of event:2: is not what was sealed"]


def test_a_bent_paisa_of_hers_is_found_twice_in_the_chain_and_on_her_account(sealed: World) -> None:
    bent = transfer_of(sealed, "event:2", place=1)

    bend(sealed, f"UPDATE ledger_transfer SET amount_minor = amount_minor + 1 WHERE id = {bent}")

    assert findings(sealed) == [
        f"ledger: transfer {bent} of event:2: is not what was sealed",
        "ledger: account artisan:7:payable INR: stored balance 6 is not the sum of its transfers 7",
    ]


def test_a_transfer_turned_around_is_found(sealed: World) -> None:
    bent = transfer_of(sealed, "event:1")

    bend(
        sealed,
        "UPDATE ledger_transfer SET debit_account_id = credit_account_id, credit_account_id = debit_account_id "
        f"WHERE id = {bent}",
    )

    assert findings(sealed) == [f"ledger: transfer {bent} of event:1: is not what was sealed"]


def test_a_deleted_transfer_is_found_by_its_number(sealed: World) -> None:
    gone = transfer_of(sealed, "event:2")

    bend(sealed, f"DELETE FROM ledger_transfer WHERE id = {gone}")

    assert findings(sealed) == [f"ledger: transfer {gone} of event:2: was sealed and is gone"]


def test_an_entry_that_lost_all_its_transfers_is_found(sealed: World) -> None:
    entry = entry_of(sealed, "event:3")

    bend(sealed, f"DELETE FROM ledger_transfer WHERE entry_id = {entry}")

    found = findings(sealed)
    assert f"ledger: entry {entry}: was sealed as link 3 and has lost its transfers" in found
    assert "ledger: entry event:3: has no transfer" in found


def test_a_transfer_slipped_under_a_sealed_entry_is_found(sealed: World, engine: str) -> None:
    entry = entry_of(sealed, "event:1")
    columns = "entry_id, book, currency, debit_account_id, credit_account_id, amount_minor, effective_on"

    bend(
        sealed,
        f"INSERT INTO ledger_transfer ({columns}) SELECT {columns} FROM ledger_transfer WHERE entry_id = {entry}",
    )

    assert [line for line in findings(sealed) if "of event:1: is not what was sealed" in line]


def test_a_changed_date_of_an_entry_names_its_transfers(sealed: World) -> None:
    bend(sealed, "UPDATE ledger_entry SET effective_on = '2026-11-19' WHERE reference = 'event:2'")

    first, second = transfer_of(sealed, "event:2"), transfer_of(sealed, "event:2", place=1)
    assert findings(sealed) == [
        f"ledger: transfer {first} of event:2: is not what was sealed",
        f"ledger: transfer {second} of event:2: is not what was sealed",
        f"ledger: transfer {first}: is dated otherwise than its entry",
        f"ledger: transfer {second}: is dated otherwise than its entry",
    ]


@pytest.mark.parametrize("twice", [1, 2])
def test_a_transfer_bent_together_with_its_fingerprint_is_found(sealed: World, twice: int) -> None:
    """Whoever bends both may also write the fingerprint down more than once: the link says so all the same."""
    bent = transfer_of(sealed, "event:2")
    bend(sealed, f"UPDATE ledger_transfer SET amount_minor = amount_minor + 1 WHERE id = {bent}")
    with sealed.reading():
        rows = db.session.execute(
            select(*sealing.SEALED_COLUMNS)
            .join(Transfer, Transfer.entry_id == Entry.id)
            .where(Entry.reference == "event:2")
            .order_by(Transfer.id)
        )
        written = ",".join([sealing.fingerprints([sealing.SealedRow._make(row) for row in rows])] * twice)
    bend(sealed, f"UPDATE ledger_seal SET fingerprints = '{written}' WHERE seq = 2")

    assert findings(sealed) == ["ledger: seal 2: the link does not follow from the one before"]


def test_a_bent_link_is_found(sealed: World) -> None:
    bend(sealed, "UPDATE ledger_seal SET chain = replace(chain, substr(chain, 1, 1), 'z') WHERE seq = 2")

    assert findings(sealed) == [
        "ledger: seal 2: the link does not follow from the one before",
        "ledger: seal 3: the link does not follow from the one before",
    ]


def test_a_gap_in_the_chain_is_found(sealed: World) -> None:
    bend(sealed, "DELETE FROM ledger_seal WHERE seq = 2")

    assert "ledger: seal 3: the chain has a gap before this link" in findings(sealed)


def test_a_bent_balance_is_found(sealed: World) -> None:
    with sealed.writing():
        db.session.execute(text("UPDATE ledger_balance SET minor = minor + 1"))

    assert findings(sealed) == [
        "ledger: account artisan:7:payable INR: stored balance 7 is not the sum of its transfers 6"
    ]


def test_a_lost_balance_is_found(sealed: World) -> None:
    with sealed.writing():
        db.session.execute(text("DELETE FROM ledger_balance"))

    assert findings(sealed) == [
        "ledger: account artisan:7:payable INR: stored balance 0 is not the sum of its transfers 6"
    ]


def test_a_balance_on_an_account_without_a_floor_is_found(sealed: World) -> None:
    with sealed.writing():
        db.session.execute(
            text("INSERT INTO ledger_balance (account_id, minor) SELECT id, 5 FROM ledger_account WHERE code = 'bank'")
        )

    assert findings(sealed) == ["ledger: account bank INR: has a stored balance but no floor"]


def test_an_account_on_the_wrong_side_or_out_of_the_chart_is_found(sealed: World) -> None:
    bend(sealed, "UPDATE ledger_account SET side = 'credit' WHERE code = 'bank'")
    bend(sealed, "UPDATE ledger_account SET code = 'pockets' WHERE code = 'capital'")

    assert findings(sealed) == [
        "ledger: account bank INR: stands on the credit side, the chart says debit",
        "ledger: account pockets INR: is not in the chart",
    ]


def test_the_check_after_every_test_sees_one_bent_paisa(world: World) -> None:
    world.buy(TOTE)
    assert world.books_breaks() == []
    bent = transfer_of(world, None)

    bend(world, f"UPDATE ledger_transfer SET amount_minor = amount_minor - 1 WHERE id = {bent}")

    breaks = world.books_breaks()
    assert "razorpay INR: the gateway holds 81900, our books say 81899" in breaks
    assert any(line.startswith("payments: capture:razorpay:") for line in breaks)
    assert any("prepaid" in line and "is not the sum of its transfers" in line for line in breaks)


@pytest.mark.parametrize("batch", [2, 3, 5])
def test_an_entry_that_is_longer_than_a_batch_is_sealed_whole(
    world: World, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Left for the next round each time, it would keep everything after it without a seal for ever."""
    monkeypatch.setattr(sealing, "BATCH", batch)
    lengths = [1, 5, 2, 7, 1]
    for number, length in enumerate(lengths):
        legs = [Leg("bank", "capital", Money(100 + place, "INR")) for place in range(length)]
        with world.writing():
            post(f"event:{number}", "test", legs, effective_on=ON, at=AT, by="user:1")

    for _ in range(len(lengths)):
        with world.writing():
            sealing.seal()

    with world.reading():
        assert sealing.unsealed() == 0
        seals = db.session.scalars(select(Seal).order_by(Seal.seq)).all()
        assert [seal.fingerprints.count(":") for seal in seals] == lengths
    assert findings(world) == []


def findings(world: World) -> list[str]:
    with world.reading():
        return [str(finding) for finding in verification.verify()]


def transfer_of(world: World, reference: str | None, place: int = 0) -> int:
    """Return the id of a transfer of an entry; of any, if none is named."""
    query = select(Transfer.id).join(Entry, Entry.id == Transfer.entry_id).order_by(Transfer.id)
    if reference is not None:
        query = query.where(Entry.reference == reference)
    with world.reading():
        return db.session.scalars(query).all()[place]


def entry_of(world: World, reference: str) -> int:
    with world.reading():
        return db.session.scalars(select(Entry.id).where(Entry.reference == reference)).one()


def bend(world: World, statement: str) -> None:
    """Do what only someone with the database's own keys can do: drop the guards and change a row."""
    with world.writing():
        dialect = db.engine.dialect.name
        for name in append_only.expected(dialect, APPEND_ONLY):
            table = name.partition("_no_")[0]
            on = f" ON {table}" if dialect == "postgresql" else ""
            db.session.execute(text(f"DROP TRIGGER IF EXISTS {name}{on}"))
        db.session.execute(text(statement))
