"""What the ways of sending and their zones are called, for customers and for the office alike."""

from collections.abc import Callable

from flask_babel import gettext as _

WAYS: dict[str, Callable[[], str]] = {
    "india-standard": lambda: _("Post within India"),
    "india-express": lambda: _("Express within India"),
    "world-tracked": lambda: _("Tracked post abroad"),
}
ZONES: dict[str, Callable[[], str]] = {
    "home": lambda: _("Our own state"),
    "india": lambda: _("The rest of India"),
    "remote": lambda: _("The North-East, Jammu, Kashmir, Ladakh, the islands"),
    "saarc": lambda: _("Neighbouring countries"),
    "europe": lambda: _("Europe"),
    "world": lambda: _("The rest of the world"),
}


def way_name(code: str) -> str:
    """Return the name of a way of sending."""
    return WAYS[code]()


def zone_name(code: str) -> str:
    """Return the name of a zone of the tariff."""
    return ZONES[code]()
