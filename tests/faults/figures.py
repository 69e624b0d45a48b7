"""What a fault test has measured, for `make figures`: one JSON line each, in the file that SHOP_FIGURES names."""

import json
import os


def note(name: str, value: int, *, n: int, seed: int) -> None:
    """Write a figure down; nothing happens where nobody measures."""
    path = os.environ.get("SHOP_FIGURES")
    if path:
        line = json.dumps({"name": name, "value": value, "n": n, "seed": seed}) + "\n"
        with open(path, "a") as file:  # one short append is one write, so lines of parallel tests never mix
            file.write(line)
