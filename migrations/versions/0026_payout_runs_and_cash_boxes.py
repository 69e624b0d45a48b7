"""Payout runs, and the cash box of a centre with its book and with what two people say about it."""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "cash_act",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("centre_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("expected_minor", sa.BigInteger(), nullable=True),
        sa.Column("bank_reference", sa.String(length=60), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("written_by", sa.String(length=40), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_by", sa.String(length=40), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'count') = (expected_minor IS NOT NULL)", name=op.f("ck_cash_act_expected_of_counts")
        ),
        sa.CheckConstraint("(status = 'seen') = (seen_by IS NOT NULL)", name=op.f("ck_cash_act_seen_by_someone")),
        sa.CheckConstraint(
            "kind <> 'count' OR amount_minor = expected_minor OR note <> ''",
            name=op.f("ck_cash_act_difference_has_reason"),
        ),
        sa.CheckConstraint("kind IN ('open', 'bring', 'take', 'count')", name=op.f("ck_cash_act_kind_known")),
        sa.CheckConstraint(
            "kind NOT IN ('bring', 'take') OR (amount_minor > 0 AND bank_reference IS NOT NULL)",
            name=op.f("ck_cash_act_bank_knows"),
        ),
        sa.CheckConstraint("status IN ('waiting', 'seen', 'withdrawn')", name=op.f("ck_cash_act_status_known")),
        sa.CheckConstraint("(seen_by IS NULL) = (seen_at IS NULL)", name=op.f("ck_cash_act_seen_whole")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_cash_act_amount_not_below_zero")),
        sa.CheckConstraint("seen_by IS NULL OR seen_by <> written_by", name=op.f("ck_cash_act_two_people")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_cash_act_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_act")),
    )
    op.create_index(
        "uq_cash_act_bank_reference",
        "cash_act",
        ["bank_reference"],
        unique=True,
        sqlite_where=sa.text("status <> 'withdrawn'"),
        postgresql_where=sa.text("status <> 'withdrawn'"),
    )
    op.create_index(
        "uq_cash_act_one_waiting",
        "cash_act",
        ["centre_id"],
        unique=True,
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    )

    op.create_table(
        "cash_box",
        sa.Column("centre_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("held_minor >= 0", name=op.f("ck_cash_box_never_below_zero")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_cash_box_centre_id")),
        sa.PrimaryKeyConstraint("centre_id", name=op.f("pk_cash_box")),
    )
    op.create_table(
        "payout_run",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("centre_id", NUMBER, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("least_minor", sa.BigInteger(), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name=op.f("ck_payout_run_approved_whole")),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_payout_run_two_people")),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_payout_run_period_forward")),
        sa.CheckConstraint("least_minor >= 0", name=op.f("ck_payout_run_least_not_below_zero")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_payout_run_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_run")),
        sa.UniqueConstraint("centre_id", "first_on", "last_on", name=op.f("uq_payout_run_centre_id_first_on_last_on")),
    )
    op.create_table(
        "cash_line",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("centre_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("act_id", NUMBER, nullable=True),
        sa.Column("payout_id", NUMBER, nullable=True),
        sa.Column("advance_id", NUMBER, nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("amount_minor <> 0 OR kind = 'opened'", name=op.f("ck_cash_line_moves_something")),
        sa.CheckConstraint(
            "kind IN ('opened', 'brought', 'taken', 'handed-out', 'came-back', 'advance', 'advance-back', 'difference')",
            name=op.f("ck_cash_line_kind_known"),
        ),
        sa.ForeignKeyConstraint(["act_id"], ["cash_act.id"], name=op.f("fk_cash_line_act_id")),
        sa.ForeignKeyConstraint(["advance_id"], ["advance.id"], name=op.f("fk_cash_line_advance_id")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_cash_line_centre_id")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_cash_line_payout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_line")),
        sa.UniqueConstraint("reference", name=op.f("uq_cash_line_reference")),
    )
    op.create_index(op.f("ix_cash_line_centre_id_id"), "cash_line", ["centre_id", "id"], unique=False)

    op.create_table(
        "payout_run_line",
        sa.Column("payout_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("artisan_id", NUMBER, nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_payout_run_line_artisan_id")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_payout_run_line_payout_id")),
        sa.ForeignKeyConstraint(["run_id"], ["payout_run.id"], name=op.f("fk_payout_run_line_run_id")),
        sa.PrimaryKeyConstraint("payout_id", name=op.f("pk_payout_run_line")),
    )
    op.create_index(op.f("ix_payout_run_line_artisan_id"), "payout_run_line", ["artisan_id"], unique=False)
    op.create_index("uq_payout_run_line_once", "payout_run_line", ["run_id", "artisan_id", "mark"], unique=True)

    append_only.create(op.get_bind().dialect.name, op.execute, {"cash_line": "id"})


def downgrade_() -> None:
    for table in ("payout_run_line", "cash_line", "payout_run", "cash_box", "cash_act"):
        op.drop_table(table)


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    pass
