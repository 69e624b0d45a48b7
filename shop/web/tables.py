"""Rows of a table whose cells know the heading above them, so that a narrow page can show each row as a card.

Below a breakpoint the style sheet lays a row out as a block (manager.css, "rows as cards") and writes each heading
beside its value. A browser forgets that a laid-out row is a row, so the roles are said in words. This is the one place
that does both: macros/table.html sends the rows of every table through it.
"""

import re
from collections.abc import Sequence

from flask import Flask
from markupsafe import Markup, escape

_OPENING = re.compile(r"<(tr|td|th)\b([^>]*)>")
_ACROSS = re.compile(r'\bcolspan="(\d+)"')


def headed(rows: Markup, columns: Sequence[tuple[str, str]]) -> Markup:
    """Return rows of markup with their roles, and in each cell the heading of its column as `data-label`.

    `columns`: (heading, classes) from the start. A cell over several columns has no one heading; the first cell of a
    row is what its card is called, and has none either.
    """
    column = 0

    def opened(tag: re.Match[str]) -> str:
        nonlocal column
        name, attributes = tag[1], tag[2]
        if name == "tr":
            column = 0
            return f'<tr{attributes} role="row">'
        across = _ACROSS.search(attributes)
        width = int(across[1]) if across else 1
        heading = columns[column][0] if width == 1 and 0 < column < len(columns) else ""
        column += width
        role = "rowheader" if name == "th" else "cell"
        label = f' data-label="{escape(heading)}"' if heading else ""
        return f'<{name}{attributes} role="{role}"{label}>'

    return Markup(_OPENING.sub(opened, rows))


def init_app(app: Flask) -> None:
    """Give templates the rows as a filter."""
    app.add_template_filter(headed)
