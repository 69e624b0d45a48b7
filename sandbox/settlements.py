"""Money sent to the merchant's bank: everything that is not settled yet goes in one transfer, less the fees.

`/_sandbox/settlements` sends it; both gateways then tell of it in their own reports. For trying out what goes wrong,
`adjustment` adds a line that no payment stands behind, and `short` lets less arrive than the lines add up to. `by_hand`
is a sum that the merchant asks for herself: Stripe then tells no lines.
`/_sandbox/settlements/failure` lets a payout of Stripe's fail days after it was told as paid.
"""

from collections.abc import Callable
from typing import NamedTuple

from flask import Blueprint, Response, jsonify, request

from sandbox.razorpay_gateway import settlements as razorpay
from sandbox.state import Sandbox, current_sandbox
from sandbox.store import Doc
from sandbox.stripe_gateway import settlements as stripe
from sandbox.stripe_gateway.errors import StripeFault

settlement_api = Blueprint("settlement_api", __name__, url_prefix="/_sandbox/settlements")
_LOOPBACK = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


class Bend(NamedTuple):
    """How a settlement differs from a plain one, in minor units of its currency."""

    adjustment: int = 0
    short: int = 0
    by_hand: int = 0


_SENDERS: dict[str, Callable[[Sandbox, int, int, int, int], Doc]] = {"stripe": stripe.send, "razorpay": razorpay.send}


@settlement_api.post("")
def send() -> tuple[Response, int]:
    """Send what is not settled yet to the bank, now or `at` a moment; 409 where there is nothing."""
    if not _is_from_here():
        return jsonify(error="only from here, as JSON"), 403
    box, body = current_sandbox(), request.get_json()
    bend = Bend(**{name: int(body.get(name, 0)) for name in Bend._fields})
    moment = box.clock.unix() if body.get("at") is None else int(body["at"])
    with box.store.transaction():
        sent = _SENDERS[body["gateway"]](box, moment, *bend)
    return jsonify(sent), 200 if sent["amount"] > 0 else 409


@settlement_api.post("/failure")
def fail() -> tuple[Response, int]:
    """Let a payout that was paid come back, now or `at` a moment; 409 where it cannot."""
    if not _is_from_here():
        return jsonify(error="only from here, as JSON"), 403
    box, body = current_sandbox(), request.get_json()
    moment = box.clock.unix() if body.get("at") is None else int(body["at"])
    try:
        with box.store.transaction():
            return jsonify(stripe.fail(box, str(body["payout"]), moment)), 200
    except StripeFault as fault:
        return jsonify(error=str(fault)), 409


def _is_from_here() -> bool:
    return request.remote_addr in _LOOPBACK and request.is_json


def settled(box: Sandbox) -> dict[tuple[str, str], int]:
    """Return (gateway, currency paid in) -> what of the payments, less the refunds, has left for the bank."""
    sums: dict[tuple[str, str], int] = {}
    for gateway, lines in (("stripe", stripe.lines(box)), ("razorpay", razorpay.lines(box))):
        for currency, minor in lines:
            sums[gateway, currency] = sums.get((gateway, currency), 0) + minor
    return sums
