"""The sandbox's own books: the oracle that the shop's books are compared with."""

from sandbox import disputes
from sandbox.razorpay_gateway.lists import PAYMENT
from sandbox.razorpay_gateway.lists import REFUND as RAZORPAY_REFUND
from sandbox.settlements import settled
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.stripe_gateway.lists import CHARGE, INTENT, SESSION
from sandbox.stripe_gateway.lists import REFUND as STRIPE_REFUND


def read_books(box: Sandbox) -> Doc:
    """Captured and refunded per gateway and currency, and every payment and dispute, all of one moment.

    `refunded` counts what was given back or is on its way; a failed refund counts for nothing. `settled` is told where
    something has left for the bank: what of the payments, less the refunds, is no longer at the gateway. `withdrawn` is
    what disputes have taken and not put back, with their fees; it is there only where a dispute is.
    """
    with box.store.transaction():
        payments = _stripe_payments(box) + _razorpay_payments(box)
        refunds = _refunds(box, "stripe", STRIPE_REFUND, "payment_intent") + _refunds(
            box, "razorpay", RAZORPAY_REFUND, "payment_id"
        )
        sent = settled(box)
        held_back, asked_back = disputes.held_back(box), disputes.told(box)
    sums: dict[str, dict[str, dict[str, int]]] = {"stripe": {}, "razorpay": {}}
    for payment in payments:
        if payment["captured"]:
            row = sums[payment["gateway"]].setdefault(payment["currency"], {"captured": 0, "refunded": 0})
            row["captured"] += payment["amount"]
            row["refunded"] += payment["refunded"]
    for (gateway, currency), minor in sent.items():
        sums[gateway].setdefault(currency, {"captured": 0, "refunded": 0})["settled"] = minor
    for gateway, currency, minor in held_back:
        row = sums[gateway].setdefault(currency, {"captured": 0, "refunded": 0})
        row["withdrawn"] = row.get("withdrawn", 0) + minor
    return {**sums, "payments": payments, "refunds": refunds, "disputes": asked_back}


def _stripe_payments(box: Sandbox) -> list[Doc]:
    charges = {charge["id"]: charge for charge in box.store.all(CHARGE)}
    references = {session["id"]: session["client_reference_id"] or "" for session in box.store.all(SESSION)}
    rows = []
    for intent in box.store.all(INTENT):
        charge = charges.get(intent["latest_charge"], {})  # none until the bank has been asked
        paid = intent["status"] == "succeeded"
        rows.append(
            {
                "gateway": "stripe",
                "id": intent["id"],
                "ref": intent["_session"],
                "reference": references[intent["_session"]],
                "amount": intent["amount"],
                "currency": intent["currency"].upper(),
                "captured": paid,
                "status": ("refunded" if charge["refunded"] else "captured")
                if paid
                else "failed"
                if charge
                else "waiting",
                "refunded": charge.get("amount_refunded", 0),
                "created": charge.get("created", intent["created"]),
            }
        )
    return rows


def _razorpay_payments(box: Sandbox) -> list[Doc]:
    return [
        {
            "gateway": "razorpay",
            "id": payment["id"],
            "ref": payment["_link"],
            "reference": payment["_reference"],
            "amount": payment["amount"],
            "currency": payment["currency"],
            "captured": payment["captured"],
            "status": payment["status"],
            "refunded": payment["amount_refunded"],
            "created": payment["created_at"],
        }
        for payment in box.store.all(PAYMENT)
    ]


def _refunds(box: Sandbox, gateway: str, kind: str, payment_field: str) -> list[Doc]:
    return [
        {
            "gateway": gateway,
            "id": refund["id"],
            "payment": refund[payment_field],
            "amount": refund["amount"],
            "currency": refund["currency"].upper(),
            "status": refund["status"],
            "created": refund.get("created", refund.get("created_at")),
        }
        for refund in box.store.all(kind)
    ]
