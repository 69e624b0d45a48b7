"""Personas, consent and stories, and the keys and triggers that hold who may be shown."""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

GROWS = {"consent": "id", "consent_withdrawal": "consent_id"}
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_MOST = {
    "sqlite": "julianday(expires_at) - julianday(given_at) <= 1096",
    "postgresql": "expires_at <= given_at + interval '1096 days'",
}
MONDAY = {
    "sqlite": "strftime('%w %H:%M:%S', publish_at) = '1 00:00:00'",
    "postgresql": "to_char(publish_at AT TIME ZONE 'UTC', 'ID HH24:MI:SS') = '1 00:00:00'",
}


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    dialect = op.get_bind().dialect.name
    op.create_index("uq_artisan_adult", "artisan", ["id", "adult_confirmed_on"], unique=True)
    op.create_table(
        "house_switch",
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_house_switch")),
    )
    op.create_table(
        "publication_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_version")),
    )
    op.create_table(
        "consent",
        sa.Column("id", ID, nullable=False),
        sa.Column("artisan_id", sa.BigInteger(), nullable=False),
        sa.Column("adult_confirmed_on", sa.Date(), nullable=False),
        sa.Column("item", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("explanation", sa.String(length=16), nullable=False),
        sa.Column("told", sa.String(length=32), nullable=False),
        sa.Column("recorded_by", ID, nullable=False),
        sa.Column("witness_id", ID, nullable=False),
        sa.Column("witness_role", sa.String(length=32), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel IN ('shop', 'packaging', 'feed', 'mail', 'social', 'donor-report')",
            name=op.f("ck_consent_channel_known"),
        ),
        sa.CheckConstraint(
            "item IN ('persona-card', 'alias', 'story-text', 'picture', 'voice', 'face', 'figures')",
            name=op.f("ck_consent_item_known"),
        ),
        sa.CheckConstraint("language IN ('en', 'bn', 'hi')", name=op.f("ck_consent_language_known")),
        sa.CheckConstraint("told IN ('read', 'played')", name=op.f("ck_consent_told_known")),
        sa.CheckConstraint(
            "witness_role IN ('finance', 'safeguarding', 'auditor', 'admin')",
            name=op.f("ck_consent_witness_no_manager"),
        ),
        sa.CheckConstraint("expires_at > given_at", name=op.f("ck_consent_lasts_a_while")),
        sa.CheckConstraint("given_at >= adult_confirmed_on", name=op.f("ck_consent_given_as_an_adult")),
        sa.CheckConstraint(AT_MOST[dialect], name=op.f("ck_consent_three_years_at_most")),
        sa.CheckConstraint("witness_id <> recorded_by", name=op.f("ck_consent_two_people")),
        sa.ForeignKeyConstraint(
            ["artisan_id", "adult_confirmed_on"],
            ["artisan.id", "artisan.adult_confirmed_on"],
            name=op.f("fk_consent_artisan_id_adult_confirmed_on"),
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_consent_recorded_by")),
        sa.ForeignKeyConstraint(["witness_id"], ["user_account.id"], name=op.f("fk_consent_witness_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consent_artisan_id_item_channel_language"),
            ["artisan_id", "item", "channel", "language"],
            unique=False,
        )

    op.create_table(
        "persona",
        sa.Column("id", ID, nullable=False),
        sa.Column("artisan_id", sa.BigInteger(), nullable=False),
        sa.Column("adult_confirmed_on", sa.Date(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("public_name", sa.String(length=40), nullable=False),
        sa.Column("name_bn", sa.String(length=40), nullable=False),
        sa.Column("name_hi", sa.String(length=40), nullable=False),
        sa.Column("emblem", sa.String(length=24), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chosen_with", sa.String(length=40), nullable=False),
        sa.CheckConstraint("length(public_id) = 16", name=op.f("ck_persona_public_id_long_enough")),
        sa.ForeignKeyConstraint(
            ["artisan_id", "adult_confirmed_on"],
            ["artisan.id", "artisan.adult_confirmed_on"],
            name=op.f("fk_persona_artisan_id_adult_confirmed_on"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persona")),
        sa.UniqueConstraint("artisan_id", name=op.f("uq_persona_artisan_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_persona_public_id")),
    )
    op.create_table(
        "story",
        sa.Column("id", ID, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("craft", sa.String(length=32), nullable=False),
        sa.Column("centre_id", ID, nullable=False),
        sa.Column("artisan_id", sa.BigInteger(), nullable=True),
        sa.Column("adult_confirmed_on", sa.Date(), nullable=True),
        sa.Column("shows_persona", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("written_by", ID, nullable=False),
        sa.Column("safeguarding_by", ID, nullable=True),
        sa.Column("reviewed_by", ID, nullable=True),
        sa.Column("approved_revision", sa.Integer(), nullable=True),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allowed_words", sa.String(length=24), nullable=True),
        sa.Column("allowed_words_by", sa.String(length=40), nullable=True),
        sa.Column("fee_minor", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status <> 'published' OR (safeguarding_by IS NOT NULL AND reviewed_by IS NOT NULL AND publish_at IS NOT NULL AND approved_revision = revision)",
            name=op.f("ck_story_two_have_read_it"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'review', 'published', 'taken-down')", name=op.f("ck_story_status_known")
        ),
        sa.CheckConstraint(MONDAY[dialect], name=op.f("ck_story_out_on_a_monday")),
        sa.CheckConstraint(
            "(artisan_id IS NULL) = (adult_confirmed_on IS NULL)", name=op.f("ck_story_hers_as_an_adult")
        ),
        sa.CheckConstraint(
            "(safeguarding_by IS NULL OR safeguarding_by <> written_by) AND (reviewed_by IS NULL OR reviewed_by <> written_by) AND (safeguarding_by IS NULL OR reviewed_by IS NULL OR safeguarding_by <> reviewed_by)",
            name=op.f("ck_story_two_who_did_not_write_it"),
        ),
        sa.CheckConstraint(
            "shows_persona = (1 = 0) OR artisan_id IS NOT NULL", name=op.f("ck_story_persona_is_someones")
        ),
        sa.ForeignKeyConstraint(
            ["artisan_id", "adult_confirmed_on"],
            ["artisan.id", "artisan.adult_confirmed_on"],
            name=op.f("fk_story_artisan_id_adult_confirmed_on"),
        ),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_story_centre_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["user_account.id"], name=op.f("fk_story_reviewed_by")),
        sa.ForeignKeyConstraint(["safeguarding_by"], ["user_account.id"], name=op.f("fk_story_safeguarding_by")),
        sa.ForeignKeyConstraint(["written_by"], ["user_account.id"], name=op.f("fk_story_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story")),
        sa.UniqueConstraint("id", "written_by", name=op.f("uq_story_id_written_by")),
        sa.UniqueConstraint("slug", name=op.f("uq_story_slug")),
    )
    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_artisan_id"), ["artisan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_story_centre_id"), ["centre_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_story_craft"), ["craft"], unique=False)

    op.create_table(
        "consent_withdrawal",
        sa.Column("consent_id", ID, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_consent_withdrawal_consent_id")),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_consent_withdrawal")),
    )
    op.create_table(
        "story_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_story_event_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story_event")),
    )
    with op.batch_alter_table("story_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_event_story_id"), ["story_id"], unique=False)

    op.create_table(
        "story_picture",
        sa.Column("id", ID, nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("alt", sa.String(length=200), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('work', 'hands', 'face')", name=op.f("ck_story_picture_kind_known")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_story_picture_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story_picture")),
    )
    with op.batch_alter_table("story_picture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_picture_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_story_picture_story_id"), ["story_id"], unique=False)

    op.create_table(
        "story_review",
        sa.Column("id", ID, nullable=False),
        sa.Column("story_id", sa.BigInteger(), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", ID, nullable=False),
        sa.Column("reviewer_role", sa.String(length=32), nullable=False),
        sa.Column("ticked", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reviewer_id <> written_by", name=op.f("ck_story_review_not_the_writer")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["user_account.id"], name=op.f("fk_story_review_reviewer_id")),
        sa.ForeignKeyConstraint(
            ["story_id", "written_by"],
            ["story.id", "story.written_by"],
            name=op.f("fk_story_review_story_id_written_by"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story_review")),
        sa.UniqueConstraint(
            "story_id", "revision", "reviewer_id", name=op.f("uq_story_review_story_id_revision_reviewer_id")
        ),
    )
    op.create_table(
        "story_text",
        sa.Column("story_id", ID, nullable=False),
        sa.Column("language", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("lead", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint("language IN ('en', 'bn', 'hi')", name=op.f("ck_story_text_language_known")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_story_text_story_id")),
        sa.PrimaryKeyConstraint("story_id", "language", name=op.f("pk_story_text")),
    )
    append_only.create(dialect, op.execute, GROWS)
    _earnings(("piece", "story"))


def downgrade_() -> None:
    op.execute("UPDATE earning SET kind = 'piece' WHERE kind = 'story'")  # the older shop knows one kind
    _earnings(("piece",))
    op.drop_table("story_text")
    op.drop_table("story_review")
    with op.batch_alter_table("story_picture", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_story_picture_story_id"))
        batch_op.drop_index(batch_op.f("ix_story_picture_name"))

    op.drop_table("story_picture")
    with op.batch_alter_table("story_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_story_event_story_id"))

    op.drop_table("story_event")
    op.drop_table("consent_withdrawal")
    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_story_craft"))
        batch_op.drop_index(batch_op.f("ix_story_centre_id"))
        batch_op.drop_index(batch_op.f("ix_story_artisan_id"))

    op.drop_table("story")
    op.drop_table("persona")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_artisan_id_item_channel_language"))

    op.drop_table("consent")
    op.drop_table("publication_version")
    op.drop_table("house_switch")
    op.drop_index("uq_artisan_adult", table_name="artisan")


def _earnings(kinds: tuple[str, ...]) -> None:
    """Hold what an earning may be for to a list."""
    values = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("earning", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_earning_kind_known"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_earning_kind_known"), f"kind IN ({values})")


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
