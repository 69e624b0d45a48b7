"""What the customer's own pages show, each read by one function."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app

from shop import privacy
from shop.orders import customers, reductions
from shop.orders.address_models import SavedAddress
from shop.orders.models import Order
from shop.orders.privacy import Hold
from shop.orders.window import Window
from shop.users import sessions
from shop.users.models import SignIn, User
from shop.web.edge import now

PER_PAGE = 20


@dataclass(frozen=True)
class Home:
    """Her orders, a page of them."""

    orders: list[Order]
    older: int | None


@dataclass(frozen=True)
class Details:
    """Her details, and the browsers in which she is signed in; the newest before this one is her last sign-in."""

    user: User
    here: SignIn | None
    others: list[SignIn]


@dataclass(frozen=True)
class Data:
    """What she may take with her, and what stands in the way of closing the account."""

    user: User
    orders: int
    holds: list[Hold]


def home(user: User, before: int | None) -> Home:
    """Return a page of her orders."""
    found = customers.orders_of(user, limit=PER_PAGE + 1, before=before)
    shown = found[:PER_PAGE]
    reductions.read_for(shown)
    return Home(shown, shown[-1].id if len(found) > PER_PAGE else None)


def details(user: User, here: SignIn | None) -> Details:
    """Return her details and sign-ins."""
    found = sessions.standing_of(user.id, at=now())
    return Details(user, here, [row for row in found if here is None or row.id != here.id])


def addresses(user: User) -> Sequence[SavedAddress]:
    """Return the addresses she saved."""
    return customers.addresses_of(user)


def data(user: User) -> Data:
    """Return what closing her account would mean today."""
    person = privacy.of_account(user)
    return Data(user, len(person.orders), privacy.holds(person, at=now(), window=Window.of(current_app.config)))
