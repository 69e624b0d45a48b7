"""Papers write names in their own letters: Latin, Bengali and Devanagari; what the fonts lack is left to the parcel."""

import re
import unicodedata
from typing import Any

import pypdfium2
import pytest
from typst import TypstError

from shop import documents
from shop.db import db
from shop.orders import invoice_files, invoices, lifecycle
from shop.orders.models import Order
from tests.cast import SELLER, TOTE
from tests.world import World

OURS = ("HindSiliguri", "Hind-")
NAMES = {
    "name": "प्रियंका द्विवेदी",
    "line1": "মৌসুমী ভিলা, ক্ষুদিরাম সরণি ১২",
    "line2": "Zoë O’Neill, गाँधी मार्ग, ज़ाकिर नगर",
    "city": "কৃষ্ণনগর",
}


def drawn_for(world: World, **address: str) -> bytes:
    """Send an order to an address and return its invoice, drawn."""
    order_id = world.order(world.buy(TOTE, **address)).id
    with world.writing() as at:
        order = db.session.get_one(Order, order_id)
        shipment = lifecycle.ship(order, "India Post", "EB1IN", at=at, by="user:1", seller=SELLER)
        invoice = invoices.find_by_reference(f"shipment:{shipment.id}")
        assert invoice is not None
        return invoice_files.draw(invoice)


def paper(line: str) -> dict[str, Any]:
    """Return the least that a paper can say."""
    return {
        "title": "Tax invoice", "number": "1", "seller": ["-"], "seller_ids": [], "receiver": ["-", line], "facts": [],
        "columns": ["What", "Total"], "rows": [["1"]], "names": [["-", ""]], "sums": [], "sum": "Total", "total": "1",
        "statements": [], "note": "-",
    }  # fmt: skip


def words_in(pdf: bytes) -> str:
    """Return the text of a paper as a search or a reading aid finds it."""
    return str(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded())


def fonts_of(pdf: bytes) -> set[str]:
    """Return the names of the fonts that a paper uses."""
    return {name.decode() for name in re.findall(rb"/BaseFont/[A-Z]{6}\+([\w-]+)", pdf)}


def bare(text: str) -> str:
    """Return a text without its spaces, which a page does not keep exactly."""
    return re.sub(r"\s", "", text)


def test_a_paper_carries_bengali_hindi_and_latin_names_in_their_own_letters(world: World) -> None:
    drawn = drawn_for(world, **NAMES)

    said = words_in(drawn)
    for line in NAMES.values():
        assert bare(unicodedata.normalize("NFC", line)) in bare(said)
    assert invoice_files.AS_ON_THE_PARCEL not in said
    assert {re.sub("-?(Regular|SemiBold)$", "", font) for font in fonts_of(drawn)} == {
        "HindSiliguri", "HindSiliguriBengali", "Hind",
    }  # fmt: skip


def test_a_letter_is_called_writable_exactly_if_the_fonts_beside_the_template_have_it() -> None:
    points = {*range(0x21, 0x180), *range(0x900, 0xA00)} - {0x94E}  # no font of ours has that sign; Typst says nothing
    letters = [chr(point) for point in sorted(points) if chr(point).isprintable()]

    wrong = [each for each in letters if writes(each) != (invoice_files.UNWRITABLE.search(each) is None)]

    assert wrong == []


def writes(letter: str) -> bool:
    """Say whether a paper writes a letter, or a sign on one, with our own fonts: Typst refuses what no font has."""
    under = ("क" if letter < "\u0980" else "ক") if unicodedata.category(letter).startswith("M") else ""
    try:
        drawn = documents.draw("invoice.typ", paper=paper(under + letter))
    except TypstError:
        return False
    return all(font.startswith(OURS) for font in fonts_of(drawn))


@pytest.mark.parametrize(
    ("given", "stands"),
    [
        ("Łukasz", "(as written on the parcel)"),
        ("ஆஷா", "(as written on the parcel)"),
        ("Ngọc Ánh Nguyễn", "Ngoc Ánh Nguyen"),
        ("Zoe\u0308", "Zoë"),  # as some keyboards send it
        ("মিলন č द्विवेदी", "মিলন c द्विवेदी"),  # taking č apart takes no sign from its neighbours
    ],
)
def test_what_the_fonts_lack_loses_its_accents_or_is_left_to_the_parcel(world: World, given: str, stands: str) -> None:
    assert bare(stands) in bare(words_in(drawn_for(world, name=given)))
