"""Products, prices, pictures, stock and the single pieces (units) that stock is made of."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column

PACKING_DAYS = 2  # a piece on the shelf leaves within two days


class Trade(StrEnum):
    """The crafts of the centres."""

    BLOCK_PRINT = "block-print"
    KANTHA = "kantha"
    TYRE = "recycled-tyre"
    PAPER = "handmade-paper"
    LEATHER = "embossed-leather"
    KITCHEN = "kitchen"


class ProductStatus(StrEnum):
    """A draft is seen by the office only."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Product(Model):
    """What a page is about; its variants are what is bought. Prices include tax."""

    __tablename__ = "product"
    __table_args__ = (
        one_of("status", ProductStatus),
        one_of("trade", Trade),
        Index(None, "status", "position"),
        CheckConstraint("finish_days >= 0", name="finish_days_not_negative"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    status: Mapped[ProductStatus] = mapped_column(status_column(ProductStatus))
    trade: Mapped[Trade] = mapped_column(status_column(Trade))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    titles: Mapped[dict[str, str]] = mapped_column(JSON)
    description: Mapped[str] = mapped_column(Text)
    materials: Mapped[str] = mapped_column(String(200))
    care: Mapped[str] = mapped_column(String(300))
    size: Mapped[str] = mapped_column(String(80))
    hsn: Mapped[str] = mapped_column(String(8))
    finish_days: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    descriptions: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    materials_translated: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    care_translated: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    vendor: Mapped[str] = mapped_column(String(120), default="")
    category: Mapped[str] = mapped_column(String(255), default="")
    product_type: Mapped[str] = mapped_column(String(80), default="")
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    seo_title: Mapped[str] = mapped_column(String(120), default="")
    seo_description: Mapped[str] = mapped_column(String(400), default="")
    option_names: Mapped[list[str]] = mapped_column(JSON, default=list)  # what its variants differ in: Colour, Size
    carried: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)  # catalog/exchange/cells.py
    note: Mapped[str] = mapped_column(String(300), default="")  # for the office; never public
    to_publish: Mapped[bool] = mapped_column(default=False)  # a file asks for it to be sold once it is ready
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    variants: Mapped[list["Variant"]] = relationship(
        order_by="Variant.position", back_populates="product", cascade="all, delete-orphan"
    )
    pictures: Mapped[list["Picture"]] = relationship(order_by="Picture.position", cascade="all, delete-orphan")

    def title_in(self, language: str) -> str:
        """Return the title in a language, or in English if it was not translated."""
        return self.titles.get(language) or self.title

    def description_in(self, language: str) -> str:
        """Return the description in a language, or in English if it was not translated."""
        return self.descriptions.get(language) or self.description

    def materials_in(self, language: str) -> str:
        """Return what it is made of in a language, or in English if it was not translated."""
        return self.materials_translated.get(language) or self.materials

    def care_in(self, language: str) -> str:
        """Return how it is cared for in a language, or in English if it was not translated."""
        return self.care_translated.get(language) or self.care


class ProductAddress(Model):
    """The last part of an address under which a product was once to be found; no other product may take it."""

    __tablename__ = "product_address"

    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    left_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Variant(Model):
    """One thing that can be bought, by its sku."""

    __tablename__ = "variant"
    __table_args__ = (CheckConstraint("grams > 0", name="weighs_something"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    sku: Mapped[str] = mapped_column(String(40), unique=True)
    option: Mapped[str] = mapped_column(String(40))  # its values in one line, as orders and papers name it
    options: Mapped[list[str]] = mapped_column(JSON, default=list)  # one for each of its product's option_names
    barcode: Mapped[str] = mapped_column(String(40), default="")
    colour: Mapped[str] = mapped_column(String(24))
    grams: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    on_sale: Mapped[bool] = mapped_column(default=True)
    made_to_order: Mapped[bool] = mapped_column(default=True)

    product: Mapped[Product] = relationship(back_populates="variants", lazy="joined", innerjoin=True)
    prices: Mapped[list["Price"]] = relationship(cascade="all, delete-orphan")
    stock: Mapped["Stock"] = relationship(cascade="all, delete-orphan", uselist=False)
    availability: Mapped["Availability | None"] = relationship(cascade="all, delete-orphan", uselist=False)

    def price_in(self, currency: str) -> int | None:
        """Return the price in minor units, or None if it is not sold in that currency."""
        return next((price.amount_minor for price in self.prices if price.currency == currency), None)


class Price(Model):
    """A price set for one currency; never converted from another."""

    __tablename__ = "price"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_above_zero"),)

    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    amount_minor: Mapped[int] = mapped_column(Minor)


class Picture(Model):
    """A picture of a product. Its files carry its random name; alt text is required."""

    __tablename__ = "picture"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variant.id"))
    position: Mapped[int] = mapped_column(default=0)
    alt: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(200), default="")  # the path it had in an imported file's folder
    name: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]
    height: Mapped[int]
    ground: Mapped[str] = mapped_column(String(7), default="", server_default="")

    renditions: Mapped[list["Rendition"]] = relationship(order_by="Rendition.width", cascade="all, delete-orphan")


class Rendition(Model):
    """One file made of a picture: a width, a format and the name under which it is served."""

    __tablename__ = "rendition"
    __table_args__ = (UniqueConstraint("picture_id", "width", "format"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    picture_id: Mapped[int] = mapped_column(ForeignKey("picture.id"), index=True)
    width: Mapped[int]
    height: Mapped[int]
    format: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(120))


class Stock(Model):
    """How many pieces of a variant lie on the shelf, and how many of those are promised."""

    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("0 <= reserved AND reserved <= on_hand", name="promises_covered"),)

    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)


class MovementKind(StrEnum):
    """Why stock moved."""

    RECEIPT = "receipt"
    SALE = "sale"
    RETURN = "return"
    ADJUSTMENT = "adjustment"


class StockMovement(Model):
    """One signed movement of stock; their sum is what lies on the shelf."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="moves_something"),
        one_of("kind", MovementKind),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), index=True)
    kind: Mapped[MovementKind] = mapped_column(status_column(MovementKind))
    quantity: Mapped[int]
    reference: Mapped[str] = mapped_column(String(120), unique=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))


class ReservationStatus(StrEnum):
    """held: while the pay page is open; waiting: paid, to be made; allocated: pieces are set aside."""

    HELD = "held"
    WAITING = "waiting"
    ALLOCATED = "allocated"
    RELEASED = "released"
    SHIPPED = "shipped"


class Reservation(Model):
    """A promise of pieces to one order line, from the shelf or yet to be made.

    `share_minor`: the makers' share of each piece in paise, frozen on the order line when it was placed.
    """

    __tablename__ = "reservation"
    __table_args__ = (
        UniqueConstraint("reference", "from_stock", "round"),
        CheckConstraint("quantity > 0 AND filled BETWEEN 0 AND quantity", name="filled_within"),
        one_of("status", ReservationStatus),
        Index(
            "ix_reservation_waiting",
            "variant_id",
            "waiting_since",
            sqlite_where=text("status = 'waiting'"),
            postgresql_where=text("status = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), index=True)
    reference: Mapped[str] = mapped_column(String(60), index=True)
    round: Mapped[int] = mapped_column(default=1)
    from_stock: Mapped[bool]
    quantity: Mapped[int]
    filled: Mapped[int] = mapped_column(default=0)
    status: Mapped[ReservationStatus] = mapped_column(status_column(ReservationStatus))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    waiting_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    share_minor: Mapped[int] = mapped_column(Minor, default=0)


class Unit(Model):
    """One physical piece. The serial is for the workshop; the tag is what the public may follow."""

    __tablename__ = "unit"
    __table_args__ = (Index(None, "variant_id", "reservation_id", "gone_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    reference: Mapped[str] = mapped_column(String(120), unique=True)
    tag: Mapped[str] = mapped_column(String(16), unique=True)
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservation.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    makers: Mapped[list["UnitMaker"]] = relationship(cascade="all, delete-orphan")


class UnitOff(Model):
    """A piece that went off an order line: it never goes to that line again, since what it promised there has ended."""

    __tablename__ = "unit_off"

    unit_id: Mapped[int] = mapped_column(BigId, ForeignKey("unit.id"), primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(String(60), primary_key=True)


class UnitMaker(Model):
    """Who worked on a piece, at which step, and what that work earned. Never public."""

    __tablename__ = "unit_maker"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    step: Mapped[str] = mapped_column(String(24), primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"), index=True)
    earned_minor: Mapped[int] = mapped_column(Minor)


class CatalogueFile(Model):
    """An uploaded list of products that waits for its sender's yes; one each, kept for a day at most."""

    __tablename__ = "catalogue_file"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Availability(Model):
    """In how many days a variant that is not on the shelf can leave; published by the workshop."""

    __tablename__ = "availability"

    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True)
    ready_in_days: Mapped[int]
    as_of: Mapped[datetime] = mapped_column(UTCDateTime)
