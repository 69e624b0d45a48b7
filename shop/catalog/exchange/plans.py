"""What an import would do, as it is shown and then done: terms, products, their changes, and what should be known."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from shop.catalog.exchange.sheet import Trouble
from shop.catalog.exchange.wanted import WantedPicture, WantedProduct, WantedVariant
from shop.catalog.models import Picture, Product, Variant
from shop.catalog.products import ProductText, VariantText


class State(StrEnum):
    """What an import would do to a product."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Terms:
    """What the one who imports may write to: centres by code, the one that new products go to, pictures' folder."""

    centres: Mapping[str, int]
    default: str | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Change:
    """A cell that would be written differently; `of` is the variant or picture that it belongs to."""

    column: str
    before: str
    after: str
    of: str = ""


@dataclass(frozen=True)
class Note:
    """Something that the one who imports should know."""

    message_id: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass
class VariantPlan:
    """A variant as it will be; None stands for one that is not there yet."""

    wanted: WantedVariant
    variant: Variant | None
    text: VariantText


@dataclass
class PicturePlan:
    """A picture as it will be: a new one has the file it comes from."""

    wanted: WantedPicture
    picture: Picture | None
    file: Path | None
    sku: str | None
    alt: str


@dataclass
class ProductPlan:
    """A product as it will be."""

    wanted: WantedProduct
    product: Product | None
    text: ProductText
    centre_id: int
    carried: dict[str, dict[str, str]]
    status: str
    variants: list[VariantPlan] = field(default_factory=list)
    pictures: list[PicturePlan] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def state(self) -> State:
        """Return what an import would do to it."""
        if self.product is None:
            return State.NEW
        return State.CHANGED if self.changes or self.fresh else State.UNCHANGED

    @property
    def fresh(self) -> list[str]:
        """Return the variants and pictures that are not there yet, by sku and path."""
        skus = [each.text.sku for each in self.variants if each.variant is None]
        return skus + [each.wanted.source for each in self.pictures if each.picture is None]


@dataclass
class Plan:
    """What a file would do: product by product, what is wrong with it, and which columns have no effect here."""

    products: list[ProductPlan] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unknown: Sequence[str] = ()

    def count(self, state: State) -> int:
        """Return how many products are in a state."""
        return sum(1 for each in self.products if each.state is state)

    @property
    def fingerprint(self) -> str:
        """Return a hash of what would be done, to tell whether that is still what someone has looked at."""
        told = [
            (each.wanted.slug, each.state, each.changes, each.text, [variant.text for variant in each.variants])
            for each in self.products
        ]
        return hashlib.sha256(repr((told, self.troubles)).encode()).hexdigest()
