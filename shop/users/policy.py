"""Who may do what with whose: one table, and everything that is not in it is refused.

A row is an action; it says for each role how far that role reaches: her OWN things, those of her
CENTRE, or those of the whole HOUSE. A role that is not in the row may not do it at all. Every route
names its action (web/access.py); the records behind it are fetched through the person who asks, with
`covers` and `whole_house`, so that the wrong row cannot load. That the one who made something never
checks it is held where the deed is done, by its verb and by a CHECK.
"""

from enum import IntEnum

from shop.users.models import Role, User


class Whose(IntEnum):
    """How far a role reaches."""

    OWN = 1
    CENTRE = 2
    HOUSE = 3


CUSTOMER, ARTISAN, MANAGER = Role.CUSTOMER, Role.ARTISAN, Role.MANAGER
FINANCE, SAFEGUARDING, AUDITOR, ADMIN = Role.FINANCE, Role.SAFEGUARDING, Role.AUDITOR, Role.ADMIN
OWN, CENTRE, HOUSE = Whose.OWN, Whose.CENTRE, Whose.HOUSE

_OFFICE = {MANAGER: CENTRE, FINANCE: HOUSE, SAFEGUARDING: HOUSE, AUDITOR: HOUSE, ADMIN: HOUSE}
_READS = {MANAGER: CENTRE, FINANCE: HOUSE, AUDITOR: HOUSE, ADMIN: HOUSE}
_MAKES = {MANAGER: CENTRE, ADMIN: HOUSE}
_PAYS = {MANAGER: CENTRE, FINANCE: HOUSE, ADMIN: HOUSE}
_HOUSE_MONEY = {FINANCE: HOUSE, ADMIN: HOUSE}
_CARES = {MANAGER: CENTRE, SAFEGUARDING: HOUSE}
_EVERYONE = dict.fromkeys(Role, OWN)
_STAFF_OWN = dict.fromkeys((MANAGER, FINANCE, SAFEGUARDING, AUDITOR, ADMIN), OWN)

POLICY: dict[str, dict[Role, Whose]] = {
    # the office reads
    "today.read": _OFFICE,
    "catalogue.read": _OFFICE,
    "makers.read": _OFFICE,  # work names, work and money; never an identity
    "work.read": _READS,
    "orders.read": _READS,
    "orders.follow": _READS,  # from payment to payout; a manager: the makers of her centre
    "payouts.read": _READS,
    "entries.read": _READS,  # a manager: only what moved for the makers of her centre
    "payments.read": {FINANCE: HOUSE, AUDITOR: HOUSE, ADMIN: HOUSE},
    "books.read": {FINANCE: HOUSE, AUDITOR: HOUSE, ADMIN: HOUSE},
    "books.verify": {FINANCE: HOUSE, AUDITOR: HOUSE, ADMIN: HOUSE},  # asks the worker to look, changes nothing
    "books.close": {FINANCE: HOUSE},  # no amount moves; over an old question only with a note: artisans/closing.py
    "questions.read": _READS,
    "questions.answer": _PAYS,  # never by who wrote the entry while another can: artisans/questions.py
    "audit.read": {SAFEGUARDING: HOUSE, AUDITOR: HOUSE, ADMIN: HOUSE},
    "customers.contact": _HOUSE_MONEY,  # each look is in the audit
    "tickets.answer": _HOUSE_MONEY,
    "claims.check": _HOUSE_MONEY,
    # making and selling
    "catalogue.edit": _MAKES,
    "rates.approve": _PAYS,  # never by the one who wrote them: production/making.py, catalog/figures.py and CHECKs
    "collections.edit": {ADMIN: HOUSE},  # what stands together in the window is the house's own
    "work.assign": _MAKES,
    "work.check": _MAKES,
    "orders.ship": _MAKES,
    "orders.papers": _PAYS,  # they name the customer: a manager sees them while the parcel is on its way
    "delivery.read": _READS,
    "delivery.edit": _HOUSE_MONEY,
    "orders.refund": _PAYS,
    "exceptions.read": _PAYS,  # a manager: what hangs on the orders of her centre alone
    "returns.answer": _PAYS,
    "returns.receive": _MAKES,
    "events.settle": _HOUSE_MONEY,
    "payments.review": _HOUSE_MONEY,
    # money to the makers; never two steps by one person: artisans/payouts.py, corrections.py and CHECKs
    "payouts.propose": _PAYS,
    "payouts.approve": _PAYS,
    "payouts.record": _PAYS,
    "payouts.look-into": _HOUSE_MONEY,  # a "yes" that may not have been hers; never by one who had set her PIN
    "payout-file.propose": _HOUSE_MONEY,
    "payout-file.release": _HOUSE_MONEY,
    "cash.read": _READS,
    "cash.write": _PAYS,  # what one wrote down another has to see: artisans/cash_box.py and a CHECK
    "advances.read": _READS,
    "advances.propose": _PAYS,
    "advances.approve": _PAYS,  # never by the one who proposed it: artisans/advances.py and a CHECK
    "advances.record": _PAYS,
    "deductions.read": _READS,
    "deductions.propose": _PAYS,
    "deductions.approve": _PAYS,  # never by the one who proposed it: artisans/deductions.py and CHECKs
    "deductions.uphold": _PAYS,  # by a third person alone
    "corrections.propose": _PAYS,
    "corrections.approve": _HOUSE_MONEY,
    # the makers' safety
    "people.edit": _MAKES,
    "pin.reset": {MANAGER: CENTRE, SAFEGUARDING: HOUSE, ADMIN: HOUSE},
    "identity.enter": _CARES,
    "identity.reveal": _CARES,
    "identity.erase": {SAFEGUARDING: HOUSE},
    "consents.read": _CARES,
    "consents.grant": _CARES,
    "consents.withdraw": _OFFICE,  # she may tell anyone
    "stories.read": {MANAGER: CENTRE, SAFEGUARDING: HOUSE, ADMIN: HOUSE},
    "stories.write": {MANAGER: CENTRE, SAFEGUARDING: HOUSE, ADMIN: HOUSE},
    "stories.review": {MANAGER: CENTRE, SAFEGUARDING: HOUSE, ADMIN: HOUSE},  # two, one safeguarding, never the writer
    "stories.allow-words": {SAFEGUARDING: HOUSE},  # never on her own text: artisans/story_reviews.py
    "thanks.moderate": {MANAGER: CENTRE, SAFEGUARDING: HOUSE, ADMIN: HOUSE},
    "faces.enable": {SAFEGUARDING: HOUSE},
    # the house itself
    "centres.edit": {ADMIN: HOUSE},
    "users.edit": {ADMIN: HOUSE},
    # one's own
    "own.work": {ARTISAN: OWN},
    "own.money": {ARTISAN: OWN},
    "own.consents": {ARTISAN: OWN},
    "own.sign-in": _STAFF_OWN,
    "own.account": {CUSTOMER: OWN},
    "session.step-up": {**_STAFF_OWN, CUSTOMER: OWN},
    "session.keep": _EVERYONE,
    "session.end": _EVERYONE,
}


def reach(role: Role, action: str) -> Whose | None:
    """Return how far a role reaches with an action, or None; an action that is not in the table raises KeyError."""
    return POLICY[action].get(role)


def may(role: Role, action: str) -> bool:
    """Say whether a role may do an action at all; with whose things, the fetching decides."""
    return reach(role, action) is not None


def whole_house(user: User, action: str) -> bool:
    """Say whether a person does this for the whole house rather than for one centre."""
    return reach(user.role, action) is HOUSE


def covers(user: User, action: str, centre_id: int | None) -> bool:
    """Say whether a person may do this with what belongs to a centre (None: to the house alone)."""
    how_far = reach(user.role, action)
    return how_far is HOUSE or (how_far is CENTRE and centre_id is not None and user.centre_id == centre_id)
