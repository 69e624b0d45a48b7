"""What a size tells of width, height and depth: read where it is plain, and left alone where it is not."""

import csv
from pathlib import Path

import pytest

from shop.catalog.dimensions import Dimensions, read

SLEEVE = "for 13 inch (33 × 24 cm) or 15 inch (36 × 26 cm)"


@pytest.mark.parametrize(
    ("size", "options", "expected"),
    [
        ("36 × 40 × 9 cm", (), Dimensions(360, 400, 90)),
        ("200 x 70 cm", (), Dimensions(2000, 700)),
        (" 11.5×9*1.5 cm ", (), Dimensions(115, 90, 15)),
        ("120 × 80 mm", (), Dimensions(120, 80)),
        ("1.8 × 0.35 m", (), Dimensions(1800, 350)),
        (SLEEVE, ("Sky", "15 inch"), Dimensions(360, 260)),
        (SLEEVE, ("Sky", "13 inch"), Dimensions(330, 240)),
        (SLEEVE, ("Sky",), None),
        (SLEEVE, (), None),
        (SLEEVE, ("5 inch",), None),
        ("38 mm wide; waist 80, 92 or 104 cm", ("Small, 80 cm",), None),
        ("100 g, 9 cm across", (), None),
        ("36 × 40", (), None),
        ("36 × 40 × 9 × 2 cm", (), None),
        ("0 × 40 cm", (), None),
        ("4 × 4 mm", (), None),
        ("9999 × 40 m", (), None),
        ("A5", (), None),
        ("", ("",), None),
    ],
)
def test_a_size_is_read_where_it_is_plain(size: str, options: tuple[str, ...], expected: Dimensions | None) -> None:
    assert read(size, options) == expected


def test_nearly_every_size_of_the_first_file_is_read() -> None:
    with Path("shop/demo/catalogue.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["Title"]]
    unread = {
        row["URL handle"]
        for row in rows
        if not read(row["Size (product.metafields.workshop.size)"], (row["Option1 value"], row["Option2 value"]))
    }

    assert len(rows) == 36
    assert unread == {"tyre-belt", "spice-tin-set", "turmeric-tin"}
