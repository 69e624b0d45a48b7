"""What a deduction is for, in words that she and the office both read."""

from collections.abc import Callable

from flask_babel import gettext as _

from shop.artisans.deduction_models import REASONS, DeductionKind, DeductionReason

_REASONS: dict[DeductionReason, Callable[[], str]] = {
    DeductionReason.RULE_BROKEN: lambda: _("A fine: a written rule of the workshop was broken"),
    DeductionReason.TOOL_LOST: lambda: _("A tool that was handed over was lost or broken"),
    DeductionReason.MATERIAL_LOST: lambda: _("Material that was handed over was lost or spoilt"),
    DeductionReason.ROOM: lambda: _("The room that the house gives"),
    DeductionReason.ASKED_FOR: lambda: _("A service that was asked for"),
    DeductionReason.PAID_TOO_MUCH: lambda: _("More was paid than was earned"),
}


def reason(code: DeductionReason) -> str:
    """Return a reason in words."""
    return _REASONS[code]()


def choices(allowed: frozenset[DeductionKind]) -> list[tuple[str, str]]:
    """Return the reasons of the kinds that are on, for a form."""
    return [(code.value, reason(code)) for kind, codes in REASONS.items() if kind in allowed for code in codes]
