"""The gateways, each SDK in one file behind one protocol.

An adapter speaks plain values, catches every quirk of its SDK, and raises only two errors:
GatewayRefused (it said no; nothing happened) and GatewayUnknown (we cannot tell what happened).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shop.payments.dispute_models import DisputeStatus

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 10


class GatewayRefused(Exception):
    """The gateway said no, and nothing has happened there."""


class GatewayUnknown(Exception):
    """The gateway did not answer in a way that says whether anything happened."""


class BadSignature(Exception):
    """A webhook that the gateway did not sign, or not for us, or too long ago."""


@dataclass(frozen=True)
class PageLine:
    """What the pay page lists: a name and what all pieces of it cost, in minor units."""

    name: str
    minor: int


@dataclass(frozen=True)
class PageRequest:
    """A pay page to be: all of it comes from stored rows, so that asking again asks the same."""

    key: str
    amount_minor: int
    currency: str
    lines: Sequence[PageLine]
    description: str
    email: str
    name: str
    phone: str
    return_url: str
    cancel_url: str
    expires_at: datetime


@dataclass(frozen=True)
class Page:
    """A pay page at the gateway."""

    ref: str
    url: str


@dataclass(frozen=True)
class PaymentSeen:
    """A payment as the gateway tells it. `key` is our attempt's; `live` None where it does not say."""

    ref: str
    key: str | None
    amount_minor: int
    currency: str
    captured: bool
    live: bool | None
    at: datetime
    page_ref: str | None = None


@dataclass(frozen=True)
class RefundSeen:
    """A refund as the gateway tells it: done, failed, or neither yet."""

    ref: str
    key: str | None
    payment_ref: str
    amount_minor: int
    currency: str
    done: bool
    failed: bool


@dataclass(frozen=True)
class DisputeSeen:
    """A dispute as the gateway tells it at a moment `at`; `due_at`: until when it takes our answer.

    `taken` and `returned` say that it took the money out of what it holds for us, and put it back. `is_inquiry`: the
    bank only asks so far. The fee, in minor units of its own currency, is none until the gateway tells one.
    """

    ref: str
    payment_ref: str
    status: DisputeStatus
    reason: str
    amount_minor: int
    currency: str
    opened_at: datetime
    at: datetime
    due_at: datetime | None = None
    taken: bool = False
    returned: bool = False
    is_inquiry: bool = False
    fee_minor: int = 0
    fee_currency: str = "INR"
    live: bool | None = None


@dataclass(frozen=True)
class Notice:
    """What a webhook says: its own id and kind, and the payment, the refund or the dispute it is about."""

    event_id: str
    kind: str
    payment: PaymentSeen | None = None
    refund: RefundSeen | None = None
    dispute: DisputeSeen | None = None


class Gateway(Protocol):
    """What the shop asks of a gateway. `live` says whether its keys move real money."""

    name: str
    live: bool

    def open_page(self, request: PageRequest) -> Page:
        """Open a pay page; the same key again returns the same page."""
        ...

    def close_page(self, ref: str) -> None:
        """End a pay page; one that has ended or is paid stays as it is."""
        ...

    def payments_of_page(self, ref: str, key: str) -> list[PaymentSeen]:
        """Return the payments made on a page."""
        ...

    def find_page(self, key: str, since: datetime) -> Page | None:
        """Return the page of a key that was opened since a moment, or None."""
        ...

    def payments_between(self, since: datetime, until: datetime) -> Iterator[PaymentSeen]:
        """Yield every payment the gateway took in a span of time."""
        ...

    def refund(self, payment_ref: str, amount_minor: int, key: str) -> RefundSeen:
        """Give money back; the same key again returns the same refund."""
        ...

    def find_refund(self, payment_ref: str, key: str) -> RefundSeen | None:
        """Return the refund of a key, or None."""
        ...

    def read(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Check a webhook's signature on its raw bytes and return what it says; BadSignature if it is not theirs."""
        ...

    def parse(self, body: bytes, event_id: str) -> Notice:
        """Return what a webhook that was checked and stored says."""
        ...
