"""Customers' accounts: mailed links, saved addresses, and orders that know whose they are."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PURPOSES = ("sign-in", "open", "change-email", "nothing")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    values = ", ".join(f"'{purpose}'" for purpose in PURPOSES)
    op.create_table(
        "mailed_link",
        sa.Column("id", number, nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("user_id", number, nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("secret_hash", sa.String(length=200), nullable=True),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("leads_to", sa.String(length=200), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=True),
        sa.Column("used_at", moment, nullable=True),
        sa.CheckConstraint(f"purpose IN ({values})", name=op.f("ck_mailed_link_purpose_known")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_mailed_link_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mailed_link_token_hash")),
    )
    op.create_index(op.f("ix_mailed_link_asked_at"), "mailed_link", ["asked_at"])
    op.create_index(op.f("ix_mailed_link_email"), "mailed_link", ["email"])
    op.create_index(op.f("ix_mailed_link_user_id"), "mailed_link", ["user_id"])
    op.create_table(
        "link_allowance",
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_link_allowance")),
    )
    op.create_index(op.f("ix_link_allowance_until"), "link_allowance", ["until"])
    op.create_table(
        "saved_address",
        sa.Column("id", number, nullable=False),
        sa.Column("customer_id", number, nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("line1", sa.String(length=120), nullable=False),
        sa.Column("line2", sa.String(length=120), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=60), nullable=False),
        sa.Column("postcode", sa.String(length=16), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["user_account.id"], name=op.f("fk_saved_address_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_address")),
    )
    op.create_index(op.f("ix_saved_address_customer_id"), "saved_address", ["customer_id"])
    op.add_column("user_account", sa.Column("password_set_at", moment, nullable=True))
    op.add_column("user_account", sa.Column("email_proven_at", moment, nullable=True))
    # Written out: as a plain ADD COLUMN it keeps the table, its CHECKs and its rows where they are.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE orders ADD COLUMN customer_id {kind} "
        "CONSTRAINT fk_orders_customer_id REFERENCES user_account (id)"
    )
    op.create_index(op.f("ix_orders_customer_id"), "orders", ["customer_id"])
    op.execute("UPDATE orders SET email = lower(email) WHERE email <> lower(email)")
    op.create_index(op.f("ix_orders_email"), "orders", ["email"])


def downgrade_() -> None:
    op.drop_index(op.f("ix_orders_email"), "orders")
    op.drop_index(op.f("ix_orders_customer_id"), "orders")
    op.drop_column("orders", "customer_id")
    op.drop_column("user_account", "email_proven_at")
    op.drop_column("user_account", "password_set_at")
    op.drop_table("saved_address")
    op.drop_table("link_allowance")
    op.drop_table("mailed_link")


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
