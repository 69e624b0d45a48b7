"""CSV as bytes: UTF-8 with or without its mark, commas, quotes; and cells that no spreadsheet takes for a formula.

A cell that begins like a formula gets an apostrophe before it; one that begins with apostrophes and then like a
formula gets one more. Reading takes exactly one away again, so nothing is lost on the way out and back.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from shop.catalog.exchange.headings import key_of
from shop.errors import Invalid

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 2_000  # a unit on SQLite holds up every other writer: this many take some seconds
LONGEST_CELL = 20_000
_FORMULA = r"[=+\-@\t\r\n＝＋－＠]"  # full width: what some spreadsheets read as the same
_LIKE_FORMULA = re.compile(rf"'*{_FORMULA}")
_SPARED = re.compile(rf"'+{_FORMULA}")


@dataclass(frozen=True)
class Row:
    """One row: its number as a spreadsheet counts, cells by the key of their column, and those we do not know."""

    number: int
    cells: Mapping[str, str]
    others: Mapping[str, str]

    def cell(self, key: str) -> str:
        """Return a cell without the blanks around it; empty if there is no such column."""
        return self.cells.get(key, "").strip()


@dataclass(frozen=True)
class Sheet:
    """A file of products: the headings as they stand there, by key, those we do not know, and the rows."""

    headings: Mapping[str, str]
    unknown: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Trouble:
    """What is wrong in one place of a file; the sentence says how to put it right."""

    row: int
    column: str
    message_id: str
    values: Mapping[str, object] = field(default_factory=dict)


def read(content: bytes) -> Sheet:
    """Read a file; Invalid if it is too large, not UTF-8, not CSV, or without the headings we need."""
    if len(content) > MOST_BYTES:
        raise Invalid("csv.too_large", most=MOST_BYTES // 1024 // 1024)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("csv.encoding") from error
    if "\0" in text:
        raise Invalid("csv.encoding")
    lines = _lines(text)
    if not lines:
        raise Invalid("csv.empty")
    known, unknown, places = _headings(lines[0])
    if len(lines) - 1 > MOST_ROWS:
        raise Invalid("csv.too_many_rows", most=MOST_ROWS)
    rows = []
    for number, line in enumerate(lines[1:], 2):
        if len(line) > len(places) and any(line[len(places) :]):
            raise Invalid("csv.too_many_cells", row=number)
        cells = {key: cell for (key, _), cell in zip(places, line, strict=False) if key}
        others = {name: cell for (key, name), cell in zip(places, line, strict=False) if not key}
        if any(cell.strip() for cell in line):
            rows.append(Row(number, cells, others))
    if not rows:
        raise Invalid("csv.empty")
    return Sheet(known, unknown, rows)


def write(lines: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([spared(cell) for cell in line] for line in lines)
    return out.getvalue()


def spared(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _LIKE_FORMULA.match(text) else text


def unspared(text: str) -> str:
    """Return what stood in a cell before it was spared."""
    return text[1:] if _SPARED.match(text) else text


def _lines(text: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[list[str]] = []
    try:
        for line in reader:
            if any(len(cell) > LONGEST_CELL for cell in line):
                raise Invalid("csv.long_cell", row=len(lines) + 1, most=LONGEST_CELL)
            lines.append([unspared(cell) for cell in line])
    except csv.Error as error:
        raise Invalid("csv.quotes", row=len(lines) + 1) from error
    return lines


def _headings(line: Sequence[str]) -> tuple[dict[str, str], list[str], list[tuple[str | None, str]]]:
    names = [name.strip() for name in line]
    while names and not names[-1]:
        names.pop()
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise Invalid("csv.not_commas")
    known: dict[str, str] = {}
    unknown: list[str] = []
    places: list[tuple[str | None, str]] = []
    for name in names:
        key = key_of(name)
        if not name or name in unknown or (key and key in known):
            raise Invalid("csv.heading_twice" if name else "csv.heading_missing", heading=name)
        if key:
            known[key] = name
        else:
            unknown.append(name)
        places.append((key, name))
    for key, heading in (("handle", "Handle"), ("title", "Title")):
        if key not in known:
            raise Invalid("csv.no_heading", heading=heading)
    return known, unknown, places
