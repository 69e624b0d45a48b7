"""What no page of ours ever sends, refused before any view: more than a form holds, NUL characters, and numbers
that no row has.

PostgreSQL keeps no NUL in a text and neither database a number beyond 64 bits; without this a
crafted address would be a 500 there.
"""

from collections.abc import Iterator
from itertools import chain

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter, Map

from shop.web.access import View
from shop.web.edge import LARGEST

FORM = 512 * 1024  # the body of any request but those to a view that `takes_a_file`
MOST_FIELDS = 400
MANY_FIELDS = 4_000  # of a view that takes `many_fields`
LONGEST_QUERY = 4_000
BARE_METHODS = ("GET", "HEAD")  # no view reads a body that comes with them


def takes_a_file(view: View) -> View:
    """Mark a view to which a picture may be sent: its body may be as large as config.py says."""
    view.__dict__["takes_a_file"] = True
    return view


def many_fields(view: View) -> View:
    """Mark a view whose form has fields for each of many rows, as the women of a payout run."""
    view.__dict__["many_fields"] = True
    return view


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
        view = app.view_functions.get(request.endpoint or "")
        brings_file = view is not None and view.__dict__.get("takes_a_file", False)
        request.max_content_length = app.config["MAX_CONTENT_LENGTH"] if brings_file else FORM
        if (request.content_length or 0) > request.max_content_length:
            abort(413)
        if len(request.query_string) > LONGEST_QUERY:
            abort(414)
        most = MANY_FIELDS if view is not None and view.__dict__.get("many_fields", False) else MOST_FIELDS
        is_form = request.method not in BARE_METHODS and request.blueprint != "webhooks"
        if is_form and sum(1 for _ in request.form.items(multi=True)) > most:
            abort(413)

    @app.before_request
    def refuse_nul() -> None:
        if request.blueprint != "webhooks" and any("\0" in text for text in _texts()):
            abort(400)


def _texts() -> Iterator[str]:
    """Yield every text that a view may read; a form is looked for only where there can be one."""
    yield from (str(value) for value in (request.view_args or {}).values())
    fields = [request.args, request.cookies]
    if request.method not in BARE_METHODS:
        fields.append(request.form)
    yield from chain.from_iterable(chain.from_iterable(field.items(multi=True) for field in fields if field))
