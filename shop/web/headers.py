"""What every answer says about itself, whoever gives it: a view, an error, a refused host, a file.

The headers are put on around the whole application, so nothing that Flask answers by itself is left
out, and an error that nobody caught becomes an answer with them too. No inline script, nothing
from elsewhere, no page of a person kept by anyone.
"""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from shop.web.logs import log

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Write = Callable[[bytes], object]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "media-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
# What a page of ours may ask of a phone: a passkey, nothing else.
NEVER = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "display-capture",
    "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get",
    "idle-detection", "keyboard-map", "local-fonts", "magnetometer", "microphone", "midi", "otp-credentials",
    "payment", "picture-in-picture", "screen-wake-lock", "serial", "storage-access", "sync-xhr", "usb",
    "window-management", "xr-spatial-tracking",
)  # fmt: skip
OURS = ("publickey-credentials-create", "publickey-credentials-get")
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-DNS-Prefetch-Control": "off",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Permissions-Policy": ", ".join([*(f"{name}=()" for name in NEVER), *(f"{name}=(self)" for name in OURS)]),
}
EVERYWHERE = [(name.lower(), (name, value)) for name, value in HEADERS.items()]
HSTS = "max-age=63072000; includeSubDomains"
_LANGUAGE = r"(?:/[a-z]{2})?"
AUDIENCES_OF_PERSONS = ("manager", "artisan", "auth", "account")
# Pages of a person: no cache and no search engine keeps them.
PRIVATE = re.compile(
    _LANGUAGE + r"/(artisan|manager|account|orders|checkout|cart|login|logout|step-up|invitation)(/|$)"
)
# Addresses that are themselves a secret, and her pages: not even our own log of referrers learns them. The card's
# page stays out: it has no token, and browsers without Sec-Fetch-Site could not sign in from it.
SECRET = re.compile(_LANGUAGE + r"/(artisan(?!/sign-in)|orders)(/|$)")


class SafeAnswers:
    """WSGI middleware: the headers on every answer, and an answer for every error."""

    def __init__(self, app: "WSGIApplication", *, https: bool, testing: bool) -> None:
        self.app, self.https, self.testing = app, https, testing

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "") or "/"

        def start(status: str, given: list[tuple[str, str]], error: "OptExcInfo | None" = None) -> Write:
            return start_response(status, self._completed(path, given), error)

        try:
            return self.app(environ, start)
        except Exception as error:
            log.error("defect", error=type(error).__name__, exc_info=error)
            if self.testing:
                raise
            start("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"Something broke on our side, and we have been told.\n"]

    def _completed(self, path: str, given: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return an answer's headers with ours: a plain list, since every answer comes by here."""
        said = {name.lower(): value for name, value in given}
        ours: dict[str, str] = {}
        if self.https:
            ours["Strict-Transport-Security"] = HSTS
        if SECRET.match(path):
            ours["Referrer-Policy"] = "no-referrer"
        if PRIVATE.match(path) or "no-store" in said.get("cache-control", ""):
            ours |= {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
        elif "cache-control" not in said:
            ours["Cache-Control"] = "no-cache"
        headers = [*given, *(header for name, header in EVERYWHERE if name not in said)]
        replaced = {name.lower() for name in ours}
        return [header for header in headers if header[0].lower() not in replaced] + list(ours.items())


def init_app(app: Flask) -> None:
    """See to it that no page of a person is kept; `SafeAnswers` goes around the whole app (web/__init__.py)."""

    @app.after_request
    def private(response: Response) -> Response:
        if request.blueprint in AUDIENCES_OF_PERSONS:  # whatever its address is
            response.headers["Cache-Control"] = "no-store"
        return response
