"""Whole public pages kept as bytes: made once, compressed once, shown until something in them changes.

The middleware stands in front of Flask. It keeps what a view marked with `kept`, compares the numbers of
page_versions.py at every request, and answers 304 where the reader has the page already. The numbers
are read before a page is made, so a change in the meantime leaves an old number beside a newer page,
which costs one more making and never shows an old page. Under these addresses Flask is not told of
cookies at all, so a page can carry nothing of the visitor for whom it happened to be made.

Only what is marked is compressed: pages of a person carry tokens beside what somebody typed, and
the length of a compressed page could betray a token, character by character.
"""

import gzip
import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any

import brotli
from flask import Response, g, make_response, request
from werkzeug.datastructures import Headers
from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Response as BaseResponse

from shop.clock import INDIA, Clock
from shop.page_versions import CATALOGUE, PUBLICATION, of_product
from shop.web.edge import now
from shop.web.numbers import Numbers
from shop.web.parts import NUMBERS

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

UNTIL = "shop.kept_until"
COMPRESSED = ("text/", "image/svg+xml", "application/xml", "application/json", "application/manifest+json")
KEPT = ("", "products", "collections", "stories")  # the first part of a path under which pages are kept
NOT_KEPT = ("Content-Length", "ETag", "X-Request-Id", "Date", "Vary")
View = Callable[..., str | BaseResponse | tuple[str, int]]


def kept(view: View) -> View:
    """Mark a public view whose page is the same for every visitor, until a number of page_versions.py moves.

    It is made anew each midnight in India, since pages name days, or earlier if the view says so by `until`.
    """

    @wraps(view)
    def answer(*args: Any, **more: Any) -> Response:
        response = make_response(view(*args, **more))
        request.environ[UNTIL] = min(g.get("kept_until", math.inf), _midnight(now()).timestamp())
        return response

    return answer


def until(moment: datetime | None) -> None:
    """Let the page that is being made be kept no longer than to a moment; None sets no limit."""
    if moment is not None:
        g.kept_until = min(g.get("kept_until", math.inf), moment.timestamp())


def for_good() -> None:
    """Let the answer that is being made be kept as long as this process lives: its address names its content."""
    request.environ[UNTIL] = math.inf


def _midnight(at: datetime) -> datetime:
    here = at.astimezone(INDIA)
    return (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Coded:
    """A page in one encoding, with the headers that go out with it."""

    body: bytes
    etag: str
    headers: list[tuple[str, str]]
    unchanged: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was made under some numbers, until a moment (seconds)."""

    versions: tuple[int, ...]
    until: float
    codings: dict[str, Coded]

    @property
    def size(self) -> int:
        """Return how many bytes its bodies hold."""
        return sum(len(coded.body) for coded in self.codings.values())


class PageCache:
    """WSGI middleware: answers from what was kept, and keeps what the app marks."""

    def __init__(
        self, app: "WSGIApplication", numbers: Numbers, clock: Callable[[], Clock], *, most_bytes: int
    ) -> None:
        self.app, self._numbers, self._clock, self._most = app, numbers, clock, most_bytes
        self._pages: OrderedDict[tuple[str, ...], Page] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        numbers.when_replaced(self.clear)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        scopes = scopes_of(path)
        if scopes is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.app(environ, start_response)
        key = (environ["wsgi.url_scheme"], environ.get("HTTP_HOST", ""), path, environ.get("QUERY_STRING", ""))
        versions = environ[NUMBERS] = self._numbers.read(scopes)
        page = self._pages.get(key)
        if page is None or page.versions != versions or page.until <= self._clock().now().timestamp():
            made = self._make(environ, versions)
            if isinstance(made, Unkept):
                return made.answer(start_response)
            page = made
            self._keep(key, page)
        return _answer(page, environ, start_response)

    def clear(self) -> None:
        """Forget every page."""
        with self._lock:
            self._pages.clear()
            self._size = 0

    def _make(self, environ: "WSGIEnvironment", versions: tuple[int, ...] | None) -> "Page | Unkept":
        given: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], error: "OptExcInfo | None" = None) -> Any:
            given[:] = [status, headers]
            return lambda data: None

        environ.pop("HTTP_COOKIE", None)
        parts = self.app(environ, start)
        status = given[0]
        headers = [each for each in given[1] if each[0].lower() != "set-cookie"]  # whoever has a session keeps it
        is_whole = status[:3] == "200" and environ["REQUEST_METHOD"] == "GET"
        if not self._most or versions is None or UNTIL not in environ or not is_whole:
            return Unkept(status, headers, parts)
        try:
            body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        return Page(versions, environ[UNTIL], _codings(body, Headers(headers)))

    def _keep(self, key: tuple[str, ...], page: Page) -> None:
        with self._lock:
            before = self._pages.pop(key, None)
            self._size += page.size - (before.size if before else 0)
            self._pages[key] = page
            while self._size > self._most and self._pages:
                self._size -= self._pages.popitem(last=False)[1].size


@dataclass(frozen=True)
class Unkept:
    """An answer that is nobody else's."""

    status: str
    headers: list[tuple[str, str]]
    parts: Iterable[bytes]

    def answer(self, start_response: "StartResponse") -> Iterable[bytes]:
        """Pass it on as it is."""
        start_response(self.status, self.headers)
        return self.parts


def scopes_of(path: str) -> tuple[str, ...] | None:
    """Return the numbers that a page at a path hangs on; None where nothing is ever kept."""
    if path.startswith("/assets/"):
        return ()
    first, _, rest = path.lstrip("/").partition("/")
    if len(first) == 2:
        first, _, rest = rest.partition("/")
    if first == "products" and rest:
        return CATALOGUE, PUBLICATION, of_product(rest)
    return (CATALOGUE, PUBLICATION) if first in KEPT else None


def _codings(body: bytes, given: Headers) -> dict[str, Coded]:
    for name in NOT_KEPT:
        given.remove(name)
    squeezed: dict[str, bytes] = {"": body}
    if given.get("Content-Type", "").startswith(COMPRESSED):
        given["Vary"] = "Accept-Encoding"
        squeezed |= {"br": brotli.compress(body, quality=6), "gzip": gzip.compress(body, 6, mtime=0)}
    return {name: _coded(name, content, body, given.copy()) for name, content in squeezed.items()}


def _coded(name: str, content: bytes, body: bytes, headers: Headers) -> Coded:
    mark = hashlib.sha256(body).hexdigest()[:24] + (f"-{name}" if name else "")
    headers["ETag"] = etag = f'"{mark}"'
    unchanged = [(key, value) for key, value in headers.to_wsgi_list() if key.lower() != "content-type"]
    if name:
        headers["Content-Encoding"] = name
    headers["Content-Length"] = str(len(content))
    return Coded(content, etag, headers.to_wsgi_list(), unchanged)


@lru_cache(maxsize=512)
def _coding(accepted: str) -> str:
    """Return the encoding to answer in: br, gzip, or none."""
    weights = dict(parse_accept_header(accepted))
    return next((name for name in ("br", "gzip") if weights.get(name, weights.get("*", 0)) > 0), "")


def _answer(page: Page, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    coded = page.codings.get(_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))) or page.codings[""]
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known is not None and (coded.etag in known or known == "*"):
        start_response("304 Not Modified", list(coded.unchanged))
        return []
    start_response("200 OK", list(coded.headers))
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [coded.body]
