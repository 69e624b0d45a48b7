"""Months of the books are closed: periods with what stood at their end, late facts, and a day on each transfer."""

import sqlalchemy as sa
from alembic import op

from shop import append_only
from shop.ledger import dates

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
GROWING = {"ledger_period": "id", "ledger_period_balance": "id"}
MOVED = "id, entry_id, book, currency, debit_account_id, credit_account_id, amount_minor"
DAYS = "UPDATE ledger_transfer SET effective_on = (SELECT effective_on FROM ledger_entry WHERE id = entry_id)"


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    dialect = op.get_bind().dialect.name
    op.create_table(
        "ledger_period",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("book", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(length=40), nullable=False),
        sa.Column("seal_seq", NUMBER, nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.CheckConstraint("until > month", name=op.f("ck_ledger_period_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["seal_seq"], ["ledger_seal.seq"], name=op.f("fk_ledger_period_seal_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_period")),
        sa.UniqueConstraint("book", "month", name=op.f("uq_ledger_period_book_month")),
        sa.UniqueConstraint("book", "until", name=op.f("uq_ledger_period_book_until")),
    )
    op.create_table(
        "ledger_period_balance",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("account_id", NUMBER, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_period_balance_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_period_balance")),
        sa.UniqueConstraint("account_id", "month", name=op.f("uq_ledger_period_balance_account_id_month")),
    )
    append_only.create(dialect, op.execute, GROWING)
    op.add_column("ledger_entry", sa.Column("happened_on", sa.Date(), nullable=True))
    for side in ("debit", "credit"):
        op.drop_index(f"ix_ledger_transfer_{side}_account_id_id", "ledger_transfer")
    if dialect == "sqlite":
        _rebuild()
    else:
        op.execute("DROP TRIGGER ledger_transfer_no_change ON ledger_transfer")
        op.add_column("ledger_transfer", sa.Column("effective_on", sa.Date(), nullable=True))
        op.execute(DAYS)
        op.alter_column("ledger_transfer", "effective_on", nullable=False)
        op.execute(append_only.statements(dialect, {"ledger_transfer": "id"})["ledger_transfer_no_change"])
    for side in ("debit", "credit"):
        columns = [f"{side}_account_id", "effective_on", "id", "amount_minor"]
        op.create_index(f"ix_ledger_transfer_{side}s", "ledger_transfer", columns)
    dates.create(dialect, op.execute)


def _rebuild() -> None:
    """Write the transfers into a table that has their day: SQLite gives no column to old rows that may not be empty."""
    belongs = ["ledger_account.id", "ledger_account.book", "ledger_account.currency"]
    op.create_table(
        "dated_transfer",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("book", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("debit_account_id", NUMBER, nullable=False),
        sa.Column("credit_account_id", NUMBER, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_ledger_transfer_amount_above_zero")),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name=op.f("ck_ledger_transfer_two_accounts")),
        sa.ForeignKeyConstraint(["credit_account_id", "book", "currency"], belongs, name="fk_ledger_transfer_credit"),
        sa.ForeignKeyConstraint(["debit_account_id", "book", "currency"], belongs, name="fk_ledger_transfer_debit"),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_transfer_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transfer")),
    )
    day = "(SELECT effective_on FROM ledger_entry WHERE ledger_entry.id = entry_id)"
    op.execute(f"INSERT INTO dated_transfer ({MOVED}, effective_on) SELECT {MOVED}, {day} FROM ledger_transfer")
    op.drop_table("ledger_transfer")
    op.rename_table("dated_transfer", "ledger_transfer")
    op.create_index(op.f("ix_ledger_transfer_entry_id"), "ledger_transfer", ["entry_id"])
    append_only.create("sqlite", op.execute, {"ledger_transfer": "id"})


def downgrade_() -> None:
    """Refuse if a month was closed or a fact came late: links of the chain cover the day it happened on for good."""
    dialect = op.get_bind().dialect.name
    for kept in ("ledger_period", "ledger_entry WHERE happened_on IS NOT NULL"):
        if op.get_bind().scalar(sa.text(f"SELECT count(*) FROM {kept}")):
            raise RuntimeError("a month was closed or a fact came late: 0024 cannot be taken back, restore a copy")
    on = " ON ledger_transfer" if dialect == "postgresql" else ""
    op.execute(f"DROP TRIGGER {dates.NAME}{on}")
    if dialect == "postgresql":
        op.execute("DROP FUNCTION ledger_transfer_dated()")
    for side in ("debit", "credit"):
        op.drop_index(f"ix_ledger_transfer_{side}s", "ledger_transfer")
        op.create_index(f"ix_ledger_transfer_{side}_account_id_id", "ledger_transfer", [f"{side}_account_id", "id"])
    op.drop_column("ledger_transfer", "effective_on")
    op.drop_column("ledger_entry", "happened_on")
    for table in reversed(GROWING):
        op.drop_table(table)


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
