"""Tax inside a price: by place and date, in parts that add up to the price."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.errors import Conflict
from shop.orders.models import TaxKind
from shop.orders.tax import GST, NEW_RATES, RATES, carriage_hsn, inside, rate_of
from tests.cast import SELLER

HOME = SELLER.state
NOW = date(2026, 11, 20)


def test_at_home_the_tax_is_halved_between_centre_and_state() -> None:
    parts = inside(169_000, "420222", on=NOW, country="IN", state=HOME, seller=SELLER)

    assert [(p.kind, p.rate_bp, p.taxable_minor, p.amount_minor) for p in parts] == [
        (TaxKind.CGST, 250, 160_952, 4_024),
        (TaxKind.SGST, 250, 160_952, 4_024),
    ]


def test_an_odd_paisa_goes_to_the_centre() -> None:
    central, own = inside(7_000, "420222", on=NOW, country="IN", state=HOME, seller=SELLER)

    assert (central.amount_minor, own.amount_minor) == (167, 166)


def test_in_another_state_it_is_one_tax() -> None:
    (part,) = inside(169_000, "420222", on=NOW, country="IN", state="Kerala", seller=SELLER)

    assert (part.kind, part.rate_bp, part.taxable_minor, part.amount_minor) == (TaxKind.IGST, 500, 160_952, 8_048)


def test_an_export_is_zero_rated_and_says_so() -> None:
    (part,) = inside(3_900, "420222", on=NOW, country="GB", state="", seller=SELLER)

    assert (part.kind, part.rate_bp, part.taxable_minor, part.amount_minor) == (TaxKind.ZERO, 0, 3_900, 0)


def test_without_a_letter_of_undertaking_an_export_pays_igst_out_of_the_same_price() -> None:
    (part,) = inside(3_900, "420222", on=NOW, country="GB", state="", seller=replace(SELLER, lut=""))

    assert (part.kind, part.rate_bp, part.taxable_minor, part.amount_minor) == (TaxKind.IGST, 500, 3_714, 186)


@pytest.mark.parametrize("to", [("IN", HOME), ("IN", "Kerala"), ("GB", "")])
def test_who_is_not_registered_charges_no_tax_and_asks_no_rate(to: tuple[str, str]) -> None:
    unregistered = replace(SELLER, gstin="")

    assert inside(3_900, "9999", on=NOW, country=to[0], state=to[1], seller=unregistered) == []


@pytest.mark.parametrize(
    ("hsn", "on", "rate"),
    [
        ("420222", date(2025, 9, 21), 1200),
        ("420222", date(2025, 9, 22), 500),
        ("42022290", NOW, 500),
        ("420292", NOW, 1800),
        ("4016", NOW, 1800),
        ("482010", NOW, 500),
    ],
)
def test_the_rate_is_that_of_the_day_and_of_the_longest_heading(hsn: str, on: date, rate: int) -> None:
    assert rate_of(hsn, on)[0] == rate


@pytest.mark.parametrize(("hsn", "on"), [("9999", NOW), ("420222", date(2017, 6, 30)), ("42", NOW), ("", NOW)])
def test_what_has_no_settled_rate_is_not_sold(hsn: str, on: date) -> None:
    with pytest.raises(Conflict, match=r"tax\.unknown_hsn"):
        rate_of(hsn, on)


def test_carriage_follows_the_highest_rate_in_the_parcel() -> None:
    assert carriage_hsn(["420222", "4016", "482010"], NOW) == "4016"


@given(
    st.integers(0, 10**10),
    st.sampled_from([prefix for prefix, _, _ in RATES]),
    st.sampled_from([GST, NEW_RATES, NOW]),
    st.sampled_from([("IN", HOME), ("IN", "Kerala"), ("GB", ""), ("US", "Texas")]),
)
def test_what_is_taxed_and_its_tax_add_up_to_the_price(gross: int, hsn: str, on: date, to: tuple[str, str]) -> None:
    parts = inside(gross, hsn, on=on, country=to[0], state=to[1], seller=SELLER)

    assert {part.taxable_minor + sum(other.amount_minor for other in parts) for part in parts} == {gross}
    assert all(part.amount_minor >= 0 for part in parts)
    assert max(p.amount_minor for p in parts) - min(p.amount_minor for p in parts) <= 1
