"""Stories: two others read what one wrote, any edit takes it down, and the fee stands in her passbook once."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from shop.artisans import stories, story_reviews
from shop.artisans.consent_models import Channel, Item
from shop.artisans.models import Earning, EarningKind
from shop.artisans.story_models import PictureKind, StoryReview, StoryStatus
from shop.artisans.story_reviews import CHECKLIST
from shop.artisans.wordlist import Excuse, Reason, looks_like_a_real_name, warnings
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger import balances
from tests.artisans import publishing
from tests.artisans.publishing import FEE, SLUG, agree, draft, get, publish, read, story_of, told
from tests.conftest import both_databases
from tests.workshop import artisan, user
from tests.world import World

PAGE = f"/stories/{SLUG}"


def submit(world: World, story_id: int) -> None:
    with world.writing() as at:
        story_reviews.submit(story_of(user("Meera"), story_id), at=at, by=user("Meera"))


def edit(world: World, story_id: int, how: str) -> None:
    with world.writing() as at:
        story, by = story_of(user("Meera"), story_id), user("Meera")
        match how:
            case "words":
                teller = artisan("Rina") if story.artisan_id else None
                stories.rewrite(
                    story, "block-print", publishing.words("en"), artisan=teller, shows_persona=False, at=at, by=by
                )
            case "a picture more":
                stories.add_picture(story, PictureKind.WORK, "f" * 32, "A frame", (900, 700), at=at, by=by)
            case "a picture less":
                stories.remove_picture(story, story.pictures[0].id, at=at, by=by)


@both_databases
def test_a_story_comes_out_on_the_monday_after_two_have_read_it(world: World) -> None:
    story_id = draft(world, teller=None)
    submit(world, story_id)

    assert read(world, story_id, "Anita") is False
    assert read(world, story_id, "Nasrin") is True
    story = get(world, story_id)
    assert (story.status, story.approved_revision) == (StoryStatus.PUBLISHED, story.revision)
    assert story.publish_at is not None and story.publish_at.strftime("%a %H:%M:%S") == "Mon 00:00:00"
    stranger = world.browser()
    assert stranger.get(PAGE).status_code == 404
    world.clock.at = story.publish_at - timedelta(seconds=1)
    assert stranger.get(PAGE).status_code == 404
    world.clock.at = story.publish_at
    assert stranger.get(PAGE).status_code == 200


@both_databases
def test_without_safeguarding_it_never_comes_out(world: World) -> None:
    story_id = draft(world, teller=None)
    submit(world, story_id)
    read(world, story_id, "Anita")

    with pytest.raises(Conflict, match="moved_on"), world.writing() as at:
        story = story_of(user("Anita"), story_id)
        story_reviews.approve(story, list(CHECKLIST), revision=story.revision, fee=FEE, at=at, by=user("Farida"))
    with pytest.raises(Conflict, match="read_already"):
        read(world, story_id, "Anita")
    assert get(world, story_id).status is StoryStatus.REVIEW


def test_who_wrote_it_does_not_read_it(world: World) -> None:
    story_id = draft(world, teller=None)
    submit(world, story_id)

    with pytest.raises(Refused, match=r"story\.own"):
        read(world, story_id, "Meera")
    with pytest.raises(Refused, match=r"story\.own"), world.writing() as at:
        story_reviews.send_back(story_of(user("Meera"), story_id), "No", at=at, by=user("Meera"))


def test_nobody_else_writes_in_it(world: World) -> None:
    story_id = draft(world, teller=None)

    with pytest.raises(Refused, match="writer_only"), world.writing() as at:
        story = story_of(user("Anita"), story_id)
        stories.rewrite(
            story, "block-print", publishing.words(), artisan=None, shows_persona=False, at=at, by=user("Anita")
        )


@pytest.mark.parametrize("box", CHECKLIST)
def test_every_box_has_to_be_ticked(world: World, box: str) -> None:
    story_id = draft(world, teller=None, picture=False)
    submit(world, story_id)

    with pytest.raises(Invalid, match="checklist"):
        read(world, story_id, "Nasrin", [each for each in CHECKLIST if each != box])


@both_databases
@pytest.mark.parametrize("how", ["words", "a picture more", "a picture less"])
def test_any_edit_takes_it_down_until_it_was_read_again(world: World, how: str) -> None:
    story_id = draft(world, teller=None)
    publish(world, story_id)
    stranger = world.browser()
    assert stranger.get(PAGE).status_code == 200

    edit(world, story_id, how)

    assert stranger.get(PAGE).status_code == 410
    story = get(world, story_id)
    assert (story.status, story.safeguarding_by, story.reviewed_by, story.publish_at) == (
        StoryStatus.DRAFT, None, None, None,
    )  # fmt: skip
    publish(world, story_id)
    assert stranger.get(PAGE).status_code == 200


def test_an_edit_in_between_voids_the_first_approval(world: World) -> None:
    story_id = draft(world, teller=None)
    submit(world, story_id)
    read(world, story_id, "Nasrin")
    old = get(world, story_id).revision

    edit(world, story_id, "words")
    submit(world, story_id)

    with pytest.raises(Conflict, match="moved_on"), world.writing() as at:
        story = story_of(user("Anita"), story_id)
        story_reviews.approve(story, list(CHECKLIST), revision=old, fee=FEE, at=at, by=user("Anita"))
    assert read(world, story_id, "Anita") is False


@both_databases
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE story SET status = 'published'",
        "UPDATE story SET status = 'published', safeguarding_by = 5, reviewed_by = 5, approved_revision = revision, "
        "publish_at = '2026-11-23 00:00:00'",
        "UPDATE story SET status = 'published', safeguarding_by = written_by, reviewed_by = 5, "
        "approved_revision = revision, publish_at = '2026-11-23 00:00:00'",
        "UPDATE story SET status = 'published', safeguarding_by = 5, reviewed_by = 4, "
        "approved_revision = revision - 1, publish_at = '2026-11-23 00:00:00'",
        "UPDATE story SET publish_at = '2026-11-24 00:00:00'",
        "UPDATE story SET publish_at = '2026-11-23 09:41:07'",
        "UPDATE story SET adult_confirmed_on = NULL",
        "UPDATE story SET adult_confirmed_on = '2026-01-01'",
        "UPDATE story SET artisan_id = NULL, adult_confirmed_on = NULL, shows_persona = (1 = 1)",
        "INSERT INTO story_review (story_id, written_by, revision, reviewer_id, reviewer_role, ticked, at) "
        "SELECT id, written_by, revision, written_by, 'manager', '[]', '2026-11-20 00:00:00' FROM story",
        "INSERT INTO story_review (story_id, written_by, revision, reviewer_id, reviewer_role, ticked, at) "
        "SELECT id, written_by + 1, revision, written_by, 'manager', '[]', '2026-11-20 00:00:00' FROM story",
    ],
)
def test_the_database_itself_refuses(world: World, statement: str) -> None:
    draft(world, picture=False)

    with pytest.raises(DatabaseError), world.writing():
        db.session.execute(text(statement))


@both_databases
def test_one_reads_it_once_a_revision(world: World) -> None:
    story_id = draft(world, teller=None, picture=False)
    submit(world, story_id)
    read(world, story_id, "Nasrin")

    with pytest.raises(DatabaseError), world.writing() as at:
        row = db.session.scalars(select(StoryReview)).one()
        again = {"story_id": story_id, "written_by": row.written_by, "revision": row.revision, "at": at}
        db.session.add(StoryReview(**again, reviewer_id=row.reviewer_id, reviewer_role="safeguarding", ticked=[]))


@pytest.mark.parametrize(
    ("at", "monday"),
    [
        (datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        (datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        (datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)),
    ],
)
def test_the_hour_says_nothing(at: datetime, monday: datetime) -> None:
    assert story_reviews.next_week(at) == monday


@pytest.mark.parametrize(
    ("said", "reason", "harsh"),
    [
        ("She is a survivor of much.", Reason.MARKS, True),
        ("one of the RESCUED girls", Reason.MARKS, True),
        ("তিনি পাচারের শিকার", Reason.MARKS, True),
        ("একজন নির্যাতিতা", Reason.MARKS, True),
        ("वह पीड़िता थी", Reason.MARKS, True),
        ("a helpless woman", Reason.PITY, False),
        ("অসহায় মেয়ে", Reason.PITY, False),
        ("बेचारी लड़की", Reason.PITY, False),
        ("in her village", Reason.PLACE, False),
        ("গোসাবার ঘাটে", Reason.PLACE, False),
        ("her husband sews too", Reason.FAMILY, False),
        ("in 2014 she began", Reason.DATE, False),
        ("২০১৪ সালে", Reason.DATE, False),
        ("Rina stitched it", Reason.NAME, True),
    ],
)
def test_words_that_should_not_stand(said: str, reason: Reason, harsh: bool) -> None:
    assert (reason, harsh) in {(found.reason, found.harsh) for found in warnings(said, "Rina")}


@pytest.mark.parametrize(
    "said",
    [
        "The season for indigo",
        "Reasons to stitch",
        "grapes and drapes",
        "সুচ তিন সুতোর নিচে যায়",
        "सुई तीन धागों के नीचे",
        "36 cm",
    ],
)
def test_words_of_the_craft_stand(said: str) -> None:
    assert warnings(said, "Rina") == []


def test_what_looks_like_a_name_on_papers() -> None:
    assert [looks_like_a_real_name(name) for name in ("Doyel", "Anjali Das", "Khatun", "মণ্ডল")] == [
        False, True, True, True,
    ]  # fmt: skip


def test_a_word_that_marks_stops_it_until_safeguarding_gives_a_reason(world: World) -> None:
    story_id = draft(world, teller=None, body="Taught by the Survivor Stitch Society.")
    with pytest.raises(Refused, match="harsh_words"):
        submit(world, story_id)
    for name in ("Meera", "Anita"):
        with pytest.raises(Refused, match="safeguarding_only"), world.writing() as at:
            story_reviews.allow_words(story_of(user(name), story_id), Excuse.ORGANISATION, at=at, by=user(name))

    with world.writing() as at:
        story = story_of(user("Nasrin"), story_id)
        story_reviews.allow_words(story, Excuse.ORGANISATION, at=at, by=user("Nasrin"))
    submit(world, story_id)

    with world.writing() as at:
        story_reviews.send_back(story_of(user("Anita"), story_id), "Shorter", at=at, by=user("Anita"))
    with world.writing() as at:
        said = {key: stories.Words("Title", "", "a rescued girl") for key in publishing.words("en")}
        story = story_of(user("Meera"), story_id)
        stories.rewrite(story, "block-print", said, artisan=None, shows_persona=False, at=at, by=user("Meera"))
    with pytest.raises(Refused, match="harsh_words"):
        submit(world, story_id)


def test_nobody_lets_her_work_name_stand(world: World) -> None:
    story_id = draft(world, body="Rina shows how it is done.")

    with pytest.raises(Refused, match="work_name"), world.writing() as at:
        story_reviews.allow_words(story_of(user("Nasrin"), story_id), Excuse.HER_OWN_WORD, at=at, by=user("Nasrin"))


@both_databases
def test_the_fee_is_hers_once(world: World) -> None:
    story_id = draft(world)
    publish(world, story_id)
    assert fees(world) == ([FEE.minor], FEE.minor)

    edit(world, story_id, "words")
    world.advance(timedelta(days=40))
    publish(world, story_id)
    assert fees(world) == ([FEE.minor], FEE.minor)
    rina = world.browser().sign_in_artisan("Rina")
    assert "৫০০" in rina.get("/artisan/").text
    with world.reading():
        assert balances.derived("fees").minor == FEE.minor


def fees(world: World) -> tuple[list[int], int]:
    with world.reading():
        paid = db.session.scalars(select(Earning.amount_minor).where(Earning.kind == EarningKind.STORY))
        return list(paid), balances.stored("artisan:1:payable").minor


def test_a_story_of_the_centre_pays_nobody(world: World) -> None:
    publish(world, draft(world, teller=None))

    assert fees(world) == ([], 0)


def test_hands_are_someones(world: World) -> None:
    story_id = draft(world, teller=None)

    with pytest.raises(Invalid, match="hands"), world.writing() as at:
        story = story_of(user("Meera"), story_id)
        stories.add_picture(story, PictureKind.HANDS, "a" * 32, "Hands", (900, 700), at=at, by=user("Meera"))


def test_approved_by_all_but_not_by_her_is_not_shown(world: World) -> None:
    publishing.choose(world)
    story_id = draft(world)
    publish(world, story_id)
    stranger = world.browser()
    assert [stranger.get(prefix + PAGE).status_code for prefix in ("", "/bn")] == [410, 410]

    agree(world, [Item.STORY], about=f"story:{story_id}", channels=[Channel.SHOP], languages=["bn"])

    assert [stranger.get(prefix + PAGE).status_code for prefix in ("", "/bn")] == [410, 200]
    page = stranger.get("/bn" + PAGE).text
    assert "noindex" in page and "ld+json" not in page and "/media/" not in page
    assert publishing.PERSONA not in page and "দোয়েলপাখি" not in page
    assert SLUG not in stranger.get("/sitemap.xml").text


def test_machines_read_an_article_that_names_nobody(world: World) -> None:
    story = told(world)
    page = world.browser().get(PAGE).text

    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert found and publishing.PERSONA in page
    article = json.loads(found[1])
    assert article["@type"] == "Article" and article["author"]["@type"] == "Organization"
    assert publishing.PERSONA not in found[1] and "Person" not in found[1]
    assert article["datePublished"] == story.publish_at.date().isoformat()
    assert f'hreflang="bn" href="http://localhost/bn{PAGE}"' in page
    assert f"<loc>http://localhost/bn{PAGE}</loc>" in world.browser().get("/sitemap.xml").text


def test_no_page_names_her_work_name_card_or_row(world: World) -> None:
    told(world)
    for path in ("/stories", PAGE, "/search?q=gauze", "/products/kalka-tote", "/sitemap.xml"):
        page = world.browser().get(path).text
        assert "Rina" not in page and "1001" not in page and "North centre" not in page


def test_another_centre_does_not_find_it(world: World) -> None:
    story_id = draft(world)

    with pytest.raises(NotFound), world.reading():
        story_of(user("Ruma"), story_id)
    assert world.browser().sign_in("Ruma").get(f"/manager/stories/{story_id}").status_code == 404


def test_the_version_moves_when_a_story_does(world: World) -> None:
    story_id = draft(world, teller=None)
    publish(world, story_id)
    before = publishing.number(world)
    with world.writing() as at:
        story_reviews.take_down(story_of(user("Meera"), story_id), at=at, by=user("Meera"))

    assert publishing.number(world) > before
    assert world.browser().get(PAGE).status_code == 410
