"""What lists and search read: narrow rows that the catalogue's verbs keep beside each product.

Nothing here is the truth. All of it is made of products, variants, prices, shelf and lead times, in the
transaction that changes one of them, and `listing.rebuild` makes all of it anew.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.catalog.materials import Material
from shop.catalog.models import Trade
from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column

NEVER = 9_999  # days: neither on the shelf nor made to order


class ProductMaterial(Model):
    """One of the materials a product is made of, as lists are narrowed by it."""

    __tablename__ = "product_material"
    __table_args__ = (one_of("material", Material),)

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    material: Mapped[Material] = mapped_column(status_column(Material), primary_key=True)


class Listing(Model):
    """A product as lists see it. It stays, hidden, when the product leaves the shop.

    `shelved` counts its variants with a free piece; `made_days` is the soonest that one could leave if it
    were made, `days` the soonest at all. Colours and materials stand between spaces: " indigo leaf ".
    `stamp` is 0 in a row that a migration began and `listing.catch_up` has to write; then it grows with every change
    of what facets count, so that whoever keeps counts can ask what changed.
    """

    __tablename__ = "listing"
    __table_args__ = (
        Index(None, "position", "product_id"),
        Index(None, "listed_at", "product_id"),
        Index(None, "days", "product_id"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True, autoincrement=False)
    is_listed: Mapped[bool]
    trade: Mapped[Trade] = mapped_column(status_column(Trade))
    colours: Mapped[str] = mapped_column(String(300))
    materials: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]
    listed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    shelved: Mapped[int]
    made_days: Mapped[int]
    days: Mapped[int]
    stamp: Mapped[int] = mapped_column(Minor, index=True)


class ListingPrice(Model):
    """The lowest price of a product in a currency."""

    __tablename__ = "listing_price"
    __table_args__ = (Index(None, "currency", "amount_minor", "product_id"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("listing.product_id"), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    amount_minor: Mapped[int] = mapped_column(Minor)


class SearchWord(Model):
    """A word of the catalogue as search folds it, and in how many products it stands."""

    __tablename__ = "search_word"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    word: Mapped[str] = mapped_column(String(40), unique=True)
    products: Mapped[int] = mapped_column(default=0)


class SearchSlip(Model):
    """A word with letters left out: whoever types a word wrongly meets it here."""

    __tablename__ = "search_slip"

    slip: Mapped[str] = mapped_column(String(40), primary_key=True)
    word_id: Mapped[int] = mapped_column(ForeignKey("search_word.id"), primary_key=True)


class SearchPosting(Model):
    """Where a word stands in a product: `place` 1 in its title, 2 in what it is, 3 in its text; the best only."""

    __tablename__ = "search_posting"
    __table_args__ = (Index(None, "product_id", "word_id", "place"), {"sqlite_with_rowid": False})

    word_id: Mapped[int] = mapped_column(ForeignKey("search_word.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)


class CollectionKind(StrEnum):
    """picked: by hand, in an order; ruled: whatever a rule finds."""

    PICKED = "picked"
    RULED = "ruled"


class Collection(Model):
    """Things that belong together under a name of their own: picked by hand or found by a rule."""

    __tablename__ = "collection"
    __table_args__ = (one_of("kind", CollectionKind), Index(None, "position", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[CollectionKind] = mapped_column(status_column(CollectionKind))
    is_shown: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(80))
    titles: Mapped[dict[str, str]] = mapped_column(JSON)
    lead: Mapped[str] = mapped_column(Text)
    leads: Mapped[dict[str, str]] = mapped_column(JSON)
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)

    picks: Mapped[list["CollectionPick"]] = relationship(
        order_by="CollectionPick.position", cascade="all, delete-orphan", lazy="joined"
    )

    def title_in(self, language: str) -> str:
        """Return the title in a language, or in English if it was not translated."""
        return self.titles.get(language) or self.title

    def lead_in(self, language: str) -> str:
        """Return the sentence below it in a language, or in English."""
        return self.leads.get(language) or self.lead


class CollectionPick(Model):
    """One product of a collection that was picked by hand."""

    __tablename__ = "collection_pick"

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
