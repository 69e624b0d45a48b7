"""What a fault test has measured, for `make figures`: one JSON line each, in the file that SHOP_FIGURES names."""

import json
import os

OF_CONTROL = "SHOP_FIGURES_CONTROL"  # what a control breaks on purpose is no figure


def note(name: str, value: int, *, n: int, seed: int) -> None:
    """Write a figure down; nothing happens where nobody measures, nor within a control."""
    if not os.environ.get(OF_CONTROL):
        _write(name, value, n, seed)


def note_control(missed: int) -> None:
    """Write down whether a control failed to notice that its guard was gone."""
    _write("payments.controls_missed", missed, 1, 0)


def _write(name: str, value: int, n: int, seed: int) -> None:
    path = os.environ.get("SHOP_FIGURES")
    if path:
        line = json.dumps({"name": name, "value": value, "n": n, "seed": seed}) + "\n"
        with open(path, "a") as file:  # one short append is one write, so lines of parallel tests never mix
            file.write(line)
