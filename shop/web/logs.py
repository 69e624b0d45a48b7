"""One line per request, with a request id and an allow-list of fields: never a body, a query, a name
or an address of a person."""

import logging
import secrets
import sys
import time

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("shop")


def configure(style: str) -> None:
    """Write logs as text for people or as JSON for machines."""
    renderer = structlog.processors.JSONRenderer() if style == "json" else structlog.processors.LogfmtRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


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
