"""The identity vault: its two tables, and in the shop who looked, what was erased, payout files, numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "artisan_number",
        sa.Column("id", ID, nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artisan_number")),
    )
    # Makers enrolled before keep their numbers; the next one drawn is above them all.
    op.execute("INSERT INTO artisan_number (id, drawn_at) SELECT id, joined_at FROM artisan")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('artisan_number', 'id'), (SELECT max(id) FROM artisan_number)) "
            "WHERE EXISTS (SELECT 1 FROM artisan_number)"
        )
    op.create_table(
        "identity_looks_of_day",
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("by", "looked_on", name=op.f("pk_identity_looks_of_day")),
    )
    op.create_table(
        "identity_tombstone",
        sa.Column("artisan_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("artisan_id", name=op.f("pk_identity_tombstone")),
    )
    op.create_table(
        "payout_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("centre_id", ID, nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.String(length=40), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status <> 'released' OR released_by IS NOT NULL", name=op.f("ck_payout_file_released_by_someone")
        ),
        sa.CheckConstraint("status IN ('proposed', 'released', 'withdrawn')", name=op.f("ck_payout_file_status_known")),
        sa.CheckConstraint("released_by IS NULL OR released_by <> proposed_by", name=op.f("ck_payout_file_two_people")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_payout_file_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_file")),
    )
    op.create_table(
        "identity_look",
        sa.Column("id", ID, nullable=False),
        sa.Column("artisan_id", ID, nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.String(length=40), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "reason IN ('payment', 'contact', 'correction', 'own-request', 'legal-duty')",
            name=op.f("ck_identity_look_reason_known"),
        ),
        sa.CheckConstraint('noted_by IS NULL OR noted_by <> "by"', name=op.f("ck_identity_look_noted_by_another")),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_identity_look_artisan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_look")),
    )
    with op.batch_alter_table("identity_look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_look_artisan_id"), ["artisan_id"], unique=False)
        batch_op.create_index("ix_identity_look_not_noted", ["noted_at", "id"], unique=False)

    op.create_table(
        "payout_file_line",
        sa.Column("file_id", ID, nullable=False),
        sa.Column("payout_id", ID, nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["payout_file.id"], name=op.f("fk_payout_file_line_file_id")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_payout_file_line_payout_id")),
        sa.PrimaryKeyConstraint("file_id", "payout_id", name=op.f("pk_payout_file_line")),
    )
    with op.batch_alter_table("payout_file_line", schema=None) as batch_op:
        batch_op.create_index(
            "uq_payout_file_line_once",
            ["payout_id"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )


def downgrade_() -> None:
    with op.batch_alter_table("payout_file_line", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_payout_file_line_once",
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.drop_table("payout_file_line")
    with op.batch_alter_table("identity_look", schema=None) as batch_op:
        batch_op.drop_index("ix_identity_look_not_noted")
        batch_op.drop_index(batch_op.f("ix_identity_look_artisan_id"))

    op.drop_table("identity_look")
    op.drop_table("payout_file")
    op.drop_table("identity_tombstone")
    op.drop_table("identity_looks_of_day")
    op.drop_table("artisan_number")


def upgrade_identity() -> None:
    op.create_table(
        "identity",
        sa.Column("artisan_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=True),
        sa.Column("legal_name", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date", sa.LargeBinary(), nullable=True),
        sa.Column("account_holder", sa.LargeBinary(), nullable=True),
        sa.Column("account_number", sa.LargeBinary(), nullable=True),
        sa.Column("ifsc", sa.LargeBinary(), nullable=True),
        sa.Column("upi", sa.LargeBinary(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unclaimed_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("key_version > 0", name=op.f("ck_identity_key_version_above_zero")),
        sa.PrimaryKeyConstraint("artisan_id", name=op.f("pk_identity")),
        sa.UniqueConstraint("phone_index", name=op.f("uq_identity_phone_index")),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_key_id"), ["key_id"], unique=False)

    op.create_table(
        "tombstone",
        sa.Column("artisan_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("artisan_id", name=op.f("pk_tombstone")),
    )


def downgrade_identity() -> None:
    op.drop_table("tombstone")
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_key_id"))

    op.drop_table("identity")
