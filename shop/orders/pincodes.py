"""In which Indian state a PIN code lies, by its longest known beginning.

The post draws its districts of sorting, not of government, so some beginnings lie in two states: the
table names both. What is read here fills in an empty field and asks a question; it never refuses.
"""

import re
from functools import cache
from pathlib import Path

PIN = re.compile(r"[1-9][0-9]{5}")
_TABLE = Path(__file__).with_name("pincodes.txt")


@cache
def _known() -> dict[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        states, _, beginnings = line.partition(": ")
        known |= dict.fromkeys(beginnings.split(), tuple(states.split("|")))
    return known


def states_of(pin: str) -> tuple[str, ...]:
    """Return the states that a PIN code may lie in, as its post names them; empty if nobody knows."""
    if not PIN.fullmatch(pin):
        return ()
    known = _known()
    return next((known[pin[:length]] for length in range(6, 1, -1) if pin[:length] in known), ())
