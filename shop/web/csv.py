"""Tables for other programs. A cell never begins like a formula, whatever someone typed into it."""

from collections.abc import Iterable

from shop.catalog.exchange import sheet


def document(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table as CSV, its columns' names first."""
    return sheet.write([list(columns), *([_text(value) for value in row] for row in rows)])


def cell(value: object) -> str:
    """Return a value as a cell: one that a spreadsheet would take for a formula gets an apostrophe before it."""
    return sheet.spared(_text(value))


def _text(value: object) -> str:
    return "" if value is None else str(value)
