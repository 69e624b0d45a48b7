"""What spans the shop's database and the vault's: each flow is two writing units, never one.

The order is what makes a crash harmless. A look is written down before a record is opened; an identity
is written before the maker's row (one without the other is swept, and nothing is in clear meanwhile);
the shop remembers an erasure before the vault forgets the record. Where the vault does not answer, or
VAULT_KEY is missing or wrong, every flow raises Unavailable and the shop goes on without it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import DatabaseError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from shop.artisans import numbers, people, savings
from shop.artisans.models import Artisan
from shop.artisans.vault import erasure, looks, payout_file, records
from shop.artisans.vault.keys import Keyring, Tampered
from shop.artisans.vault.looks import LookReason
from shop.artisans.vault.payout_file import Payee
from shop.artisans.vault.person import Person
from shop.db import db, vault_session, writing
from shop.engines import scrub
from shop.errors import Conflict, DomainError, NotFound, Unavailable
from shop.users import audit
from shop.users.models import User

log = structlog.get_logger("shop")


class VaultClosed(Unavailable):
    """The vault cannot be used now; `cause` is the kind of what went wrong, never a value."""

    def __init__(self, cause: str) -> None:
        super().__init__("vault.unavailable")
        self.cause = cause


@contextmanager
def reached() -> Iterator[None]:
    """Turn whatever keeps us from the vault into VaultClosed, which says nothing of what lies there."""
    try:
        yield
    except (IntegrityError, VaultClosed):
        raise
    except Unavailable as error:
        if error.message_id != "vault.unavailable":  # busy, which passes by itself
            raise
        raise VaultClosed("VAULT_KEY") from None
    except (DatabaseError, Tampered, OSError) as error:
        if isinstance(error, Tampered):  # says which row and field, never what stands there
            log.error("vault.tampered", place=str(error))
        with suppress(SQLAlchemyError):
            vault_session().rollback()
        raise VaultClosed(type(error).__name__) from None


@contextmanager
def _reading() -> Iterator[Session]:
    with reached():
        session = vault_session()
        yield session
        session.rollback()


@contextmanager
def _writing() -> Iterator[Session]:
    with reached(), writing(vault_session) as session:
        yield session


def _needed(keys: Keyring | None) -> Keyring:
    if keys is None:
        raise VaultClosed("VAULT_KEY")
    return keys


def on_file(keys: Keyring | None, artisan_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Return maker -> which fields her record has; nothing is opened."""
    ring = _needed(keys)
    with _reading() as vault:
        records.refuse_strange_keys(vault, ring)
        return records.fields_on_file(vault, artisan_ids)


def enter(keys: Keyring | None, artisan_id: int, given: Mapping[str, str | None], *, at: datetime, by: User) -> None:
    """Write down or change a maker's identity; the audit says so first."""
    ring = _needed(keys)
    on_file(ring, [artisan_id])
    actor = by.actor
    with writing():
        audit.record("identity.enter", f"artisan:{artisan_id}", by=actor, at=at)
    try:
        with _writing() as vault:
            records.enter(vault, ring, artisan_id, given, at=at)
    except Conflict as error:
        if error.message_id == "vault.phone_taken":  # whoever tries phones one by one is seen
            with writing():
                audit.record("identity.refuse-phone", f"artisan:{artisan_id}", by=actor, at=at)
        raise


def enrol(
    keys: Keyring | None,
    given: Mapping[str, str | None],
    enrolling: Callable[[int], int],
    *,
    at: datetime,
    by: User,
) -> int:
    """Write down an identity under a fresh number, then enrol its maker with it in a unit of its own.

    Returns what `enrolling` returns. If she cannot be enrolled, the identity is erased again; should we
    die in between, the sweep does it.
    """
    _needed(keys)
    with writing():
        number = numbers.draw(at=at)
    enter(keys, number, given, at=at, by=by)
    try:
        with writing():
            return enrolling(number)
    except BaseException:
        with suppress(DomainError, SQLAlchemyError):
            _erase(number, at=at)
        raise


def reveal(keys: Keyring | None, artisan_id: int, reason: LookReason, *, at: datetime, by: User) -> Person:
    """Open one record for a stated reason. Who looked and why is committed before it is opened."""
    ring = _needed(keys)
    if not on_file(ring, [artisan_id]):
        raise NotFound("vault.nothing")
    with writing():
        leave = looks.ask(people.get_of(by, artisan_id, action="identity.reveal"), reason, at=at, by=by)
    with _reading() as vault:
        return records.get(vault, ring, leave)


def erase(artisan_id: int, *, at: datetime, by: User) -> None:
    """Erase a maker's identity for good. It needs no key, and is done again if the vault was away."""
    with writing():
        savings.give_back(artisan_id, at=at, by=by)
        audit.record("identity.erase", f"artisan:{artisan_id}", by=by.actor, at=at)  # last, for all wait for its head
        erasure.remember({artisan_id: at})
    _erase(artisan_id, at=at)


def _erase(artisan_id: int, *, at: datetime) -> None:
    with _writing() as vault:
        erasure.erase(vault, artisan_id, at=at)
    _scrub()


def _scrub() -> None:
    with reached():
        scrub(vault_engine(), "identity")


def vault_engine() -> Engine:
    """Return the vault's engine."""
    return db.engines["identity"]


def release(keys: Keyring | None, file_id: int, *, at: datetime, by: User) -> list[Payee]:
    """Release a payout file: a row for each payee in the audit, committed, then their bank details."""
    ring = _needed(keys)
    lines = payout_file.get_file(file_id).lines
    known = on_file(ring, [line.payout.artisan_id for line in lines])
    with writing():
        due = payout_file.release(payout_file.get_file(file_id), known, at=at, by=by)
    with _reading() as vault:
        return payout_file.payees(vault, ring, due)


def sweep(*, at: datetime) -> int:
    """Erase records that belong to no maker since a day, and again what was erased; return how many."""
    with _reading() as vault:
        there = set(erasure.numbers(vault))
    claimed = set(db.session.scalars(select(Artisan.id)))
    erased = erasure.remembered()
    db.session.rollback()
    with _writing() as vault:
        due = erasure.mark_unclaimed(vault, there - claimed, at=at)
        for number in due:
            erasure.erase(vault, number, at=at)
        again = erasure.lay_again(vault, erased)
    if due:
        with writing():
            erasure.remember(dict.fromkeys(due, at))
    if due or again:
        _scrub()
    return len(due) + again
