"""The pages about the house: why buy here, where the money goes, what comes of it, and what holds between us."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import current_app, render_template
from flask_babel import gettext as _

from shop.clock import india_date
from shop.errors import NotFound
from shop.ledger import flows
from shop.ledger.flows import Flow
from shop.money import CURRENCIES
from shop.orders import cart, tariffs
from shop.orders.shipping import REMOTE, ZONES, Pins, Rate, Tariff
from shop.programme import claims
from shop.programme.measures import YEAR
from shop.web.access import public
from shop.web.edge import cookie_name, now
from shop.web.house import seller
from shop.web.storefront import blueprint, money_reads
from shop.web.storefront.claim_words import claim_words

PAGES = ("terms", "privacy", "shipping", "returns", "grievance", "accessibility", "cookies")
PARTS = ("wages", "shares", "fees", "tax", "gateway", "rest")  # as they stand in the strip
DYES = {"wages": "wages", "shares": "share", "fees": "share", "tax": "tax", "gateway": "fee", "rest": "material"}
Part = dict[str, object]


# Each is asked for by itself: the foot of every page names all of them.
TITLES: dict[str, Callable[[], str]] = {
    "terms": lambda: _("Terms"),
    "privacy": lambda: _("Privacy"),
    "shipping": lambda: _("Delivery"),
    "returns": lambda: _("Returns and money back"),
    "grievance": lambda: _("Seller and grievance officer"),
    "accessibility": lambda: _("Accessibility"),
    "cookies": lambda: _("Cookies"),
}


def page_title(slug: str) -> str:
    """Return the name of a page of terms."""
    return TITLES[slug]()


def part_name(name: str) -> str:
    """Return the name of a part of the money."""
    names: dict[str, str] = {
        "wages": _("Makers: piece rates, paid when a piece passes"),
        "shares": _("Makers: shares of sales"),
        "fees": _("Makers: for stories told"),
        "tax": _("Tax"),
        "gateway": _("Payment fees"),
        "rest": _("Cloth, centre, packing, carriage, the shop, and orders still in the making"),
    }
    return names[name]


@blueprint.get("/why-buy")
@public
def why_buy() -> str:
    """Say why it matters that this is bought, with sources."""
    return render_template("storefront/why_buy.html", claims=claims.shown(at=now()), said=claim_words)


@blueprint.get("/impact")
@public
def impact() -> str:
    """Show what comes of it: live figures, each with what it is a share of."""
    return render_template("storefront/impact.html", claims=claims.shown(at=now()), said=claim_words)


@blueprint.get("/how-the-money-flows")
@public
def money_flows() -> str:
    """Draw where a year's money went, out of the books."""
    at = now()
    since, until = india_date(at - YEAR), india_date(at)
    claim = claims.shown(at=at).get("money-flow")
    flow = flows.of(since, until) if claim else None
    return render_template(
        "storefront/money_flows.html", claim=claim, flow=flow, parts=_parts(flow) if flow else [],
        days=(_after(since), until),
    )  # fmt: skip


@blueprint.get("/centres")
@public
def centres() -> str:
    """Say where it is made, and nothing finer."""
    return render_template("storefront/centres.html")


@blueprint.get("/pages/<slug>")
@public
def house_page(slug: str) -> str:
    """Show one page of what holds between the shop and its customers."""
    if slug not in PAGES:
        raise NotFound("page.unknown")
    tariff = tariffs.current()
    return render_template(
        f"storefront/pages/{slug}.html",
        slug=slug,
        tariff=tariff,
        zones=_zones(tariff),
        currencies=CURRENCIES,
        own_state=seller().state,
        return_days=current_app.config["RETURN_DAYS"],
        bag_days=cart.KEPT.days,
        cookie_name=cookie_name,
    )


@dataclass(frozen=True)
class Zone:
    """One zone of the tariff as the page of delivery shows it: where it lies, and each way there with its charges."""

    code: str
    countries: Sequence[str]
    pins: Sequence[Pins]
    rates: Sequence[Rate]

    def cheapest(self, currency: str) -> int | None:
        """Return what the lightest parcel costs by the cheapest way, or None if it is not charged in a currency."""
        lightest = (rate.brackets[0].charges.get(currency) for rate in self.rates)
        return min((minor for minor in lightest if minor is not None), default=None)


def _zones(tariff: Tariff) -> list[Zone]:
    """Return the zones that a parcel can go to, from the rows that the checkout charges by."""
    ways = {code: [rate for rate in tariff.rates if rate.zone == code and rate.brackets] for code in ZONES}
    return [
        Zone(code, tariff.countries.get(code, ()), tariff.remote if code == REMOTE else (), rates)
        for code, rates in ways.items()
        if rates
    ]


def _after(day: date) -> date:
    return day + timedelta(days=1)


def _parts(flow: Flow) -> list[Part]:
    """Return the parts that are above zero, each with its place in the strip."""
    amounts = {name: int(getattr(flow, name)) for name in PARTS}
    drawn = {name: minor for name, minor in amounts.items() if minor > 0}

    def percent(minor: int) -> str | None:
        return money_reads.percent(minor, flow.paid) if flow.paid else None

    return [
        {"name": name, "dye": DYES[name], "minor": minor, "x": x, "width": width, "percent": percent(minor)}
        for (name, minor), (x, width) in zip(drawn.items(), money_reads.along_strip(list(drawn.values())), strict=True)
    ]


@blueprint.app_context_processor
def words() -> dict[str, object]:
    """Give templates the names of these pages."""
    return {"page_title": page_title, "house_page_slugs": PAGES, "part_name": part_name}
