"""One line per request and per defect, with a request id and only the fields of one visible table: never a
body, a query, a name or an address of a person.

What is not in `FIELDS`, or does not look as it says there, does not get out. An exception is reduced to its
kinds and places, since its message may hold what somebody typed; what libraries log, likewise.
"""

import logging
import re
import secrets
import sys
import time
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from flask import Flask, Response, g, request

from shop.errors import where

log = structlog.get_logger("shop")
NAME = r"[A-Za-z_][\w.]{0,79}"
FIELDS = {
    "event": r"[a-z][a-z_.]{0,59}",
    "level": r"[a-z]{1,10}",
    "timestamp": r"[\dT:.Z-]{10,40}",
    "request_id": r"[0-9a-f]{16}",
    "method": r"[A-Z]{1,10}",
    "endpoint": rf"{NAME}|-",
    "status": r"\d{3}",
    "ms": r"\d{1,9}",
    "error": NAME,
    "where": r"[\w./<>: ]{1,900}",
    "kind": NAME,
    "tries": r"\d{1,3}",
    "rows": r"\d{1,9}",
    "minutes": r"\d{1,9}",
    "job": NAME,
    "gateway": r"[a-z]{1,16}",
    "payment": r"\w{1,80}",  # a gateway's own number
    "finding": r"[^@\n\"]{1,300}",  # floor, row and rule of the books: surrogate ids
    "head": r"\d{1,19}:[0-9a-f]{64}",  # of the books' chain: a number and a hash, kept where the log is kept
    "place": r"identity\|\d{1,19}\|[a-z_]{1,20}\|\d{1,9}(\|[0-9a-f]{16})?",  # of a bent record: its number and field
    "logger": NAME,
    "dropped": r"\d{1,3}",
}
_SHAPES = {name: re.compile(shape) for name, shape in FIELDS.items()}


def reduce_exception(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its kinds and places."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["where"] = where(error)
    return event


def only_listed(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not in the table, and the value of one that does not look as it should."""
    kept = {
        name: value if _SHAPES[name].fullmatch(str(value)) else "?" for name, value in event.items() if name in _SHAPES
    }
    if len(kept) < len(event):
        kept["dropped"] = len(event) - len(kept)
    return kept


class Reduced(logging.Handler):
    """What libraries say by Python's own logging: who said it and where, not what."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line in our own way."""
        at = f"{record.module}:{record.lineno}:{record.funcName}"
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "-"
        write = log.error if record.levelno >= logging.ERROR else log.warning
        write("library", logger=record.name, where=f"{error} at {at}" if error != "-" else at)


def configure(style: str, out: TextIO | None = None) -> None:
    """Write logs as text for people or as JSON for machines, our own and those of libraries."""
    renderer = structlog.processors.JSONRenderer() if style == "json" else structlog.processors.LogfmtRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            reduce_exception,
            only_listed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(out or sys.stderr),
    )
    root = logging.getLogger()
    if not any(isinstance(handler, Reduced) for handler in root.handlers):
        root.addHandler(Reduced(logging.WARNING))


def init_app(app: Flask) -> None:
    """Log every request once it is answered."""
    configure(app.config["LOG_FORMAT"])

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def done(response: Response) -> Response:
        if app.testing or request.endpoint in ("assets", "health.alive"):
            return response
        log.info(
            "request",
            method=request.method,
            endpoint=request.endpoint or "-",
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000),
        )
        response.headers["X-Request-Id"] = g.get("request_id", "")
        return response
