"""Checkout Sessions: create, show, expire."""

from typing import Any

from sandbox.ids import new_id
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.stripe_gateway.errors import StripeFault, missing
from sandbox.stripe_gateway.events import emit
from sandbox.stripe_gateway.lists import SESSION
from sandbox.stripe_gateway.params import CURRENCIES, currency, mapping, metadata, only, required, text, whole
from sandbox.wire import Call

_HALF_HOUR, _DAY = 30 * 60, 24 * 3600
_SWITCHED_ON = ["card", "sepa_debit"]  # in the dashboard: what a session offers that names nothing
_PARAMS = {
    "mode",
    "line_items",
    "client_reference_id",
    "metadata",
    "payment_intent_data",
    "expires_at",
    "success_url",
    "cancel_url",
    "customer_email",
    "expand",
    "locale",
    "submit_type",
    "payment_method_types",
    "adaptive_pricing",
    "phone_number_collection",
    "billing_address_collection",
    "custom_text",
    "payment_method_options",
    "customer_creation",
    "branding_settings",
    "ui_mode",
    "allow_promotion_codes",
    "integration_identifier",
}
_INTENT_PARAMS = {
    "metadata",
    "description",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "capture_method",
    "shipping",
    "transfer_group",
}


def create_session(call: Call) -> Doc:
    """Check the parameters and open a pay page."""
    params = call.params
    only(params, _PARAMS)
    if required(params, "mode") != "payment":
        raise StripeFault("The sandbox only plays mode=payment.", param="mode")
    lines = _lines(params)
    expires = _expiry(params, call.moment)
    intent_data = mapping(params, "payment_intent_data")
    only(intent_data, _INTENT_PARAMS, "payment_intent_data")
    success_url = required(params, "success_url")
    methods = params.get("payment_method_types", _SWITCHED_ON)
    if not isinstance(methods, list) or not methods or set(methods) - set(_SWITCHED_ON):
        known = ", ".join(_SWITCHED_ON)
        raise StripeFault(f"Invalid payment_method_types: must be some of {known}", param="payment_method_types")
    session_id = new_id("cs_test", 58)
    session = _blank(session_id, lines, call.moment) | {
        "cancel_url": text(params, "cancel_url"),
        "success_url": success_url,
        "expires_at": expires,
        "client_reference_id": text(params, "client_reference_id"),
        "metadata": metadata(params),
        "customer_email": text(params, "customer_email"),
        "locale": text(params, "locale"),
        "payment_method_types": methods,
        "url": f"{call.base_url}/stripe/pay/{session_id}",
        "_delta": call.delta,
        "_line_items": lines,
        "_intent": {
            "metadata": metadata(intent_data),
            "description": text(intent_data, "description"),
            "receipt_email": text(intent_data, "receipt_email"),
        },
    }
    due = call.box.seeded_due(call.moment, expires)
    call.box.store.put(SESSION, session_id, session, created=call.moment, due=due)
    return session


def expire_session(box: Sandbox, session: Doc, moment: int) -> Doc:
    """Close an open page for good; Stripe's words if it is not open."""
    if session["status"] != "open":
        raise StripeFault(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`.",
            remembered=True,
        )
    session |= {"status": "expired", "url": None}
    box.store.put(SESSION, session["id"], session, key=session["payment_intent"])
    emit(box, "checkout.session.expired", session, moment)
    return session


def sweep_sessions(box: Sandbox, now: int) -> None:
    """Expire the pages whose time has come."""
    for session in box.store.due(SESSION, now):
        expire_session(box, session, session["expires_at"])


def _expiry(params: Doc, moment: int) -> int:
    if "expires_at" not in params:
        return moment + _DAY
    expires = whole(params["expires_at"], "expires_at")
    if expires < moment + _HALF_HOUR:
        raise StripeFault(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param="expires_at"
        )
    if expires > moment + _DAY:
        raise StripeFault(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param="expires_at"
        )
    return expires


def _lines(params: Doc) -> list[Doc]:
    sent = params.get("line_items")
    if not isinstance(sent, list) or not sent:
        raise missing("line_items")
    lines = [_line(line, f"line_items[{index}]") for index, line in enumerate(sent)]
    if len({line["currency"] for line in lines}) > 1:
        raise StripeFault("All line items must have the same currency.", param="line_items")
    total, code = sum(line["amount_total"] for line in lines), lines[0]["currency"]
    if total < CURRENCIES[code]:
        raise StripeFault(
            f"The Checkout Session's total amount due must add up to at least {CURRENCIES[code] / 100:.2f} {code}",
            code="amount_too_small",
        )
    return lines


def _line(line: Any, where: str) -> Doc:
    if not isinstance(line, dict):
        raise StripeFault("Invalid object", param=where)
    only(line, {"price_data", "quantity", "adjustable_quantity", "metadata"}, where)
    price = mapping(line, "price_data")
    only(price, {"currency", "product_data", "unit_amount", "tax_behavior"}, f"{where}[price_data]")
    code = currency(required(price, "currency", f"{where}[price_data][currency]"), f"{where}[price_data][currency]")
    unit = whole(
        required(price, "unit_amount", f"{where}[price_data][unit_amount]"), f"{where}[price_data][unit_amount]"
    )
    quantity = whole(required(line, "quantity", f"{where}[quantity]"), f"{where}[quantity]", 1)
    name = required(mapping(price, "product_data"), "name", f"{where}[price_data][product_data][name]")
    amount = unit * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": code,
        "description": name,
        "quantity": quantity,
        "price": {"id": new_id("price"), "object": "price", "currency": code, "unit_amount": unit, "type": "one_time"},
    }


def _blank(session_id: str, lines: list[Doc], moment: int) -> Doc:
    total = sum(line["amount_total"] for line in lines)
    return {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "client_secret": None,
        "consent": None,
        "consent_collection": None,
        "created": moment,
        "currency": lines[0]["currency"],
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "mode": "payment",
        # Since 2022-08-01 a session has no PaymentIntent until somebody tries to pay.
        "payment_intent": None,
        "payment_link": None,
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "setup_intent": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted",
    }
