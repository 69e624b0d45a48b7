"""Access: more roles, sign-ins as rows, and the audit with the triggers that keep it append-only."""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BEFORE = ("artisan", "manager", "finance", "admin")
SINCE = ("customer", "artisan", "manager", "finance", "safeguarding", "auditor", "admin")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_record",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_record")),
    )
    with op.batch_alter_table("audit_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_record_act"), ["act"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_record_by"), ["by"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_record_subject"), ["subject"], unique=False)

    op.create_table(
        "sign_in",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stepped_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_sign_in_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_user_id"), ["user_id"], unique=False)

    append_only.create(op.get_bind().dialect.name, op.execute, {"audit_record": "seq"})
    _roles(SINCE)


def downgrade_() -> None:
    newer = ", ".join(f"'{role}'" for role in SINCE if role not in BEFORE)
    op.execute(  # an account that the older shop cannot name stays in the records, closed, and nobody signs in with it
        "UPDATE user_account SET role = 'finance', secret_hash = 'none', disabled_at = CURRENT_TIMESTAMP "
        f"WHERE role IN ({newer})"
    )
    _roles(BEFORE)
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_user_id"))

    op.drop_table("sign_in")
    with op.batch_alter_table("audit_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_record_subject"))
        batch_op.drop_index(batch_op.f("ix_audit_record_by"))
        batch_op.drop_index(batch_op.f("ix_audit_record_act"))

    op.drop_table("audit_record")
    op.drop_table("audit_head")


def _roles(known: tuple[str, ...]) -> None:
    """Hold the roles of user_account to a list."""
    values = ", ".join(f"'{role}'" for role in known)
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_user_account_role_known"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_user_account_role_known"), f"role IN ({values})")


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
