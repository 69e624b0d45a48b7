"""The rows of a table carry the heading of each cell's column, and what each cell is."""

import pytest

from shop.web.tables import labelled

COLUMNS = [("Maker", ""), ("Sum & more", "number"), ("", ""), ("State", "")]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (
            '<tr class="sum"><td>Rina</td><td class="number">5</td><td><b>x</b></td><td>Sent</td></tr>',
            '<tr role="row" class="sum"><td role="cell" data-label="Maker">Rina</td>'
            '<td role="cell" data-label="Sum &amp; more" class="number">5</td><td role="cell"><b>x</b></td>'
            '<td role="cell" data-label="State">Sent</td></tr>',
        ),
        (
            '<tr><th scope="row">Rina</th><td colspan="2">5</td><td>Sent</td><td>beyond</td></tr>',
            '<tr role="row"><th role="rowheader" scope="row">Rina</th>'
            '<td role="cell" data-label="Sum &amp; more" colspan="2">5</td>'
            '<td role="cell" data-label="State">Sent</td><td role="cell">beyond</td></tr>',
        ),
    ],
    ids=["each cell under its column", "one that takes two columns, and one too many"],
)
def test_each_cell_carries_its_heading(row: str, wanted: str) -> None:
    assert labelled(row * 2, COLUMNS) == wanted * 2
