"""From HTTP to a gateway's own code and back, with the scripted faults in between."""

import json
import re
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flask import Response, request
from werkzeug.datastructures import Headers

from sandbox.faults import Fault, FaultKind
from sandbox.ids import new_id
from sandbox.state import Sandbox
from sandbox.store import Doc


@dataclass(frozen=True)
class Answer:
    """What goes back, before any fault spoils it."""

    status: int
    body: Doc
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One API request, free of Flask."""

    box: Sandbox
    moment: int
    base_url: str
    method: str
    path: str
    params: Doc
    headers: Headers
    fault: Fault | None
    spoil: Answer | None = None
    """An error to answer (and remember) although the effect happened."""

    @property
    def delta(self) -> int:
        """By how much the captured amount shall differ from the one asked."""
        return self.fault.delta if self.fault is not None and self.fault.kind is FaultKind.WRONG_AMOUNT else 0

    def struck_by(self, kind: FaultKind) -> bool:
        """Whether this very request meets that fault."""
        return self.fault is not None and self.fault.kind is kind


Action = Callable[[Call, "re.Match[str]"], Doc]
Route = tuple[str, "re.Pattern[str]", Action]


def route(method: str, pattern: str, action: Action) -> Route:
    """One line of a gateway's routing table; `<id>` stands for an identifier."""
    return method, re.compile(pattern.replace("<id>", r"([A-Za-z0-9_]+)") + r"/?"), action


def find_action(routes: Sequence[Route], method: str, path: str) -> tuple[Action, "re.Match[str]"] | None:
    """The action for a request, or None."""
    for verb, pattern, action in routes:
        if verb == method and (match := pattern.fullmatch(path)):
            return action, match
    return None


def with_fault(
    box: Sandbox, fault: Fault | None, run: Callable[[], Answer], error_500: Answer, limited: Answer
) -> Response:
    """Run the request and let its fault, if any, spoil the way there or back."""
    if fault is None:
        return _respond(run())
    seconds = box.settings.fault_seconds if fault.seconds is None else fault.seconds
    match fault.kind:
        case FaultKind.ERROR_500_BEFORE:
            return _respond(error_500)
        case FaultKind.RATE_LIMIT:
            return _respond(limited)
        case FaultKind.HTML_502_BEFORE:
            return _html_502()
        case FaultKind.RESET_BEFORE:
            return _drop_connection()
        case FaultKind.TIMEOUT_BEFORE:
            box.courier.stopping.wait(seconds)
            return _drop_connection()
        case FaultKind.SLOW:
            box.courier.stopping.wait(seconds)
    return _spoil(box, fault.kind, seconds, run())


def _spoil(box: Sandbox, kind: FaultKind, seconds: float, answer: Answer) -> Response:
    match kind:
        case FaultKind.HTML_502_AFTER:
            return _html_502()
        case FaultKind.TIMEOUT_AFTER:
            box.courier.stopping.wait(seconds)
            return _drop_connection()
        case FaultKind.RESET:
            return _drop_connection()
        case FaultKind.MALFORMED_JSON:
            text = json.dumps(answer.body)
            return Response(text[: len(text) * 2 // 3], status=200, mimetype="application/json")
    return _respond(answer)


def _respond(answer: Answer) -> Response:
    response = Response(json.dumps(answer.body, indent=2), status=answer.status, mimetype="application/json")
    response.headers["Request-Id"] = new_id("req", 14)
    response.headers.update(answer.headers)
    return response


def _html_502() -> Response:
    return Response(
        "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
        status=502,
        mimetype="text/html",
    )


def _drop_connection() -> Response:
    """Cut the wire; the response returned here never leaves, since the socket is shut by then."""
    wire = request.environ.get("werkzeug.socket")
    if isinstance(wire, socket.socket):
        # No lingering: the closing then resets the connection instead of ending it politely.
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
