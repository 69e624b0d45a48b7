"""What verifying the books found, run by run; payouts of which less came or that the bank sent back; references."""

import unicodedata

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TYPED = (  # what each reference stands for, as it was typed, and since when
    "SELECT 'payout:' || id, bank_reference, sent_at AS at FROM payout WHERE bank_reference IS NOT NULL ORDER BY id",
    "SELECT 'advance:' || id, bank_reference, paid_at AS at FROM advance WHERE bank_reference IS NOT NULL ORDER BY id",
    "SELECT 'cash-act:' || id, bank_reference, written_at AS at FROM cash_act "
    "WHERE bank_reference IS NOT NULL AND status <> 'withdrawn' ORDER BY id",
)
NOT_WITHDRAWN = sa.text("status <> 'withdrawn'")
STANDING = sa.text("status IN ('waiting', 'seen')")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "verification_run",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=True),
        sa.Column("lists", sa.Integer(), nullable=False),
        sa.Column("transfers", sa.BigInteger(), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.Column("unclaimed_pieces", sa.Integer(), nullable=False),
        sa.Column("unclaimed_minor", sa.BigInteger(), nullable=False),
        sa.Column("seal_seq", NUMBER, nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "broken >= 0 AND lists > 0 AND transfers >= 0", name=op.f("ck_verification_run_counts_something")
        ),
        sa.CheckConstraint("ended_at >= began_at", name=op.f("ck_verification_run_ends_after_it_begins")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_run")),
    )
    op.create_table(
        "verification_break",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("floor", sa.String(length=40), nullable=False),
        sa.Column("row", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["verification_run.id"], name=op.f("fk_verification_break_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_break")),
    )
    op.create_index(op.f("ix_verification_break_run_id"), "verification_break", ["run_id"])
    _statuses("proposed", "approved", "sent", "questioned", "settled", "failed", "came-back", "withdrawn")
    op.create_table(
        "payout_came_back",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("payout_id", NUMBER, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.Column("bank_reference", sa.String(length=60), nullable=False),
        sa.Column("written_by", sa.String(length=40), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_by", sa.String(length=40), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("seen_by IS NULL OR seen_by <> written_by", name=op.f("ck_payout_came_back_two_people")),
        sa.CheckConstraint(
            "(status = 'seen') = (seen_by IS NOT NULL)", name=op.f("ck_payout_came_back_seen_by_someone")
        ),
        sa.CheckConstraint("(seen_by IS NULL) = (seen_at IS NULL)", name=op.f("ck_payout_came_back_seen_whole")),
        sa.CheckConstraint("status IN ('waiting', 'seen', 'withdrawn')", name=op.f("ck_payout_came_back_status_known")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_payout_came_back_payout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_came_back")),
    )
    op.create_index(
        "uq_payout_came_back_one_standing",
        "payout_came_back",
        ["payout_id"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    with op.batch_alter_table("payout", schema=None) as batch_op:
        batch_op.add_column(sa.Column("received_minor", sa.BigInteger(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_payout_received_a_part"), "received_minor > 0 AND received_minor < amount_minor"
        )
    with op.batch_alter_table("payout_file", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recalled_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_by", sa.String(length=40), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_payout_file_recalled_after_release"), "recalled_by IS NULL OR released_by IS NOT NULL"
        )
        batch_op.create_check_constraint(
            op.f("ck_payout_file_taken_back_by_two"), "withdrawn_by IS NULL OR withdrawn_by <> recalled_by"
        )
    _references()
    append_only.create(op.get_bind().dialect.name, op.execute, {"verification_run": "id", "verification_break": "id"})


def _references() -> None:
    """Let every reference that was typed stand for its payment; of two that are alike the first keeps it."""
    op.create_table(
        "bank_reference",
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("stands_for", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reference <> ''", name=op.f("ck_bank_reference_some_letter")),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_bank_reference")),
        sa.UniqueConstraint("stands_for", name=op.f("uq_bank_reference_stands_for")),
    )
    standing = sa.table("bank_reference", sa.column("reference"), sa.column("stands_for"), sa.column("at"))
    found: dict[str, dict[str, object]] = {}
    for rows in TYPED:
        for stands_for, typed, at in op.get_bind().execute(sa.text(rows).columns(at=sa.DateTime(timezone=True))):
            reference = "".join(each for each in unicodedata.normalize("NFKC", typed).upper() if each.isalnum())
            if reference:
                found.setdefault(reference, {"reference": reference, "stands_for": stands_for, "at": at})
    op.bulk_insert(standing, list(found.values()))
    for table in ("payout", "advance"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(op.f(f"uq_{table}_bank_reference"), type_="unique")
    op.drop_index("uq_cash_act_bank_reference", table_name="cash_act")


def downgrade_() -> None:
    op.drop_table("bank_reference")
    for table in ("payout", "advance"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_unique_constraint(op.f(f"uq_{table}_bank_reference"), ["bank_reference"])
    op.create_index(
        "uq_cash_act_bank_reference",
        "cash_act",
        ["bank_reference"],
        unique=True,
        sqlite_where=NOT_WITHDRAWN,
        postgresql_where=NOT_WITHDRAWN,
    )
    with op.batch_alter_table("payout", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_payout_received_a_part"), type_="check")
        batch_op.drop_column("received_minor")
    with op.batch_alter_table("payout_file", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_payout_file_recalled_after_release"), type_="check")
        batch_op.drop_constraint(op.f("ck_payout_file_taken_back_by_two"), type_="check")
        batch_op.drop_column("recalled_by")
        batch_op.drop_column("withdrawn_by")
    op.drop_table("payout_came_back")
    op.execute("UPDATE payout SET status = 'failed' WHERE status = 'came-back'")  # all that the older shop knows
    _statuses("proposed", "approved", "sent", "questioned", "settled", "failed", "withdrawn")
    op.drop_table("verification_break")
    op.drop_table("verification_run")


def _statuses(*known: str) -> None:
    """Hold where a payout may stand to a list."""
    with op.batch_alter_table("payout", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_payout_status_known"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_payout_status_known"), f"status IN ({', '.join(repr(each) for each in known)})"
        )


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
