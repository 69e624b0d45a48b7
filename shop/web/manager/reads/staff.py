"""The people of the office: who they are to the house, and whether they can sign in safely."""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.users import invitations, second_factor, staff
from shop.users.invitations import Invitation
from shop.users.models import User


@dataclass(frozen=True)
class Person:
    """One member of staff."""

    user: User
    has_second: bool
    invitation: Invitation | None
    is_me: bool = False


@dataclass(frozen=True)
class StaffPage:
    """Everyone of the office."""

    people: Sequence[Person]


def staff_page() -> StaffPage:
    """Return everyone of the office."""
    people, has_second = staff.everyone(), second_factor.enrolled()
    waiting = invitations.newest_of([user.id for user in people])
    return StaffPage([Person(user, user.id in has_second, waiting.get(user.id)) for user in people])


def person_page(user_id: int, me: User) -> Person:
    """Return one person of the office; NotFound for anyone else."""
    user = staff.get(user_id)
    waiting = invitations.newest_of([user.id])
    return Person(user, second_factor.of(user.id).any, waiting.get(user.id), user.id == me.id)
