"""Disputes at either gateway: opened, answered and decided by the hand of whoever plays the bank."""

from sandbox.desk import DeskError
from sandbox.razorpay_gateway import disputes as razorpay
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.stripe_gateway import disputes as stripe

DECISIONS = ("won", "lost")


def open_dispute(
    box: Sandbox, gateway: str, payment_id: str, amount: int | None, moment: int, *, inquiry: bool, at_onset: bool
) -> Doc:
    """A bank asks a payment back; `inquiry` only asks. `at_onset`: Razorpay takes the money at once, as Stripe does."""
    with box.store.transaction():
        if gateway == "stripe":
            return stripe.open_dispute(box, payment_id, amount, moment, inquiry=inquiry)
        return razorpay.open_dispute(box, payment_id, amount, moment, inquiry=inquiry, at_onset=at_onset)


def answer(box: Sandbox, gateway: str, dispute_id: str, moment: int) -> Doc:
    """The merchant answers on the gateway's dashboard."""
    with box.store.transaction():
        if gateway == "stripe":
            return stripe.answer_dispute(box, _found(box, stripe.DISPUTE, dispute_id), moment)
        return razorpay.answer_dispute(box, _found(box, razorpay.DISPUTE, dispute_id), moment)


def decide(box: Sandbox, gateway: str, dispute_id: str, moment: int, outcome: str, *, fee_back: bool = False) -> Doc:
    """The bank decides for the merchant (`won`) or against her (`lost`); `fee_back`: Stripe puts its fee back."""
    if outcome not in DECISIONS:
        raise ValueError(f"unknown outcome {outcome!r}")
    with box.store.transaction():
        if gateway == "stripe":
            return stripe.close_dispute(box, _found(box, stripe.DISPUTE, dispute_id), moment, outcome, fee_back)
        return razorpay.close_dispute(box, _found(box, razorpay.DISPUTE, dispute_id), moment, outcome)


def find_open(box: Sandbox, gateway: str, payment_id: str) -> Doc | None:
    """The dispute of a payment that is not decided yet, if there is one."""
    kind, over = (stripe.DISPUTE, stripe.OVER) if gateway == "stripe" else (razorpay.DISPUTE, razorpay.OVER)
    return next((each for each in box.store.by_key(kind, payment_id) if each["status"] not in over), None)


def press(box: Sandbox, gateway: str, payment_id: str, do: str, moment: int) -> None:
    """A button of the desk: open a dispute of a payment, or decide the one that is open."""
    found = find_open(box, gateway, payment_id)
    if do == "open" and found is None:
        open_dispute(box, gateway, payment_id, None, moment, inquiry=False, at_onset=False)
    elif do in DECISIONS and found is not None:
        decide(box, gateway, found["id"], moment, do)
    else:
        raise DeskError(f"payment {payment_id} has nothing to {do}")


def held_back(box: Sandbox) -> list[tuple[str, str, int]]:
    """What the gateways hold back for disputes, money and fee: (gateway, currency, minor units)."""
    lines = [("stripe", *held) for each in box.store.all(stripe.DISPUTE) for held in stripe.withdrawn(each)]
    return lines + [("razorpay", each["currency"], each["amount_deducted"]) for each in box.store.all(razorpay.DISPUTE)]


def told(box: Sandbox) -> list[Doc]:
    """Every dispute in one shape, the oldest first."""
    return [
        {
            "gateway": gateway,
            "id": each["id"],
            "payment": each[payment],
            "amount": each["amount"],
            "status": each["status"],
        }
        for gateway, kind, payment in (
            ("stripe", stripe.DISPUTE, "payment_intent"),
            ("razorpay", razorpay.DISPUTE, "payment_id"),
        )
        for each in box.store.all(kind)
    ]


def _found(box: Sandbox, kind: str, id: str) -> Doc:
    doc = box.store.get(kind, id)
    if doc is None:
        raise DeskError(f"no {kind} {id}")
    return doc
