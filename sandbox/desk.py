"""What can be done with a pay page of either gateway; the page and the control API both come here."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode, urlsplit, urlunsplit

from sandbox.faults import FaultKind
from sandbox.razorpay_gateway import links
from sandbox.razorpay_gateway import payments as razorpay_payments
from sandbox.razorpay_gateway import refunds as razorpay_refunds
from sandbox.razorpay_gateway.lists import LINK, PAYMENT
from sandbox.razorpay_gateway.lists import REFUND as RAZORPAY_REFUND
from sandbox.signing import razorpay_link_signature
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.stripe_gateway import payments as stripe_payments
from sandbox.stripe_gateway import refunds as stripe_refunds
from sandbox.stripe_gateway import sessions
from sandbox.stripe_gateway.lists import REFUND as STRIPE_REFUND
from sandbox.stripe_gateway.lists import SESSION

GATEWAYS = ("stripe", "razorpay")


class DeskError(Exception):
    """Asked for something that cannot be done, such as paying twice."""


class PageState(StrEnum):
    """Where a pay page stands."""

    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_STATES = {
    "open": PageState.OPEN,
    "complete": PageState.PAID,
    "created": PageState.OPEN,
    "paid": PageState.PAID,
    "expired": PageState.EXPIRED,
    "cancelled": PageState.CANCELLED,
}


@dataclass(frozen=True)
class Page:
    """A pay page, the same for both gateways."""

    gateway: str
    ref: str
    reference: str
    state: PageState
    amount: int
    currency: str
    lines: list[tuple[str, int]]
    expires: int
    email: str
    back_url: str
    doc: Doc


def find_page(box: Sandbox, gateway: str, ref: str) -> Page:
    """The page of a session or link."""
    doc = box.store.get(SESSION if gateway == "stripe" else LINK, ref)
    if doc is None:
        raise DeskError(f"no {gateway} page {ref}")
    return _stripe_page(doc) if gateway == "stripe" else _razorpay_page(doc)


def is_challenged(page: Page) -> bool:
    """Whether the customer's bank has asked her who she is and waits for her answer."""
    return page.state is PageState.OPEN and bool(page.doc.get("_challenged"))


def is_authorized(box: Sandbox, page: Page) -> bool:
    """Whether a customer's bank has agreed on this page and nobody has captured the money yet."""
    if page.gateway != "razorpay" or page.state is not PageState.OPEN:
        return False
    return any(each["status"] == "authorized" for each in box.store.by_key(PAYMENT, page.ref))


def pay(box: Sandbox, gateway: str, ref: str, moment: int) -> Doc:
    """The customer pays, unless the script says that her bank refuses or asks first; returns the gateway's payment."""
    fault = box.faults.take(gateway, f"POST /pay/{ref}")
    if fault is not None and fault.kind is FaultKind.DECLINED:
        return decline(box, gateway, ref, moment)
    if fault is not None and fault.kind is FaultKind.AUTHENTICATION:
        return challenge(box, gateway, ref, moment)
    if fault is not None and fault.kind is FaultKind.AUTHORIZED:
        return authorize(box, gateway, ref, moment)
    delta = fault.delta if fault is not None and fault.kind is FaultKind.WRONG_AMOUNT else 0
    with box.store.transaction():
        page = _open_page(box, gateway, ref, moment)
        if gateway == "stripe":
            return stripe_payments.pay_session(box, page.doc, moment, delta)
        return razorpay_payments.pay_link(box, page.doc, moment, delta)


def decline(box: Sandbox, gateway: str, ref: str, moment: int) -> Doc:
    """The customer's payment fails; the page stays open."""
    with box.store.transaction():
        page = _open_page(box, gateway, ref, moment)
        if gateway == "stripe":
            return stripe_payments.decline_session(box, page.doc, moment)
        return razorpay_payments.decline_link(box, page.doc, moment)


def challenge(box: Sandbox, gateway: str, ref: str, moment: int) -> Doc:
    """The customer's bank asks who she is before it pays; the page stays open."""
    with box.store.transaction():
        page = _open_page(box, gateway, ref, moment)
        if gateway == "stripe":
            return stripe_payments.challenge_session(box, page.doc, moment)
        return razorpay_payments.challenge_link(box, page.doc, moment)


def authorize(box: Sandbox, gateway: str, ref: str, moment: int) -> Doc:
    """The customer's bank agrees and nothing is captured; Stripe's sessions capture by themselves."""
    if gateway != "razorpay":
        raise DeskError("a Checkout Session captures by itself")
    with box.store.transaction():
        page = _open_page(box, gateway, ref, moment)
        return razorpay_payments.authorize_link(box, page.doc, moment)


def expire(box: Sandbox, gateway: str, ref: str, moment: int) -> None:
    """The page's time is over, by itself or by the merchant's hand."""
    with box.store.transaction():
        page = _open_page(box, gateway, ref, 0)
        if gateway == "stripe":
            sessions.expire_session(box, page.doc, moment)
        else:
            links.close_link(box, page.doc, moment, "expired")


def cancel_link(box: Sandbox, ref: str, moment: int) -> None:
    """The merchant cancels a Payment Link on the dashboard."""
    with box.store.transaction():
        links.close_link(box, _open_page(box, "razorpay", ref, 0).doc, moment, "cancelled")


def authorize_late(box: Sandbox, payment_id: str, moment: int) -> Doc:
    """The bank of a payment that had failed agrees after all: it waits for its capture."""
    with box.store.transaction():
        return razorpay_payments.authorize_late(box, _document(box, PAYMENT, payment_id), moment)


def capture_late(box: Sandbox, payment_id: str, moment: int) -> Doc:
    """Razorpay captures a payment that had failed, by itself."""
    with box.store.transaction():
        return razorpay_payments.capture_late(box, _document(box, PAYMENT, payment_id), moment)


def capture(box: Sandbox, payment_id: str, moment: int) -> Doc:
    """The merchant captures an authorised payment on the dashboard, without the shop's doing."""
    with box.store.transaction():
        payment = _document(box, PAYMENT, payment_id)
        return razorpay_payments.capture(box, payment, payment["amount"], payment["currency"], moment)


def refund(box: Sandbox, gateway: str, payment_id: str, amount: int | None, moment: int) -> Doc:
    """The merchant refunds on the dashboard, without the shop's doing."""
    with box.store.transaction():
        if gateway == "stripe":
            return stripe_refunds.refund_intent(box, payment_id, amount, moment, {"metadata": {}, "reason": None})
        return razorpay_refunds.refund_payment(box, payment_id, amount, moment, {})


def settle_refund(box: Sandbox, gateway: str, refund_id: str, moment: int, *, ok: bool) -> Doc:
    """The bank takes a refund or sends it back."""
    with box.store.transaction():
        if gateway == "stripe":
            return stripe_refunds.settle_refund(box, _document(box, STRIPE_REFUND, refund_id), moment, ok=ok)
        return razorpay_refunds.settle_refund(box, _document(box, RAZORPAY_REFUND, refund_id), moment, ok=ok)


def pending_refunds(box: Sandbox) -> list[tuple[str, str]]:
    """Every refund that its bank has not taken yet, as (gateway, id)."""
    kinds = {"stripe": STRIPE_REFUND, "razorpay": RAZORPAY_REFUND}
    return [
        (gateway, refund["id"])
        for gateway, kind in kinds.items()
        for refund in box.store.all(kind)
        if refund["status"] == "pending"
    ]


def sweep(box: Sandbox) -> None:
    """Expire all pages whose time has come."""
    now = box.clock.unix()
    if not box.store.any_due(now):
        return
    with box.store.transaction():
        sessions.sweep_sessions(box, now)
        links.sweep_links(box, now)
        razorpay_payments.sweep_payments(box, now)


def return_url(box: Sandbox, page: Page) -> str:
    """Where the browser goes from a paid page; empty if the shop named no place."""
    if page.gateway == "stripe":
        return str(page.doc["success_url"]).replace("{CHECKOUT_SESSION_ID}", page.ref)
    if not page.doc["callback_url"] or not page.doc["payments"]:
        return ""
    payment_id = page.doc["payments"][0]["payment_id"]
    signature = razorpay_link_signature(box.settings.razorpay_key_secret, page.ref, page.reference, "paid", payment_id)
    return _with_query(
        page.doc["callback_url"],
        {
            "razorpay_payment_id": payment_id,
            "razorpay_payment_link_id": page.ref,
            "razorpay_payment_link_reference_id": page.reference,
            "razorpay_payment_link_status": "paid",
            "razorpay_signature": signature,
        },
    )


def _open_page(box: Sandbox, gateway: str, ref: str, moment: int) -> Page:
    page = find_page(box, gateway, ref)
    if page.state is not PageState.OPEN:
        raise DeskError(f"page {ref} is {page.state}")
    if page.expires and page.expires <= moment:
        raise DeskError(f"page {ref} is past its time")
    return page


def _document(box: Sandbox, kind: str, id: str) -> Doc:
    doc = box.store.get(kind, id)
    if doc is None:
        raise DeskError(f"no {kind} {id}")
    return doc


def _stripe_page(doc: Doc) -> Page:
    lines = [(_line_text(line), line["amount_total"]) for line in doc["_line_items"]]
    return Page(
        "stripe",
        doc["id"],
        doc["client_reference_id"] or "",
        _STATES[doc["status"]],
        doc["amount_total"],
        doc["currency"].upper(),
        lines,
        doc["expires_at"],
        doc["customer_email"] or "",
        doc["cancel_url"] or "",
        doc,
    )


def _line_text(line: Doc) -> str:
    # The sign sticks to its number, so that a narrow page does not part them.
    times = f"  \u00d7\u00a0{line['quantity']}" if line["quantity"] > 1 else ""
    return f"{line['description']}{times}"


def _razorpay_page(doc: Doc) -> Page:
    customer = doc["customer"] if isinstance(doc["customer"], dict) else {}
    return Page(
        "razorpay",
        doc["id"],
        doc["reference_id"],
        _STATES[doc["status"]],
        doc["amount"],
        doc["currency"],
        [(doc["description"] or "Payment", doc["amount"])],
        doc["expire_by"],
        customer.get("email", ""),
        doc["callback_url"],
        doc,
    )


def _with_query(url: str, extra: dict[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(extra)]))))
