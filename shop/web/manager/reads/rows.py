"""One row of Today: a fact, its reason in one line, and one act in words."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Mark(StrEnum):
    """How a row is marked besides its words."""

    LATE = "late"
    RISK = "risk"
    NONE = "none"


@dataclass(frozen=True)
class Row:
    """What needs someone. Without an act, `reason` says who can."""

    fact: str
    reason: str
    since: date
    act: str | None = None
    url: str | None = None
    mark: Mark = Mark.NONE
