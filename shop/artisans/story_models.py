"""Stories about the craft: their words per language, their pictures, and who has read them.

The database holds that a story which is out was read, as it now stands, by two people who did not write it, one
of them of safeguarding, and that it comes out at the beginning of a week, so that the hour says nothing.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.consent_models import Language, confirmed_adult
from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column
from shop.users.models import Role


class StoryStatus(StrEnum):
    """A draft is being written; published: read by two and out from its week on."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    TAKEN_DOWN = "taken-down"


STORY_MOVES: dict[StoryStatus, frozenset[StoryStatus]] = {
    StoryStatus.DRAFT: frozenset({StoryStatus.DRAFT, StoryStatus.REVIEW}),
    StoryStatus.REVIEW: frozenset({StoryStatus.DRAFT, StoryStatus.PUBLISHED}),
    StoryStatus.PUBLISHED: frozenset({StoryStatus.DRAFT, StoryStatus.TAKEN_DOWN}),
    StoryStatus.TAKEN_DOWN: frozenset({StoryStatus.DRAFT}),
}


class PictureKind(StrEnum):
    """What a picture of a story shows. A face needs the house's switch and a consent of its own."""

    WORK = "work"
    HANDS = "hands"
    FACE = "face"


class Story(Model):
    """A story of one craft. With an artisan it is hers; without, it is told by the women of our centres."""

    __tablename__ = "story"
    __table_args__ = (
        confirmed_adult(),
        one_of("status", StoryStatus),
        CheckConstraint("(artisan_id IS NULL) = (adult_confirmed_on IS NULL)", name="hers_as_an_adult"),
        CheckConstraint("shows_persona = (1 = 0) OR artisan_id IS NOT NULL", name="persona_is_someones"),
        CheckConstraint(
            "status <> 'published' OR (safeguarding_by IS NOT NULL AND reviewed_by IS NOT NULL "
            "AND publish_at IS NOT NULL AND approved_revision = revision)",
            name="two_have_read_it",
        ),
        CheckConstraint(
            "(safeguarding_by IS NULL OR safeguarding_by <> written_by) "
            "AND (reviewed_by IS NULL OR reviewed_by <> written_by) "
            "AND (safeguarding_by IS NULL OR reviewed_by IS NULL OR safeguarding_by <> reviewed_by)",
            name="two_who_did_not_write_it",
        ),
        CheckConstraint("strftime('%w %H:%M:%S', publish_at) = '1 00:00:00'", name="out_on_a_monday").ddl_if(
            dialect="sqlite"
        ),
        CheckConstraint(
            "to_char(publish_at AT TIME ZONE 'UTC', 'ID HH24:MI:SS') = '1 00:00:00'", name="out_on_a_monday"
        ).ddl_if(dialect="postgresql"),
        UniqueConstraint("id", "written_by"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    craft: Mapped[str] = mapped_column(String(32), index=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"), index=True)
    artisan_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    adult_confirmed_on: Mapped[date | None]
    shows_persona: Mapped[bool] = mapped_column(default=False)
    status: Mapped[StoryStatus] = mapped_column(status_column(StoryStatus))
    revision: Mapped[int] = mapped_column(default=1)
    written_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    safeguarding_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_revision: Mapped[int | None]
    publish_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    first_publish_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    allowed_words: Mapped[str | None] = mapped_column(String(24))
    allowed_words_by: Mapped[str | None] = mapped_column(String(40))
    fee_minor: Mapped[int | None] = mapped_column(Minor)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    texts: Mapped[list["StoryText"]] = relationship(order_by="StoryText.language", cascade="all, delete-orphan")
    pictures: Mapped[list["StoryPicture"]] = relationship(
        order_by="StoryPicture.id",
        primaryjoin="and_(Story.id == StoryPicture.story_id, StoryPicture.removed_at.is_(None))",
    )

    @property
    def about(self) -> str:
        """Return how a consent names this story."""
        return f"story:{self.id}"

    def text_in(self, language: str) -> "StoryText | None":
        """Return its words in a language, or None."""
        return next((text for text in self.texts if text.language == language), None)


class StoryText(Model):
    """A story's words in one language: plain text, an empty line between paragraphs."""

    __tablename__ = "story_text"
    __table_args__ = (one_of("language", Language),)

    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), primary_key=True)
    language: Mapped[Language] = mapped_column(status_column(Language), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    lead: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)

    @property
    def paragraphs(self) -> list[str]:
        """Return the body's paragraphs."""
        return [" ".join(part.split()) for part in self.body.split("\n\n") if part.strip()]


class StoryPicture(Model):
    """A picture of a story. Its row stays when it is taken out, so that its files never answer as anything else."""

    __tablename__ = "story_picture"
    __table_args__ = (one_of("kind", PictureKind),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)
    kind: Mapped[PictureKind] = mapped_column(status_column(PictureKind))
    name: Mapped[str] = mapped_column(String(32), index=True)
    alt: Mapped[str] = mapped_column(String(200))
    width: Mapped[int]
    height: Mapped[int]
    ground: Mapped[str] = mapped_column(String(7), default="", server_default="")
    whole: Mapped[bool] = mapped_column(default=False, server_default=false())
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class StoryReview(Model):
    """One who has read a story as it stood at a revision, with every box that she ticked."""

    __tablename__ = "story_review"
    __table_args__ = (
        ForeignKeyConstraint(["story_id", "written_by"], ["story.id", "story.written_by"]),
        UniqueConstraint("story_id", "revision", "reviewer_id"),
        CheckConstraint("reviewer_id <> written_by", name="not_the_writer"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    story_id: Mapped[int] = mapped_column(BigInteger)
    written_by: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int]
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reviewer_role: Mapped[Role] = mapped_column(status_column(Role))
    ticked: Mapped[list[str]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class StoryEvent(Model):
    """Who moved a story to which status, at which revision, and when."""

    __tablename__ = "story_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)
    status: Mapped[StoryStatus] = mapped_column(status_column(StoryStatus))
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(300))
