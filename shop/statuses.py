"""A status moves along a visible table, by one conditional UPDATE whose row count is checked.

The table says from where to where; what stands in the database at this moment decides, not what a
page loaded a while ago. Every floor writes its own dated event after a move.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value

from shop.db import Base, changed, db

Status = TypeVar("Status", bound=StrEnum)
Moves = Mapping[Status, frozenset[Status]]


def move(row: Base, moves: Moves[Status], to: Status, **values: object) -> bool:
    """Move a loaded row and write `values` with it; False, with the row read again, if it stands elsewhere by now."""
    loaded: Any = row
    if not move_by_id(type(row), loaded.id, moves, to, **values):
        db.session.refresh(row)
        return False
    for name, value in {"status": to, **values}.items():
        set_committed_value(row, name, value)
    return True


def move_by_id(kind: Any, row_id: int, moves: Moves[Status], to: Status, **values: object) -> bool:
    """Move a row that was not loaded; False if it does not stand where this move may begin."""
    allowed = [status for status, targets in moves.items() if to in targets]
    here = update(kind).where(kind.id == row_id, kind.status.in_(allowed))
    return changed(here.values(status=to, **values)) == 1
