"""The versions of the tariff: the one that the shop comes with, and each that the office wrote since.

A version is never changed, only followed by the next, so an order that names its version can always
be explained. A process reads each version once: its mark comes along with the cart, in one statement.
What a document must hold is checked here, for the file that we ship and for what the office types.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, ScalarSelect, String, select
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Model, UTCDateTime, db, upsert
from shop.errors import Conflict, Invalid
from shop.money import CURRENCIES
from shop.orders.shipping import WAYS, ZONES, Bracket, Pins, Rate, Tariff

SHIPPED = Path(__file__).with_name("tariff.json")
HEAVIEST_GRAMS = 35_000  # no carrier of small parcels takes more
MOST_DAYS = 120
MOST_BRACKETS = 8
MOST_CHARGE_MINOR = 10_000_000
APPEND_ONLY = {"shipping_tariff": "id"}


class TariffVersion(Model):
    """One version, whole; the newest counts."""

    __tablename__ = "shipping_tariff"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    mark: Mapped[str] = mapped_column(String(32), unique=True)  # random: a restored database gives numbers again
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    what: Mapped[str] = mapped_column(String(60))  # which part was changed
    made_by: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)


def newest() -> ScalarSelect[str]:
    """Return the mark of the version in force as part of a statement that asks for something else as well."""
    return select(TariffVersion.mark).order_by(TariffVersion.id.desc()).limit(1).scalar_subquery()


def of(mark: str | None) -> Tariff:
    """Return the version of a mark, which is asked of the database once a process; None: the shipped one."""
    return shipped() if mark is None else _version(mark)


def current() -> Tariff:
    """Return the tariff in force."""
    return of(db.session.scalar(select(newest())))


@cache
def shipped() -> Tariff:
    """Return the tariff that the shop comes with, so that it can open before anyone has written one."""
    return read(json.loads(SHIPPED.read_text(encoding="utf-8")), version=0)


@lru_cache(maxsize=8)
def _version(mark: str) -> Tariff:
    row = db.session.scalars(select(TariffVersion).where(TariffVersion.mark == mark)).one()
    return read(row.document, version=row.id)


def versions(limit: int = 20) -> Sequence[TariffVersion]:
    """Return the versions that the office wrote, newest first."""
    return db.session.scalars(select(TariffVersion).order_by(TariffVersion.id.desc()).limit(limit)).all()


def publish(document: Mapping[str, Any], what: str, *, follows: int, at: datetime, by: str) -> int:
    """Write the next version and return its number; Invalid if it cannot be, Conflict if another came first."""
    _refuse_gaps(read(document, version=0))
    if current().version != follows:
        raise Conflict("tariff.moved_on")
    row = upsert(TariffVersion).values(
        id=follows + 1, mark=secrets.token_hex(16), document=dict(document), what=what, made_by=by, made_at=at
    )
    version: int | None = db.session.scalar(
        row.on_conflict_do_nothing(index_elements=["id"]).returning(TariffVersion.id)
    )
    if version is None:
        raise Conflict("tariff.moved_on")
    return version


def document_of(tariff: Tariff) -> dict[str, Any]:
    """Return a tariff as the document that it is kept as."""
    return {
        "packing_grams": tariff.packing_grams,
        "piece_grams": tariff.piece_grams,
        "unserved": [f"{pins.first}-{pins.last}" for pins in tariff.unserved],
        "remote": [f"{pins.first}-{pins.last}" for pins in tariff.remote],
        "countries": {zone: list(codes) for zone, codes in tariff.countries.items()},
        "rates": [
            {
                "way": rate.way,
                "zone": rate.zone,
                "days": [rate.least_days, rate.most_days],
                "brackets": [[bracket.up_to_grams, dict(bracket.charges)] for bracket in rate.brackets],
            }
            for rate in tariff.rates
        ],
    }


def read(document: Mapping[str, Any], *, version: int) -> Tariff:
    """Return a document as a tariff; Invalid, with the reason, if a parcel could not be priced by it."""
    countries = {zone: tuple(codes) for zone, codes in document["countries"].items()}
    named = [code for codes in countries.values() for code in codes]
    if any(len(code) != 2 or not code.isascii() or not code.isupper() or code == "IN" for code in named):
        raise Invalid("tariff.country")
    if len(named) != len(set(named)):
        raise Invalid("tariff.country_twice")
    rates = tuple(_rate(each) for each in document["rates"])
    if len({(rate.way, rate.zone) for rate in rates}) != len(rates):
        raise Invalid("tariff.rate_twice")
    return Tariff(
        version=version,
        packing_grams=_within(document["packing_grams"], 0, 5_000),
        piece_grams=_within(document["piece_grams"], 0, 1_000),
        unserved=tuple(read_pins(text) for text in document["unserved"]),
        remote=tuple(read_pins(text) for text in document["remote"]),
        countries=countries,
        rates=rates,
    )


def _refuse_gaps(tariff: Tariff) -> None:
    """Refuse a charge for a heavier parcel in a currency that has none for a lighter one: it could not be sent.

    Asked of what is written, not of what is read: an order's own version stays readable, whatever it says.
    """
    for rate in tariff.rates:
        for lighter, heavier in pairwise(rate.brackets):
            if not heavier.charges.keys() <= lighter.charges.keys():
                raise Invalid("tariff.gap")


def read_pins(text: str) -> Pins:
    """Return "744000-744999", or one PIN code, as a range; Invalid otherwise."""
    first, _, last = text.partition("-")
    ends = (first.strip(), (last or first).strip())
    if not all(len(end) == 6 and end.isascii() and end.isdecimal() for end in ends) or ends[0] > ends[1]:
        raise Invalid("tariff.pins")
    return Pins(int(ends[0]), int(ends[1]))


def _rate(given: Mapping[str, Any]) -> Rate:
    way, zone = given["way"], given["zone"]
    if way not in WAYS or zone not in WAYS[way] or zone not in ZONES:
        raise Invalid("tariff.rate_unknown")
    least, most = (_within(days, 1, MOST_DAYS) for days in given["days"])
    if least > most:
        raise Invalid("tariff.days")
    brackets = tuple(_bracket(grams, charges) for grams, charges in given["brackets"])
    weights = [bracket.up_to_grams for bracket in brackets]
    if weights != sorted(set(weights)) or len(brackets) > MOST_BRACKETS:
        raise Invalid("tariff.brackets")
    for lighter, heavier in pairwise(brackets):
        if any(heavier.charges.get(currency, minor) < minor for currency, minor in lighter.charges.items()):
            raise Invalid("tariff.heavier_cheaper")
    return Rate(way, zone, least, most, brackets)


def _bracket(grams: int, charges: Mapping[str, int]) -> Bracket:
    if set(charges) - set(CURRENCIES) or not charges:
        raise Invalid("tariff.brackets")
    return Bracket(
        _within(grams, 1, HEAVIEST_GRAMS),
        {currency: _within(minor, 0, MOST_CHARGE_MINOR) for currency, minor in charges.items()},
    )


def _within(number: Any, least: int, most: int) -> int:
    if type(number) is not int or not least <= number <= most:
        raise Invalid("tariff.number", least=least, most=most)
    return number
