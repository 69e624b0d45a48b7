"""The people of the office: invited, moved to another role, shut out, let in again. Nobody changes herself.

Each of these ends every sign-in of that person at once and stands in the audit.
"""

from datetime import datetime

from sqlalchemy import select, update

from shop.db import changed, db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.users import audit, second_factor, sessions
from shop.users.models import STAFF, Role, User


def everyone() -> list[User]:
    """Return all members of staff, those who are shut out last."""
    query = select(User).where(User.role.in_(STAFF))
    return list(db.session.scalars(query.order_by(User.disabled_at.is_not(None), User.role, User.name, User.id)))


def get(user_id: int) -> User:
    """Return a member of staff; NotFound for anyone else."""
    found = db.session.get(User, user_id)
    if found is None or found.role not in STAFF:
        raise NotFound("user.unknown")
    return found


def change_role(user_id: int, role: Role, centre_id: int | None, *, at: datetime, by: User) -> None:
    """Give a member of staff another role or centre; a manager belongs to a centre."""
    if role not in STAFF:
        raise Invalid("form.choice", field="role")
    if role is Role.MANAGER and centre_id is None:
        raise Invalid("user.manager_needs_centre")
    user = other(user_id, by)
    if role is not Role.ADMIN:
        _keep_an_admin(user)
    _set(user, "users.change-role", at=at, by=by, reason=role.value, role=role, centre_id=centre_id)


def disable(user_id: int, *, at: datetime, by: User) -> None:
    """Shut a member of staff out, at once."""
    user = other(user_id, by)
    _keep_an_admin(user)
    _set(user, "users.disable", at=at, by=by, disabled_at=at)


def enable(user_id: int, *, at: datetime, by: User) -> None:
    """Let a member of staff in again."""
    _set(other(user_id, by), "users.enable", at=at, by=by, disabled_at=None)


def reset_second_factor(user_id: int, *, at: datetime, by: User) -> None:
    """Take a lost second factor away; she sets up a new one when she next signs in."""
    user = other(user_id, by)
    second_factor.remove(user.id)
    _set(user, "users.reset-second-factor", at=at, by=by)


def other(user_id: int, by: User) -> User:
    """Return a member of staff who is not the one who asks; Refused for herself."""
    if user_id == by.id:
        raise Refused("user.not_yourself")
    return get(user_id)


def _keep_an_admin(user: User) -> None:
    """Refuse to take the last one who can let others in; those who try at once wait for each other."""
    if user.role is not Role.ADMIN:
        return
    admins = select(User.id).where(User.role == Role.ADMIN, User.disabled_at.is_(None)).order_by(User.id)
    standing = set(db.session.scalars(admins.with_for_update(of=User)))
    if not standing - {user.id}:
        raise Conflict("user.last_admin")


def _set(user: User, act: str, *, at: datetime, by: User, reason: str = "", **values: object) -> None:
    if values:
        changed(update(User).where(User.id == user.id).values(**values))
    sessions.end_all(user.id, at=at)
    audit.record(act, f"user:{user.id}", by=by.actor, at=at, reason=reason)
