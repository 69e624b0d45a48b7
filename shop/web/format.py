"""How amounts, numbers and days are written for a reader. Formatting a price is dear, so it is kept."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from flask import Flask
from markupsafe import Markup

from shop.clock import india_date
from shop.web.language import LOCALES, language

BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")


@lru_cache(maxsize=20_000)
def _money(minor: int, currency: str, code: str, whole: bool) -> str:
    pattern = "¤#,##,##0" if whole and currency == "INR" else ("¤#,##0" if whole else None)
    text = format_currency(
        Decimal(minor) / 100, currency, pattern, locale=LOCALES[code], currency_digits=pattern is None
    )
    return _digits(text, code)


def money(minor: int, currency: str = "INR") -> str:
    """Return an amount with all its decimals: ₹1,150.00."""
    return _money(minor, currency, language(), False)


def price(minor: int, currency: str = "INR") -> str:
    """Return an amount without decimals where it has none: ₹1,150."""
    return _money(minor, currency, language(), minor % 100 == 0)


def digits(value: object) -> str:
    """Return a number or text in the digits of the page's language."""
    return _number(value, language()) if isinstance(value, int) else _digits(str(value), language())


@lru_cache(maxsize=5_000)
def _number(value: int, code: str) -> str:
    return _digits(format_decimal(value, locale=LOCALES[code]), code)


def as_options(choices: Sequence[tuple[object, str]], chosen: object) -> Markup:
    """Return the options of a `select` from (value, text), the chosen one marked; a country's states are many."""
    return _options(tuple(choices), str(chosen))


@lru_cache(maxsize=500)
def _options(choices: tuple[tuple[object, str], ...], chosen: str) -> Markup:
    one = Markup('<option value="{}"{}>{}</option>')
    return Markup("").join(
        one.format(value, Markup(" selected") if str(value) == chosen else "", text) for value, text in choices
    )


def day(value: date | datetime, style: str = "d MMM y") -> str:
    """Return a day in words; a moment is told by the day it was in India."""
    return _day(india_date(value) if isinstance(value, datetime) else value, style, language())


@lru_cache(maxsize=5_000)
def _day(on: date, style: str, code: str) -> str:
    return _digits(format_date(on, style, locale=LOCALES[code]), code)


def weekday(value: date | datetime) -> str:
    """Return a day with its weekday: Thursday, 26 November."""
    return day(value, "EEEE, d MMMM")


def plus_days(value: date | datetime, days: int) -> date:
    """Return the day so many days after another."""
    on = india_date(value) if isinstance(value, datetime) else value
    return on + timedelta(days=days)


def counted(number: int) -> str:
    """Return a number with its Bengali counting ending: ২টো, ৩টে, ৪টে, ৫টা; a plain number elsewhere."""
    if language() != "bn":
        return digits(number)
    ending = {2: "টো", 3: "টে", 4: "টে"}.get(number, "টা")
    return digits(number) + ending


def _digits(text: str, code: str) -> str:
    return text.translate(BENGALI) if code == "bn" else text


def init_app(app: Flask) -> None:
    """Give templates the formats as filters."""
    for name, filter_ in (
        ("money", money),
        ("price", price),
        ("digits", digits),
        ("day", day),
        ("weekday", weekday),
        ("counted", counted),
        ("plus_days", plus_days),
        ("as_options", as_options),
    ):
        app.add_template_filter(filter_, name)
