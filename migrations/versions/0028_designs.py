"""Who designed what is sold, and the royalties that each month credits for it."""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PROPOSED = sa.text("status = 'proposed'")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "design",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("royalty_minor", sa.BigInteger(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "(status = 'approved') = (approved_by IS NOT NULL)", name=op.f("ck_design_approved_by_someone")
        ),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_design_two_people")),
        sa.CheckConstraint("royalty_minor >= 0", name=op.f("ck_design_royalty_not_negative")),
        sa.CheckConstraint("status IN ('proposed', 'approved', 'withdrawn')", name=op.f("ck_design_status_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design")),
        sa.UniqueConstraint("product", "version", name=op.f("uq_design_product_version")),
    )
    op.create_index(
        "uq_design_one_open", "design", ["product"], unique=True, sqlite_where=PROPOSED, postgresql_where=PROPOSED
    )

    op.create_table(
        "design_part",
        sa.Column("design_id", NUMBER, nullable=False),
        sa.Column("artisan_id", NUMBER, nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.CheckConstraint("basis_points BETWEEN 1 AND 10000", name=op.f("ck_design_part_a_part_of_it")),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_design_part_artisan_id")),
        sa.ForeignKeyConstraint(["design_id"], ["design.id"], name=op.f("fk_design_part_design_id")),
        sa.PrimaryKeyConstraint("design_id", "artisan_id", name=op.f("pk_design_part")),
    )
    op.create_index(op.f("ix_design_part_artisan_id"), "design_part", ["artisan_id"])

    op.create_table(
        "design_event",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("design_id", NUMBER, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["design_id"], ["design.id"], name=op.f("fk_design_event_design_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design_event")),
    )
    op.create_index(op.f("ix_design_event_design_id"), "design_event", ["design_id"])

    op.create_table(
        "royalty",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("design_id", NUMBER, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("credited_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor >= pieces", name=op.f("ck_royalty_a_paisa_a_piece")),
        sa.CheckConstraint("pieces > 0", name=op.f("ck_royalty_counts_some")),
        sa.ForeignKeyConstraint(["design_id"], ["design.id"], name=op.f("fk_royalty_design_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_royalty")),
        sa.UniqueConstraint("design_id", "month", name=op.f("uq_royalty_design_id_month")),
    )

    op.create_table(
        "royalty_line",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("royalty_id", NUMBER, nullable=False),
        sa.Column("line", sa.String(length=60), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.CheckConstraint("pieces > 0", name=op.f("ck_royalty_line_counts_some")),
        sa.ForeignKeyConstraint(["royalty_id"], ["royalty.id"], name=op.f("fk_royalty_line_royalty_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_royalty_line")),
        sa.UniqueConstraint("line", name=op.f("uq_royalty_line_line")),
    )
    op.create_index(op.f("ix_royalty_line_royalty_id"), "royalty_line", ["royalty_id"])
    _kinds("piece", "story", "design")
    append_only.create(op.get_bind().dialect.name, op.execute, {"royalty": "id", "royalty_line": "id"})


def downgrade_() -> None:
    op.execute("UPDATE earning SET kind = 'story' WHERE kind = 'design'")  # the older shop knows one kind of fee
    _kinds("piece", "story")
    for table in ("royalty_line", "royalty", "design_event", "design_part", "design"):
        op.drop_table(table)


def _kinds(*known: str) -> None:
    """Hold what an earning may be for to a list."""
    rule = f"kind IN ({', '.join(repr(kind) for kind in known)})"
    with op.batch_alter_table("earning", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_earning_kind_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_earning_kind_known"), rule)


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
