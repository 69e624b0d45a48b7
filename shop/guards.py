"""Every table that only grows, on whichever floor: are its guards up, and could the shop's own role lift them?

The triggers refuse a change by anyone who leaves them alone; the chain finds what was changed past them; and on
PostgreSQL the shop signs in as a role that could not lift them (roles.py).
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import text

from shop import append_only
from shop.artisans import advance_models, consent_models, saving_models
from shop.db import db
from shop.ledger import models as ledger
from shop.orders import invoice_models, reduction_models, tariffs
from shop.users import audit
from shop.verdict import Finding

GROWING: Mapping[str, str] = {
    **ledger.APPEND_ONLY,
    **audit.APPEND_ONLY,
    **consent_models.APPEND_ONLY,
    **saving_models.APPEND_ONLY,
    **advance_models.APPEND_ONLY,
    **tariffs.APPEND_ONLY,
    **invoice_models.APPEND_ONLY,
    **reduction_models.APPEND_ONLY,
}  # table -> key


def verify() -> Iterator[Finding]:
    """Yield every guard that was dropped, switched off or exchanged."""
    for name in append_only.missing(db.session.connection(), GROWING):
        yield Finding("guards", f"trigger {name}", "is not as it was created: rows of its table may have been changed")


MIGHT = """
SELECT rolsuper,
       EXISTS (SELECT 1 FROM pg_class JOIN pg_roles AS owner ON owner.oid = relowner
               WHERE relname = ANY (:tables) AND relnamespace = current_schema()::regnamespace
               AND pg_has_role(current_user, owner.oid, 'MEMBER')),
       EXISTS (SELECT 1 FROM unnest(CAST(:tables AS text[])) AS growing(name)
               WHERE to_regclass(name) IS NOT NULL
               AND has_table_privilege(current_user, to_regclass(name), 'UPDATE, DELETE, TRUNCATE, TRIGGER')),
       has_parameter_privilege(current_user, 'session_replication_role', 'SET')
FROM pg_roles WHERE rolname = current_user
"""


def powers() -> list[str]:
    """Return what the role that the shop signs in as could do to the books, past their guards; none on SQLite.

    A warning, not a finding: the shop works, and one check fewer stands between its own mistakes and the books.
    """
    if db.engine.dialect.name != "postgresql":
        return []
    found = db.session.execute(text(MIGHT), {"tables": list(GROWING)}).one()
    words = (
        "is a superuser",
        "owns tables of the books",
        "may change or empty tables of the books",
        "may switch triggers off",
    )
    return [word for word, may in zip(words, found, strict=True) if may]
