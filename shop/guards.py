"""Every table that only grows, on whichever floor: are its guards up, and could the shop's own role lift them?

The triggers refuse a change by anyone who leaves them alone; the chain finds what was changed past them; and on
PostgreSQL the shop signs in as a role that could not lift them (roles.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import LiteralString

from shop import append_only
from shop.artisans import (
    advance_models,
    cash_models,
    consent_models,
    design_models,
    question_models,
    saving_models,
    slip_models,
)
from shop.db import db
from shop.ledger import dates, verification_models
from shop.ledger import models as ledger
from shop.orders import invoice_models, reduction_models, tariffs
from shop.users import audit
from shop.verdict import Finding

GROWING: Mapping[str, str] = {
    **ledger.APPEND_ONLY,
    **verification_models.APPEND_ONLY,
    **audit.APPEND_ONLY,
    **consent_models.APPEND_ONLY,
    **saving_models.APPEND_ONLY,
    **advance_models.APPEND_ONLY,
    **cash_models.APPEND_ONLY,
    **question_models.APPEND_ONLY,
    **slip_models.APPEND_ONLY,
    **design_models.APPEND_ONLY,
    **tariffs.APPEND_ONLY,
    **invoice_models.APPEND_ONLY,
    **reduction_models.APPEND_ONLY,
}  # table -> key


def verify() -> Iterator[Finding]:
    """Yield every guard that was dropped, switched off or exchanged."""
    connection = db.session.connection()
    for name in append_only.missing(connection, GROWING):
        yield Finding("guards", f"trigger {name}", "is not as it was created: rows of its table may have been changed")
    for name in dates.missing(connection):
        yield Finding("guards", f"trigger {name}", "is not as it was created: a closed month may have been dated into")


MIGHT: LiteralString = """
SELECT rolsuper,
       EXISTS (SELECT 1 FROM pg_class JOIN pg_roles AS owner ON owner.oid = relowner
               WHERE relname = ANY (%(tables)s) AND relnamespace = current_schema()::regnamespace
               AND pg_has_role(%(role)s, owner.oid, 'MEMBER')),
       EXISTS (SELECT 1 FROM unnest(CAST(%(tables)s AS text[])) AS growing(name)
               WHERE to_regclass(name) IS NOT NULL
               AND has_table_privilege(%(role)s, to_regclass(name), 'UPDATE, DELETE, TRUNCATE, TRIGGER')),
       has_parameter_privilege(%(role)s, 'session_replication_role', 'SET')
FROM pg_roles WHERE rolname = %(role)s
"""


def powers() -> list[str]:
    """Return what the role that the shop signs in as could do to the books, past their guards; none on SQLite.

    A warning, not a finding: the shop works, and one check fewer stands between its own mistakes and the books.
    """
    if db.engine.dialect.name != "postgresql":
        return []
    connection = db.session.connection()
    role = connection.exec_driver_sql("SELECT current_user").scalar_one()
    return in_words(connection.exec_driver_sql(MIGHT, {"role": role, "tables": list(GROWING)}).one())


def in_words(might: Sequence[object]) -> list[str]:
    """Return in words what the answer to MIGHT says of a role."""
    words = (
        "is a superuser",
        "owns tables of the books",
        "may change or empty tables of the books",
        "may switch triggers off",
    )
    return [word for word, may in zip(words, might, strict=True) if may]
