"""A correction may name whom to credit instead, and a share how often it was divided anew; finished pieces follow. A
rejected piece may be counted after all, and mending what was not her fault is paid.

What a step of a finished piece earned is brought in line with the rates that were put right before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
STANDING = sa.text("status IN ('proposed', 'approved')")
PUT = """
SELECT c.earning_id, c.put_id, first.reference, put.amount_minor FROM correction AS c
JOIN earning AS first ON first.id = c.earning_id JOIN earning AS put ON put.id = c.put_id ORDER BY c.id
"""
FOLLOW = """
UPDATE unit_maker SET earned_minor = :minor
WHERE EXISTS (
    SELECT 1 FROM task_piece AS p JOIN piece ON piece.id = p.piece_id JOIN making_step AS s ON s.id = p.step_id
    JOIN unit ON unit.reference = 'piece:' || piece.id
    WHERE unit.id = unit_maker.unit_id AND s.name = unit_maker.step AND p.status = 'accepted'
    AND p.task_id = :task AND piece.number = :number
)
"""


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.add_column(sa.Column("credit_artisan_id", NUMBER, nullable=True))
        batch_op.create_foreign_key(op.f("fk_correction_credit_artisan_id"), "artisan", ["credit_artisan_id"], ["id"])
        batch_op.create_check_constraint(
            op.f("ck_correction_credits_a_sum"), "credit_artisan_id IS NULL OR right_minor IS NOT NULL"
        )
    with op.batch_alter_table("share", schema=None) as batch_op:
        batch_op.add_column(sa.Column("divided", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_check_constraint(op.f("ck_share_divided_so_often"), "divided >= 0")
    _follow_rates()
    _recounts()
    _mendings()


def _mendings() -> None:
    with op.batch_alter_table("task_check", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mend_minor", sa.BigInteger(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_task_check_pays_to_mend"),
            "mend_minor IS NULL OR mend_minor > 0 AND rework > 0 AND cause <> 'work'",
        )
    op.create_table(
        "mending",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("check_id", NUMBER, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_mending_counts_from_one")),
        sa.ForeignKeyConstraint(["entry_id"], ["task_piece.id"], name=op.f("fk_mending_entry_id")),
        sa.ForeignKeyConstraint(["check_id"], ["task_check.id"], name=op.f("fk_mending_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mending")),
        sa.UniqueConstraint("entry_id", "number", name=op.f("uq_mending_entry_id_number")),
        sa.UniqueConstraint("entry_id", "check_id", name=op.f("uq_mending_entry_id_check_id")),
    )
    op.create_index(op.f("ix_mending_check_id"), "mending", ["check_id"])
    _kinds("piece", "story", "design", "rework")


def _kinds(*known: str) -> None:
    """Hold what an earning may be for to a list."""
    with op.batch_alter_table("earning", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_earning_kind_known"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_earning_kind_known"), f"kind IN ({', '.join(repr(each) for each in known)})"
        )


def _recounts() -> None:
    op.create_table(
        "recount",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("is_there", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("proposed_by", sa.String(40), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.String(40), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("answer", sa.String(200), nullable=True),
        sa.CheckConstraint(
            "status = 'withdrawn' OR decided_by IS NULL OR decided_by <> proposed_by",
            name=op.f("ck_recount_two_people"),
        ),
        sa.CheckConstraint(
            "(status = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_recount_decided_whole"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'declined', 'withdrawn')", name=op.f("ck_recount_status_known")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["task_piece.id"], name=op.f("fk_recount_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recount")),
    )
    op.create_index(
        "uq_recount_one_standing",
        "recount",
        ["entry_id"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )


def _follow_rates() -> None:
    """Write what was put right of a piece's rate on its record; the first earning of a chain names the piece."""
    connection = op.get_bind()
    named: dict[int, str] = {}
    for earning_id, put_id, reference, minor in connection.execute(sa.text(PUT)).all():
        named[put_id] = named.get(earning_id, reference)
        kind, _colon, rest = named[put_id].partition(":")
        task, _piece, number = rest.partition(":piece:")
        if kind == "task":
            connection.execute(sa.text(FOLLOW), {"minor": minor, "task": int(task), "number": int(number)})


def downgrade_() -> None:
    op.execute("UPDATE earning SET kind = 'piece' WHERE kind = 'rework'")  # the older shop knows one kind of wages
    _kinds("piece", "story", "design")
    op.drop_table("mending")
    with op.batch_alter_table("task_check", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_task_check_pays_to_mend"), type_="check")
        batch_op.drop_column("mend_minor")
    op.drop_table("recount")
    with op.batch_alter_table("share", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_share_divided_so_often"), type_="check")
        batch_op.drop_column("divided")
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_correction_credits_a_sum"), type_="check")
        batch_op.drop_constraint(op.f("fk_correction_credit_artisan_id"), type_="foreignkey")
        batch_op.drop_column("credit_artisan_id")


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
