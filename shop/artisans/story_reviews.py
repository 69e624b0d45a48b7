"""Reading a story before it is out: two who did not write it, one of them of safeguarding, with every box ticked."""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select, update

from shop.artisans import earnings
from shop.artisans.models import Artisan, Earning, EarningKind
from shop.artisans.stories import blocking, move_on, unread, work_name_of
from shop.artisans.story_models import Story, StoryReview, StoryStatus
from shop.artisans.wordlist import Excuse
from shop.db import changed, db
from shop.errors import Conflict, Invalid, Refused
from shop.money import Money
from shop.users import audit
from shop.users.models import Role, User
from shop.users.policy import may

CHECKLIST = ("region", "dates", "family", "background", "faces", "words", "hers", "craft", "read-back")


def submit(story: Story, *, at: datetime, by: User) -> None:
    """Hand a draft to the reviewers; Refused while a word stands in it that marks and that nobody has allowed."""
    if by.id != story.written_by:
        raise Refused("story.writer_only")
    if not story.texts:
        raise Invalid("story.no_words")
    if blocking(story):
        raise Refused("story.harsh_words")
    move_on(story, StoryStatus.REVIEW, at=at, by=by.actor)


def allow_words(story: Story, excuse: Excuse, *, at: datetime, by: User) -> None:
    """Let the harsh words of this revision stand, for a reason; the safeguarding role alone, never on its own text."""
    if not may(by.role, "stories.allow-words") or by.id == story.written_by:
        raise Refused("story.safeguarding_only")
    if any(found.word == work_name_of(story) for found in blocking(story)):
        raise Refused("story.work_name")
    story.allowed_words, story.allowed_words_by = excuse.value, by.actor
    db.session.flush()
    audit.record("stories.allow-words", story.about, by=by.actor, at=at, reason=excuse.value)


def approve(story: Story, ticked: list[str], *, revision: int, fee: Money, at: datetime, by: User) -> bool:
    """Approve a story as it stood when it was read, every box ticked; True once two have and it is due to come out.

    One of the two is of safeguarding, and neither wrote it. The second approval pays the fee, once a story.
    """
    if by.id == story.written_by:
        raise Refused("story.own")
    if set(ticked) != set(CHECKLIST):
        raise Invalid("story.checklist")
    if blocking(story):
        raise Refused("story.harsh_words")
    row = {"revision": revision, "written_by": story.written_by, "ticked": sorted(set(ticked)), "at": at}
    read = select(StoryReview.id).where(StoryReview.story_id == story.id, StoryReview.revision == revision)
    if db.session.scalar(read.where(StoryReview.reviewer_id == by.id)) is not None:
        raise Conflict("story.read_already")
    _take_seat(story, revision, by)
    db.session.add(StoryReview(story_id=story.id, reviewer_id=by.id, reviewer_role=by.role, **row))
    db.session.flush()
    audit.record("stories.approve", story.about, by=by.actor, at=at, reason=f"revision:{revision}")
    if story.safeguarding_by is None or story.reviewed_by is None:
        return False
    monday = next_week(at)
    move_on(
        story,
        StoryStatus.PUBLISHED,
        at=at,
        by=by.actor,
        publish_at=monday,
        first_publish_at=story.first_publish_at or monday,
        approved_revision=revision,
    )
    _pay(story, fee, at=at, by=by)
    return True


def send_back(story: Story, note: str, *, at: datetime, by: User) -> None:
    """Give a story back to its writer with what has to change."""
    if by.id == story.written_by:
        raise Refused("story.own")
    if not note.strip():
        raise Invalid("story.note")
    move_on(story, StoryStatus.DRAFT, at=at, by=by.actor, note=note.strip()[:300], **unread())


def take_down(story: Story, *, at: datetime, by: User) -> None:
    """Take a story off every surface, from the next request on."""
    move_on(story, StoryStatus.TAKEN_DOWN, at=at, by=by.actor)
    audit.record("stories.take-down", story.about, by=by.actor, at=at)


def next_week(at: datetime) -> datetime:
    """Return the beginning of the week that comes: Monday, midnight UTC, so that the hour says nothing."""
    monday = datetime.combine(at.date() - timedelta(days=at.weekday()), time(), UTC)
    return monday if monday == at else monday + timedelta(weeks=1)


def _take_seat(story: Story, revision: int, by: User) -> None:
    """Sit down as the reader of safeguarding or as the other one; Conflict if the story has moved on meanwhile."""
    seats = ("safeguarding_by", "reviewed_by") if by.role is Role.SAFEGUARDING else ("reviewed_by",)
    for seat in seats:
        column = getattr(Story, seat)
        here = update(Story).where(Story.id == story.id, Story.status == StoryStatus.REVIEW, Story.revision == revision)
        if changed(here.where(column.is_(None)).values({seat: by.id})):
            db.session.refresh(story)
            return
    raise Conflict("story.moved_on")


def _pay(story: Story, fee: Money, *, at: datetime, by: User) -> None:
    paid = select(Earning.id).where(Earning.source == story.about, Earning.kind == EarningKind.STORY)
    if story.artisan_id is None or not fee.minor or db.session.scalar(paid.limit(1)) is not None:
        return
    earnings.credit(
        db.session.get_one(Artisan, story.artisan_id),
        fee,
        reference=f"{story.about}:{at:%Y-%m}",
        source=story.about,
        kind=EarningKind.STORY,
        at=at,
        by=by.actor,
    )
    story.fee_minor = fee.minor
    db.session.flush()
