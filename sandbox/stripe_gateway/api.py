"""Stripe's HTTP: who may call, what was asked before, and the table of addresses."""

import hashlib
import hmac
import json
import re
from functools import partial
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request

from sandbox.faults import FaultKind
from sandbox.form import parse_form
from sandbox.state import Sandbox, current_sandbox, public_base, request_moment
from sandbox.store import Doc
from sandbox.stripe_gateway.disputes import DISPUTE
from sandbox.stripe_gateway.errors import ERROR_500, RATE_LIMITED, StripeFault, no_such
from sandbox.stripe_gateway.lists import CHARGE, INTENT, REFUND, SESSION, Listing, expand_paths, expanded, list_page
from sandbox.stripe_gateway.refunds import create_refund
from sandbox.stripe_gateway.sessions import create_session, expire_session
from sandbox.stripe_gateway.settlements import list_payouts, list_transactions
from sandbox.wire import Action, Answer, Call, find_action, route, with_fault

_IDEMPOTENCY = "stripe.idempotency"
_DAY = 24 * 3600
_NOUNS = {SESSION: "checkout.session", INTENT: "payment_intent", CHARGE: "charge", REFUND: "refund", DISPUTE: "dispute"}

stripe_api = Blueprint("stripe_api", __name__, url_prefix="/stripe")


@stripe_api.route("/v1/<path:rest>", methods=["GET", "POST", "DELETE"])
def entry(rest: str) -> Response:
    """Any request to Stripe's API."""
    box = current_sandbox()
    path = f"/v1/{rest}"
    fault = box.faults.take("stripe", f"{request.method} {path}")
    raw = request.get_data(as_text=True) if request.method == "POST" else request.query_string.decode()
    call = Call(
        box,
        request_moment(box),
        public_base(box),
        request.method,
        path,
        parse_form(parse_qsl(raw, keep_blank_values=True)),
        request.headers,
        fault,
        ERROR_500 if fault and fault.kind is FaultKind.ERROR_500_AFTER else None,
    )
    return with_fault(box, fault, partial(_answer, call), ERROR_500, RATE_LIMITED)


def _answer(call: Call) -> Answer:
    try:
        _authenticate(call)
        found = find_action(_ROUTES, call.method, call.path)
        if found is None:
            raise StripeFault(f"Unrecognized request URL ({call.method}: {call.path}).", status=404)
        with call.box.store.transaction():
            return _once(call, *found) if call.method == "POST" else _shown(call, *found)
    except StripeFault as refusal:
        return refusal.answer


def _authenticate(call: Call) -> None:
    scheme, _, credential = call.headers.get("Authorization", "").partition(" ")
    basic = request.authorization.username if request.authorization and scheme.lower() == "basic" else None
    key = basic or credential
    if not key:
        raise StripeFault("You did not provide an API key.", status=401)
    if not hmac.compare_digest(key.encode(), call.box.settings.stripe_key.encode()):
        raise StripeFault(f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}", status=401)


def _once(call: Call, action: Action, match: "re.Match[str]") -> Answer:
    """Do it, or repeat what was answered the first time under the same key."""
    key = call.headers.get("Idempotency-Key")
    if not key:
        answer = _shown(call, action, match)
        return call.spoil or answer
    fingerprint = hashlib.sha256(f"{call.path} {json.dumps(call.params, sort_keys=True)}".encode()).hexdigest()
    known = call.box.store.get(_IDEMPOTENCY, key)
    # Keys are forgotten after a day: an old key then makes a new object, as at Stripe.
    if known and call.moment < known["created"] + _DAY:
        if known["fingerprint"] != fingerprint:
            raise StripeFault(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
                kind="idempotency_error",
            )
        return Answer(known["status"], known["body"], {"Idempotent-Replayed": "true", "Idempotency-Key": key})
    answer = _remembered(call, action, match)
    record = {"created": call.moment, "fingerprint": fingerprint, "status": answer.status, "body": answer.body}
    call.box.store.put(_IDEMPOTENCY, key, record, created=call.moment)
    return Answer(answer.status, answer.body, {"Idempotency-Key": key})


def _remembered(call: Call, action: Action, match: "re.Match[str]") -> Answer:
    """Refusals met while executing are kept with the key; those of the parameters are not."""
    try:
        answer = _shown(call, action, match)
    except StripeFault as refusal:
        if not refusal.remembered:
            raise
        return refusal.answer
    return call.spoil or answer


def _shown(call: Call, action: Action, match: "re.Match[str]") -> Answer:
    doc = action(call, match)
    paths = [] if doc["object"] == "list" else expand_paths(call.params)
    return Answer(200, expanded(call.box.store, doc, paths))


def _found(box: Sandbox, kind: str, id: str) -> Doc:
    doc = box.store.get(kind, id)
    if doc is None:
        raise no_such(_NOUNS[kind], id)
    return doc


def _get(kind: str) -> Action:
    return lambda call, match: _found(call.box, kind, match[1])


def _list(kind: str, keyed_by: str | None = None) -> Action:
    def listed(call: Call, _: "re.Match[str]") -> Doc:
        key = call.params.get(keyed_by) if keyed_by else None
        return list_page(call.box.store, Listing(kind, call.path, key, call.params.get("status")), call.params)

    return listed


_ROUTES = (
    route("POST", "/v1/checkout/sessions", lambda call, _: create_session(call)),
    route("GET", "/v1/checkout/sessions", _list(SESSION, "payment_intent")),
    route("GET", "/v1/checkout/sessions/<id>", _get(SESSION)),
    route(
        "POST",
        "/v1/checkout/sessions/<id>/expire",
        lambda call, match: expire_session(call.box, _found(call.box, SESSION, match[1]), call.moment),
    ),
    route("GET", "/v1/payment_intents", _list(INTENT)),
    route("GET", "/v1/payment_intents/<id>", _get(INTENT)),
    route("GET", "/v1/charges/<id>", _get(CHARGE)),
    route("POST", "/v1/refunds", lambda call, _: create_refund(call)),
    route("GET", "/v1/refunds", _list(REFUND, "payment_intent")),
    route("GET", "/v1/refunds/<id>", _get(REFUND)),
    route("GET", "/v1/disputes", _list(DISPUTE, "payment_intent")),
    route("GET", "/v1/disputes/<id>", _get(DISPUTE)),
    route("GET", "/v1/payouts", lambda call, _: list_payouts(call)),
    route("GET", "/v1/balance_transactions", lambda call, _: list_transactions(call)),
)
