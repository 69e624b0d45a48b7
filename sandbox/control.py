"""The control API under /_sandbox/: what tests, the demo and the figures do to the gateways."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, jsonify, request

from sandbox import desk, disputes
from sandbox.books import read_books
from sandbox.desk import DeskError
from sandbox.outbox import Mode
from sandbox.razorpay_gateway.errors import RazorpayFault
from sandbox.release import Release, run_release
from sandbox.state import Sandbox, current_sandbox
from sandbox.store import Doc
from sandbox.stripe_gateway.errors import StripeFault

control_api = Blueprint("control_api", __name__, url_prefix="/_sandbox")
_LOOPBACK = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


@control_api.before_request
def only_from_here() -> None:
    """Refuse other machines, and web pages: a page of another site cannot send JSON here unasked."""
    if request.remote_addr not in _LOOPBACK:
        abort(403)
    if request.method == "POST" and not request.is_json:
        abort(415)


@control_api.errorhandler(DeskError)
@control_api.errorhandler(StripeFault)
@control_api.errorhandler(RazorpayFault)
def refused(error: Exception) -> tuple[Response, int]:
    """What cannot be done in the present state is a 409."""
    return jsonify(error=str(error)), 409


@control_api.errorhandler(KeyError)
@control_api.errorhandler(TypeError)
@control_api.errorhandler(ValueError)
def misread(error: Exception) -> tuple[Response, int]:
    """What cannot be understood is a 400."""
    return jsonify(error=f"{type(error).__name__}: {error}"), 400


@control_api.get("/healthz")
def healthz() -> Response:
    """Whether the sandbox answers."""
    return jsonify(ok=True)


@control_api.get("/books")
def books() -> Response:
    """The gateways' own books."""
    return jsonify(read_books(current_sandbox()))


@control_api.post("/<any(pay, cancel, expire, refund, settle, late, capture, dispute, evidence, verdict):verb>")
def act(verb: str) -> Response:
    """Something happens at a gateway, now or `at` a stated moment."""
    box, body = current_sandbox(), _body()
    gateway = str(body.get("gateway", "razorpay" if verb in ("late", "capture") else ""))
    if gateway not in desk.GATEWAYS:
        raise ValueError(f"unknown gateway {gateway!r}")
    moment = box.clock.unix() if body.get("at") is None else int(body["at"])
    with box.outbox.muted(bool(body.get("quiet", False))):
        answer = _VERBS[verb](box, gateway, moment, body)
    box.courier.after_effect()
    return jsonify(answer)


@control_api.get("/deliveries")
def deliveries() -> Response:
    """Every event with where it stands and its attempts; `?bodies=1` adds the raw bodies."""
    box = current_sandbox()
    hidden = set() if request.args.get("bodies") else {"body"}
    events = [{name: value for name, value in entry.items() if name not in hidden} for entry in box.outbox.all()]
    return jsonify(mode=box.outbox.mode, target=box.outbox.target, events=events)


@control_api.post("/deliveries")
def configure_deliveries() -> Response:
    """Change the mode or the target; an empty target stops deliveries."""
    box, body = current_sandbox(), _body()
    box.outbox.configure(Mode(body["mode"]) if "mode" in body else None, body.get("target"))
    box.courier.after_effect()
    return jsonify(mode=box.outbox.mode, target=box.outbox.target)


@control_api.post("/deliveries/release")
def release() -> Response:
    """Send held events in the way asked for, once each, without retries."""
    box = current_sandbox()
    return jsonify(attempts=run_release(box.outbox, box.courier, Release.from_json(_body())))


@control_api.post("/deliveries/flush")
def flush() -> Response:
    """Deliver whatever is queued before answering."""
    box = current_sandbox()
    return jsonify(delivered=box.courier.flush())


@control_api.get("/faults")
def faults() -> Response:
    """The script of faults with how often each struck."""
    return jsonify(current_sandbox().faults.all())


@control_api.post("/faults")
def add_faults() -> Response:
    """Add to the script; `{"clear": true}` empties it."""
    box, body = current_sandbox(), request.get_json()
    if isinstance(body, dict) and body.get("clear"):
        box.faults.clear()
        return jsonify([])
    for line in body if isinstance(body, list) else [body]:
        box.faults.add(line)
    return jsonify(box.faults.all())


@control_api.route("/clock", methods=["GET", "POST"])
def clock() -> Response:
    """Read the time, or {"set": unix, "frozen": bool}, {"advance": seconds}, {"reset": true}."""
    box = current_sandbox()
    if request.method == "POST":
        body = _body()
        if body.get("reset"):
            box.clock.reset()
        if "set" in body:
            box.clock.set(float(body["set"]), frozen=bool(body.get("frozen", False)))
        box.clock.advance(float(body.get("advance", 0)))
        desk.sweep(box)
        box.courier.after_effect()
    return jsonify(now=box.clock.unix())


@control_api.post("/reset")
def reset() -> Response:
    """Forget all payments, events and faults; real time again, automatic delivery."""
    box = current_sandbox()
    box.faults.clear()
    box.clock.reset()
    box.store.clear()
    box.outbox.forget_settings()
    return jsonify(ok=True)


def _body() -> Doc:
    body = request.get_json()
    if not isinstance(body, dict):
        raise ValueError("a JSON object is expected")
    return body


_OUTCOMES = {"ok": desk.pay, "fail": desk.decline, "authenticate": desk.challenge, "authorize": desk.authorize}


def _pay(box: Sandbox, gateway: str, moment: int, body: Doc) -> Doc:
    outcome = body.get("outcome", "ok")
    if outcome not in _OUTCOMES:
        raise ValueError(f"unknown outcome {outcome!r}")
    payment = _OUTCOMES[outcome](box, gateway, body["ref"], moment)
    page = desk.find_page(box, gateway, body["ref"])
    redirect = desk.return_url(box, page) if page.state is desk.PageState.PAID else ""
    return {"payment": payment["id"], "status": payment["status"], "amount": payment["amount"], "redirect": redirect}


def _cancel(box: Sandbox, gateway: str, moment: int, body: Doc) -> Doc:
    """The customer's going back changes nothing; `by: merchant` cancels a Razorpay link."""
    if body.get("by") == "merchant":
        if gateway != "razorpay":
            raise ValueError("a Checkout Session can be expired, not cancelled")
        desk.cancel_link(box, body["ref"], moment)
    page = desk.find_page(box, gateway, body["ref"])
    return {"state": page.state, "redirect": page.back_url}


def _expire(box: Sandbox, gateway: str, moment: int, body: Doc) -> Doc:
    desk.expire(box, gateway, body["ref"], moment)
    return {"state": desk.find_page(box, gateway, body["ref"]).state}


def _refund(box: Sandbox, gateway: str, moment: int, body: Doc) -> Doc:
    refund = desk.refund(box, gateway, body["payment"], body.get("amount"), moment)
    return {"refund": refund["id"], "status": refund["status"], "amount": refund["amount"]}


def _settle(box: Sandbox, gateway: str, moment: int, body: Doc) -> Doc:
    refund = desk.settle_refund(box, gateway, body["refund"], moment, ok=body.get("outcome", "ok") == "ok")
    return {"refund": refund["id"], "status": refund["status"], "amount": refund["amount"]}


def _late(box: Sandbox, gateway: str, moment: int, body: Doc) -> Doc:
    """`only` "authorized" leaves the capture to the shop."""
    happen = desk.authorize_late if body.get("only") == "authorized" else desk.capture_late
    return _paid(happen(box, body["payment"], moment))


def _capture(box: Sandbox, gateway: str, moment: int, body: Doc) -> Doc:
    return _paid(desk.capture(box, body["payment"], moment))


def _paid(payment: Doc) -> Doc:
    return {"payment": payment["id"], "status": payment["status"], "amount": payment["amount"], "redirect": ""}


def _dispute(box: Sandbox, gateway: str, moment: int, body: Doc) -> Doc:
    """`inquiry` takes nothing yet; `at_onset` lets Razorpay take the money at once."""
    inquiry, at_onset = bool(body.get("inquiry")), bool(body.get("at_onset"))
    payment, amount = body["payment"], body.get("amount")
    return _shown(disputes.open_dispute(box, gateway, payment, amount, moment, inquiry=inquiry, at_onset=at_onset))


def _evidence(box: Sandbox, gateway: str, moment: int, body: Doc) -> Doc:
    return _shown(disputes.answer(box, gateway, body["dispute"], moment))


def _verdict(box: Sandbox, gateway: str, moment: int, body: Doc) -> Doc:
    return _shown(
        disputes.decide(box, gateway, body["dispute"], moment, body["outcome"], fee_back=bool(body.get("fee_back")))
    )


def _shown(dispute: Doc) -> Doc:
    return {"dispute": dispute["id"], "status": dispute["status"], "amount": dispute["amount"]}


_VERBS: dict[str, Callable[[Sandbox, str, int, Doc], Doc]] = {
    "pay": _pay,
    "cancel": _cancel,
    "expire": _expire,
    "refund": _refund,
    "settle": _settle,
    "late": _late,
    "capture": _capture,
    "dispute": _dispute,
    "evidence": _evidence,
    "verdict": _verdict,
}
