"""The spine: every table of the first release, and the triggers that keep the books append-only."""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BOOKS = {"ledger_account": "id", "ledger_entry": "id", "ledger_transfer": "id", "ledger_seal": "seq"}
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "cart",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart")),
        sa.UniqueConstraint("key", name=op.f("uq_cart_key")),
    )
    with op.batch_alter_table("cart", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cart_touched_at"), ["touched_at"], unique=False)

    op.create_table(
        "gateway_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.String(length=80), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('received', 'applied', 'ignored', 'held', 'parked')", name=op.f("ck_gateway_event_status_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_event")),
        sa.UniqueConstraint("gateway", "body_sha256", name=op.f("uq_gateway_event_gateway_body_sha256")),
        sa.UniqueConstraint("gateway", "event_id", name=op.f("uq_gateway_event_gateway_event_id")),
    )
    with op.batch_alter_table("gateway_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gateway_event_status_id"), ["status", "id"], unique=False)

    op.create_table(
        "ledger_account",
        sa.Column("id", ID, nullable=False),
        sa.Column("book", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("side", sa.String(length=32), nullable=False),
        sa.CheckConstraint("side IN ('debit', 'credit')", name=op.f("ck_ledger_account_side_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint("book", "code", "currency", name=op.f("uq_ledger_account_book_code_currency")),
        sa.UniqueConstraint("id", "book", "currency", name=op.f("uq_ledger_account_id_book_currency")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", ID, sa.Identity(always=True), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("reverses_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["reverses_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("reference", name=op.f("uq_ledger_entry_reference")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_entry_reverses_id")),
    )
    op.create_table(
        "orders",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("cart_id", ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("items_minor", sa.BigInteger(), nullable=False),
        sa.Column("shipping_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("shipping_method", sa.String(length=24), nullable=False),
        sa.Column("place_of_supply", sa.String(length=40), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("line1", sa.String(length=120), nullable=False),
        sa.Column("line2", sa.String(length=120), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=60), nullable=False),
        sa.Column("postcode", sa.String(length=16), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status = 'placed' OR status = 'cancelled' OR paid_at IS NOT NULL",
            name=op.f("ck_orders_paid_before_shipped"),
        ),
        sa.CheckConstraint(
            "status IN ('placed', 'paid', 'shipped', 'delivered', 'cancelled')", name=op.f("ck_orders_status_known")
        ),
        sa.CheckConstraint(
            "total_minor = items_minor + shipping_minor AND total_minor > 0", name=op.f("ck_orders_total_adds_up")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("cart_id", name=op.f("uq_orders_cart_id")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_status_placed_at"), ["status", "placed_at"], unique=False)

    op.create_table(
        "organisation",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("name", name=op.f("uq_organisation_name")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gave_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("reference", name=op.f("uq_outbox_reference")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_due", ["done_at", "due_at"], unique=False)

    op.create_table(
        "centre",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("region", sa.String(length=80), nullable=False),
        sa.Column("minutes_per_day", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes_per_day > 0", name=op.f("ck_centre_some_capacity")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_centre_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre")),
        sa.UniqueConstraint("code", name=op.f("uq_centre_code")),
    )
    op.create_table(
        "ledger_balance",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("minor >= 0", name=op.f("ck_ledger_balance_not_below_zero")),
        sa.ForeignKeyConstraint(["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_balance_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_ledger_balance")),
    )
    op.create_table(
        "ledger_seal",
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("fingerprints", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_seal_entry_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_seal")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_ledger_seal_entry_id")),
    )
    op.create_table(
        "ledger_transfer",
        sa.Column("id", ID, sa.Identity(always=True), nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("book", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("debit_account_id", ID, nullable=False),
        sa.Column("credit_account_id", ID, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_ledger_transfer_amount_above_zero")),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name=op.f("ck_ledger_transfer_two_accounts")),
        sa.ForeignKeyConstraint(
            ["credit_account_id", "book", "currency"],
            ["ledger_account.id", "ledger_account.book", "ledger_account.currency"],
            name="fk_ledger_transfer_credit",
        ),
        sa.ForeignKeyConstraint(
            ["debit_account_id", "book", "currency"],
            ["ledger_account.id", "ledger_account.book", "ledger_account.currency"],
            name="fk_ledger_transfer_debit",
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_transfer_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transfer")),
    )
    with op.batch_alter_table("ledger_transfer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ledger_transfer_credit_account_id_id"), ["credit_account_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_ledger_transfer_debit_account_id_id"), ["debit_account_id", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_ledger_transfer_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "order_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_event_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_event")),
    )
    with op.batch_alter_table("order_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_event_order_id"), ["order_id"], unique=False)

    op.create_table(
        "payment_attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("refund_reserved_minor", sa.BigInteger(), nullable=False),
        sa.Column("page_ref", sa.String(length=80), nullable=True),
        sa.Column("page_url", sa.String(length=2000), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('requesting', 'unknown', 'pending', 'captured', 'expired', 'failed')",
            name=op.f("ck_payment_attempt_status_known"),
        ),
        sa.CheckConstraint(
            "0 <= refund_reserved_minor AND refund_reserved_minor <= captured_minor",
            name=op.f("ck_payment_attempt_refunds_covered"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_attempt_amount_above_zero")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payment_attempt_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt")),
        sa.UniqueConstraint("gateway", "page_ref", name=op.f("uq_payment_attempt_gateway_page_ref")),
        sa.UniqueConstraint("key", name=op.f("uq_payment_attempt_key")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_payment_attempt_order_id_number")),
    )
    with op.batch_alter_table("payment_attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payment_attempt_status_expires_at"), ["status", "expires_at"], unique=False
        )
        batch_op.create_index(
            "uq_payment_attempt_one_open",
            ["order_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('requesting', 'unknown', 'pending')"),
            postgresql_where=sa.text("status IN ('requesting', 'unknown', 'pending')"),
        )

    op.create_table(
        "shipment",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("carrier", sa.String(length=60), nullable=False),
        sa.Column("tracking", sa.String(length=60), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipped_by", sa.String(length=40), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_shipment_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("order_id", name=op.f("uq_shipment_order_id")),
    )
    op.create_table(
        "capture",
        sa.Column("id", ID, nullable=False),
        sa.Column("attempt_id", ID, nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("payment_ref", sa.String(length=80), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["payment_attempt.id"], name=op.f("fk_capture_attempt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture")),
        sa.UniqueConstraint("gateway", "payment_ref", name=op.f("uq_capture_gateway_payment_ref")),
    )
    with op.batch_alter_table("capture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_capture_attempt_id"), ["attempt_id"], unique=False)

    op.create_table(
        "payment_attempt_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("attempt_id", ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["payment_attempt.id"], name=op.f("fk_payment_attempt_event_attempt_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt_event")),
    )
    with op.batch_alter_table("payment_attempt_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_attempt_event_attempt_id"), ["attempt_id"], unique=False)

    op.create_table(
        "product",
        sa.Column("id", ID, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("trade", sa.String(length=32), nullable=False),
        sa.Column("centre_id", ID, nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("titles", sa.JSON(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("materials", sa.String(length=200), nullable=False),
        sa.Column("care", sa.String(length=300), nullable=False),
        sa.Column("size", sa.String(length=80), nullable=False),
        sa.Column("hsn", sa.String(length=8), nullable=False),
        sa.Column("finish_days", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'published', 'retired')", name=op.f("ck_product_status_known")),
        sa.CheckConstraint(
            "trade IN ('block-print', 'kantha', 'recycled-tyre', 'handmade-paper', 'embossed-leather', 'kitchen')",
            name=op.f("ck_product_trade_known"),
        ),
        sa.CheckConstraint("finish_days >= 0", name=op.f("ck_product_finish_days_not_negative")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_product_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("slug", name=op.f("uq_product_slug")),
    )
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_product_status_position"), ["status", "position"], unique=False)

    op.create_table(
        "user_account",
        sa.Column("id", ID, nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("card_number", sa.String(length=12), nullable=True),
        sa.Column("secret_hash", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("centre_id", ID, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tries_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sign_in_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(role = 'artisan') = (card_number IS NOT NULL) AND (role <> 'artisan') = (email IS NOT NULL)",
            name=op.f("ck_user_account_card_or_email"),
        ),
        sa.CheckConstraint(
            "role IN ('artisan', 'manager', 'finance', 'admin')", name=op.f("ck_user_account_role_known")
        ),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_user_account_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("card_number", name=op.f("uq_user_account_card_number")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
    )
    op.create_table(
        "artisan",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("centre_id", ID, nullable=False),
        sa.Column("work_name", sa.String(length=40), nullable=False),
        sa.Column("emblem", sa.String(length=24), nullable=False),
        sa.Column("adult_confirmed_on", sa.Date(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_artisan_centre_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_artisan_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artisan")),
        sa.UniqueConstraint("user_id", name=op.f("uq_artisan_user_id")),
    )
    with op.batch_alter_table("artisan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_artisan_centre_id"), ["centre_id"], unique=False)

    op.create_table(
        "making",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_making_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_making")),
        sa.UniqueConstraint("product_id", "version", name=op.f("uq_making_product_id_version")),
    )
    op.create_table(
        "refund",
        sa.Column("id", ID, nullable=False),
        sa.Column("capture_id", ID, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("gateway_ref", sa.String(length=80), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(length=40), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('requested', 'sent', 'processed', 'failed')", name=op.f("ck_refund_status_known")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_amount_above_zero")),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_refund_capture_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("gateway_ref", name=op.f("uq_refund_gateway_ref")),
        sa.UniqueConstraint("key", name=op.f("uq_refund_key")),
    )
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refund_capture_id"), ["capture_id"], unique=False)

    op.create_table(
        "variant",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("option", sa.String(length=40), nullable=False),
        sa.Column("colour", sa.String(length=24), nullable=False),
        sa.Column("grams", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("on_sale", sa.Boolean(), nullable=False),
        sa.Column("made_to_order", sa.Boolean(), nullable=False),
        sa.CheckConstraint("grams > 0", name=op.f("ck_variant_weighs_something")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_variant_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variant")),
        sa.UniqueConstraint("sku", name=op.f("uq_variant_sku")),
    )
    with op.batch_alter_table("variant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_variant_product_id"), ["product_id"], unique=False)

    op.create_table(
        "availability",
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("ready_in_days", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_availability_variant_id")),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_availability")),
    )
    op.create_table(
        "cart_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("cart_id", ID, nullable=False),
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 20", name=op.f("ck_cart_line_quantity_within")),
        sa.ForeignKeyConstraint(["cart_id"], ["cart.id"], name=op.f("fk_cart_line_cart_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_cart_line_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart_line")),
        sa.UniqueConstraint("cart_id", "variant_id", name=op.f("uq_cart_line_cart_id_variant_id")),
    )
    op.create_table(
        "earning",
        sa.Column("id", ID, nullable=False),
        sa.Column("artisan_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("earned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('piece')", name=op.f("ck_earning_kind_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_earning_amount_above_zero")),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_earning_artisan_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_earning_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_earning_entry_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_earning_reference")),
    )
    with op.batch_alter_table("earning", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_earning_artisan_id_earned_at"), ["artisan_id", "earned_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_earning_source"), ["source"], unique=False)

    op.create_table(
        "making_step",
        sa.Column("id", ID, nullable=False),
        sa.Column("making_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("rate_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "name IN ('cut', 'print', 'embroider', 'emboss', 'stitch', 'finish', 'pack')",
            name=op.f("ck_making_step_name_known"),
        ),
        sa.CheckConstraint("minutes > 0 AND rate_minor > 0", name=op.f("ck_making_step_takes_and_pays")),
        sa.ForeignKeyConstraint(["making_id"], ["making.id"], name=op.f("fk_making_step_making_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_making_step")),
        sa.UniqueConstraint("making_id", "name", name=op.f("uq_making_step_making_id_name")),
        sa.UniqueConstraint("making_id", "position", name=op.f("uq_making_step_making_id_position")),
    )
    op.create_table(
        "order_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("making_id", ID, nullable=True),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("option", sa.String(length=40), nullable=False),
        sa.Column("hsn", sa.String(length=8), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("ready_in_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0 AND total_minor = quantity * unit_minor", name=op.f("ck_order_line_adds_up")),
        sa.ForeignKeyConstraint(["making_id"], ["making.id"], name=op.f("fk_order_line_making_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_line_order_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_order_line_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_line_order_id_position")),
    )
    op.create_table(
        "payout",
        sa.Column("id", ID, nullable=False),
        sa.Column("artisan_id", ID, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bank_reference", sa.String(length=60), nullable=True),
        sa.CheckConstraint("method IN ('cash', 'bank', 'upi')", name=op.f("ck_payout_method_known")),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'sent', 'questioned', 'settled', 'failed', 'withdrawn')",
            name=op.f("ck_payout_status_known"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payout_amount_above_zero")),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_payout_two_people")),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_payout_artisan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout")),
        sa.UniqueConstraint("bank_reference", name=op.f("uq_payout_bank_reference")),
    )
    with op.batch_alter_table("payout", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payout_artisan_id_id"), ["artisan_id", "id"], unique=False)
        batch_op.create_index(
            "uq_payout_one_open",
            ["artisan_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('proposed', 'approved', 'sent', 'questioned')"),
            postgresql_where=sa.text("status IN ('proposed', 'approved', 'sent', 'questioned')"),
        )

    op.create_table(
        "picture",
        sa.Column("id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("variant_id", ID, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("alt", sa.String(length=200), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_picture_product_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_picture_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
    )
    with op.batch_alter_table("picture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_picture_product_id"), ["product_id"], unique=False)

    op.create_table(
        "price",
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_price_amount_above_zero")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_price_variant_id")),
        sa.PrimaryKeyConstraint("variant_id", "currency", name=op.f("pk_price")),
    )
    op.create_table(
        "production_order",
        sa.Column("id", ID, nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("making_id", ID, nullable=False),
        sa.Column("centre_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_production_order_asks_for_some")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_production_order_centre_id")),
        sa.ForeignKeyConstraint(["making_id"], ["making.id"], name=op.f("fk_production_order_making_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_production_order_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_order")),
        sa.UniqueConstraint("reference", name=op.f("uq_production_order_reference")),
    )
    with op.batch_alter_table("production_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_production_order_centre_id"), ["centre_id"], unique=False)

    op.create_table(
        "refund_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("refund_id", ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_refund_event_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_event")),
    )
    with op.batch_alter_table("refund_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refund_event_refund_id"), ["refund_id"], unique=False)

    op.create_table(
        "reservation",
        sa.Column("id", ID, nullable=False),
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("from_stock", sa.Boolean(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("filled", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('held', 'waiting', 'allocated', 'released', 'shipped')",
            name=op.f("ck_reservation_status_known"),
        ),
        sa.CheckConstraint("quantity > 0 AND filled BETWEEN 0 AND quantity", name=op.f("ck_reservation_filled_within")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_reservation_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
        sa.UniqueConstraint("reference", "from_stock", "round", name=op.f("uq_reservation_reference_from_stock_round")),
    )
    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reservation_reference"), ["reference"], unique=False)
        batch_op.create_index(batch_op.f("ix_reservation_variant_id"), ["variant_id"], unique=False)
        batch_op.create_index(
            "ix_reservation_waiting",
            ["variant_id", "waiting_since"],
            unique=False,
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        )

    op.create_table(
        "stock",
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.CheckConstraint("0 <= reserved AND reserved <= on_hand", name=op.f("ck_stock_promises_covered")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_stock_variant_id")),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_stock")),
    )
    op.create_table(
        "stock_movement",
        sa.Column("id", ID, nullable=False),
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "kind IN ('receipt', 'sale', 'return', 'adjustment')", name=op.f("ck_stock_movement_kind_known")
        ),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_stock_movement_moves_something")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_stock_movement_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movement")),
        sa.UniqueConstraint("reference", name=op.f("uq_stock_movement_reference")),
    )
    with op.batch_alter_table("stock_movement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_movement_variant_id"), ["variant_id"], unique=False)

    op.create_table(
        "payout_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("payout_id", ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_payout_event_payout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_event")),
    )
    with op.batch_alter_table("payout_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payout_event_payout_id"), ["payout_id"], unique=False)

    op.create_table(
        "piece",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["production_order.id"], name=op.f("fk_piece_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_piece")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_piece_order_id_number")),
    )
    op.create_table(
        "rendition",
        sa.Column("id", ID, nullable=False),
        sa.Column("picture_id", ID, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["picture_id"], ["picture.id"], name=op.f("fk_rendition_picture_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendition")),
        sa.UniqueConstraint("picture_id", "width", "format", name=op.f("uq_rendition_picture_id_width_format")),
    )
    with op.batch_alter_table("rendition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rendition_picture_id"), ["picture_id"], unique=False)

    op.create_table(
        "task",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("step_id", ID, nullable=False),
        sa.Column("artisan_id", ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("rate_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_by", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "status IN ('offered', 'accepted', 'started', 'submitted', 'rework', 'checked', 'declined', 'withdrawn')",
            name=op.f("ck_task_status_known"),
        ),
        sa.CheckConstraint("rate_minor > 0", name=op.f("ck_task_pays")),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_task_artisan_id")),
        sa.ForeignKeyConstraint(["order_id"], ["production_order.id"], name=op.f("fk_task_order_id")),
        sa.ForeignKeyConstraint(["step_id"], ["making_step.id"], name=op.f("fk_task_step_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_artisan_id_status"), ["artisan_id", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_order_id"), ["order_id"], unique=False)

    op.create_table(
        "tax_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("order_line_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("hsn", sa.String(length=8), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("rate_from", sa.Date(), nullable=False),
        sa.Column("taxable_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('cgst', 'sgst', 'igst', 'zero')", name=op.f("ck_tax_line_kind_known")),
        sa.CheckConstraint("amount_minor >= 0 AND taxable_minor >= 0", name=op.f("ck_tax_line_not_negative")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_tax_line_order_id")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_tax_line_order_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_line")),
    )
    with op.batch_alter_table("tax_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tax_line_order_id"), ["order_id"], unique=False)

    op.create_table(
        "unit",
        sa.Column("id", ID, nullable=False),
        sa.Column("variant_id", ID, nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("tag", sa.String(length=16), nullable=False),
        sa.Column("reservation_id", ID, nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservation.id"], name=op.f("fk_unit_reservation_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_unit_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("reference", name=op.f("uq_unit_reference")),
        sa.UniqueConstraint("tag", name=op.f("uq_unit_tag")),
    )
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_reservation_id"), ["reservation_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_unit_variant_id_reservation_id_gone_at"),
            ["variant_id", "reservation_id", "gone_at"],
            unique=False,
        )

    op.create_table(
        "task_check",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("rework", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("passed + rework + rejected > 0", name=op.f("ck_task_check_looked_at_some")),
        sa.CheckConstraint("passed >= 0 AND rework >= 0 AND rejected >= 0", name=op.f("ck_task_check_counts")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_check_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_check")),
    )
    with op.batch_alter_table("task_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_check_task_id"), ["task_id"], unique=False)

    op.create_table(
        "task_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_event_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_event")),
    )
    with op.batch_alter_table("task_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_event_task_id"), ["task_id"], unique=False)

    op.create_table(
        "task_piece",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("piece_id", ID, nullable=False),
        sa.Column("step_id", ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'rework', 'accepted', 'rejected', 'dropped')", name=op.f("ck_task_piece_status_known")
        ),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.id"], name=op.f("fk_task_piece_piece_id")),
        sa.ForeignKeyConstraint(["step_id"], ["making_step.id"], name=op.f("fk_task_piece_step_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_piece_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_piece")),
        sa.UniqueConstraint("task_id", "piece_id", name=op.f("uq_task_piece_task_id_piece_id")),
    )
    with op.batch_alter_table("task_piece", schema=None) as batch_op:
        batch_op.create_index(
            "uq_task_piece_step",
            ["piece_id", "step_id"],
            unique=True,
            sqlite_where=sa.text("status <> 'dropped'"),
            postgresql_where=sa.text("status <> 'dropped'"),
        )

    op.create_table(
        "unit_maker",
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("artisan_id", ID, nullable=False),
        sa.Column("earned_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_unit_maker_artisan_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_maker_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "step", name=op.f("pk_unit_maker")),
    )
    with op.batch_alter_table("unit_maker", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_maker_artisan_id"), ["artisan_id"], unique=False)

    append_only.create(op.get_bind().dialect.name, op.execute, BOOKS)


def downgrade_() -> None:
    with op.batch_alter_table("unit_maker", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_maker_artisan_id"))

    op.drop_table("unit_maker")
    with op.batch_alter_table("task_piece", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_task_piece_step",
            sqlite_where=sa.text("status <> 'dropped'"),
            postgresql_where=sa.text("status <> 'dropped'"),
        )

    op.drop_table("task_piece")
    with op.batch_alter_table("task_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_event_task_id"))

    op.drop_table("task_event")
    with op.batch_alter_table("task_check", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_check_task_id"))

    op.drop_table("task_check")
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_variant_id_reservation_id_gone_at"))
        batch_op.drop_index(batch_op.f("ix_unit_reservation_id"))

    op.drop_table("unit")
    with op.batch_alter_table("tax_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tax_line_order_id"))

    op.drop_table("tax_line")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_order_id"))
        batch_op.drop_index(batch_op.f("ix_task_artisan_id_status"))

    op.drop_table("task")
    with op.batch_alter_table("rendition", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rendition_picture_id"))

    op.drop_table("rendition")
    op.drop_table("piece")
    with op.batch_alter_table("payout_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payout_event_payout_id"))

    op.drop_table("payout_event")
    with op.batch_alter_table("stock_movement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stock_movement_variant_id"))

    op.drop_table("stock_movement")
    op.drop_table("stock")
    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_reservation_waiting",
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        )
        batch_op.drop_index(batch_op.f("ix_reservation_variant_id"))
        batch_op.drop_index(batch_op.f("ix_reservation_reference"))

    op.drop_table("reservation")
    with op.batch_alter_table("refund_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refund_event_refund_id"))

    op.drop_table("refund_event")
    with op.batch_alter_table("production_order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_production_order_centre_id"))

    op.drop_table("production_order")
    op.drop_table("price")
    with op.batch_alter_table("picture", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_picture_product_id"))

    op.drop_table("picture")
    with op.batch_alter_table("payout", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_payout_one_open",
            sqlite_where=sa.text("status IN ('proposed', 'approved', 'sent', 'questioned')"),
            postgresql_where=sa.text("status IN ('proposed', 'approved', 'sent', 'questioned')"),
        )
        batch_op.drop_index(batch_op.f("ix_payout_artisan_id_id"))

    op.drop_table("payout")
    op.drop_table("order_line")
    op.drop_table("making_step")
    with op.batch_alter_table("earning", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_earning_source"))
        batch_op.drop_index(batch_op.f("ix_earning_artisan_id_earned_at"))

    op.drop_table("earning")
    op.drop_table("cart_line")
    op.drop_table("availability")
    with op.batch_alter_table("variant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_variant_product_id"))

    op.drop_table("variant")
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refund_capture_id"))

    op.drop_table("refund")
    op.drop_table("making")
    with op.batch_alter_table("artisan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_artisan_centre_id"))

    op.drop_table("artisan")
    op.drop_table("user_account")
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_status_position"))
        batch_op.drop_index(batch_op.f("ix_product_centre_id"))

    op.drop_table("product")
    with op.batch_alter_table("payment_attempt_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_attempt_event_attempt_id"))

    op.drop_table("payment_attempt_event")
    with op.batch_alter_table("capture", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_capture_attempt_id"))

    op.drop_table("capture")
    op.drop_table("shipment")
    with op.batch_alter_table("payment_attempt", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_payment_attempt_one_open",
            sqlite_where=sa.text("status IN ('requesting', 'unknown', 'pending')"),
            postgresql_where=sa.text("status IN ('requesting', 'unknown', 'pending')"),
        )
        batch_op.drop_index(batch_op.f("ix_payment_attempt_status_expires_at"))

    op.drop_table("payment_attempt")
    with op.batch_alter_table("order_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_event_order_id"))

    op.drop_table("order_event")
    with op.batch_alter_table("ledger_transfer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_transfer_entry_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_transfer_debit_account_id_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_transfer_credit_account_id_id"))

    op.drop_table("ledger_transfer")
    op.drop_table("ledger_seal")
    op.drop_table("ledger_balance")
    op.drop_table("centre")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_due")

    op.drop_table("outbox")
    op.drop_table("organisation")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_orders_status_placed_at"))

    op.drop_table("orders")
    op.drop_table("ledger_entry")
    op.drop_table("ledger_account")
    with op.batch_alter_table("gateway_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gateway_event_status_id"))

    op.drop_table("gateway_event")
    with op.batch_alter_table("cart", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cart_touched_at"))

    op.drop_table("cart")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_refuse")


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
