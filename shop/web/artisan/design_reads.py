"""What a line of her passbook says of a design: how many pieces were sold in a month, at what each."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from shop.artisans.design_models import Royalty, source_of
from shop.catalog.models import Product, Variant
from shop.db import db


@dataclass(frozen=True)
class Designed:
    """A month of a design: pieces x rate is what all who drew it got; `together` says that she was not alone."""

    title: str
    variant: Variant | None
    pieces: int
    rate_minor: int
    whole_minor: int
    together: bool


def designed_of(sources: Collection[str], language: str) -> dict[str, Designed]:
    """Return what earnings of designs are made of: source -> its month."""
    named = [source.split(":")[1:] for source in sources if source.startswith("design:")]
    if not named:
        return {}
    query = select(Royalty).where(
        Royalty.design_id.in_([int(number) for number, _ in named]), Royalty.month.in_([month for _, month in named])
    )
    found = [each for each in db.session.scalars(query) if each.source in sources]
    ids = {int(each.design.product.partition(":")[2]) for each in found}
    products = {each.id: each for each in db.session.scalars(select(Product).where(Product.id.in_(ids)))}
    return {
        source_of(each.design_id, each.month): _designed(
            each, products[int(each.design.product.partition(":")[2])], language
        )
        for each in found
    }


def _designed(royalty: Royalty, product: Product, language: str) -> Designed:
    return Designed(
        title=product.title_in(language),
        variant=next(iter(product.variants), None),
        pieces=royalty.pieces,
        rate_minor=royalty.design.royalty_minor,
        whole_minor=royalty.amount_minor,
        together=len(royalty.design.parts) > 1,
    )
