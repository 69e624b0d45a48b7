"""Another of the same in the place of what came back: wishes, exchanges, their parcels, and pieces that went off lines."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OF_THE_SALE = sa.text("exchange_id IS NULL")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    with op.batch_alter_table("return_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wish", sa.String(length=32), server_default="refund", nullable=False))
        batch_op.create_check_constraint(op.f("ck_return_request_wish_known"), "wish IN ('refund', 'exchange')")

    op.create_table(
        "exchange",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("return_id", NUMBER, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.CheckConstraint("round > 1", name=op.f("ck_exchange_round_after_the_sale")),
        sa.CheckConstraint("status IN ('coming', 'sent', 'delivered', 'ended')", name=op.f("ck_exchange_status_known")),
        sa.ForeignKeyConstraint(["return_id"], ["return_request.id"], name=op.f("fk_exchange_return_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
        sa.UniqueConstraint("return_id", name=op.f("uq_exchange_return_id")),
    )
    op.create_table(
        "exchange_event",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("exchange_id", NUMBER, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_exchange_event_exchange_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_event")),
    )
    op.create_index(op.f("ix_exchange_event_exchange_id"), "exchange_event", ["exchange_id"])

    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("exchange_id", NUMBER, nullable=True))
        batch_op.create_foreign_key(op.f("fk_shipment_exchange_id"), "exchange", ["exchange_id"], ["id"])
        batch_op.create_unique_constraint(op.f("uq_shipment_exchange_id"), ["exchange_id"])
        batch_op.drop_constraint(op.f("uq_shipment_order_id"), type_="unique")
    op.create_index(op.f("ix_shipment_order_id"), "shipment", ["order_id"])
    op.create_index(
        "uq_shipment_one_of_the_sale",
        "shipment",
        ["order_id"],
        unique=True,
        sqlite_where=OF_THE_SALE,
        postgresql_where=OF_THE_SALE,
    )

    op.create_table(
        "unit_off",
        sa.Column("unit_id", NUMBER, nullable=False),
        sa.Column("line", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_off_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "line", name=op.f("pk_unit_off")),
    )
    op.execute(
        "INSERT INTO unit_off (unit_id, line) SELECT unit_id, 'order-line:' || order_line_id FROM return_piece "
        "UNION SELECT CAST(substr(unit, 6) AS BIGINT), line FROM share WHERE status = 'reversed'"
    )


def downgrade_() -> None:
    op.drop_table("unit_off")
    op.execute("DELETE FROM shipment WHERE exchange_id IS NOT NULL")  # the older shop knows one parcel an order
    op.drop_index("uq_shipment_one_of_the_sale", table_name="shipment")
    op.drop_index(op.f("ix_shipment_order_id"), table_name="shipment")
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_shipment_exchange_id"), type_="unique")
        batch_op.drop_constraint(op.f("fk_shipment_exchange_id"), type_="foreignkey")
        batch_op.drop_column("exchange_id")
        batch_op.create_unique_constraint(op.f("uq_shipment_order_id"), ["order_id"])
    op.drop_table("exchange_event")
    op.drop_table("exchange")
    with op.batch_alter_table("return_request", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_return_request_wish_known"), type_="check")
        batch_op.drop_column("wish")


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
