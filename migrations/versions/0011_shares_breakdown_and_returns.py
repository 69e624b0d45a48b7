"""The share of the sale, the figures behind prices, and returns."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = (
    "return_refund",
    "return_piece",
    "return_line",
    "return_event",
    "return_request",
    "share_part",
    "share",
    "share_rule_event",
    "share_rule",
    "actual_cost",
    "cost",
)


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "cost",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("basis_points", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("kind IN ('material', 'centre', 'packing', 'fee')", name=op.f("ck_cost_kind_known")),
        sa.CheckConstraint("(amount_minor IS NULL) <> (basis_points IS NULL)", name=op.f("ck_cost_one_figure")),
        sa.CheckConstraint("amount_minor IS NULL OR amount_minor >= 0", name=op.f("ck_cost_amount_not_negative")),
        sa.CheckConstraint(
            "basis_points IS NULL OR basis_points BETWEEN 0 AND 10000", name=op.f("ck_cost_share_of_price")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost")),
        sa.UniqueConstraint("scope", "kind", "version", name=op.f("uq_cost_scope_kind_version")),
    )
    op.create_table(
        "share_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("basis_points", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.String(length=40), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "(status = 'approved') = (approved_by IS NOT NULL)", name=op.f("ck_share_rule_approved_by_someone")
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'declined', 'withdrawn')", name=op.f("ck_share_rule_status_known")
        ),
        sa.CheckConstraint("(amount_minor IS NULL) <> (basis_points IS NULL)", name=op.f("ck_share_rule_one_figure")),
        sa.CheckConstraint("amount_minor IS NULL OR amount_minor >= 0", name=op.f("ck_share_rule_amount_not_negative")),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> written_by", name=op.f("ck_share_rule_two_people")),
        sa.CheckConstraint(
            "basis_points IS NULL OR basis_points BETWEEN 0 AND 5000", name=op.f("ck_share_rule_half_at_most")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_rule")),
        sa.UniqueConstraint("scope", "version", name=op.f("uq_share_rule_scope_version")),
    )
    op.create_index(
        "uq_share_rule_one_open",
        "share_rule",
        ["scope"],
        unique=True,
        sqlite_where=sa.text("status = 'proposed'"),
        postgresql_where=sa.text("status = 'proposed'"),
    )

    op.create_table(
        "share",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("line", sa.String(length=60), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'pending') = (closed_at IS NULL)", name=op.f("ck_share_closed_whole")),
        sa.CheckConstraint("status IN ('pending', 'released', 'reversed')", name=op.f("ck_share_status_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_share_amount_above_zero")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_share_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_share_entry_id")),
        sa.UniqueConstraint("unit", "line", name=op.f("uq_share_unit_line")),
    )
    op.create_index(op.f("ix_share_line"), "share", ["line"], unique=False)
    op.create_index(op.f("ix_share_status"), "share", ["status"], unique=False)

    op.create_table(
        "share_rule_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("share_rule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["share_rule_id"], ["share_rule.id"], name=op.f("fk_share_rule_event_share_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_rule_event")),
    )
    op.create_index(op.f("ix_share_rule_event_share_rule_id"), "share_rule_event", ["share_rule_id"], unique=False)

    op.create_table(
        "actual_cost",
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("wages_minor", sa.BigInteger(), nullable=False),
        sa.Column("share_minor", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("wages_minor >= 0 AND share_minor >= 0", name=op.f("ck_actual_cost_not_negative")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_actual_cost_product_id")),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_actual_cost")),
    )
    op.create_table(
        "return_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refund_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('not-as-shown', 'damaged', 'wrong-piece', 'size', 'changed-mind')",
            name=op.f("ck_return_request_reason_known"),
        ),
        sa.CheckConstraint(
            "status IN ('asked', 'agreed', 'refused', 'called-off', 'back', 'settled')",
            name=op.f("ck_return_request_status_known"),
        ),
        sa.CheckConstraint("refund_minor >= 0", name=op.f("ck_return_request_refund_not_negative")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_return_request_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_request")),
    )
    op.create_index(op.f("ix_return_request_order_id"), "return_request", ["order_id"], unique=False)
    op.create_index(
        "uq_return_request_one_open",
        "return_request",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('asked', 'agreed', 'back')"),
        postgresql_where=sa.text("status IN ('asked', 'agreed', 'back')"),
    )

    op.create_table(
        "share_part",
        sa.Column("share_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("artisan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_share_part_amount_above_zero")),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_share_part_artisan_id")),
        sa.ForeignKeyConstraint(["share_id"], ["share.id"], name=op.f("fk_share_part_share_id")),
        sa.PrimaryKeyConstraint("share_id", "artisan_id", name=op.f("pk_share_part")),
    )
    op.create_index(op.f("ix_share_part_artisan_id"), "share_part", ["artisan_id"], unique=False)

    op.create_table(
        "return_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("return_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["return_id"], ["return_request.id"], name=op.f("fk_return_event_return_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_event")),
    )
    op.create_index(op.f("ix_return_event_return_id"), "return_event", ["return_id"], unique=False)

    op.create_table(
        "return_line",
        sa.Column("return_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_line_sends_some")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_return_line_order_line_id")),
        sa.ForeignKeyConstraint(["return_id"], ["return_request.id"], name=op.f("fk_return_line_return_id")),
        sa.PrimaryKeyConstraint("return_id", "order_line_id", name=op.f("pk_return_line")),
    )
    op.create_index(op.f("ix_return_line_order_line_id"), "return_line", ["order_line_id"], unique=False)

    op.create_table(
        "return_piece",
        sa.Column("return_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint("outcome IN ('restocked', 'written-off')", name=op.f("ck_return_piece_outcome_known")),
        sa.CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name=op.f("ck_return_piece_settled_whole")),
        sa.CheckConstraint("(outcome IS NULL) = (settled_by IS NULL)", name=op.f("ck_return_piece_settled_by_someone")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_return_piece_order_line_id")),
        sa.ForeignKeyConstraint(["return_id"], ["return_request.id"], name=op.f("fk_return_piece_return_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_return_piece_unit_id")),
        sa.PrimaryKeyConstraint("return_id", "unit_id", name=op.f("pk_return_piece")),
    )
    op.create_index(op.f("ix_return_piece_unit_id"), "return_piece", ["unit_id"], unique=False)

    op.create_table(
        "return_refund",
        sa.Column(
            "refund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("return_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_return_refund_refund_id")),
        sa.ForeignKeyConstraint(["return_id"], ["return_request.id"], name=op.f("fk_return_refund_return_id")),
        sa.PrimaryKeyConstraint("refund_id", name=op.f("pk_return_refund")),
    )
    op.create_index(op.f("ix_return_refund_return_id"), "return_refund", ["return_id"], unique=False)
    for table in ("order_line", "reservation"):
        op.add_column(table, sa.Column("share_minor", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("order_line", sa.Column("breakdown", sa.JSON(none_as_null=True), nullable=True))


def downgrade_() -> None:
    """Go back. What the books say of shares stays in the books; the older shop shows it as entries without a row."""
    op.drop_column("order_line", "breakdown")
    for table in ("reservation", "order_line"):
        op.drop_column(table, "share_minor")
    for table in TABLES:
        op.drop_table(table)


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
