"""A thank-you from the order's page to the makers' phones: who reads it, what may not stand in it, who wants none."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shop import duties, privacy
from shop.db import db
from shop.errors import Conflict
from shop.orders import lifecycle, thanks
from shop.orders.thanks_models import Thanks, ThanksFor
from shop.users import audit, enrolment
from shop.users.audit import AuditRecord
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.letters import letters, text_of
from tests.orders.her_life import dump
from tests.sharing import bought_and_made, order_of, send
from tests.two_centres import POUCH, pouch
from tests.workshop import user
from tests.world import Browser, World

WORDS = "The hibiscus goes to the library with me. What fine stitches!"
BENGALI = "জবা ফুলের ব্যাগটা খুব সুন্দর হয়েছে।"


def arrived(world: World, **fields: str) -> str:
    """Let a messenger that Rina stitched and Mala finished arrive; return the order's link."""
    link = bought_and_made(world, **fields)
    send(world, link)
    return link


def thank(world: World, link: str, text: str = WORDS, name: str = "Asha") -> int:
    return world.browser().post(f"{link}/thanks", {"thanks_text": text, "thanks_name": name}).status_code


def decide(world: World, answer: str = "pass", by: str = "Meera") -> int:
    """Let the office decide about the newest note; return the status."""
    with world.reading():
        newest = db.session.scalar(select(func.max(Thanks.id)))
    return world.browser().sign_in(by).post(f"/manager/thanks/{newest}/answer", {"answer": answer}).status_code


def phone(world: World, name: str) -> Browser:
    return world.browser().sign_in_artisan(name)


@both_databases
def test_from_the_order_page_to_the_phones_of_those_who_made_it(world: World) -> None:
    link = bought_and_made(world)
    send(world, link, deliver=False)
    guest, meera = world.browser(), world.browser().sign_in("Meera")
    assert "A line to the makers" not in guest.get(link).text, "nobody thanks for what has not come"
    assert thank(world, link) == 409
    with world.writing() as at:
        lifecycle.deliver(order_of(link), at=at, by=user("Meera").actor)
    mail = text_of(letters(world, "asha@test.example")[-1])
    assert "a line to the women who made it" in mail
    assert 'value="Asha"' in guest.get(link).text, "her first name alone is suggested"

    assert thank(world, link) == 303
    assert thank(world, link, "Another one") == 409
    shown = guest.get(link).text
    assert WORDS in shown and "We read it first" in shown and 'name="thanks_text"' not in shown
    assert "1 thank-you to the makers waits to be read" in meera.get("/manager/").text
    assert WORDS in meera.get("/manager/thanks").text
    assert WORDS not in phone(world, "Rina").get("/artisan/thanks").text, "not before somebody has read it"

    assert decide(world) == 303
    assert decide(world) == 409
    assert "waits to be read" not in meera.get("/manager/").text
    for name in ("Rina", "Mala"):
        hers = phone(world, name)
        assert "Asha" in hers.get("/artisan/").text
        page = hers.get("/artisan/thanks").text
        assert WORDS in page and "Asha" in page
        assert all(word not in page for word in ("Sen", "Kolkata", "Invented", "asha@", world.order(link).number))
    assert WORDS not in phone(world, "Shila").get("/artisan/thanks").text
    told = guest.get(link).text
    assert "Handed on in the workshop" in told and not re.search("Rina|Mala", told)
    with world.reading():
        row = audit.newest(1)[0]
        assert (row.act, row.subject, row.by) == ("thanks.pass-on", "thanks:1", world.user("Meera").actor)


def test_what_may_not_stand_in_a_note_is_refused_with_a_sentence(world: World) -> None:
    link = arrived(world, line2="Lily Cottage")
    sentences = {
        "Please leave out numbers": (
            "Call me on 98300 12345", "আমাকে ফোন করুন ৯৮৩০০১২৩৪৫", "see www.example.com", "asha@test.example writes",
            "find me on Instagram", "come to 12, invented lane any day", "we are at Lily Cottage", "postcode 700 019",
        ),
        "Please leave out your surname": ("Love, Asha Sen", "The whole family Sen is glad"),
        "we pass on nothing about anyone": ("For a brave survivor", "উদ্ধার হওয়া মেয়েদের জন্য", "a victim no more"),
        "Please write a few words": ("", "   ", "\u202e\u200b", "x" * 301),
        "One first name, please": (),
    }  # fmt: skip
    guest = world.browser()
    for sentence, texts in sentences.items():
        for text in texts:
            world.advance(timedelta(minutes=16))
            answer = guest.post(f"{link}/thanks", {"thanks_text": text, "thanks_name": "Asha"})
            assert (answer.status_code, sentence in answer.text) == (422, True), text
            assert '<textarea id="thanks_text"' in answer.text, "what was typed is not lost"
    for name in ("", "Sen", "Asha Sen", "9830012345", "a@b", "x" * 25, "Survivor"):
        world.advance(timedelta(minutes=16))
        answer = guest.post(f"{link}/thanks", {"thanks_text": WORDS, "thanks_name": name})
        assert (answer.status_code, "One first name, please" in answer.text) == (422, True), name

    world.advance(timedelta(minutes=16))
    assert thank(world, link, "In 2026 I bought 2 of them; <b>both</b> are used every day.", "আশা") == 303
    assert "&lt;b&gt;both&lt;/b&gt;" in guest.get(link).text


def test_a_note_that_only_looks_harmless_is_refused_by_the_words_and_not_by_chance(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without the list of words the same note is kept."""
    link = arrived(world)
    assert thank(world, link, "Write to me: 98300 12345") == 422
    monkeypatch.setattr(thanks.thanks_words, "passable", lambda text, order: text)
    assert thank(world, link, "Write to me: 98300 12345") == 303


def test_each_reads_it_in_her_language_and_it_stays_as_it_was_written(world: World) -> None:
    link = arrived(world)
    assert thank(world, f"/bn{link}", BENGALI) == 303 and decide(world) == 303
    other = arrived(world, email="kabir@test.example")
    assert thank(world, f"/hi{other}", WORDS, "Kabir") == 303 and decide(world) == 303

    page = phone(world, "Rina").get("/artisan/thanks").text
    assert f'<blockquote lang="bn">{BENGALI}' in page and f'<blockquote lang="en">{WORDS}' in page
    assert page.count("praise__tongue") == 1, "a word about the language only where it is another than hers"
    assert page.index(WORDS) < page.index(BENGALI), "the newest first"
    for prefix in ("", "/bn", "/hi"):
        assert BENGALI in world.browser().get(prefix + link).text
        assert world.browser().sign_in("Meera").get(f"{prefix}/manager/thanks").status_code == 200


@both_databases
def test_who_wants_none_gets_none_and_nobody_is_told(world: World) -> None:
    mala, rina = phone(world, "Mala"), phone(world, "Rina")
    with world.reading():
        before = dump(world)
    assert mala.post("/artisan/thanks/choice", {"thanks": "off"}).status_code == 303
    assert mala.post("/artisan/thanks/choice", {"thanks": "off"}).status_code == 303, "a second tap changes nothing"
    with world.reading():
        after = dump(world)
        moved = {
            name
            for name in after
            if sorted(after[name]) != sorted(before.get(name, "")) and not name.startswith(("sign_in", "dev"))
        }
        assert moved == {"artisan.takes_thanks"}, "one column of hers, and no trace of it elsewhere"
    assert mala.post("/artisan/thanks/choice", {"thanks": "perhaps"}).status_code == 422
    link = arrived(world)
    thank(world, link)
    assert decide(world) == 303
    assert WORDS in rina.get("/artisan/thanks").text
    for path in ("/artisan/", "/artisan/thanks"):
        assert "Asha" not in mala.get(path).text
    assert "Handed on in the workshop" in world.browser().get(link).text
    office = [world.browser().sign_in("Meera").get(path).text for path in ("/manager/thanks", "/manager/people/2")]
    assert not re.search(r"Rina|Mala|no thank-you notes", office[0]), "the office does not see who reads"
    assert "thank" not in office[1].lower()

    mala.post("/artisan/thanks/choice", {"thanks": "on"})
    assert WORDS not in mala.get("/artisan/thanks").text, "what was not routed to her does not come later"
    second = arrived(world, email="kabir@test.example")
    thank(world, second, "A second thank-you", "Kabir")
    decide(world)
    assert "A second thank-you" in mala.get("/artisan/thanks").text
    rina.post("/artisan/thanks/choice", {"thanks": "off"})
    assert WORDS not in rina.get("/artisan/thanks").text, "while she wants none, none is shown"


def test_a_manager_reads_and_decides_about_pieces_of_her_own_centre(world: World) -> None:
    link = arrived(world)
    thank(world, link)
    ruma = world.browser().sign_in("Ruma")
    assert ruma.post("/manager/thanks/1/answer", {"answer": "pass"}).status_code == 404
    assert WORDS not in ruma.get("/manager/thanks").text
    assert "waits to be read" not in ruma.get("/manager/").text
    with world.writing():
        river = next(each.id for each in enrolment.centres() if each.code == "RIVER")
        pouch(world, river, by="Ruma")
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    world.add_to_cart(browser, POUCH)
    both = world.place(browser).location.removesuffix("/pay")
    world.pay(both)
    send(world, both)
    assert thank(world, both, "For both centres") == 303
    for name, other in (("Ruma", "Kalka tote"), ("Meera", "River pouch")):
        page = world.browser().sign_in(name).get("/manager/thanks").text
        assert "For both centres" in page and "Another centre made a part" in page and other not in page
        assert decide(world, by=name) == 403
    assert decide(world, by="Farida") == 403
    assert decide(world, "aside", by="Nasrin") == 303
    assert "We have not handed this one on" in world.browser().get(both).text


@both_databases
def test_an_erased_customer_leaves_no_note_and_an_export_has_it(world: World) -> None:
    link = arrived(world)
    thank(world, link)
    decide(world)
    world.advance(timedelta(days=15))
    with world.reading():
        person = privacy.get_by_email("asha@test.example")
        told = "".join(privacy.as_json(privacy.sections(person), at=world.clock.now()))
    assert WORDS in told and '"status": "passed"' in told
    with world.writing() as at:
        privacy.erase(privacy.get_by_email("asha@test.example"), at=at, by="command")

    assert not any(WORDS in found for found in dump(world).values())
    assert WORDS not in phone(world, "Rina").get("/artisan/thanks").text
    with world.reading():
        assert db.session.scalars(select(ThanksFor)).all() == []


@both_databases
def test_notes_are_kept_for_a_while(world: World) -> None:
    first, second = arrived(world), arrived(world, email="kabir@test.example")
    thank(world, first)
    decide(world, "aside")
    thank(world, second, "Of two years ago", "Kabir")
    decide(world)

    def left(days: int) -> list[str]:
        world.advance(timedelta(days=days))
        with world.app.app_context():
            duties.forget()
        with world.reading():
            return list(db.session.scalars(select(Thanks.text).order_by(Thanks.id)))

    assert left(89) == [WORDS, "Of two years ago"]
    assert left(2) == ["Of two years ago"]
    assert left(630) == ["Of two years ago"]
    assert left(30) == []


@both_databases
def test_tries_are_counted_and_one_order_has_one_note(world: World) -> None:
    link = arrived(world)
    assert [thank(world, link, "www.example.com") for _ in range(9)] == [422] * 8 + [429]
    assert thank(world, link) == 429, "not even a good one, for a quarter of an hour"
    world.advance(timedelta(minutes=16))
    assert thank(world, link) == 303
    with world.writing() as at, pytest.raises(Conflict, match=r"thanks\.written"):
        thanks.write(order_of(link), "Asha", "And once more", language="en", at=at)
    assert world.browser().post(f"{link[:-1]}x/thanks", {"thanks_text": WORDS}).status_code == 404
    with world.reading():
        assert db.session.scalars(select(AuditRecord.act).where(AuditRecord.act.like("thanks.%"))).all() == []
