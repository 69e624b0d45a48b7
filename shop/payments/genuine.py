"""A genuine signature is not a genuine payment.

Whoever holds a gateway's signature may hold one over somebody else's payment, over one rupee, or over play
money. So a payment is taken for an attempt of ours only if everything that is told of it is what that attempt
asked: the mode of our keys, our account and its own pay page, and then its amount and its currency.
"""

from shop.payments.gateways import DisputeSeen, Gateway, PaymentSeen, RefundSeen
from shop.payments.models import Attempt


def from_elsewhere(gateway: Gateway, seen: PaymentSeen | RefundSeen | DisputeSeen) -> str | None:
    """Return why what is told of money cannot be ours at all: another mode, or another account."""
    if seen.live is not None and seen.live is not gateway.live:
        return "test and live are mixed"
    if seen.account and gateway.account and seen.account != gateway.account:
        return f"it was paid into the account {seen.account}, which is not ours"
    return None


def misfit(gateway: Gateway, seen: PaymentSeen, attempt: Attempt) -> str | None:
    """Return what about a payment, its sum apart, does not fit the attempt it names, or None.

    What a gateway leaves out is not asked: it tells the account in events only, and Razorpay never the mode.
    """
    if (why := from_elsewhere(gateway, seen)) is not None:
        return why
    if seen.page_ref and attempt.page_ref and seen.page_ref != attempt.page_ref:
        return f"it was paid on the page {seen.page_ref}, not on the one of {attempt.key}"
    return None


def wrong_sum(seen: PaymentSeen, attempt: Attempt) -> str | None:
    """Return what is wrong with a payment's sum; a person may take such money in, or give it back."""
    if (seen.amount_minor, seen.currency) != (attempt.amount_minor, attempt.currency):
        return f"{seen.amount_minor} {seen.currency} was paid, {attempt.amount_minor} {attempt.currency} was asked"
    return None
