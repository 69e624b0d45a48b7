"""Payment Links: create, cancel, expire."""

from sandbox.ids import new_id
from sandbox.razorpay_gateway.errors import RazorpayFault
from sandbox.razorpay_gateway.events import emit
from sandbox.razorpay_gateway.lists import LINK
from sandbox.razorpay_gateway.params import RATES, notes, only, text, whole
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.wire import Call

_QUARTER_HOUR, _HALF_YEAR = 15 * 60, 184 * 24 * 3600
_PARAMS = {
    "amount",
    "currency",
    "accept_partial",
    "first_min_partial_amount",
    "description",
    "reference_id",
    "customer",
    "expire_by",
    "notify",
    "notes",
    "callback_url",
    "callback_method",
    "reminder_enable",
    "upi_link",
    "options",
}


def create_link(call: Call) -> Doc:
    """POST /v1/payment_links."""
    params, box = call.params, call.box
    only(params, _PARAMS)
    amount, code = _money(params)
    reference = text(params, "reference_id", 40)
    expire_by = _expiry(params, call.moment)
    callback_url = text(params, "callback_url", 2048)
    if callback_url and params.get("callback_method") != "get":
        raise RazorpayFault(
            "The callback_method field is required when callback_url is present.", field="callback_method"
        )
    if params.get("accept_partial"):
        raise RazorpayFault("The sandbox does not play partial payments.", field="accept_partial")
    link_notes = notes(params)
    if reference and box.store.first_by_key(LINK, reference):
        raise RazorpayFault(
            f"payment link with given reference_id: {reference} already exists. "
            "Please create a payment link with a different reference_id"
        )
    link_id = new_id("plink", 14)
    link: Doc = {
        "accept_partial": False,
        "amount": amount,
        "amount_paid": 0,
        "callback_method": "get" if callback_url else "",
        "callback_url": callback_url,
        "cancelled_at": 0,
        "created_at": call.moment,
        "currency": code,
        "customer": params.get("customer") or {},
        "description": text(params, "description", 2048),
        "expire_by": expire_by or 0,
        "expired_at": 0,
        "first_min_partial_amount": 0,
        "id": link_id,
        "notes": link_notes,
        "notify": params.get("notify") or {"email": False, "sms": False},
        "payments": None,
        "reference_id": reference,
        "reminder_enable": bool(params.get("reminder_enable", False)),
        "reminders": [],
        "short_url": f"{call.base_url}/razorpay/pay/{link_id}",
        "status": "created",
        "updated_at": call.moment,
        "upi_link": bool(params.get("upi_link", False)),
        "user_id": "",
        "whatsapp_link": False,
        "_delta": call.delta,
    }
    due = box.seeded_due(call.moment, expire_by) if expire_by else None
    box.store.put(LINK, link_id, link, created=call.moment, key=reference, due=due)
    return link


def close_link(box: Sandbox, link: Doc, moment: int, status: str) -> Doc:
    """Cancel or expire an unpaid link; Razorpay's words if it is not open any more."""
    if link["status"] != "created":
        raise RazorpayFault(f"Payment link cannot be {status} as it is already {link['status']}")
    link |= {"status": status, "updated_at": moment, f"{status}_at": moment}
    box.store.put(LINK, link["id"], link, key=link["reference_id"])
    emit(box, f"payment_link.{status}", moment, payment_link=link)
    return link


def sweep_links(box: Sandbox, now: int) -> None:
    """Expire the links whose time has come."""
    for link in box.store.due(LINK, now):
        close_link(box, link, link["expire_by"], "expired")


def _money(params: Doc) -> tuple[int, str]:
    amount, code = whole(params, "amount"), str(params.get("currency") or "INR")
    if amount is None:
        raise RazorpayFault("amount is required", field="amount")
    if code not in RATES:
        raise RazorpayFault(f"Currency is not supported. The sandbox knows {', '.join(RATES)}.", field="currency")
    if amount < 100:
        raise RazorpayFault(f"The amount must be atleast {code} 1.00", field="amount")
    return amount, code


def _expiry(params: Doc, moment: int) -> int | None:
    expire_by = whole(params, "expire_by")
    if not expire_by:
        return None
    if expire_by < moment + _QUARTER_HOUR:
        raise RazorpayFault("expire_by should be at least 15 minutes after current time", field="expire_by")
    if expire_by > moment + _HALF_YEAR:
        raise RazorpayFault("expire_by cannot be more than 6 months after current time", field="expire_by")
    return expire_by
