"""The states of India, and places of supply, in the page's language; what a parcel carries stays in Latin letters."""

from collections.abc import Callable
from functools import lru_cache

from flask_babel import gettext as _

from shop.orders.address import FormField
from shop.web.language import language
from shop.web.storefront import blueprint
from shop.web.storefront.words import country_name

STATES: dict[str, Callable[[], str]] = {
    "Andaman and Nicobar Islands": lambda: _("Andaman & Nicobar"),
    "Andhra Pradesh": lambda: _("Andhra Pradesh"),
    "Arunachal Pradesh": lambda: _("Arunachal Pradesh"),
    "Assam": lambda: _("Assam"),
    "Bihar": lambda: _("Bihar"),
    "Chandigarh": lambda: _("Chandigarh"),
    "Chhattisgarh": lambda: _("Chhattisgarh"),
    "Dadra and Nagar Haveli and Daman and Diu": lambda: _("Dadra & Nagar Haveli & Daman & Diu"),
    "Delhi": lambda: _("Delhi"),
    "Goa": lambda: _("Goa"),
    "Gujarat": lambda: _("Gujarat"),
    "Haryana": lambda: _("Haryana"),
    "Himachal Pradesh": lambda: _("Himachal Pradesh"),
    "Jammu and Kashmir": lambda: _("Jammu & Kashmir"),
    "Jharkhand": lambda: _("Jharkhand"),
    "Karnataka": lambda: _("Karnataka"),
    "Kerala": lambda: _("Kerala"),
    "Ladakh": lambda: _("Ladakh"),
    "Lakshadweep": lambda: _("Lakshadweep"),
    "Madhya Pradesh": lambda: _("Madhya Pradesh"),
    "Maharashtra": lambda: _("Maharashtra"),
    "Manipur": lambda: _("Manipur"),
    "Meghalaya": lambda: _("Meghalaya"),
    "Mizoram": lambda: _("Mizoram"),
    "Nagaland": lambda: _("Nagaland"),
    "Odisha": lambda: _("Odisha"),
    "Puducherry": lambda: _("Puducherry"),
    "Punjab": lambda: _("Punjab"),
    "Rajasthan": lambda: _("Rajasthan"),
    "Sikkim": lambda: _("Sikkim"),
    "Tamil Nadu": lambda: _("Tamil Nadu"),
    "Telangana": lambda: _("Telangana"),
    "Tripura": lambda: _("Tripura"),
    "Uttar Pradesh": lambda: _("Uttar Pradesh"),
    "Uttarakhand": lambda: _("Uttarakhand"),
    "West Bengal": lambda: _("West Bengal"),
}


@blueprint.app_template_filter()
def place_named(place: str) -> str:
    """Return a place of supply, which is a state of India or the code of a country abroad, in the page's language."""
    return STATES[place]() if place in STATES else country_name(place)


@blueprint.app_template_filter()
def choices_named(field: FormField) -> list[tuple[str, str]]:
    """Return what can be chosen in a field of an address, states of India named in the page's language."""
    return _named(field.choices, language())


@lru_cache(maxsize=500)
def _named(choices: tuple[tuple[str, str], ...], written: str) -> list[tuple[str, str]]:
    return [(code, STATES[code]() if code in STATES else name) for code, name in choices]
