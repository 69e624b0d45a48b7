"""What no page of ours ever sends, refused before any view: more than a form holds, NUL characters, and numbers
that no row has.

PostgreSQL keeps no NUL in a text and neither database a number beyond 64 bits; without this a
crafted address would be a 500 there.
"""

from collections.abc import Iterator
from itertools import chain

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter, Map

from shop.web.edge import LARGEST

FORM = 512 * 1024  # the body of any request but those that bring a file
WITH_A_FILE = {"manager.add_picture": 12 * 1024 * 1024}
MOST_FIELDS = 400
LONGEST_QUERY = 4_000


class RowNumber(IntegerConverter):
    """An `<int:…>` of an address: larger than any row's number is no address of ours (404)."""

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int = LARGEST) -> None:
        super().__init__(map, fixed_digits, min, max)


def init_app(app: Flask) -> None:
    """Give addresses and bodies their limits (413, 414) and refuse NUL in anything that a view may read (400).

    The number and size of a form's parts are limited in config.py.
    """
    app.url_map.converters["int"] = RowNumber

    @app.before_request
    def limit_body() -> None:
        request.max_content_length = WITH_A_FILE.get(request.endpoint or "", FORM)
        if (request.content_length or 0) > request.max_content_length:
            abort(413)
        if len(request.query_string) > LONGEST_QUERY:
            abort(414)
        if request.blueprint != "webhooks" and sum(1 for _ in request.form.items(multi=True)) > MOST_FIELDS:
            abort(413)

    @app.before_request
    def refuse_nul() -> None:
        if request.blueprint != "webhooks" and any("\0" in text for text in _texts()):
            abort(400)


def _texts() -> Iterator[str]:
    fields = chain(request.args.items(multi=True), request.form.items(multi=True), request.cookies.items(multi=True))
    yield from (str(value) for value in (request.view_args or {}).values())
    yield from chain.from_iterable(fields)
