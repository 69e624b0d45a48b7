"""Reads and checks parameters the way Stripe does."""

from sandbox.store import Doc
from sandbox.stripe_gateway.errors import StripeFault, missing, unknown

CURRENCIES = {"inr": 50, "usd": 50, "eur": 50, "gbp": 30}
"""Known currencies and the least that may be charged in each."""


def whole(value: object, param: str, least: int = 0) -> int:
    """A non-negative integer sent as text."""
    text = str(value)
    if not text.lstrip("-").isdigit():
        raise StripeFault(f"Invalid integer: {text}", code="parameter_invalid_integer", param=param)
    if int(text) < least:
        raise StripeFault(
            f"This value must be greater than or equal to {least}.", code="parameter_invalid_integer", param=param
        )
    return int(text)


def text(params: Doc, name: str) -> str | None:
    """An optional text; the empty one counts as absent."""
    value = params.get(name)
    return str(value) if value not in (None, "") else None


def mapping(params: Doc, name: str) -> Doc:
    """An optional nested hash."""
    value = params.get(name) or {}
    if not isinstance(value, dict):
        raise StripeFault("Invalid object", param=name)
    return value


def metadata(params: Doc, name: str = "metadata") -> dict[str, str]:
    """Up to 50 short texts, by Stripe's limits."""
    entries = {str(key): str(value) for key, value in mapping(params, name).items()}
    if len(entries) > 50:
        raise StripeFault("You cannot have more than 50 metadata keys.", param=name)
    for key, value in entries.items():
        if len(key) > 40:
            raise StripeFault("Metadata keys can be up to 40 characters.", param=f"{name}[{key}]")
        if len(value) > 500:
            raise StripeFault("Metadata values can have up to 500 characters.", param=f"{name}[{key}]")
    return entries


def only(params: Doc, allowed: set[str], under: str = "") -> None:
    """Refuse what Stripe would not know, so that a slip in a name is found here."""
    for name in params:
        if name not in allowed:
            raise unknown(f"{under}[{name}]" if under else name)


def required(params: Doc, name: str, shown: str | None = None) -> str:
    """A text that must be there."""
    value = text(params, name)
    if value is None:
        raise missing(shown or name)
    return value


def currency(value: str, param: str) -> str:
    """A currency of the shop, in lower case as Stripe writes it."""
    code = value.lower()
    if code not in CURRENCIES:
        raise StripeFault(f"Invalid currency: {code}. The sandbox knows {', '.join(CURRENCIES)}.", param=param)
    return code
