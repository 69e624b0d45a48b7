"""Reads and checks parameters the way Razorpay does."""

from typing import Any

from sandbox.razorpay_gateway.errors import RazorpayFault
from sandbox.store import Doc

RATES = {"INR": 1, "USD": 88, "EUR": 102, "GBP": 117}
"""Known currencies; paise per minor unit, for `base_amount` only."""


def whole(params: Doc, name: str) -> int | None:
    """An optional integer, which Razorpay also takes as text."""
    value = params.get(name)
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not str(value).lstrip("-").isdigit():
        raise RazorpayFault(f"The {name} must be an integer.", field=name)
    return int(str(value))


def text(params: Doc, name: str, longest: int) -> str:
    """An optional text; Razorpay answers an empty one where nothing was sent."""
    value = str(params.get(name) or "")
    if len(value) > longest:
        raise RazorpayFault(f"The {name} may not be greater than {longest} characters.", field=name)
    return value


def notes(params: Doc) -> Any:
    """Up to 15 short texts; without any, Razorpay answers an empty list."""
    value = params.get("notes") or {}
    if not isinstance(value, dict):
        raise RazorpayFault("The notes must be an array.", field="notes")
    if len(value) > 15:
        raise RazorpayFault("Number of fields in notes should be less than or equal to 15.", field="notes")
    if any(len(str(note)) > 256 for note in value.values()):
        raise RazorpayFault("Note value cannot be longer than 256 characters.", field="notes")
    return {str(name): str(note) for name, note in value.items()} or []


def only(params: Doc, allowed: set[str]) -> None:
    """Refuse what Razorpay would not know."""
    extra = sorted(set(params) - allowed)
    if extra:
        raise RazorpayFault(f"{', '.join(extra)} is/are not required and should not be sent")
