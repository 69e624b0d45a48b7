"""What became of pay pages, refunds and messages, and what two sides tell differently, in the page's language."""

from collections.abc import Callable

from flask_babel import gettext as _
from flask_babel import ngettext

from shop.orders.models import Order
from shop.orders.reduction_models import Reduction
from shop.payments.models import AttemptStatus, EventStatus, RefundStatus
from shop.payments.review_models import DifferenceKind, ReviewStatus
from shop.web.format import money
from shop.web.thing_words import bought


def page_words(status: AttemptStatus, gateway: str) -> str:
    """Return what became of a pay page, in one sentence."""
    words: dict[AttemptStatus, str] = {
        AttemptStatus.REQUESTING: _("A pay page was asked of %(gateway)s", gateway=gateway),
        AttemptStatus.UNKNOWN: _("%(gateway)s did not answer; we look again", gateway=gateway),
        AttemptStatus.PENDING: _("The pay page of %(gateway)s opened", gateway=gateway),
        AttemptStatus.CAPTURED: _("%(gateway)s took the money", gateway=gateway),
        AttemptStatus.EXPIRED: _("The pay page of %(gateway)s ended unpaid", gateway=gateway),
        AttemptStatus.FAILED: _("%(gateway)s refused the pay page", gateway=gateway),
    }
    return words[status]


def went_off_words(order: Order, off: Reduction) -> str:
    """Return what went off an order before its parcel left, in one sentence."""
    sum_, lines = money(off.minor, order.currency), {line.sku: line for line in order.lines}
    what = bought(lines[off.sku]) if off.sku else _("Delivery")
    if off.quantity:
        told: str = ngettext(
            "%(num)s piece of %(what)s taken off: %(sum)s", "%(num)s pieces of %(what)s taken off: %(sum)s",
            off.quantity, what=what, sum=sum_,
        )  # fmt: skip
        return told
    given: str = _("%(sum)s of %(what)s given back before shipping", sum=sum_, what=what)
    return given


def refund_words(status: RefundStatus, amount: str) -> str:
    """Return where a refund stands, in one sentence."""
    words: dict[RefundStatus, str] = {
        RefundStatus.REQUESTED: _("Refund of %(amount)s asked for", amount=amount),
        RefundStatus.SENT: _("Refund of %(amount)s is on its way", amount=amount),
        RefundStatus.PROCESSED: _("%(amount)s went back", amount=amount),
        RefundStatus.FAILED: _("The refund of %(amount)s failed", amount=amount),
    }
    return words[status]


def event_words(status: EventStatus, gateway: str) -> str:
    """Return what became of a gateway's message, in one sentence."""
    words: dict[EventStatus, str] = {
        EventStatus.RECEIVED: _("%(gateway)s told us; it waits to be used", gateway=gateway),
        EventStatus.APPLIED: _("%(gateway)s told us, and it was used", gateway=gateway),
        EventStatus.IGNORED: _("%(gateway)s told us, and nothing followed", gateway=gateway),
        EventStatus.HELD: _("%(gateway)s told us something that does not fit; it is held", gateway=gateway),
        EventStatus.PARKED: _("%(gateway)s told us something that could not be used; it is set aside", gateway=gateway),
    }
    return words[status]


def review_words(status: ReviewStatus) -> str:
    """Return where a difference stands, in one sentence."""
    words: dict[ReviewStatus, str] = {
        ReviewStatus.OPEN: _("A difference was found"),
        ReviewStatus.TAKEN: _("Someone looks into the difference"),
        ReviewStatus.ACCEPTED: _("The difference was explained"),
        ReviewStatus.GONE: _("The difference is gone"),
    }
    return words[status]


DIFFERENCES: dict[DifferenceKind, Callable[[], str]] = {
    DifferenceKind.PAYMENT_UNKNOWN: lambda: _("A payment that we do not have"),
    DifferenceKind.PAYMENT_MISSING: lambda: _("A payment that the gateway does not have"),
    DifferenceKind.PAYMENT_AMOUNT: lambda: _("A payment of another amount"),
    DifferenceKind.REFUND_UNKNOWN: lambda: _("A refund that we did not ask for"),
    DifferenceKind.REFUND_MISSING: lambda: _("A refund that the gateway does not have"),
    DifferenceKind.REFUND_AMOUNT: lambda: _("A refund of another amount"),
    DifferenceKind.REFUND_FATE: lambda: _("A refund that went back on one side alone"),
    DifferenceKind.DISPUTE_UNKNOWN: lambda: _("A bank asks back a payment that we do not have"),
    DifferenceKind.DISPUTE_MISSING: lambda: _("A dispute that the gateway does not have"),
    DifferenceKind.DISPUTE_FATE: lambda: _("A dispute that ended otherwise than we know"),
    DifferenceKind.LINE_UNKNOWN: lambda: _("A line of a settlement that fits nothing of ours"),
    DifferenceKind.LINE_AMOUNT: lambda: _("A line of a settlement with another amount"),
    DifferenceKind.SETTLEMENT_SUM: lambda: _("A settlement whose lines do not add up to what was sent"),
    DifferenceKind.SETTLEMENT_LACKS_PAYMENT: lambda: _("Paid, and in no settlement"),
    DifferenceKind.SETTLEMENT_LACKS_REFUND: lambda: _("Given back, and in no settlement"),
    DifferenceKind.SETTLEMENT_BY_HAND: lambda: _("A payout that was asked for by hand"),
}
NEXT: dict[DifferenceKind, Callable[[], str]] = {
    DifferenceKind.PAYMENT_UNKNOWN: lambda: _("If it is not for us, give it back at the gateway and write that down."),
    DifferenceKind.PAYMENT_MISSING: lambda: _("Look whether the keys are still of the account that took it."),
    DifferenceKind.PAYMENT_AMOUNT: lambda: _("Look at the payment at the gateway: one of the two was changed."),
    DifferenceKind.REFUND_UNKNOWN: lambda: _("Somebody gave it back on the gateway's own page: find out who, and why."),
    DifferenceKind.REFUND_MISSING: lambda: _("Look whether the money reached the customer, and give it back if not."),
    DifferenceKind.REFUND_AMOUNT: lambda: _("Look at the refund at the gateway: one of the two was changed."),
    DifferenceKind.REFUND_FATE: lambda: _(
        "Banks send money back when a card is closed: ask the customer for another way."
    ),
    DifferenceKind.DISPUTE_UNKNOWN: lambda: _("Answer it at the gateway, and find out which payment it is."),
    DifferenceKind.DISPUTE_MISSING: lambda: _("Look whether the keys are still of the account that took it."),
    DifferenceKind.DISPUTE_FATE: lambda: _("Ask the gateway how it ended, and where its money is."),
    DifferenceKind.LINE_UNKNOWN: lambda: _("It is mostly a fee of its own, or a chargeback. Write down which."),
    DifferenceKind.LINE_AMOUNT: lambda: _("It is in no book before it fits. Ask the gateway what it settles."),
    DifferenceKind.SETTLEMENT_SUM: lambda: _("Compare with the bank's statement and ask the gateway for the rest."),
    DifferenceKind.SETTLEMENT_LACKS_PAYMENT: lambda: _(
        "Later money came to the bank without it. Ask the gateway when it comes."
    ),
    DifferenceKind.SETTLEMENT_LACKS_REFUND: lambda: _(
        "Later money came to the bank, and this was never taken out of it. Ask the gateway whether it went back."
    ),
    DifferenceKind.SETTLEMENT_BY_HAND: lambda: _(
        "Stripe does not know which payments are in it. It stands in the books as one sum; the fees it kept stay "
        "among what it holds. Compare with its report, or let payouts go by themselves."
    ),
}


def difference(kind: DifferenceKind) -> str:
    """Return what is told differently."""
    return DIFFERENCES[kind]()


def next_step(kind: DifferenceKind) -> str:
    """Return what a person does about it."""
    return NEXT[kind]()
