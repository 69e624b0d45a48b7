"""Placing: the cart becomes an order, once.

`orders.cart_id` is unique, so a double click or a retry finds the order that the first one made.
This is a hot unit: rows go in by Core statements.
"""

import secrets
from dataclasses import asdict
from datetime import datetime
from functools import cache

from sqlalchemy import Executable, Select, bindparam, insert, select

from shop.catalog import stock
from shop.catalog.stock import TAG_LETTERS
from shop.db import adding, db, run, upsert
from shop.errors import Conflict
from shop.orders.address import Address
from shop.orders.models import Order, OrderEvent, OrderLine, OrderStatus, TaxLine
from shop.orders.reckoning import Reckoned, Standing
from shop.orders.tax import TaxPart


def find_by_cart(cart_id: int) -> Order | None:
    """Return the order that a cart has become, or None."""
    return db.session.scalars(_of_cart(), {"of_cart": cart_id}).one_or_none()


@cache
def _of_cart() -> Select[Order]:
    return select(Order).where(Order.cart_id == bindparam("of_cart"))


def place(
    cart: Standing,
    reckoned: Reckoned,
    address: Address,
    *,
    shown_minor: int,
    note: str = "",
    language: str,
    hold_until: datetime,
    at: datetime,
    by: str,
) -> Order:
    """Place an order from a cart and hold its pieces until a moment; again for the same cart, the same order.

    Raises Conflict if the total is not the one that the page showed, or if stock ran out meanwhile.
    """
    quoted = reckoned.quoted
    if quoted.total_minor != shown_minor:
        raise Conflict("checkout.total_changed")
    assert quoted.method is not None
    order: Order | None = db.session.scalars(
        _placing(db.engine.dialect.name),
        dict(
            number="MB-" + "".join(secrets.choice(TAG_LETTERS) for _ in range(7)),
            key=secrets.token_urlsafe(24),
            cart_id=cart.id,
            status=OrderStatus.PLACED,
            currency=quoted.currency,
            items_minor=quoted.items_minor,
            shipping_minor=quoted.shipping_minor,
            total_minor=quoted.total_minor,
            tax_minor=quoted.tax_minor,
            shipping_method=quoted.method.code,
            zone=quoted.method.zone,
            grams=quoted.grams,
            tariff_version=quoted.tariff.version,
            arrives_from=quoted.arrives[0],
            arrives_by=quoted.arrives[1],
            note=note or None,
            seller_gstin=quoted.seller_gstin,
            place_of_supply=address.state if address.country == "IN" else address.country,
            promised_on=quoted.leaves_on,
            language=language,
            placed_at=at,
            **asdict(address),
        ),
    ).one_or_none()
    if order is None:
        known = find_by_cart(cart.id)
        assert known is not None
        return known
    _copy_lines(order.id, reckoned, hold_until=hold_until)
    run(adding(OrderEvent), {"order_id": order.id, "status": OrderStatus.PLACED, "at": at, "by": by})
    return order


@cache
def _placing(dialect: str) -> Executable:
    return upsert(Order).on_conflict_do_nothing(index_elements=["cart_id"]).returning(Order)


def _copy_lines(order_id: int, reckoned: Reckoned, *, hold_until: datetime) -> None:
    quoted, frozen = reckoned.quoted, reckoned.frozen
    lines = [
        {
            "order_id": order_id,
            "position": position,
            "variant_id": line.variant.id,
            "making_id": frozen[line.variant.id].making_id,
            "sku": line.variant.sku,
            "title": line.variant.product.title,
            "option": line.variant.option,
            "hsn": line.variant.product.hsn,
            "quantity": line.quantity,
            "unit_minor": line.unit_minor,
            "total_minor": line.total_minor,
            "ready_in_days": line.ready_in_days,
            "share_minor": frozen[line.variant.id].share_minor,
            "breakdown": frozen[line.variant.id].breakdown,
        }
        for position, line in enumerate(quoted.lines, start=1)
    ]
    line_ids = run(_copying(), lines).scalars().all()
    taxes = [
        _tax_row(order_id, line_id, part)
        for line_id, line in zip(line_ids, quoted.lines, strict=True)
        for part in line.tax
    ]
    taxes += [_tax_row(order_id, None, part) for part in quoted.shipping_tax]
    if taxes:  # a seller without GSTIN charges none
        run(adding(TaxLine), taxes)
    stock.reserve(
        [
            stock.Wanted(
                line.variant.id,
                line.quantity,
                f"order-line:{line_id}",
                line.variant.made_to_order and frozen[line.variant.id].making_id is not None,
                frozen[line.variant.id].share_minor,
            )
            for line_id, line in zip(line_ids, quoted.lines, strict=True)
        ],
        until=hold_until,
    )


@cache
def _copying() -> Executable:
    table = OrderLine.metadata.tables[OrderLine.__tablename__]
    return insert(table).returning(table.c.id, sort_by_parameter_order=True)


def _tax_row(order_id: int, line_id: int | None, part: TaxPart) -> dict[str, object]:
    return {"order_id": order_id, "order_line_id": line_id, **asdict(part)}
