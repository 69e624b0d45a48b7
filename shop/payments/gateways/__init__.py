"""The gateways, each SDK in one file behind one protocol.

An adapter speaks plain values, catches every quirk of its SDK, and raises only two errors:
GatewayRefused (it said no; nothing happened) and GatewayUnknown (we cannot tell what happened).
It asks once more where that is safe, after a wait with jitter, and never waits longer than Patience.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar

from shop.payments.dispute_models import DisputeStatus

RETRIES = 1  # each is safe: what it asks for carries a key, a reference that is unique there, or changes nothing


class Patience(NamedTuple):
    """How many seconds an adapter waits for a connection, and then for an answer."""

    connect_s: float = 3
    read_s: float = 10


PATIENCE = Patience()
MISREAD = (KeyError, TypeError, AttributeError, ValueError)  # what reading an answer of another shape raises
Read = TypeVar("Read")


def moment(seconds: int) -> datetime:
    """Return the moment that both gateways tell as seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


class GatewayRefused(Exception):
    """The gateway said no, and nothing has happened there."""


class GatewayUnknown(Exception):
    """The gateway did not answer in a way that says whether anything happened."""


class BadSignature(Exception):
    """A webhook that the gateway did not sign, or not for us, or too long ago."""


def understood(read: Callable[[Any], Read], answer: Any) -> Read:
    """Return an answer as `read` reads it; one that lacks what was asked for says nothing of what happened."""
    try:
        return read(answer)
    except MISREAD as error:
        raise GatewayUnknown(f"an answer that lacks something: {type(error).__name__} {error}") from error


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
    """A payment as the gateway tells it: `authorized` while the bank has set its money aside and nobody has taken it.

    `key` is our attempt's and `page_ref` its page's, where they are told; `live` and `account` likewise.
    """

    ref: str
    key: str | None
    amount_minor: int
    currency: str
    captured: bool
    live: bool | None
    at: datetime
    page_ref: str | None = None
    account: str | None = None
    authorized: bool = False


@dataclass(frozen=True)
class RefundSeen:
    """A refund as the gateway tells it: done, failed, or neither yet. An event tells the mode, or whose it is."""

    ref: str
    key: str | None
    payment_ref: str
    amount_minor: int
    currency: str
    done: bool
    failed: bool
    at: datetime | None = None
    live: bool | None = None
    account: str | None = None


class LineKind(StrEnum):
    """What a line of a settlement is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    FEE = "fee"
    OTHER = "other"
    SUM = "sum"  # all of a settlement that was asked for by hand: no gateway tells what is in it


@dataclass(frozen=True)
class LineSeen:
    """One line of a settlement, in the settlement's currency. `about` is the payment or refund that it settles.

    `gross_minor` is signed: below zero the gateway took it back. The fee holds the tax on it.
    """

    ref: str
    kind: LineKind
    about: str | None
    gross_minor: int
    fee_minor: int
    fee_tax_minor: int
    at: datetime

    @property
    def net_minor(self) -> int:
        """Return what of it came to the bank."""
        return self.gross_minor - self.fee_minor


@dataclass(frozen=True)
class SettlementSeen:
    """Money that a gateway sent to our bank; `bank_ref` is what the bank's statement says.

    `failed_at`: when the money went back to what the gateway holds for us, also if it had been told as sent before.
    """

    ref: str
    bank_ref: str
    amount_minor: int
    currency: str
    at: datetime
    lines: Sequence[LineSeen]
    failed_at: datetime | None = None


@dataclass(frozen=True)
class Signed:
    """A webhook whose signature holds: its own id, and which of our secrets signed it (1 is the current one)."""

    event_id: str
    secret: int


@dataclass(frozen=True)
class DisputeSeen:
    """A dispute as the gateway tells it at a moment `at`; `due_at`: until when it takes our answer.

    `taken` and `returned` say that it took the money out of what it holds for us, and put it back. `is_inquiry`: the
    bank only asks so far. The fee, in minor units of its own currency, is none until the gateway tells one;
    `fee_back_minor`: what it put back of it.
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
    fee_back_minor: int = 0
    live: bool | None = None
    account: str | None = None


@dataclass(frozen=True)
class Notice:
    """What a webhook says: its own id and kind, and the payment, the refund or the dispute it is about."""

    event_id: str
    kind: str
    payment: PaymentSeen | None = None
    refund: RefundSeen | None = None
    dispute: DisputeSeen | None = None

    @property
    def about(self) -> str | None:
        """Return by what its payment is found: our attempt's key, or else the gateway's number of the payment."""
        if self.payment is not None:
            return self.payment.key or self.payment.ref
        told = self.refund or self.dispute
        return told.payment_ref if told is not None else None


class Gateway(Protocol):
    """What the shop asks of a gateway. `live` says whether its keys move real money, `account` whose they are."""

    name: str
    live: bool
    account: str

    def open_page(self, request: PageRequest) -> Page:
        """Open a pay page; the same key again returns the same page."""
        ...

    def close_page(self, ref: str) -> None:
        """End a pay page; one that has ended or is paid stays as it is."""
        ...

    def payments_of_page(self, ref: str, key: str) -> list[PaymentSeen]:
        """Return the payments made on a page."""
        ...

    def capture(self, payment_ref: str, amount_minor: int, currency: str) -> PaymentSeen:
        """Take the money of an authorised payment, and return the payment as it stands then.

        One that was captured before, or that the gateway does not let go (another sum, its time over), stays as it is.
        """
        ...

    def get_payment(self, ref: str) -> PaymentSeen:
        """Return one payment by its number; GatewayRefused if there is none."""
        ...

    def get_refund(self, ref: str) -> RefundSeen:
        """Return one refund by its number; GatewayRefused if there is none."""
        ...

    def find_page(self, key: str, since: datetime) -> Page | None:
        """Return the page of a key that was opened since a moment, or None."""
        ...

    def payments_between(self, since: datetime, until: datetime) -> Iterator[PaymentSeen]:
        """Yield every payment the gateway took in a span of time."""
        ...

    def with_key(self, seen: PaymentSeen) -> PaymentSeen:
        """Return a payment with our key, asked for where the list of payments did not tell it."""
        ...

    def refunds_between(self, since: datetime, until: datetime) -> Iterator[RefundSeen]:
        """Yield every refund of captured money that was begun in a span of time."""
        ...

    def disputes_between(self, since: datetime, until: datetime, *, at: datetime) -> Iterator[DisputeSeen]:
        """Yield every dispute that was opened in a span of time, as it stands now, which is `at`."""
        ...

    def settlements_between(self, since: datetime, until: datetime) -> Iterator[SettlementSeen]:
        """Yield every settlement that was sent to our bank in a span of time, whole, and those that failed since."""
        ...

    def refund(self, payment_ref: str, amount_minor: int, key: str) -> RefundSeen:
        """Give money back; the same key again returns the same refund."""
        ...

    def find_refund(self, payment_ref: str, key: str) -> RefundSeen | None:
        """Return the refund of a key, or None."""
        ...

    def check(self, body: bytes, headers: Mapping[str, str]) -> Signed:
        """Check a webhook's signature on its raw bytes, before anything is read; BadSignature if it is not theirs."""
        ...

    def parse(self, body: bytes, event_id: str) -> Notice:
        """Return what a webhook that was checked says; ValueError, KeyError or TypeError if it says nothing we know."""
        ...
