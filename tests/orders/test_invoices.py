"""Invoices: numbers without a gap under a race and after a failure, what they say, and the bytes that stay."""

import itertools
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from shop import duties
from shop.db import db, writing
from shop.errors import Conflict, Invalid
from shop.orders import invoice_files, invoices, lifecycle
from shop.orders.invoice_models import Invoice, InvoiceFile, PaperKind
from shop.orders.invoices import financial_year, issue_credit_note, next_number
from shop.orders.models import Order
from shop.orders.paper_rows import Part
from shop.orders.seller import Seller
from tests.cast import SELLER, TOTE, WALLET
from tests.conftest import both_databases
from tests.faults.together import at_once
from tests.world import ABROAD, World

CLERKS, EACH = 8, 6


def shipped(world: World, link: str, seller: Seller = SELLER) -> int:
    """Send an order with its invoice and return the invoice's id."""
    order_id = world.order(link).id
    with world.writing() as at:
        order = db.session.get_one(Order, order_id)
        shipment = lifecycle.ship(order, "India Post", "EB1IN", at=at, by="user:1", seller=seller)
        found = invoices.find_by_reference(f"shipment:{shipment.id}")
        assert found is not None
        return found.id


@pytest.mark.parametrize(
    ("on", "year"),
    [
        (date(2026, 3, 31), "25-26"),
        (date(2026, 4, 1), "26-27"),
        (date(2027, 3, 31), "26-27"),
        (date(2099, 4, 1), "99-00"),
    ],
)
def test_a_financial_year_begins_in_april(on: date, year: str) -> None:
    assert financial_year(on) == year


def race(world: World, give: Callable[[int], int]) -> list[int]:
    """Let clerks take numbers at one moment, every third of them failing after it; return what was kept, sorted."""
    kept: list[int] = []

    def act(clerk: int) -> None:
        for turn in range(EACH):
            try:
                with world.app.app_context(), writing():
                    seq = give(clerk)
                    if (clerk + turn) % 3 == 0:
                        raise Conflict("order.moved_on")
                kept.append(seq)
            except Conflict:
                continue

    errors = [answer for answer in at_once(CLERKS, act) if isinstance(answer, Exception)]
    assert errors == []
    return sorted(kept)


@both_databases
def test_numbers_have_no_gap_however_many_ask_and_however_many_fail(world: World) -> None:
    kept = race(world, lambda _: next_number(SELLER.key, "INV", date(2026, 11, 22))[1])

    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) == CLERKS * EACH - sum((c + t) % 3 == 0 for c in range(CLERKS) for t in range(EACH))


@both_databases
def test_control_a_sequence_leaves_gaps(world: World) -> None:
    postgresql = world.app.config["DATABASE_URL"].startswith("postgresql")
    if postgresql:
        with world.writing():
            db.session.execute(text("CREATE SEQUENCE IF NOT EXISTS papers"))
    counted = itertools.count(1)

    def give(_: int) -> int:
        return int(db.session.scalar(text("SELECT nextval('papers')")) or 0) if postgresql else next(counted)

    kept = race(world, give)

    assert kept != list(range(1, len(kept) + 1))


@both_databases
def test_the_invoice_is_of_the_parcel_s_own_transaction_and_of_one_page_of_bytes(world: World) -> None:
    link = world.buy(TOTE)
    order_id = world.order(link).id
    with pytest.raises(Conflict), world.writing() as at:
        lifecycle.ship(db.session.get_one(Order, order_id), "India Post", "EB1", at=at, by="user:1", seller=SELLER)
        raise Conflict("order.moved_on")  # what is rolled back takes the number along
    other = world.buy(WALLET)
    first, second = shipped(world, link), shipped(world, other)
    papers = world.app.config["PAPERS_URL"]
    assert world.browser().get(f"{link}/papers/1").status_code == 404  # numbered, not drawn yet

    world.work()

    with world.reading():
        one, two = (db.session.get_one(Invoice, each) for each in (first, second))
        year = financial_year(one.issued_on)
        assert [one.number, two.number] == [f"MB/{year}/00001", f"MB/{year}/00002"]
        assert (one.kind, one.total_minor, one.tax_minor) == (PaperKind.TAX_INVOICE, 81_900, 3_900)
        assert one.tax_minor == db.session.get_one(Order, order_id).tax_minor
        drawn = invoice_files.find(one, papers=papers)
        assert drawn is not None and drawn.startswith(b"%PDF-") and drawn.count(b"/Type /Page\n") <= 1
    answer = world.browser().get(f"{link}/papers/1")
    assert (answer.data, answer.mimetype) == (drawn, "application/pdf")
    assert f'filename="MB-{year}-00001.pdf"' in answer.headers["Content-Disposition"]
    with world.app.app_context():
        duties.draw_invoice({"invoice_id": first})  # a second try draws nothing
        assert db.session.scalar(select(func.count()).select_from(InvoiceFile)) == 2
    assert world.browser().get(f"{link[:-1]}x/papers/1").status_code == 404
    assert world.browser().get(f"{link}/papers/2").status_code == 404


@both_databases
def test_a_paper_is_never_changed_and_a_bent_file_is_not_served(world: World) -> None:
    link = world.buy(TOTE)
    invoice = shipped(world, link)
    world.work()

    for statement in (
        "UPDATE invoice SET total_minor = 1",
        "DELETE FROM invoice_file",
        "UPDATE invoice_file SET size = 1",
    ):
        with pytest.raises(DatabaseError), world.writing():
            db.session.execute(text(statement))
    folder = Path(urlsplit(world.app.config["PAPERS_URL"]).path)
    [file] = folder.rglob("*.pdf")
    file.write_bytes(file.read_bytes() + b" ")
    assert world.browser().get(f"{link}/papers/1").status_code == 503
    assert invoice


def test_what_a_paper_says_follows_seller_and_place(world: World) -> None:
    def words(invoice_id: int) -> dict[str, Any]:
        with world.reading():
            invoice = db.session.get_one(Invoice, invoice_id)
            return invoice_files.words_of(invoice, db.session.get_one(Order, invoice.order_id))

    home = words(shipped(world, world.buy(TOTE)))
    assert home["title"] == "Tax invoice" and home["columns"][5:7] == ["CGST", "SGST"]
    assert ["Place of supply", "West Bengal (19)"] in home["facts"]  # type-checked by its use
    away = words(shipped(world, world.buy(TOTE, state="Kerala", postcode="682001", city="Kochi")))
    assert away["columns"][5:] == ["IGST", "Total"] and ["Place of supply", "Kerala (32)"] in away["facts"]
    abroad = words(shipped(world, world.buy(TOTE, gateway="stripe", currency="GBP", **ABROAD)))
    assert (
        abroad["columns"][4:] == ["Taxable", "Total"]
        and ["Place of supply", "Outside India: United Kingdom (96)"] in abroad["facts"]
    )
    assert "letter of undertaking" in str(abroad["statements"]) and "£15.00" in str(abroad["rows"])


def test_a_name_in_letters_that_the_fonts_lack_does_not_stop_the_paper(world: World) -> None:
    invoice = shipped(world, world.buy(TOTE, name="ஆஷா #panic() *x*", line1="১২ কাল্পনিক গলি 😀"))

    with world.app.app_context():
        found = db.session.get_one(Invoice, invoice)
        said = invoice_files.words_of(found, db.session.get_one(Order, found.order_id))
        assert said["receiver"][:1] == ["(as written on the parcel)"]
        assert invoice_files.draw(found).startswith(b"%PDF-")


@both_databases
def test_credit_notes_have_their_own_numbers_and_give_back_no_more_than_was_invoiced(world: World) -> None:
    invoice = shipped(world, world.buy(TOTE))

    def credit(reference: str, minor: int) -> tuple[str, int, int]:
        with world.writing() as at:
            of = db.session.get_one(Invoice, invoice)
            note = issue_credit_note(of, reference, [Part(TOTE, 1, minor)], "came back", at=at, by="user:1")
            return note.number.split("/")[0] + note.number[-6:], note.total_minor, note.tax_minor

    assert credit("by-hand:1", 50_000) == ("MBC/00001", 50_000, 2_381)
    assert credit("by-hand:1", 50_000) == ("MBC/00001", 50_000, 2_381)  # asked again, it is the same one
    with pytest.raises(Invalid):
        credit("by-hand:2", 40_000)  # with the first this is more than the invoice
    assert credit("by-hand:3", 24_900)[0] == "MBC/00002"  # what was refused left no gap
