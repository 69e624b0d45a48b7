"""Who may do what: one table, deny by default. Every route names its action (web/access.py).

Issue "access" grows this to role x action x whose; the table and its one reader stay.
"""

from shop.users.models import Role

_STAFF = frozenset({Role.MANAGER, Role.FINANCE, Role.ADMIN})
_MAKING = frozenset({Role.MANAGER, Role.ADMIN})
_MONEY = frozenset({Role.FINANCE, Role.ADMIN})

ACTIONS: dict[str, frozenset[Role]] = {
    "office.look": _STAFF,
    "catalogue.edit": _MAKING,
    "work.assign": _MAKING,
    "work.check": _MAKING,
    "orders.ship": _MAKING,
    "orders.refund": _STAFF,
    "people.edit": _MAKING,
    "payouts.propose": _STAFF,
    "payouts.approve": _STAFF,  # never by the one who proposed: artisans/payouts.py and a CHECK
    "payouts.record": _STAFF,
    "books.read": _STAFF,
    "centres.edit": frozenset({Role.ADMIN}),
    "own.work": frozenset({Role.ARTISAN}),
    "own.money": frozenset({Role.ARTISAN}),
    "session.end": frozenset(Role),
}


def may(role: Role, action: str) -> bool:
    """Say whether a role may do an action; an action that is not in the table raises KeyError."""
    return role in ACTIONS[action]
