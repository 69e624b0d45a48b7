"""Delivery: what parcels cost and where they go. Each change is a new version of the tariff, whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError, Invalid, NotFound
from shop.money import CURRENCIES
from shop.orders import tariffs
from shop.orders.shipping import WAYS, Rate, Tariff, find_rate
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads.names import actors

Answer = Response | tuple[str, int]
ABROAD = WAYS["world-tracked"]
ROWS = tariffs.MOST_BRACKETS


@blueprint.get("/delivery")
@requires("delivery.read")
def delivery() -> str:
    """Show the charges in force, where parcels go, and who changed them when."""
    return _page(Filled())


def _page(form: Filled) -> str:
    tariff = tariffs.current()
    written = tariffs.versions()
    filled = form if form.values else Filled(_reach(tariff), form.errors)
    return render_template(
        "manager/delivery.html",
        tariff=tariff,
        versions=written,
        names=actors(version.made_by for version in written),
        form=filled,
        abroad=ABROAD,
        currencies=CURRENCIES,
        open_rates=[(w, z) for w, zones in WAYS.items() for z in zones if find_rate(tariff.rates, w, z) is None],
    )


def _reach(tariff: Tariff) -> dict[str, str]:
    document = tariffs.document_of(tariff)
    return {
        "packing_grams": str(tariff.packing_grams),
        "piece_grams": str(tariff.piece_grams),
        "unserved": ", ".join(document["unserved"]),
        "remote": ", ".join(document["remote"]),
        **{f"countries_{zone}": " ".join(document["countries"].get(zone, [])) for zone in ABROAD},
    }


@blueprint.post("/delivery/reach")
@requires("delivery.edit")
def change_reach() -> Answer:
    """Change where parcels go and what packing weighs."""
    try:
        document = tariffs.document_of(tariffs.current())
        document |= {
            "packing_grams": forms.whole("packing_grams"),
            "piece_grams": forms.whole("piece_grams"),
            "unserved": forms.listed("unserved", 2_000),
            "remote": forms.listed("remote", 2_000),
            "countries": {
                zone: [code.upper() for code in forms.listed(f"countries_{zone}", 600, " ")] for zone in ABROAD
            },
        }
        _publish(document, "reach", at=now())
    except DomainError as error:
        return _page(refused(error)), error.status
    return _published()


@blueprint.get("/delivery/<way>/<zone>")
@requires("delivery.read")
def delivery_rate(way: str, zone: str) -> str:
    """Show what one way costs into one zone, as a form."""
    return _rate_page(way, zone, None)


def _rate_page(way: str, zone: str, form: Filled | None) -> str:
    if zone not in WAYS.get(way, ()):
        raise NotFound("tariff.rate_unknown")
    tariff = tariffs.current()
    rate = find_rate(tariff.rates, way, zone)
    return render_template(
        "manager/delivery_rate.html",
        way=way,
        zone=zone,
        version=tariff.version,
        form=form or Filled(_typed(rate)),
        rows=range(ROWS),
        currencies=CURRENCIES,
    )


def _typed(rate: Rate | None) -> dict[str, str]:
    if rate is None:
        return {}
    typed = {"least_days": str(rate.least_days), "most_days": str(rate.most_days)}
    for row, bracket in enumerate(rate.brackets):
        typed[f"grams_{row}"] = str(bracket.up_to_grams)
        typed |= {f"{currency}_{row}": forms.plain(minor) for currency, minor in bracket.charges.items()}
    return typed


@blueprint.post("/delivery/<way>/<zone>")
@requires("delivery.edit")
def change_rate(way: str, zone: str) -> Answer:
    """Change what one way costs into one zone; without a single weight it is not offered any more."""
    if zone not in WAYS.get(way, ()):
        raise NotFound("tariff.rate_unknown")
    try:
        document = tariffs.document_of(tariffs.current())
        brackets = [_bracket(row) for row in range(ROWS) if forms.text(f"grams_{row}")]
        days = [forms.whole("least_days", least=1), forms.whole("most_days", least=1)]
        rate = {"way": way, "zone": zone, "days": days, "brackets": brackets}
        others = [each for each in document["rates"] if (each["way"], each["zone"]) != (way, zone)]
        document["rates"] = [*others, rate] if brackets else others
        _publish(document, f"{way} {zone}", at=now())
    except DomainError as error:
        return _rate_page(way, zone, refused(error)), error.status
    return _published()


def _bracket(row: int) -> list[Any]:
    charged: Sequence[str] = [currency for currency in CURRENCIES if forms.text(f"{currency}_{row}")]
    if not charged:
        raise Invalid("tariff.brackets", field=f"grams_{row}")
    return [forms.whole(f"grams_{row}", least=1), {currency: forms.amount(f"{currency}_{row}") for currency in charged}]


def _publish(document: dict[str, Any], what: str, *, at: datetime) -> None:
    with writing():
        tariffs.publish(document, what, follows=forms.whole("version"), at=at, by=signed_in().actor)


def _published() -> Response:
    flash(_("The new charges are in force. Orders that were placed keep theirs."), "good")
    return redirect(url_for("manager.delivery"), 303)
