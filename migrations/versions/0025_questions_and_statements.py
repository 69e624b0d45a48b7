"""Questions about lines of her passbook, the close of a month by finance, and her statement of it with its files."""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
GROWING = {"line_question_event": "id", "month_close": "id", "slip": "id", "slip_file": "id"}
STATUSES = "'open', 'answered', 'withdrawn'"
WHOLE = (
    "(status = 'answered') = (answer IS NOT NULL) AND (answer IS NULL) = (answered_by IS NULL) "
    "AND (answer IS NULL) = (answered_at IS NULL)"
)


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    _questions()
    _statements()
    append_only.create(op.get_bind().dialect.name, op.execute, GROWING)


def _questions() -> None:
    op.create_table(
        "line_question",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("artisan_id", NUMBER, nullable=False),
        sa.Column("transfer_id", NUMBER, nullable=False),
        sa.Column("line_on", sa.Date(), nullable=False),
        sa.Column("asked", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint(WHOLE, name=op.f("ck_line_question_answered_whole")),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_line_question_status_known")),
        sa.CheckConstraint(
            "asked IN ('too-little', 'not-mine', 'not-clear', 'to-talk')", name=op.f("ck_line_question_asked_known")
        ),
        sa.CheckConstraint(
            "answer IN ('right', 'put-right', 'talked', 'come-by')", name=op.f("ck_line_question_answer_known")
        ),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_line_question_artisan_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["ledger_transfer.id"], name=op.f("fk_line_question_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_question")),
    )
    op.create_index(op.f("ix_line_question_artisan_id_id"), "line_question", ["artisan_id", "id"])
    op.create_index(op.f("ix_line_question_status_line_on"), "line_question", ["status", "line_on"])
    op.create_index(op.f("ix_line_question_transfer_id"), "line_question", ["transfer_id"])
    is_open = sa.text("status = 'open'")
    op.create_index(
        "uq_line_question_one_open",
        "line_question",
        ["transfer_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "line_question_event",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("question_id", NUMBER, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["line_question.id"], name=op.f("fk_line_question_event_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_question_event")),
    )
    op.create_index(op.f("ix_line_question_event_question_id"), "line_question_event", ["question_id"])


def _statements() -> None:
    op.create_table(
        "month_close",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("period_id", NUMBER, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("unanswered = 0 OR note IS NOT NULL", name=op.f("ck_month_close_said_why")),
        sa.ForeignKeyConstraint(["period_id"], ["ledger_period.id"], name=op.f("fk_month_close_period_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_close")),
        sa.UniqueConstraint("month", name=op.f("uq_month_close_month")),
        sa.UniqueConstraint("period_id", name=op.f("uq_month_close_period_id")),
    )
    op.create_table(
        "slip",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("artisan_id", NUMBER, nullable=False),
        sa.Column("period_id", NUMBER, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_slip_artisan_id")),
        sa.ForeignKeyConstraint(["period_id"], ["ledger_period.id"], name=op.f("fk_slip_period_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip")),
        sa.UniqueConstraint("artisan_id", "month", name=op.f("uq_slip_artisan_id_month")),
    )
    op.create_index(op.f("ix_slip_period_id"), "slip", ["period_id"])
    op.create_table(
        "slip_file",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("slip_id", NUMBER, nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.CheckConstraint("language IN ('bn', 'hi', 'en')", name=op.f("ck_slip_file_language_known")),
        sa.ForeignKeyConstraint(["slip_id"], ["slip.id"], name=op.f("fk_slip_file_slip_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip_file")),
        sa.UniqueConstraint("slip_id", "language", name=op.f("uq_slip_file_slip_id_language")),
    )


def downgrade_() -> None:
    for table in ("slip_file", "slip", "month_close", "line_question_event", "line_question"):
        op.drop_table(table)


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
