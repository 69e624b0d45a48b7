"""A customer's thank-you to the makers of an order, to whom of them it went, and whether she wants any."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("artisan", sa.Column("takes_thanks", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "thanks",
        sa.Column("id", number, nullable=False),
        sa.Column("order_id", number, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint("(status = 'waiting') = (decided_at IS NULL)", name=op.f("ck_thanks_decided_whole")),
        sa.CheckConstraint("(status = 'waiting') = (decided_by IS NULL)", name=op.f("ck_thanks_decided_by_someone")),
        sa.CheckConstraint("status IN ('waiting', 'passed', 'set-aside')", name=op.f("ck_thanks_status_known")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_thanks_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thanks")),
        sa.UniqueConstraint("order_id", name=op.f("uq_thanks_order_id")),
    )
    op.create_index(op.f("ix_thanks_decided_at"), "thanks", ["decided_at"])
    op.create_table(
        "thanks_for",
        sa.Column("thanks_id", number, nullable=False),
        sa.Column("artisan_id", number, nullable=False),
        sa.Column("variant_id", number, nullable=False),
        sa.ForeignKeyConstraint(["thanks_id"], ["thanks.id"], name=op.f("fk_thanks_for_thanks_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_thanks_for_artisan_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_thanks_for_variant_id")),
        sa.PrimaryKeyConstraint("thanks_id", "artisan_id", name=op.f("pk_thanks_for")),
    )
    op.create_index(op.f("ix_thanks_for_artisan_id"), "thanks_for", ["artisan_id"])


def downgrade_() -> None:
    op.drop_table("thanks_for")
    op.drop_table("thanks")
    op.drop_column("artisan", "takes_thanks")


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
