"""What belongs to a customer: her orders and the addresses she saved. Everything is fetched through her.

An order is hers if it was attached to her account, or if it belongs to nobody yet and was placed
with the address that she has proven to be hers: what she bought as a guest stands in her account
as soon as she has one.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, func, or_, select, update

from shop.db import changed, db
from shop.errors import Invalid, NotFound
from shop.orders.address import Address
from shop.orders.address_models import SavedAddress
from shop.orders.models import Order
from shop.users import customers, links
from shop.users.customers import Entered
from shop.users.links import LinkPurpose
from shop.users.models import Role, User

MOST_ADDRESSES = 20
PLACE = ("phone", "name", "line1", "line2", "city", "state", "postcode", "country")


def hers(user: User) -> ColumnElement[bool]:
    """Return the condition for the orders of a customer."""
    if user.role is not Role.CUSTOMER:
        return false()
    own = Order.customer_id == user.id
    if user.email_proven_at is None:
        return own
    return or_(own, and_(Order.customer_id.is_(None), Order.email == user.email))


def attach(user: User) -> int:
    """Attach to her account what was placed with her address; return how many orders that were."""
    if user.role is not Role.CUSTOMER or user.email_proven_at is None:
        return 0
    return changed(
        update(Order).where(Order.customer_id.is_(None), Order.email == user.email).values(customer_id=user.id)
    )


def enter(token: str, *, browser: str, at: datetime) -> Entered:
    """Use a mailed link up. What she has bought so far stays hers, also when her address changes."""
    link = links.find(token, at=at)
    if link is not None and link.purpose is LinkPurpose.CHANGE_EMAIL:
        attach(db.session.get_one(User, link.user_id))
    entered = customers.enter(token, browser=browser, at=at)
    attach(entered.user)
    return entered


def orders_of(user: User, *, limit: int = 50, before: int | None = None) -> list[Order]:
    """Return a customer's orders, newest first."""
    query = select(Order).where(hers(user)).order_by(Order.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Order.id < before)
    return list(db.session.scalars(query))


def get_order(user: User, number: str) -> Order:
    """Return one of her orders; NotFound for anyone else's."""
    order = db.session.scalars(select(Order).where(Order.number == number, hers(user))).one_or_none()
    if order is None:
        raise NotFound("order.unknown")
    return order


def addresses_of(user: User) -> Sequence[SavedAddress]:
    """Return the addresses she saved, newest first."""
    mine = select(SavedAddress).where(SavedAddress.customer_id == user.id)
    return db.session.scalars(mine.order_by(SavedAddress.id.desc())).all()


def get_address(user: User, address_id: int) -> SavedAddress:
    """Return one of her addresses; NotFound for anyone else's."""
    mine = select(SavedAddress).where(SavedAddress.id == address_id, SavedAddress.customer_id == user.id)
    found = db.session.scalars(mine).one_or_none()
    if found is None:
        raise NotFound("account.no_address")
    return found


def add_address(user: User, place: Address, *, at: datetime) -> SavedAddress:
    """Save an address for her; Invalid beyond a sensible number."""
    held = db.session.scalar(select(func.count()).where(SavedAddress.customer_id == user.id)) or 0
    if held >= MOST_ADDRESSES:
        raise Invalid("account.addresses_full", most=MOST_ADDRESSES)
    saved = SavedAddress(customer_id=user.id, added_at=at, **_place(place))
    db.session.add(saved)
    db.session.flush()
    return saved


def change_address(saved: SavedAddress, place: Address) -> None:
    """Put another place into an address that was fetched through its customer."""
    for name, value in _place(place).items():
        setattr(saved, name, value)
    db.session.flush()


def remove_address(saved: SavedAddress) -> None:
    """Forget an address that was fetched through its customer."""
    db.session.delete(saved)
    db.session.flush()


def _place(place: Address) -> dict[str, str]:
    return {name: value for name, value in asdict(place).items() if name in PLACE}
