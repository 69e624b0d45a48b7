"""What a floor's `verify()` finds: which floor, which row, which rule it breaks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One broken rule, named so that a person can go and look."""

    floor: str
    row: str
    rule: str

    def __str__(self) -> str:
        return f"{self.floor}: {self.row}: {self.rule}"
