"""Addresses as each country's post writes them, phones in any digits, and where we send."""

import pytest

from shop.errors import Invalid
from shop.orders import shipping
from shop.orders.address import Address, check, states_of
from tests.world import ABROAD, ADDRESS


def test_a_good_address_comes_back_clean() -> None:
    found, errors = check({**ADDRESS, "name": "  Asha \t Sen ", "country": "in"})

    assert errors == {}
    assert found == Address(
        email="asha@test.example",
        phone="+919830012345",
        name="Asha Sen",
        line1="12 Invented Lane",
        line2="",
        city="Kolkata",
        state="West Bengal",
        postcode="700019",
        country="IN",
    )


@pytest.mark.parametrize("phone", ["98300 12345", "০৯৮৩০০১২৩৪৫", "+91-98300-12345", "0 98300 12345"])
def test_a_phone_is_known_in_any_digits_and_spacing(phone: str) -> None:
    found, errors = check({**ADDRESS, "phone": phone})

    assert errors == {}
    assert found is not None
    assert found.phone == "+919830012345"


def test_a_postcode_is_read_in_bengali_digits() -> None:
    found, _ = check({**ADDRESS, "postcode": "৭০০০১৯"})

    assert found is not None
    assert found.postcode == "700019"


def test_an_address_abroad_needs_no_state() -> None:
    found, errors = check(ABROAD)

    assert errors == {}
    assert found is not None
    assert (found.country, found.postcode, found.phone) == ("GB", "BS1 4DJ", "+442079460018")


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("country", "XX", "address.unserved"),
        ("country", "", "address.required"),
        ("postcode", "400001", "address.postcode"),
        ("postcode", "70001", "address.postcode"),
        ("postcode", "", "address.required"),
        ("state", "Atlantis", "address.state"),
        ("state", "", "address.required"),
        ("phone", "12", "address.phone"),
        ("phone", "+91 12345 67890 1234", "address.phone"),
        ("phone", "ring the bell", "address.phone"),
        ("email", "asha", "address.email"),
        ("email", "a@b", "address.email"),
        ("email", "a b@c.example", "address.email"),
        ("email", "a@b.example\nBcc: c@d.example", "address.email"),
        ("name", " \t ", "address.required"),
        ("name", "x" * 81, "address.long"),
        ("line1", "x" * 121, "address.long"),
        ("city", "", "address.required"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(field: str, value: str, problem: str) -> None:
    found, errors = check({**ADDRESS, field: value})

    assert found is None
    assert errors == {field: problem}


def test_all_that_is_missing_is_said_at_once() -> None:
    _, errors = check({})

    assert errors == dict.fromkeys(("email", "phone", "name", "line1", "city", "country"), "address.required")


def test_no_line_break_or_other_control_survives() -> None:
    found, _ = check({**ADDRESS, "name": "Asha\r\nBcc: x\u2028y", "line1": "a\x1bb\x7fc"})

    assert found is not None
    assert (found.name, found.line1) == ("Asha Bcc: x y", "a b c")


def test_the_states_of_india_are_offered_once_each() -> None:
    states = states_of("IN")

    assert "West Bengal" in states
    assert len(states) == len(set(states)) >= 36


@pytest.mark.parametrize(
    ("country", "currency", "codes"),
    [
        ("IN", "INR", ["india-standard", "india-express"]),
        ("GB", "GBP", ["world-tracked"]),
        ("US", "INR", ["world-tracked"]),
        ("AQ", "INR", []),
        ("IN", "JPY", []),
    ],
)
def test_a_country_is_sent_to_by_its_own_ways_cheapest_first(country: str, currency: str, codes: list[str]) -> None:
    assert [method.code for method in shipping.methods_for(country, currency)] == codes


@pytest.mark.parametrize(
    ("code", "country"), [("india-standard", "GB"), ("world-tracked", "IN"), ("pigeon", "IN"), ("", "IN")]
)
def test_a_way_that_does_not_go_there_is_refused(code: str, country: str) -> None:
    with pytest.raises(Invalid):
        shipping.get_method(code, country, "INR")
