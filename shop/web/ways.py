"""What the ways of sending, their zones and the papers of a sale are called, for customers and for the office alike."""

from collections.abc import Callable

from flask_babel import gettext as _

from shop.orders.invoice_models import PaperKind

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


PAPERS: dict[PaperKind, Callable[[], str]] = {
    PaperKind.TAX_INVOICE: lambda: _("Tax invoice"),
    PaperKind.BILL_OF_SUPPLY: lambda: _("Bill of supply"),
    PaperKind.CREDIT_NOTE: lambda: _("Credit note"),
    PaperKind.REFUND_VOUCHER: lambda: _("Refund voucher"),
}


def paper_name(kind: PaperKind) -> str:
    """Return the name of a paper of a sale."""
    return PAPERS[kind]()


def way_name(code: str) -> str:
    """Return the name of a way of sending."""
    return WAYS[code]()


def zone_name(code: str) -> str:
    """Return the name of a zone of the tariff."""
    return ZONES[code]()
