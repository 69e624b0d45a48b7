"""What happens when somebody pays, or tries to, on a Checkout Session."""

from sandbox.ids import new_id
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.stripe_gateway.events import emit
from sandbox.stripe_gateway.lists import CHARGE, INTENT, SESSION

_CARD: Doc = {
    "type": "card",
    "card": {
        "brand": "visa",
        "country": "IN",
        "exp_month": 12,
        "exp_year": 2030,
        "funding": "credit",
        "last4": "4242",
        "network": "visa",
    },
}
_DECLINED: Doc = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "generic_decline",
    "message": "Your card was declined.",
    "doc_url": "https://stripe.com/docs/error-codes/card-declined",
}


def pay_session(box: Sandbox, session: Doc, moment: int, delta: int = 0) -> Doc:
    """Capture the money of an open page and say so; returns the PaymentIntent."""
    amount = session["amount_total"] + session["_delta"] + delta
    intent = _intent(box, session, moment)
    charge = _charge(intent, session, amount, moment, paid=True)
    intent |= {
        "amount": amount,
        "amount_received": amount,
        "status": "succeeded",
        "latest_charge": charge["id"],
        "payment_method": charge["payment_method"],
        "last_payment_error": None,
        "next_action": None,
    }
    session |= {
        "_challenged": False,
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": intent["id"],
        "url": None,
        "amount_total": amount,
        "customer_details": _customer(session),
    }
    _save(box, session, intent, charge, due=None)
    emit(box, "payment_intent.succeeded", intent, moment)
    emit(box, "checkout.session.completed", session, moment)
    return intent


def challenge_session(box: Sandbox, session: Doc, moment: int) -> Doc:
    """Ask the customer to prove to her bank who she is; nothing is taken yet. Returns the PaymentIntent."""
    intent = _intent(box, session, moment)
    intent |= {
        "status": "requires_action",
        "next_action": {"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": session["url"]}},
    }
    session |= {"payment_intent": intent["id"], "_challenged": True}
    _save(box, session, intent, None, due=box.seeded_due(moment, session["expires_at"]))
    emit(box, "payment_intent.requires_action", intent, moment)
    return intent


def decline_session(box: Sandbox, session: Doc, moment: int) -> Doc:
    """Refuse the card; the page stays open for another try. Returns the PaymentIntent."""
    intent = _intent(box, session, moment)
    charge = _charge(intent, session, session["amount_total"], moment, paid=False)
    intent |= {
        "status": "requires_payment_method",
        "latest_charge": charge["id"],
        "last_payment_error": _DECLINED | {"charge": charge["id"]},
        "next_action": None,
    }
    session |= {"payment_intent": intent["id"], "_challenged": False}
    _save(box, session, intent, charge, due=box.seeded_due(moment, session["expires_at"]))
    emit(box, "payment_intent.payment_failed", intent, moment)
    return intent


def _save(box: Sandbox, session: Doc, intent: Doc, charge: Doc | None, due: int | None) -> None:
    box.store.put(INTENT, intent["id"], intent, created=intent["created"], key=session["id"])
    if charge is not None:
        box.store.put(CHARGE, charge["id"], charge, created=charge["created"], key=intent["id"])
    box.store.put(SESSION, session["id"], session, key=intent["id"], due=due)


def _customer(session: Doc) -> Doc:
    return {
        "address": None,
        "email": session["customer_email"],
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _intent(box: Sandbox, session: Doc, moment: int) -> Doc:
    """One PaymentIntent for all tries on a page, as at Stripe."""
    known = box.store.get(INTENT, session["payment_intent"]) if session["payment_intent"] else None
    if known is not None:
        return known
    fresh: Doc = {
        "id": new_id("pi"),
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": moment,
        "currency": session["currency"],
        "customer": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_types": ["card"],
        "processing": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
        "_session": session["id"],
    }
    return fresh | dict(session["_intent"])


def _charge(intent: Doc, session: Doc, amount: int, moment: int, *, paid: bool) -> Doc:
    outcome = {
        "network_status": "approved_by_network" if paid else "declined_by_network",
        "type": "authorized" if paid else "issuer_declined",
    }
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": amount,
        "amount_captured": amount if paid else 0,
        "amount_refunded": 0,
        "balance_transaction": new_id("txn") if paid else None,
        "billing_details": {"address": None, "email": session["customer_email"], "name": None, "phone": None},
        "captured": paid,
        "created": moment,
        "currency": session["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_code": None if paid else "card_declined",
        "failure_message": None if paid else "Your card was declined.",
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": outcome,
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": new_id("pm"),
        "payment_method_details": _CARD,
        "receipt_email": intent["receipt_email"],
        "receipt_url": None,
        "refunded": False,
        "status": "succeeded" if paid else "failed",
    }
