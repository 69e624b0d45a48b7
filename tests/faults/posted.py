"""A hash over what was posted, the same whatever came first: no ids, no times, and orders by their place in a story."""

import hashlib
from collections.abc import Mapping

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from shop.db import db
from shop.ledger.models import Account, Entry, Transfer


def last_entry() -> int:
    """Return the id of the newest entry of the books."""
    return db.session.scalar(select(func.max(Entry.id))) or 0


def transfers(since: int, names: Mapping[str, str], *, only: str | None = None) -> list[str]:
    """Return every transfer of the entries after one, sorted: its kind, book, currency, accounts and amount.

    `names` tells the code of an order's account -> what it is called here; `only` leaves those that touch one account.
    """
    debit, credit = aliased(Account), aliased(Account)
    query = (
        select(Entry.kind, Transfer.book, Transfer.currency, debit.code, credit.code, Transfer.amount_minor)
        .join(Transfer, Transfer.entry_id == Entry.id)
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .where(Entry.id > since)
    )
    if only is not None:
        query = query.where(or_(debit.code == only, credit.code == only))
    return sorted("|".join(names.get(str(part), str(part)) for part in row) for row in db.session.execute(query))


def posted_hash(since: int, names: Mapping[str, str], *, only: str | None = None) -> str:
    """Return the hash over `transfers`: two stories that came to the same have the same."""
    found = transfers(since, names, only=only)
    assert found, "nothing was posted"
    return hashlib.sha256("\n".join(found).encode()).hexdigest()
