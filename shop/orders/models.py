"""Carts (before placing), orders (immutable after it), their tax lines, events and shipments."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.catalog.models import Variant
from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column
from shop.money import split

if TYPE_CHECKING:
    from shop.orders.invoice_models import Invoice
    from shop.orders.reduction_models import Reduction

MOST_PER_LINE = 20


class Cart(Model):
    """What a visitor has put together, in one currency; known by a random key in a cookie."""

    __tablename__ = "cart"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(43), unique=True)
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    touched_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    lines: Mapped[list["CartLine"]] = relationship(order_by="CartLine.id", cascade="all, delete-orphan")


class CartLine(Model):
    """How many of one variant are in a cart."""

    __tablename__ = "cart_line"
    __table_args__ = (
        UniqueConstraint("cart_id", "variant_id"),
        CheckConstraint(f"quantity BETWEEN 1 AND {MOST_PER_LINE}", name="quantity_within"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cart_id: Mapped[int] = mapped_column(ForeignKey("cart.id", ondelete="CASCADE"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    quantity: Mapped[int]

    variant: Mapped[Variant] = relationship()


class OrderStatus(StrEnum):
    """What has happened to an order. "In the making" and "ready" are derived, never stored."""

    PLACED = "placed"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


ORDER_MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PLACED: frozenset({OrderStatus.PAID, OrderStatus.CANCELLED}),
    OrderStatus.PAID: frozenset({OrderStatus.SHIPPED, OrderStatus.CANCELLED}),
    OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED}),
    OrderStatus.DELIVERED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


class Order(Model):
    """A placed order: a copy of the cart with its prices, tax and address, made once per cart.

    `seller_gstin`: under which registration it was sold; empty: none, so it has no tax lines; nothing: before
    orders kept it.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("total_minor = items_minor + shipping_minor AND total_minor > 0", name="total_adds_up"),
        CheckConstraint("status = 'placed' OR status = 'cancelled' OR paid_at IS NOT NULL", name="paid_before_shipped"),
        one_of("status", OrderStatus),
        Index(None, "status", "placed_at"),
        Index(None, "email"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    key: Mapped[str] = mapped_column(String(43))
    cart_id: Mapped[int] = mapped_column(BigId, unique=True)
    status: Mapped[OrderStatus] = mapped_column(status_column(OrderStatus))
    currency: Mapped[str] = mapped_column(String(3))
    items_minor: Mapped[int] = mapped_column(Minor)
    shipping_minor: Mapped[int] = mapped_column(Minor)
    total_minor: Mapped[int] = mapped_column(Minor)
    tax_minor: Mapped[int] = mapped_column(Minor)
    shipping_method: Mapped[str] = mapped_column(String(24))
    zone: Mapped[str | None] = mapped_column(String(12))
    grams: Mapped[int | None]
    tariff_version: Mapped[int | None]
    seller_gstin: Mapped[str | None] = mapped_column(String(15))
    place_of_supply: Mapped[str] = mapped_column(String(40))
    promised_on: Mapped[date]
    arrives_from: Mapped[date | None]
    arrives_by: Mapped[date | None]
    language: Mapped[str] = mapped_column(String(5))
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    line1: Mapped[str] = mapped_column(String(120))
    line2: Mapped[str] = mapped_column(String(120))
    city: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(60))
    postcode: Mapped[str] = mapped_column(String(16))
    country: Mapped[str] = mapped_column(String(2))
    note: Mapped[str | None] = mapped_column(String(300))
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.position", back_populates="order")
    events: Mapped[list["OrderEvent"]] = relationship(order_by="OrderEvent.id")
    shipments: Mapped[list["Shipment"]] = relationship(order_by="Shipment.id")
    papers: Mapped[list["Invoice"]] = relationship(order_by="Invoice.id", viewonly=True)
    reductions: Mapped[list["Reduction"]] = relationship(order_by="Reduction.id", viewonly=True)

    @property
    def prepaid(self) -> str:
        """Return the code of the account that holds what was paid and not yet earned."""
        return f"prepaid:{self.id}"

    @property
    def now_minor(self) -> int:
        """Return the total as it stands: less what went off before the parcel left."""
        return self.total_minor - sum(each.minor for each in self.reductions)

    @property
    def delivery_minor(self) -> int:
        """Return what sending costs as it stands."""
        return next((each.minor_left for each in reversed(self.reductions) if not each.sku), self.shipping_minor)


class OrderLine(Model):
    """One variant of an order, with everything about it frozen at placing.

    `share_minor`: the makers' share of each piece in paise, whatever the order's currency. `breakdown`:
    where the price of one piece in rupees goes (breakdown.py), or nothing if the office has not said.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity > 0 AND total_minor = quantity * unit_minor", name="adds_up"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    making_id: Mapped[int | None] = mapped_column(ForeignKey("making.id"))
    sku: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(120))
    option: Mapped[str] = mapped_column(String(40))
    hsn: Mapped[str] = mapped_column(String(8))
    quantity: Mapped[int]
    unit_minor: Mapped[int] = mapped_column(Minor)
    total_minor: Mapped[int] = mapped_column(Minor)
    ready_in_days: Mapped[int]
    share_minor: Mapped[int] = mapped_column(Minor, default=0)
    breakdown: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    order: Mapped[Order] = relationship(back_populates="lines")
    variant: Mapped[Variant] = relationship()

    @property
    def reference(self) -> str:
        """Return how floors below name this line."""
        return f"order-line:{self.id}"

    @property
    def pieces(self) -> int:
        """Return how many pieces still are the customer's: those that went off before the parcel left are not."""
        return next((it.quantity_left for it in reversed(self.order.reductions) if it.sku == self.sku), self.quantity)

    @property
    def now_minor(self) -> int:
        """Return what the pieces that still are the customer's cost together, less what was given back of it."""
        return next((it.minor_left for it in reversed(self.order.reductions) if it.sku == self.sku), self.total_minor)

    def cost_of(self, pieces: int) -> int:
        """Return what so many of its pieces cost as the order stands: what was given back of the row is not in it."""
        return split(self.now_minor, [pieces, self.pieces - pieces])[0] if pieces else 0


class TaxKind(StrEnum):
    """The heads of Indian GST; `zero` is a zero-rated export."""

    CGST = "cgst"
    SGST = "sgst"
    IGST = "igst"
    ZERO = "zero"


class TaxLine(Model):
    """The tax inside one line's price (or inside shipping), frozen with its rate and the rate's date."""

    __tablename__ = "tax_line"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0 AND taxable_minor >= 0", name="not_negative"),
        one_of("kind", TaxKind),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"))
    kind: Mapped[TaxKind] = mapped_column(status_column(TaxKind))
    hsn: Mapped[str] = mapped_column(String(8))
    rate_bp: Mapped[int]
    rate_from: Mapped[date]
    taxable_minor: Mapped[int] = mapped_column(Minor)
    amount_minor: Mapped[int] = mapped_column(Minor)


class OrderEvent(Model):
    """Who moved an order to which status, and when."""

    __tablename__ = "order_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    status: Mapped[OrderStatus] = mapped_column(status_column(OrderStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))


class Shipment(Model):
    """A parcel, handed to a carrier under a tracking number: the whole order, or later the pieces of an exchange."""

    __tablename__ = "shipment"
    __table_args__ = (
        Index(
            "uq_shipment_one_of_the_sale",
            "order_id",
            unique=True,
            sqlite_where=text("exchange_id IS NULL"),
            postgresql_where=text("exchange_id IS NULL"),
        ),
        Index(None, "order_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    exchange_id: Mapped[int | None] = mapped_column(ForeignKey("exchange.id"), unique=True)
    carrier: Mapped[str] = mapped_column(String(60))
    tracking: Mapped[str] = mapped_column(String(60))
    shipped_at: Mapped[datetime] = mapped_column(UTCDateTime)
    shipped_by: Mapped[str] = mapped_column(String(40))
    delivered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
