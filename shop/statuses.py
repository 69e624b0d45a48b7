"""A status moves along a visible table, by one conditional UPDATE whose row count is checked.

The table says from where to where; what stands in the database at this moment decides, not what a
page loaded a while ago. Every floor writes its own dated event after a move.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Update, bindparam, update
from sqlalchemy.orm.attributes import set_committed_value

from shop.db import Base, db, run

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
    given = {"moved_id": row_id, "allowed": allowed, "to": to, **{f"new_{name}": each for name, each in values.items()}}
    return bool(run(_moving(kind, tuple(values)), given).rowcount == 1)


@cache
def _moving(kind: type[Base], names: tuple[str, ...]) -> Update:
    table = kind.metadata.tables[kind.__tablename__]
    here = (table.c.id == bindparam("moved_id"), table.c.status.in_(bindparam("allowed", expanding=True)))
    new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(table).where(*here).values(status=bindparam("to"), **new)
