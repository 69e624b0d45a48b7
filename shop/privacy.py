"""A customer's own: everything the shop holds of her as one file, and taking it away for good.

Every floor tells and erases its own part; here they are put together, for her account page and for
the command with which the house answers a guest who writes in.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shop import mail
from shop.db import db
from shop.errors import Conflict, NotFound
from shop.orders import privacy as of_orders
from shop.orders import tickets
from shop.orders.models import Order
from shop.orders.privacy import Hold
from shop.orders.window import USUAL, Window
from shop.payments import privacy as of_payments
from shop.users import audit, customers
from shop.users import privacy as of_users
from shop.users.models import User

Row = dict[str, Any]
Section = tuple[str, Iterable[Row]]


@dataclass(frozen=True)
class Person:
    """Whose data it is: an account, or a guest known by her address; with her orders."""

    email: str
    user: User | None
    orders: Sequence[Order]

    @property
    def subjects(self) -> list[str]:
        """Return how the audit names her."""
        letters = [f"ticket:{ticket.id}" for ticket in tickets.of(self.email)]
        return [self.user.actor] if self.user else [*(f"order:{order.id}" for order in self.orders), *letters]

    @property
    def addresses(self) -> list[str]:
        """Return the e-mail addresses under which we have written to her."""
        return sorted({self.email, *(order.email for order in self.orders)})

    @property
    def references(self) -> list[str]:
        """Return how references of mails about her begin."""
        mine = [f"account:{self.user.id}:", f"link:{self.user.id}:"] if self.user else []
        letters = [f"ticket:{ticket.id}:" for ticket in tickets.of(*self.addresses)]
        return mine + letters + [f"order:{order.id}:" for order in self.orders]


def of_account(user: User) -> Person:
    """Return a customer as the one whose data it is."""
    assert user.email is not None
    return _person(user.email, user)


def get_by_email(email: str) -> Person:
    """Return whoever has bought, written or has an account under an address; NotFound if nobody has."""
    address = email.strip().lower()
    person = _person(address, customers.find_customer(address))
    if person.user is None and not person.orders and not tickets.of(address):
        raise NotFound("privacy.nobody")
    return person


def _person(email: str, user: User | None) -> Person:
    return Person(email, user, of_orders.orders_of(of_orders.of_person(user, email)))


def record_export(person: Person, *, at: datetime, by: str) -> None:
    """Note in the audit that a person's data is handed out."""
    for subject in person.subjects:
        audit.record("customers.export", subject, by=by, at=at)


def sections(person: Person) -> Iterator[Section]:
    """Yield what the shop holds of a person, part by part, each read when its turn comes."""
    user, orders = person.user, person.orders
    if user is not None:
        yield "account", [of_users.account_row(user)]
        yield "addresses", of_orders.address_rows(user)
    yield "orders", of_orders.order_rows(orders)
    yield "payments", of_payments.payment_rows(orders)
    yield "letters", map(tickets.ticket_row, tickets.of(*person.addresses))
    yield "mails", (_letter(row.payload, row) for row in mail.letters(person.addresses, person.references))
    if user is not None:
        yield "sign_ins", of_users.sign_in_rows(user)
        yield "browsers", of_users.browser_rows(user)
    yield "links", of_users.link_rows(user, person.email)


def _letter(payload: Row, row: Any) -> Row:
    what = {"kind": payload.get("template"), "to": payload.get("to")}
    return {**what, "asked_at": row.due_at, "sent_at": row.done_at}


def as_json(parts: Iterable[Section], *, at: datetime) -> Iterator[str]:
    """Yield the sections as one JSON document, piece by piece."""
    yield '{"made_at": ' + json.dumps(at.isoformat())
    for name, rows in parts:
        yield f',\n"{name}": ['
        for number, row in enumerate(rows):
            yield (",\n  " if number else "\n  ") + json.dumps(row, ensure_ascii=False, default=_as_text)
        yield "]"
    yield "}\n"


def _as_text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def holds(person: Person, *, at: datetime, window: Window = USUAL) -> list[Hold]:
    """Return what stands in the way of erasing: orders that are not settled, money that is on its way."""
    found: dict[str, Hold] = {}
    for hold in [*of_orders.holds(person.orders, window, at=at), *of_payments.holds(person.orders)]:
        found.setdefault(hold.number, hold)
    return list(found.values())


def erase(person: Person, *, at: datetime, by: str, window: Window = USUAL) -> int:
    """Take away everything of a person in the caller's unit; return how many orders were made nobody's.

    Conflict, and nothing is changed, while an order of hers is not settled.
    """
    standing = holds(person, at=at, window=window)
    if standing:
        raise Conflict(f"privacy.{standing[0].why.value}", number=standing[0].number)
    user, orders = person.user, person.orders
    addresses, references = person.addresses, person.references
    for subject in person.subjects:
        audit.record("customers.erase", subject, by=by, at=at)
    of_payments.erase_of(orders)
    of_orders.erase_orders(orders, at=at, by=by)
    tickets.erase_of(*addresses)
    mail.forget(addresses, references, at=at)
    if user is not None:
        of_orders.erase_addresses(user)
        customers.close(user, at=at)
    else:
        customers.forget_guest(person.email)
    db.session.expire_all()
    return len(orders)
