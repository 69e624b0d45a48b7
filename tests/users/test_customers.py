"""Customers come in by a mailed link or a password, and nobody learns from outside who has an account."""

import re
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event, select, update
from werkzeug.test import TestResponse

from shop.db import db
from shop.users import customers, links, tokens
from shop.users.links import LinkPurpose, MailedLink
from shop.users.models import Role, User
from shop.web.storefront.account import door
from tests.cast import PASSWORD
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once, gated_writing
from tests.letters import letters, link_in, newest_link, text_of
from tests.world import Browser, World

pytestmark = both_databases

ASHA, NEW, STAFF = "asha@test.example", "kabir@test.example", "meera@test.example"
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "a link": ("/login/link", {}),
    "an account": ("/account/new", {"name": "K"}),
    "an account with a password": ("/account/new", {"name": "K", "password": "a long enough one"}),
}


@contextmanager
def watched(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[str], list[str]]]:
    """Give the statements sent to the database and the hashes computed in the while; both really happen."""
    statements: list[str] = []
    hashes: list[str] = []
    with world.reading():
        engine = db.engine

    def sent(connection: Any, cursor: Any, statement: str, *rest: object) -> None:
        statements.append(statement)

    def counted(name: str) -> Any:
        real = getattr(PasswordHasher, name)

        def count(self: PasswordHasher, *args: Any, **more: Any) -> Any:
            hashes.append(name)
            return real(self, *args, **more)

        return count

    event.listen(engine, "before_cursor_execute", sent)
    with monkeypatch.context() as patch:
        for name in ("hash", "verify"):
            patch.setattr(PasswordHasher, name, counted(name))
        yield statements, hashes
    event.remove(engine, "before_cursor_execute", sent)


def seen(answer: TestResponse, email: str) -> tuple[object, ...]:
    """Return everything of an answer that a stranger sees, the address that was typed left out."""
    headers = sorted((name, value) for name, value in answer.headers if name not in ("Set-Cookie", "X-Request-Id"))
    cookies = [name.split("=")[0] for name in answer.headers.getlist("Set-Cookie")]
    return answer.status_code, headers, cookies, answer.text.replace(email, "")


@pytest.mark.parametrize("form", FORMS)
def test_asking_tells_nobody_who_has_an_account(world: World, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    path, fields = FORMS[form]
    told = {}
    for email in (ASHA, STAFF, "nobody@test.example"):
        browser = world.browser()
        rounds = []
        for _ in range(links.MOST_LINKS + 1):  # the last one is beyond what an hour allows
            with watched(world, monkeypatch) as (statements, hashes):
                answer = browser.post(path, {"email": email, **fields})
            rounds.append((seen(answer, email), seen(browser.get(answer.location), email), statements, hashes))
        told[email] = rounds

    assert told[ASHA][0][0][0] == 303
    assert told[STAFF] == told[ASHA]
    assert told["nobody@test.example"] == told[ASHA]
    assert len(told[ASHA][0][3]) == (1 if "password" in fields else 0)


def test_it_would_be_noticed_if_unknown_addresses_were_spared_the_work(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = customers._mail_link

    def spared(purpose: LinkPurpose, email: str, user: User | None, *rest: Any, **more: Any) -> None:
        if user is not None:
            real(purpose, email, user, *rest, **more)

    monkeypatch.setattr(customers, "_mail_link", spared)
    sent = []
    for email in (ASHA, "nobody@test.example"):
        with watched(world, monkeypatch) as (statements, _):
            world.browser().post("/login/link", {"email": email})
        sent.append(statements)

    assert sent[0] != sent[1]


def test_the_mail_alone_says_which_case_it_was(world: World) -> None:
    for email in (ASHA, STAFF, NEW):
        world.browser().post("/account/new", {"email": email})

    assert "signs you in" in text_of(letters(world, ASHA)[-1])
    assert "no account with this address yet" in text_of(letters(world, NEW)[-1])
    assert "None can be given" in text_of(letters(world, STAFF)[-1])
    assert "account/link" not in text_of(letters(world, STAFF)[-1])


def test_a_link_signs_in_once_from_any_device(world: World) -> None:
    world.browser().post("/login/link", {"email": f" {ASHA.upper()} "})
    link = newest_link(world, ASHA)
    other = world.browser()
    assert "another browser or on another device" in other.get(link).text
    assert other.get(link).status_code == 200  # a mail scanner that looks uses nothing up

    assert other.post(link).location == "/account"
    assert other.get("/account").status_code == 200

    assert world.browser().post(link).status_code == 404
    assert world.browser().get(link).status_code == 404


def test_the_browser_that_asked_is_not_warned(world: World) -> None:
    browser = world.browser()
    browser.post("/login/link?next=/account/data", {"email": ASHA})
    link = newest_link(world, ASHA)

    assert "another device" not in browser.get(link).text
    assert browser.post(link).location == "/account/data"


def test_a_link_lives_for_twenty_minutes_after_its_mail_was_written(world: World) -> None:
    world.browser().post("/login/link", {"email": ASHA})
    world.advance(timedelta(minutes=30))  # the worker was away
    link = newest_link(world, ASHA)
    world.advance(links.LASTS - timedelta(seconds=1))
    assert world.browser().get(link).status_code == 200
    world.advance(timedelta(seconds=1))

    assert world.browser().get(link).status_code == 404
    assert world.browser().post(link).status_code == 404


def test_an_hour_allows_three_links(world: World) -> None:
    for _ in range(5):
        assert world.browser().post("/login/link", {"email": ASHA}).status_code == 303
    assert len(letters(world, ASHA)) == links.MOST_LINKS

    world.advance(links.SPAN)
    world.browser().post("/login/link", {"email": ASHA})
    assert len(letters(world, ASHA)) == links.MOST_LINKS + 1


def test_of_many_links_asked_for_at_once_an_hour_allows_three(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "writing", gated_writing(Gate(12)))

    at_once(12, lambda number: world.browser().post("/login/link", {"email": ASHA}))

    with world.reading():
        assert len(db.session.scalars(select(MailedLink)).all()) == links.MOST_LINKS


def six_openings(world: World, monkeypatch: pytest.MonkeyPatch) -> Tally[int]:
    """Open one link six times at one moment and return the answers."""
    world.browser().post("/login/link", {"email": ASHA})
    link = newest_link(world, ASHA)
    monkeypatch.setattr(door, "writing", gated_writing(Gate(6)))
    answers = at_once(6, lambda number: world.browser().post(link).status_code)
    return Tally(answer for answer in answers if isinstance(answer, int))


def test_one_link_opened_six_times_at_once_signs_in_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert six_openings(world, monkeypatch) == {303: 1, 404: 5}


def test_without_its_condition_one_link_would_sign_in_more_than_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(token: str, *, at: datetime) -> MailedLink | None:
        found = db.session.scalars(select(MailedLink).where(MailedLink.token_hash == tokens.hash_of(token))).one()
        db.session.execute(update(MailedLink).where(MailedLink.id == found.id).values(used_at=at))
        return found

    monkeypatch.setattr(links, "use", careless)

    assert six_openings(world, monkeypatch)[303] > 1


def test_no_token_stands_in_the_database_before_or_after_its_mail(world: World) -> None:
    world.browser().post("/login/link", {"email": ASHA})
    with world.reading():
        assert db.session.scalars(select(MailedLink.token_hash)).one() is None
    token = newest_link(world, ASHA).rsplit("/", 1)[1]

    assert len(token) == 43
    with world.reading():
        for table in db.metadatas[None].sorted_tables:
            assert token not in repr(db.session.execute(select(table)).all()), table.name
        assert db.session.scalars(select(MailedLink.token_hash)).one() == tokens.hash_of(token)


def test_a_new_account_is_opened_by_its_link_with_the_password_typed_in_that_browser(world: World) -> None:
    browser = world.browser()
    browser.post("/account/new", {"email": NEW, "name": "Kabir", "password": "a long enough one"})
    assert find(world, NEW) is None

    browser.post(newest_link(world, NEW))

    kabir = find(world, NEW)
    assert kabir is not None and (kabir.role, kabir.name) == (Role.CUSTOMER, "Kabir")
    assert browser.get("/account").status_code == 200
    assert enter(world.browser(), NEW, "a long enough one").location == "/account"


def test_nobody_can_put_a_password_on_an_address_before_its_owner_comes(world: World) -> None:
    world.browser().post("/account/new", {"email": NEW, "password": "the attacker's own"})
    hers = world.browser()

    hers.post(newest_link(world, NEW))

    assert "was not kept" in hers.get("/account").text
    assert enter(world.browser(), NEW, "the attacker's own").status_code == 422


def test_a_second_link_to_an_account_that_was_opened_meanwhile_signs_in(world: World) -> None:
    for _ in range(2):
        world.browser().post("/account/new", {"email": NEW})
    first, second = (link_in(message) for message in letters(world, NEW))

    assert [world.browser().post(link).status_code for link in (second, first)] == [303, 303]
    with world.reading():
        assert len(db.session.scalars(select(User).where(User.email == NEW)).all()) == 1


def test_an_account_without_a_password_costs_a_guess_as_much_and_opens_to_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.browser()
    browser.post("/account/new", {"email": NEW})
    browser.post(newest_link(world, NEW))

    costs = []
    for email in (NEW, ASHA, "nobody@test.example"):
        with watched(world, monkeypatch) as (_, hashes):
            assert enter(world.browser(), email, "not the password").status_code == 422
        costs.append(hashes)
    assert costs == [["verify"]] * 3


def test_a_customer_s_wrong_passwords_are_counted(world: World) -> None:
    browser = world.browser()
    assert [enter(browser, ASHA, "not this one").status_code for _ in range(6)] == [422] * 5 + [429]
    assert enter(browser, ASHA, PASSWORD).status_code == 429
    browser.post("/login/link", {"email": ASHA})
    assert browser.post(newest_link(world, ASHA)).status_code == 303  # nobody locks her out of her mail


def test_a_password_is_changed_only_after_a_step_up_and_signs_other_browsers_out(world: World) -> None:
    asha, other = world.browser().sign_in_customer(), world.browser().sign_in_customer()
    form = {"password": "another long password"}
    assert asha.post("/account/password", form).location.startswith("/step-up?next=")

    step_up(asha)
    assert asha.post("/account/password", form).location == "/account/details"

    assert (asha.get("/account").status_code, other.get("/account").status_code) == (200, 302)
    assert enter(world.browser(), ASHA, PASSWORD).status_code == 422
    assert enter(world.browser(), ASHA, form["password"]).status_code == 303
    assert "password of your account" in text_of(letters(world, ASHA)[-1])


def test_a_removed_password_opens_nothing(world: World) -> None:
    asha = world.browser().sign_in_customer()
    assert asha.post("/account/password/removal").location.startswith("/step-up?next=")
    step_up(asha)

    assert asha.post("/account/password/removal").status_code == 303

    assert enter(world.browser(), ASHA, PASSWORD).status_code == 422
    page = asha.get("/step-up").text
    assert 'type="password"' not in page and "Mail me a link" in page


def test_a_mailed_link_is_a_step_up_too(world: World) -> None:
    asha = world.browser().sign_in_customer()

    asha.post("/account/step-up-link?next=/account/password")
    link = newest_link(world, ASHA)

    assert asha.post(link).location == "/account/password"
    assert asha.get("/account/password").status_code == 200


def test_a_new_address_counts_once_it_is_proven_and_the_old_one_is_told(world: World) -> None:
    order = world.order(world.buy("MB-TOTE-IND"))
    asha = world.browser().sign_in_customer()
    step_up(asha)
    world.browser().post("/login/link", {"email": ASHA})
    old_link = newest_link(world, ASHA)

    asha.post("/account/email", {"email": "asha.sen@test.example"})
    assert find(world, "asha.sen@test.example") is None
    assert world.browser().post(newest_link(world, "asha.sen@test.example")).status_code == 303

    assert find(world, ASHA) is None
    assert "another e-mail address" in text_of(letters(world, ASHA)[-1])
    assert order.number in asha.get("/account").text  # what she bought before is still hers
    assert world.browser().post(old_link).status_code == 404


def test_an_address_that_belongs_to_someone_is_answered_like_one_that_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for email in (STAFF, NEW):
        asha = world.browser().sign_in_customer()
        step_up(asha)
        with watched(world, monkeypatch) as (statements, hashes):
            answer = asha.post("/account/email", {"email": email})
        told.append((answer.status_code, answer.location, statements, hashes))

    assert told[0] == told[1]
    assert "account/link" not in text_of(letters(world, STAFF)[-1])


def test_links_are_forgotten_after_a_day(world: World) -> None:
    world.browser().post("/login/link", {"email": ASHA})
    with world.writing() as at:
        assert links.sweep(before=at) == 0
    world.advance(timedelta(days=1))
    with world.writing() as at:
        assert links.sweep(before=at) == 1
        assert db.session.scalars(select(links.LinkAllowance)).all() == []


@pytest.mark.parametrize(
    "email",
    ["", "x", "a@b", "a b@test.example", "<x>@test.example", "x@test.example,y@test.example", "x" * 250 + "@a.example"],
)
def test_what_is_no_address_is_refused(world: World, email: str) -> None:
    for path in ("/login/link", "/account/new"):
        answer = world.browser().post(path, {"email": email})
        assert (answer.status_code, "name@example.com" in answer.text) == (422, True)


def find(world: World, email: str) -> User | None:
    with world.reading():
        return db.session.scalars(select(User).where(User.email == email)).one_or_none()


def enter(browser: Browser, email: str, password: str) -> TestResponse:
    return browser.post("/login", {"email": email, "password": password})


def step_up(asha: Browser) -> None:
    """Show again who she is; the form's token is the new session's afterwards."""
    assert asha.post("/step-up", {"password": PASSWORD}).status_code == 303
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', asha.get("/account").text)
    assert found
    asha.token = found[1]
