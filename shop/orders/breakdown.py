"""Where the money of one piece goes: the rule that posts, told so that its parts add up to the price.

Wages are what the making in force pays, the share is what a sale promises, tax is what is inside the
price; the other costs are what the office says they are. What is left is the shop's own, so the parts
add up to the price in rupees to the paisa. Where the figures leave less than nothing, or nobody has
said what the material costs, there is no breakdown: a page says nothing rather than something untrue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from shop.catalog import figures
from shop.catalog.figure_models import CostKind
from shop.catalog.figures import Figures
from shop.money import included_tax
from shop.orders import tax
from shop.production import making
from shop.production.making import Standard


class Part(StrEnum):
    """What a part of a price is for, in the order in which a page shows them: the makers' first."""

    WAGES = "wages"
    SHARE = "share"
    MATERIAL = "material"
    CENTRE = "centre"
    PACKING = "packing"
    SHOP = "shop"
    FEE = "fee"
    TAX = "tax"


class Basis(StrEnum):
    """Where the figures come from: standard cost, or what the books say of the last 90 days."""

    STANDARD = "standard"
    ACTUAL = "actual"


@dataclass(frozen=True)
class Piece:
    """A variant to be told about: its price in rupees, with tax, in paise."""

    variant_id: int
    product_id: int
    hsn: str
    price_minor: int


@dataclass(frozen=True)
class Breakdown:
    """The parts of one piece's price in rupees, in paise; they add up to it."""

    price_minor: int
    parts: Mapping[Part, int]
    basis: Basis
    version: int
    units: int = 0

    @property
    def makers_minor(self) -> int:
        """Return what goes to the makers: wages and share."""
        return self.parts[Part.WAGES] + self.parts[Part.SHARE]


@dataclass(frozen=True)
class Frozen:
    """What an order line keeps of one piece: its makers' share in paise, and the breakdown it was sold with."""

    making_id: int | None
    share_minor: int
    breakdown: dict[str, Any] | None


def of_pieces(pieces: Sequence[Piece], *, on: date, taxed: bool) -> dict[int, Breakdown | None]:
    """Return variant -> where its price goes as a page tells it, or None; two statements however many there are.

    `taxed`: whether the seller charges tax, which is inside the price then.
    """
    wages, known = _read(pieces)
    return {
        piece.variant_id: _told(piece, wages.get(piece.product_id), known, _rate(piece, on, taxed)) for piece in pieces
    }


def freeze(pieces: Sequence[Piece], *, on: date, taxed: bool) -> dict[int, Frozen]:
    """Return variant -> what its order line keeps: always by standard cost, which is the rule that posts."""
    wages, known = _read(pieces)
    return {
        piece.variant_id: _frozen(piece, wages.get(piece.product_id), known, _rate(piece, on, taxed))
        for piece in pieces
    }


def parts_of(
    price_minor: int, *, wages_minor: int, share_minor: int, costs: Mapping[CostKind, int], tax_bp: int
) -> dict[Part, int] | None:
    """Return the parts of a price; what is left over is the shop's. None if less than nothing is left."""
    parts = {
        Part.WAGES: wages_minor,
        Part.SHARE: share_minor,
        Part.MATERIAL: costs[CostKind.MATERIAL],
        Part.CENTRE: costs[CostKind.CENTRE],
        Part.PACKING: costs[CostKind.PACKING],
        Part.FEE: costs[CostKind.FEE],
        Part.TAX: included_tax(price_minor, tax_bp),
    }
    left = price_minor - sum(parts.values())
    if left < 0:
        return None
    parts[Part.SHOP] = left
    return {part: parts[part] for part in Part}


def _read(pieces: Sequence[Piece]) -> tuple[dict[int, Standard], Figures]:
    products = sorted({piece.product_id for piece in pieces})
    return making.standards(products), figures.in_force(products, [piece.variant_id for piece in pieces])


def _share(piece: Piece, known: Figures) -> int:
    rule = known.share(piece.product_id)
    return rule.of(piece.price_minor) if rule else 0


def _costs(piece: Piece, known: Figures) -> dict[CostKind, int] | None:
    """Return what each kind costs; what nobody has set is nothing, save the material, without which there is no sum."""
    found = {kind: known.cost(kind, piece.product_id, piece.variant_id) for kind in CostKind}
    if found[CostKind.MATERIAL] is None:
        return None
    return {kind: figure.of(piece.price_minor) if figure else 0 for kind, figure in found.items()}


def _rate(piece: Piece, on: date, taxed: bool) -> int:
    return tax.rate_of(piece.hsn, on)[0] if taxed and piece.price_minor > 0 else 0


def _standard(piece: Piece, wages: Standard | None, known: Figures, tax_bp: int) -> Breakdown | None:
    costs = _costs(piece, known)
    if wages is None or costs is None or piece.price_minor <= 0:
        return None
    parts = parts_of(
        piece.price_minor,
        wages_minor=wages.wages_minor,
        share_minor=_share(piece, known),
        costs=costs,
        tax_bp=tax_bp,
    )
    return Breakdown(piece.price_minor, parts, Basis.STANDARD, wages.version) if parts else None


def _told(piece: Piece, wages: Standard | None, known: Figures, tax_bp: int) -> Breakdown | None:
    """Return the standard breakdown, or the actual one where enough pieces and women stand behind it."""
    standard = _standard(piece, wages, known, tax_bp)
    actual = known.actuals.get(piece.product_id)
    if standard is None or actual is None:
        return standard
    more = actual.wages_minor + actual.share_minor - standard.makers_minor
    if standard.parts[Part.SHOP] < more:
        return standard
    parts = {
        **standard.parts,
        Part.WAGES: actual.wages_minor,
        Part.SHARE: actual.share_minor,
        Part.SHOP: standard.parts[Part.SHOP] - more,
    }
    return Breakdown(piece.price_minor, parts, Basis.ACTUAL, standard.version, actual.units)


def _frozen(piece: Piece, wages: Standard | None, known: Figures, tax_bp: int) -> Frozen:
    standard = _standard(piece, wages, known, tax_bp)
    kept: dict[str, Any] | None = None
    if standard is not None:
        rule = known.share(piece.product_id)
        kept = {
            "price": standard.price_minor,
            "parts": {part.value: minor for part, minor in standard.parts.items()},
            "making": standard.version,
            "share_rule": rule.id if rule else None,
        }
    return Frozen(wages.making_id if wages else None, _share(piece, known), kept)
