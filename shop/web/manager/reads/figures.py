"""The figures in force for a product or the house, and the price of each variant cut into its parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from shop.catalog import figures, products
from shop.catalog.figure_models import CostKind, ShareRule, ShareRuleEvent
from shop.catalog.figures import Figure
from shop.catalog.models import Product, Variant
from shop.clock import india_date
from shop.orders import breakdown
from shop.orders.breakdown import Breakdown, Piece
from shop.users.models import User
from shop.web.format import digits
from shop.web.manager.reads.names import actors

KINDS: dict[CostKind, Callable[[], str]] = {
    CostKind.MATERIAL: lambda: _("Material"),
    CostKind.CENTRE: lambda: _("Centre"),
    CostKind.PACKING: lambda: _("Packing"),
    CostKind.FEE: lambda: _("Payment fee"),
}


@dataclass(frozen=True)
class InForce:
    """One kind of figure with the one in force for this scope, if any, and whether it is the house's."""

    kind: CostKind
    name: str
    figure: Figure | None


@dataclass(frozen=True)
class FiguresPage:
    """What is in force, what waits for a second person, and where each variant's price goes."""

    scope: str
    product: Product | None
    costs: Sequence[InForce]
    share: Figure | None
    proposed: ShareRule | None
    proposed_by: str
    is_mine: bool
    declined: tuple[ShareRule, ShareRuleEvent] | None
    declined_by: str
    cut: Sequence[tuple[Variant, Breakdown | None]]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Return the kinds of cost as options of a form."""
        return [(each.kind.value, each.name) for each in self.costs]

    def percent(self, basis_points: int) -> str:
        """Return basis points in per cent, in the page's digits."""
        return digits(f"{basis_points // 100}.{basis_points % 100:02d}")


def figures_page(user: User, scope: str, *, at: datetime) -> FiguresPage:
    """Return the figures of the house, or of a product of a member of staff."""
    product = None if scope == figures.HOUSE else products.get_of(user, scope)
    number = product.id if product else 0
    known = figures.in_force([number] if product else [])
    costs = [InForce(kind, words(), known.cost(kind, number, 0)) for kind, words in KINDS.items()]
    named = figures.product_scope(number) if product else figures.HOUSE
    proposed, declined = figures.find_proposed(named), figures.find_declined(named)
    by, refuser = proposed.written_by if proposed else "", declined[1].by if declined else ""
    names = actors(filter(None, (by, refuser)))
    return FiguresPage(
        scope,
        product,
        costs,
        known.share(number),
        proposed,
        names.get(by, ""),
        by == user.actor,
        declined,
        names.get(refuser, ""),
        _cut(product, at) if product else [],
    )


def _cut(product: Product, at: datetime) -> list[tuple[Variant, Breakdown | None]]:
    priced = [(each, each.price_in("INR") or 0) for each in product.variants]
    pieces = [Piece(each.id, product.id, product.hsn, price) for each, price in priced if price]
    told = breakdown.of_pieces(pieces, on=india_date(at)) if pieces else {}
    return [(each, told.get(each.id)) for each, _price in priced]
