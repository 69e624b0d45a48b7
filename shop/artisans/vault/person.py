"""What may be written down about a person, checked and written the one normal way."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date

import phonenumbers

from shop.errors import Invalid

LONGEST = {
    "legal_name": 120, "phone": 40, "address": 400, "birth_date": 10,
    "account_holder": 120, "account_number": 40, "ifsc": 20, "upi": 80,
}  # fmt: skip
BANK = ("account_holder", "account_number", "ifsc")
ADULT_YEARS = 18


@dataclass(frozen=True, repr=False)
class Person:
    """Who a maker is outside the workshop. Printing one shows nothing."""

    legal_name: str | None = None
    phone: str | None = None
    address: str | None = None
    birth_date: str | None = None
    account_holder: str | None = None
    account_number: str | None = None
    ifsc: str | None = None
    upi: str | None = None

    def __repr__(self) -> str:
        return "Person(…)"

    def items(self) -> dict[str, str]:
        """Return the fields that say something."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}

    def with_changes(self, given: Mapping[str, str | None]) -> "Person":
        """Return this person with some fields given anew; None takes a field away."""
        return replace(self, **dict(given))


def check(given: Mapping[str, str], *, on: date) -> dict[str, str]:
    """Return the fields that were filled in, as they are normally written; Invalid names the first wrong one."""
    checked = {}
    for name, longest in LONGEST.items():
        value = _clean(given.get(name, ""), lines=name == "address")
        if not value:
            continue
        if len(value) > longest:
            raise Invalid("address.long", field=name)
        checked[name] = _CHECKS[name](value, on) if name in _CHECKS else value
    return checked


def check_whole(person: Person) -> None:
    """Refuse a record that is empty, or an account without its holder, number or IFSC."""
    known = person.items()
    if not known:
        raise Invalid("vault.empty")
    missing = [name for name in BANK if name not in known]
    if missing and len(missing) < len(BANK):
        raise Invalid("vault.bank", field=missing[0])


def normal_phone(text: str) -> str:
    """Return a phone number with its country code; Invalid if there can be no such number."""
    try:
        number = phonenumbers.parse(_digits(text), "IN")
    except phonenumbers.NumberParseException:
        raise Invalid("address.phone", field="phone") from None
    if not phonenumbers.is_valid_number(number):
        raise Invalid("address.phone", field="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _birth_date(text: str, on: date) -> str:
    try:
        day = date.fromisoformat(_digits(text))
        adult_on = date(day.year + ADULT_YEARS, day.month, min(day.day, 28))
    except ValueError:
        raise Invalid("form.date", field="birth_date") from None
    if adult_on > on or day.year < 1900:
        raise Invalid("vault.adult", field="birth_date")
    return day.isoformat()


def _account_number(text: str, on: date) -> str:
    number = _digits(text).replace(" ", "").replace("-", "")
    if not re.fullmatch(r"[0-9]{6,18}", number):
        raise Invalid("vault.account_number", field="account_number")
    return number


def _ifsc(text: str, on: date) -> str:
    code = _digits(text).replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{4}0[A-Z0-9]{6}", code):
        raise Invalid("vault.ifsc", field="ifsc")
    return code


def _upi(text: str, on: date) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{2,60}@[A-Za-z][A-Za-z0-9]{1,19}", text):
        raise Invalid("vault.upi", field="upi")
    return text.lower()


_CHECKS = {
    "phone": lambda text, on: normal_phone(text),
    "birth_date": _birth_date,
    "account_number": _account_number,
    "ifsc": _ifsc,
    "upi": _upi,
}


def _clean(text: str, *, lines: bool) -> str:
    """Return a text without controls; line breaks stay where lines are meant."""
    rows = unicodedata.normalize("NFC", text).splitlines()
    flat = (" ".join("".join(" " if _is_control(c) else c for c in row).split()) for row in rows)
    return ("\n" if lines else " ").join(row for row in flat if row)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs")


def _digits(text: str) -> str:
    return "".join(str(int(c)) if c.isdecimal() else c for c in text)
