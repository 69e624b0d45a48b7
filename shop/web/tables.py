"""Tables that can be read on a phone: each cell carries its column's heading, and what it is.

A narrow screen lays every row out as a card (manager.css). Its cells then need their headings beside them, and roles,
since a cell that is laid out as a block is no cell to a reading aid any more. The table macro hands its rows over here.
"""

import re
from collections.abc import Sequence
from itertools import count

from flask import Flask
from markupsafe import Markup, escape

# Only markup of our own templates is read: every text in it is escaped, so none can look like a tag.
TAG = re.compile(r"<(tr|td|th)\b([^>]*)>")
SPAN = re.compile(r'colspan="(\d+)"')


def labelled(rows: str, columns: Sequence[tuple[str, str]]) -> Markup:
    """Return the rows of a table with roles, and each cell with the heading of its column."""
    place = count()

    def said(tag: re.Match[str]) -> str:
        nonlocal place
        name, more = tag.groups()
        if name == "tr":
            place = count()
            return f'<tr role="row"{more}>'
        number = next(place)
        for _ in range(_columns(more) - 1):
            next(place)
        heading = escape(columns[number][0]) if name == "td" and number < len(columns) else ""
        label = f' data-label="{heading}"' if heading else ""
        return f'<{name} role="{"cell" if name == "td" else "rowheader"}"{label}{more}>'

    return Markup(TAG.sub(said, str(rows)))


def _columns(attributes: str) -> int:
    """Return how many columns a cell takes."""
    found = SPAN.search(attributes)
    return int(found[1]) if found else 1


def init_app(app: Flask) -> None:
    """Give templates `labelled`."""
    app.add_template_filter(labelled)
