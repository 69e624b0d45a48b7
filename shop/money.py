"""Money is a whole number of minor units (paise, cents) and a currency.

No float ever touches an amount. Parts of a sum are made by the largest-remainder method with a
fixed tie-break (the earlier part wins), so that the parts always add up to the whole and the same
input always gives the same split.
"""

from collections.abc import Sequence
from dataclasses import dataclass

CURRENCIES = ("INR", "USD", "EUR", "GBP")


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units of one currency; arithmetic across currencies raises."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are whole numbers, not {self.minor!r}")
        if self.currency not in CURRENCIES:
            raise ValueError(f"unknown currency {self.currency!r}")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, count: int) -> "Money":
        if type(count) is not int:
            raise TypeError("money is multiplied by whole numbers; use split() for parts")
        return Money(self.minor * count, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.minor


def split(minor: int, weights: Sequence[int]) -> list[int]:
    """Split a sum by weights; the parts add up to it exactly (largest remainder, earlier wins)."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    sign = -1 if minor < 0 else 1
    whole = abs(minor)
    parts = [whole * weight // total for weight in weights]
    remainders = [whole * weight % total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[: whole - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]


def decimal(minor: int) -> str:
    """Return minor units as programs and tables write them: 1250.50."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def included_tax(gross_minor: int, rate_bp: int) -> int:
    """Return the tax inside a tax-inclusive price, rounded half up; rate in basis points."""
    divisor = 10_000 + rate_bp
    return (2 * gross_minor * rate_bp + divisor) // (2 * divisor)
