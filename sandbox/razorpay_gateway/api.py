"""Razorpay's HTTP: who may call, and the table of addresses."""

import hmac
import re
from functools import partial

from flask import Blueprint, Response, request

from sandbox.faults import FaultKind
from sandbox.razorpay_gateway.disputes import DISPUTE
from sandbox.razorpay_gateway.errors import ERROR_500, RATE_LIMITED, RazorpayFault, no_such_id
from sandbox.razorpay_gateway.links import close_link, create_link
from sandbox.razorpay_gateway.lists import LINK, ORDER, PAYMENT, REFUND, collection, link_list, public
from sandbox.razorpay_gateway.payments import asked_to_capture
from sandbox.razorpay_gateway.refunds import create_refund
from sandbox.razorpay_gateway.settlements import SETTLEMENT, report
from sandbox.state import Sandbox, current_sandbox, public_base, request_moment
from sandbox.store import Doc
from sandbox.wire import Action, Answer, Call, find_action, route, with_fault

razorpay_api = Blueprint("razorpay_api", __name__, url_prefix="/razorpay")


@razorpay_api.route("/v1/<path:rest>", methods=["GET", "POST", "PATCH", "DELETE"])
def entry(rest: str) -> Response:
    """Any request to Razorpay's API."""
    box = current_sandbox()
    path = f"/v1/{rest}".rstrip("/")
    fault = box.faults.take("razorpay", f"{request.method} {path}")
    body = request.get_json(silent=True, force=True) if request.method != "GET" else request.args.to_dict()
    call = Call(
        box,
        request_moment(box),
        public_base(box),
        request.method,
        path,
        body if isinstance(body, dict) else {},
        request.headers,
        fault,
        ERROR_500 if fault and fault.kind is FaultKind.ERROR_500_AFTER else None,
    )
    return with_fault(box, fault, partial(_answer, call), ERROR_500, RATE_LIMITED)


def _answer(call: Call) -> Answer:
    try:
        _authenticate(call.box)
        found = find_action(_ROUTES, call.method, call.path)
        if found is None:
            raise RazorpayFault("The requested URL was not found on the server.")
        action, match = found
        with call.box.store.transaction():
            answer = Answer(200, public(action(call, match)))
        return call.spoil or answer
    except RazorpayFault as refusal:
        return refusal.answer


def _authenticate(box: Sandbox) -> None:
    sent = request.authorization
    name = (sent.username or "") if sent else ""
    password = (sent.password or "") if sent else ""
    right = (box.settings.razorpay_key_id, box.settings.razorpay_key_secret)
    if not all(hmac.compare_digest(a.encode(), b.encode()) for a, b in zip((name, password), right, strict=True)):
        raise RazorpayFault("Authentication failed", status=401)


def _found(box: Sandbox, kind: str, id: str) -> Doc:
    doc = box.store.get(kind, id)
    if doc is None:
        raise no_such_id()
    return doc


def _get(kind: str) -> Action:
    return lambda call, match: _found(call.box, kind, match[1])


def _list(kind: str) -> Action:
    return lambda call, _: collection(call.box.store, kind, call.params)


def _refunds_of(call: Call, match: "re.Match[str]") -> Doc:
    payment = _found(call.box, PAYMENT, match[1])
    return collection(call.box.store, REFUND, call.params, key=payment["id"])


def _payments_of(call: Call, match: "re.Match[str]") -> Doc:
    """GET /v1/orders/:id/payments: every try to pay a link, since its order is made with the first of them."""
    order = _found(call.box, ORDER, match[1])
    return collection(call.box.store, PAYMENT, call.params, key=order["_link"])


def _one_refund_of(call: Call, match: "re.Match[str]") -> Doc:
    refund = _found(call.box, REFUND, match[2])
    if refund["payment_id"] != match[1]:
        raise no_such_id()
    return refund


def _cancel(call: Call, match: "re.Match[str]") -> Doc:
    return close_link(call.box, _found(call.box, LINK, match[1]), call.moment, "cancelled")


_ROUTES = (
    route("POST", "/v1/payment_links", lambda call, _: create_link(call)),
    route("GET", "/v1/payment_links", lambda call, _: link_list(call.box.store, call.params)),
    route("GET", "/v1/payment_links/<id>", _get(LINK)),
    route("POST", "/v1/payment_links/<id>/cancel", _cancel),
    route("GET", "/v1/orders/<id>", _get(ORDER)),
    route("GET", "/v1/orders/<id>/payments", _payments_of),
    route("GET", "/v1/payments", _list(PAYMENT)),
    route("GET", "/v1/payments/<id>", _get(PAYMENT)),
    route("POST", "/v1/payments/<id>/capture", asked_to_capture),
    route("POST", "/v1/payments/<id>/refund", lambda call, match: create_refund(call, match[1])),
    route("GET", "/v1/payments/<id>/refunds", _refunds_of),
    route("GET", "/v1/payments/<id>/refunds/<id>", _one_refund_of),
    route("GET", "/v1/refunds", _list(REFUND)),
    route("GET", "/v1/refunds/<id>", _get(REFUND)),
    route("GET", "/v1/disputes", _list(DISPUTE)),
    route("GET", "/v1/disputes/<id>", _get(DISPUTE)),
    route("GET", "/v1/settlements", _list(SETTLEMENT)),
    route("GET", "/v1/settlements/recon/combined", lambda call, _: report(call)),
)
