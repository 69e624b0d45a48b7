"""Addresses as each country's post writes them, phones in any digits, and where we send."""

import pytest

from shop.orders.address import AS_WRITTEN, Address, check, form_of, states_of
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
        ("postcode", "400001", "address.pin_elsewhere"),
        ("postcode", "70001", "address.postcode"),
        ("postcode", "", "address.required"),
        ("state", "Atlantis", "address.state"),
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
    states = [code for code, _ in states_of("IN")]

    assert "West Bengal" in states
    assert len(states) == len(set(states)) >= 36


@pytest.mark.parametrize(
    ("pin", "state"),
    [
        ("700019", "West Bengal"),
        ("737101", "Sikkim"),
        ("744101", "Andaman and Nicobar Islands"),
        ("248001", "Uttarakhand"),
        ("403001", "Goa"),
        ("605001", "Puducherry"),  # amid Tamil Nadu
        ("৫০০০০১", "Telangana"),
    ],
)
def test_a_pin_code_fills_in_the_state_that_was_left_empty(pin: str, state: str) -> None:
    found, errors = check({**ADDRESS, "state": "", "postcode": pin})

    assert errors == {}
    assert found is not None
    assert found.state == state


@pytest.mark.parametrize("pin", ["999999", "533464"])
def test_a_pin_code_that_lies_in_no_one_state_guesses_none(pin: str) -> None:
    assert check({**ADDRESS, "state": "", "postcode": pin})[1] == {"state": "address.required"}


@pytest.mark.parametrize(("pin", "state"), [("400001", "West Bengal"), ("737101", "West Bengal")])
def test_a_pin_code_of_another_state_is_asked_about_and_taken_as_written(pin: str, state: str) -> None:
    given = {**ADDRESS, "state": state, "postcode": pin}

    assert check(given)[1] == {"postcode": "address.pin_elsewhere"}
    found, errors = check({**given, AS_WRITTEN: "yes"})
    assert errors == {}
    assert found is not None
    assert (found.postcode, found.state) == (pin, state)


def test_a_tick_makes_no_good_pin_code_out_of_a_bad_one() -> None:
    assert check({**ADDRESS, "postcode": "70001", AS_WRITTEN: "yes"})[1] == {"postcode": "address.postcode"}


@pytest.mark.parametrize(
    ("country", "fields"),
    [
        ("IN", "line1 line2 postcode:pin city state*"),
        ("US", "line1 line2 city state* postcode:zip"),
        ("GB", "line1 line2 city:post_town postcode:postal"),
        ("AE", "line1 line2 state:emirate*"),
        ("SG", "line1 line2 postcode:postal"),
        ("JP", "postcode:postal state:prefecture* line1 line2"),
        ("DE", "line1 line2 postcode:postal city"),
    ],
)
def test_each_country_asks_for_what_its_post_asks_in_its_order(country: str, fields: str) -> None:
    asked = [
        each.name + (f":{each.called}" if each.called != each.name else "") + "*" * bool(each.choices)
        for each in form_of(country)
    ]

    assert " ".join(asked) == fields


@pytest.mark.parametrize(
    ("country", "given", "kept"),
    [
        ("AE", {"state": "Dubai", "city": "typed before", "postcode": "700019"}, ("Dubai", "", "")),
        ("AE", {"state": "\u062f\u0628\u064a"}, ("Dubai", "", "")),
        ("US", {"state": "california", "city": "Los Angeles", "postcode": "90001"}, ("CA", "Los Angeles", "90001")),
        ("SG", {"postcode": "546080"}, ("", "", "546080")),
    ],
)
def test_an_address_is_kept_in_the_letters_that_a_parcel_can_carry(
    country: str, given: dict[str, str], kept: tuple[str, str, str]
) -> None:
    place = {**ADDRESS, "state": "", "city": "", "postcode": "", **given, "country": country}
    found, errors = check(place)

    assert errors == {}
    assert found is not None
    assert (found.state, found.city, found.postcode) == kept
