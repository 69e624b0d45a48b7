"""What women save, and what is given them in advance: requests, advances, their events and what has gone back."""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STANDING = sa.text("status IN ('proposed', 'approved', 'paid', 'questioned', 'acknowledged')")
GIVEN = "status IN ('paid', 'questioned', 'acknowledged', 'repaid', 'returned')"


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "advance",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("artisan_id", NUMBER, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("instalment_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("bank_reference", sa.String(length=60), nullable=True),
        sa.Column("entry_id", NUMBER, nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            f"NOT ({GIVEN}) OR (approved_by IS NOT NULL AND entry_id IS NOT NULL)", name=op.f("ck_advance_given_by_two")
        ),
        sa.CheckConstraint("method IN ('cash', 'bank', 'upi')", name=op.f("ck_advance_method_known")),
        sa.CheckConstraint(
            "reason IN ('large-order', 'tools', 'festival', 'her-own')", name=op.f("ck_advance_reason_known")
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'paid', 'questioned', 'acknowledged', 'repaid', 'returned', 'withdrawn')",
            name=op.f("ck_advance_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('acknowledged', 'repaid') OR acknowledged_at IS NOT NULL",
            name=op.f("ck_advance_acknowledged_by_her"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_advance_amount_above_zero")),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_advance_two_people")),
        sa.CheckConstraint(
            "instalment_minor > 0 AND instalment_minor <= amount_minor", name=op.f("ck_advance_instalment_within")
        ),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_advance_artisan_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_advance_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advance")),
        sa.UniqueConstraint("bank_reference", name=op.f("uq_advance_bank_reference")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_advance_entry_id")),
    )
    op.create_index(op.f("ix_advance_artisan_id_id"), "advance", ["artisan_id", "id"])
    op.create_index(
        "uq_advance_one_standing",
        "advance",
        ["artisan_id"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )

    op.create_table(
        "saving",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("artisan_id", NUMBER, nullable=False),
        sa.Column("move", sa.String(length=32), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("move IN ('save', 'take-back', 'given-back')", name=op.f("ck_saving_move_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_saving_amount_above_zero")),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_saving_artisan_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_saving_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saving")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_saving_entry_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_saving_reference")),
    )
    op.create_index(op.f("ix_saving_artisan_id_id"), "saving", ["artisan_id", "id"])

    op.create_table(
        "advance_event",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("advance_id", NUMBER, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["advance_id"], ["advance.id"], name=op.f("fk_advance_event_advance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advance_event")),
    )
    op.create_index(op.f("ix_advance_event_advance_id"), "advance_event", ["advance_id"])

    op.create_table(
        "advance_repayment",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("advance_id", NUMBER, nullable=False),
        sa.Column("payout_id", NUMBER, nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("wages_minor", sa.BigInteger(), nullable=True),
        sa.Column("wages_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(payout_id IS NULL) = (wages_minor IS NULL) AND (payout_id IS NULL) = (wages_from IS NULL)",
            name=op.f("ck_advance_repayment_with_a_payout_or_hers"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_advance_repayment_amount_above_zero")),
        sa.CheckConstraint(
            "wages_minor IS NULL OR amount_minor * 2 <= wages_minor", name=op.f("ck_advance_repayment_half_of_wages")
        ),
        sa.ForeignKeyConstraint(["advance_id"], ["advance.id"], name=op.f("fk_advance_repayment_advance_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_advance_repayment_entry_id")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_advance_repayment_payout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advance_repayment")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_advance_repayment_entry_id")),
        sa.UniqueConstraint("payout_id", name=op.f("uq_advance_repayment_payout_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_advance_repayment_reference")),
    )
    op.create_index(op.f("ix_advance_repayment_advance_id_at"), "advance_repayment", ["advance_id", "at"])
    append_only.create(op.get_bind().dialect.name, op.execute, {"saving": "id", "advance_repayment": "id"})


def downgrade_() -> None:
    for table in ("advance_repayment", "advance_event", "saving", "advance"):
        op.drop_table(table)


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
