"""Splits of sums and the tax of carts, each done again with fractions by another rule, and compared to the paisa."""

import random
from datetime import date
from fractions import Fraction

from shop.money import split
from shop.orders import tax
from shop.orders.seller import Seller

SPLITS, SEED = 100_000, 20261122
ON = date(2026, 11, 20)
HSNS = ("420222", "420299", "6214", "4820")
STATES = (("IN", "West Bengal"), ("IN", "Kerala"), ("GB", ""))


def errors(number: int, seed: int) -> int:
    """Return by how many paise, in all, so many splits and a cart for each ten of them are wrong."""
    dice = random.Random(seed)
    wrong = 0
    for place in range(number):
        minor = dice.choice((dice.randrange(-500, 500), dice.randrange(10**9), -dice.randrange(10**6)))
        weights = [dice.choice((0, 1, dice.randrange(100), dice.randrange(10**6))) for _ in range(dice.randrange(1, 9))]
        if sum(weights):
            wrong += _differ(split(minor, weights), _apportioned(minor, weights))
        if place % 10 == 0:
            wrong += _cart(dice)
    return wrong


def _apportioned(minor: int, weights: list[int]) -> list[int]:
    """Give one unit after the other to whoever is furthest below what fractions owe it, the earlier one first."""
    sign, total = (-1 if minor < 0 else 1), sum(weights)
    owed = [Fraction(abs(minor) * weight, total) for weight in weights]
    parts = [owing.numerator // owing.denominator for owing in owed]
    while sum(parts) < abs(minor):
        furthest = max(range(len(parts)), key=lambda i: (owed[i] - parts[i], -i))
        parts[furthest] += 1
    return [sign * part for part in parts]


def _cart(dice: random.Random) -> int:
    """Return by how many paise the tax of a cart's lines is wrong, in any state or abroad."""
    seller = Seller.of({**_SELLER, "SELLER_LUT": dice.choice(("", "AD190000000000X"))})
    country, state = dice.choice(STATES)
    wrong = 0
    for _ in range(dice.randrange(1, 6)):
        gross, hsn = dice.randrange(1, 10**6) * dice.randrange(1, 6), dice.choice(HSNS)
        parts = tax.inside(gross, hsn, on=ON, country=country, state=state, seller=seller)
        amounts = [part.amount_minor for part in parts]
        rate = Fraction(sum(part.rate_bp for part in parts), 10_000)
        exact = gross * rate / (1 + rate)
        rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
        wrong += abs(sum(amounts) - rounded) + abs(sum(amounts) + parts[0].taxable_minor - gross)
        wrong += max(max(amounts) - min(amounts) - 1, 0)
    return wrong


def _differ(ours: list[int], theirs: list[int]) -> int:
    return sum(abs(one - other) for one, other in zip(ours, theirs, strict=True))


_SELLER = {
    "SELLER_NAME": "Shop", "SELLER_ADDRESS": "", "SELLER_GSTIN": "19AAAAA0000A1Z5", "SELLER_STATE": "West Bengal",
    "SELLER_EMAIL": "", "SELLER_PHONE": "", "SELLER_GRIEVANCE_OFFICER": "", "SELLER_LUT": "",
}  # fmt: skip
