"""The people of the office: invited by mail, moved, shut out; never by themselves, never the last admin."""

import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select, text

from shop.db import db
from shop.errors import Conflict
from shop.users import audit, second_factor, staff
from shop.users.audit import AuditRecord
from shop.users.models import Role, User
from tests.cast import PASSWORD
from tests.conftest import both_databases
from tests.faults.together import at_once
from tests.users.factors import take_token, with_phone
from tests.world import Browser, World

NEW = "a password of her own"


@pytest.fixture
def anita(world: World) -> Browser:
    return stepped_up(world, "Anita")


def stepped_up(world: World, name: str) -> Browser:
    browser = world.browser().sign_in(name)
    browser.post("/step-up", {"password": PASSWORD})
    return take_token(browser)


def id_of(world: World, name: str) -> int:
    with world.reading():
        return world.user(name).id


def invite(world: World, anita: Browser, email: str = "lila@test.example", role: str = "finance") -> str:
    """Invite someone; return the path in her mail."""
    answer = anita.post("/manager/staff", {"name": "Lila", "email": email, "role": role, "centre": ""})
    assert answer.status_code == 303, answer.text
    return mailed(world, email)


def mailed(world: World, to: str) -> str:
    world.work()
    mails = [
        message_from_bytes(p.read_bytes(), policy=default) for p in Path(world.app.config["MAIL_FOLDER"]).iterdir()
    ]
    links = [re.search(r"/invitation/\S+", mail.get_content()) for mail in mails if mail["To"] == to]
    assert links and links[-1], mails
    return links[-1][0]


@both_databases
def test_one_who_is_invited_sets_her_password_once_and_signs_in(world: World, anita: Browser) -> None:
    link = invite(world, anita)
    lila = world.browser()
    assert lila.get(link).status_code == 200
    assert lila.post(link, {"password": NEW, "password_again": "other"}).status_code == 422
    assert lila.post(link, {"password": "short", "password_again": "short"}).status_code == 422

    assert lila.post(link, {"password": NEW, "password_again": NEW}).location == "/login"

    assert lila.post("/login", {"email": "lila@test.example", "password": NEW}).status_code == 303
    assert lila.get("/manager/payouts").status_code == 200
    assert world.browser().get(link).status_code == 404
    assert world.browser().post(link, {"password": NEW, "password_again": NEW}).status_code == 404


@both_databases
def test_a_link_that_two_use_at_once_is_used_once(world: World, anita: Browser) -> None:
    link = invite(world, anita)

    def act(number: int) -> int:
        password = f"{NEW} {number}"
        return world.browser().post(link, {"password": password, "password_again": password}).status_code

    assert sorted(str(each) for each in at_once(4, act)) == ["303", "404", "404", "404"]


def test_a_link_is_good_for_a_day(world: World, anita: Browser) -> None:
    link = invite(world, anita)
    world.advance(timedelta(hours=24))

    assert world.browser().get(link).status_code == 404


def test_the_links_secret_is_nowhere_in_the_database(world: World, anita: Browser) -> None:
    secret = invite(world, anita).rpartition("-")[2]
    with world.reading():
        for table in db.metadatas[None].sorted_tables:
            assert secret not in repr(db.session.execute(select(table)).all()), table.name


def test_before_she_joins_no_password_opens(world: World, anita: Browser) -> None:
    invite(world, anita)
    for password in ("", "none", NEW, PASSWORD):
        assert world.browser().post("/login", {"email": "lila@test.example", "password": password}).status_code == 422


@both_databases
@pytest.mark.parametrize(
    ("path", "form", "act"),
    [
        ("role", {"role": "auditor", "centre": ""}, "users.change-role"),
        ("closing", {}, "users.disable"),
        ("second-factor", {}, "users.reset-second-factor"),
    ],
)
def test_each_change_ends_her_sign_ins_at_once_and_is_in_the_audit(
    world: World, anita: Browser, path: str, form: dict[str, str], act: str
) -> None:
    meera = world.browser().sign_in("Meera")
    number = id_of(world, "Meera")

    assert anita.post(f"/manager/staff/{number}/{path}", form).status_code == 303

    assert meera.get("/manager/").status_code == 302
    with world.reading():
        row = db.session.scalars(select(AuditRecord).order_by(AuditRecord.seq.desc())).first()
        assert row is not None
        assert (row.act, row.subject, row.by) == (act, f"user:{number}", world.user("Anita").actor)
        assert list(audit.verify()) == []


def test_one_who_is_shut_out_stays_out_until_she_is_let_in(world: World, anita: Browser) -> None:
    number, form = id_of(world, "Meera"), {"email": "meera@test.example", "password": PASSWORD}
    anita.post(f"/manager/staff/{number}/closing")
    assert world.browser().post("/login", form).status_code == 422

    anita.post(f"/manager/staff/{number}/opening")
    assert world.browser().post("/login", form).status_code == 303


def test_a_lost_second_factor_is_taken_away_by_another(world: World, anita: Browser) -> None:
    with_phone(world, "Farida")
    anita.post(f"/manager/staff/{id_of(world, 'Farida')}/second-factor")

    with world.reading():
        assert not second_factor.of(world.user("Farida").id).any
    world.browser().sign_in("Farida")


@pytest.mark.parametrize("path", ["role", "closing", "opening", "second-factor", "invitation"])
def test_nobody_changes_herself(world: World, anita: Browser, path: str) -> None:
    number = id_of(world, "Anita")

    assert anita.post(f"/manager/staff/{number}/{path}", {"role": "auditor", "centre": ""}).status_code == 403
    assert anita.get("/manager/").status_code == 200


def test_an_artisan_is_no_member_of_staff(world: World, anita: Browser) -> None:
    assert anita.get(f"/manager/staff/{id_of(world, 'Rina')}").status_code == 404
    assert anita.post(f"/manager/staff/{id_of(world, 'Rina')}/closing").status_code == 404
    form = {"name": "X", "email": "x@test.example", "role": "artisan", "centre": ""}
    assert anita.post("/manager/staff", form).status_code == 422


def test_a_manager_needs_a_centre(world: World, anita: Browser) -> None:
    answer = anita.post(f"/manager/staff/{id_of(world, 'Farida')}/role", {"role": "manager", "centre": ""})

    assert answer.status_code == 422


@both_databases
def test_two_admins_who_remove_each_other_at_once_leave_one(world: World) -> None:
    assert removed_each_other(world) == 1


def test_the_last_admin_test_notices_when_nobody_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff, "_keep_an_admin", lambda _user: None)

    assert removed_each_other(world) == 0


def removed_each_other(world: World) -> int:
    """Let two admins shut each other out at once; return how many admins are left."""
    with world.writing():
        db.session.execute(text("UPDATE user_account SET role = 'admin' WHERE name = 'Farida'"))
        pair = [(world.user("Anita").id, world.user("Farida").id), (world.user("Farida").id, world.user("Anita").id)]

    def act(number: int) -> None:
        mine, theirs = pair[number]
        with world.writing() as at:
            staff.disable(theirs, at=at, by=db.session.get_one(User, mine))

    for answer in at_once(2, act):
        assert answer is None or isinstance(answer, Conflict), answer
    with world.reading():
        standing = select(User.id).where(User.role == Role.ADMIN, User.disabled_at.is_(None))
        return len(db.session.scalars(standing).all())


def test_a_new_password_needs_the_old_one_and_ends_the_other_sign_ins(world: World) -> None:
    meera, elsewhere = world.browser().sign_in("Meera"), world.browser().sign_in("Meera")
    form = {"password_now": PASSWORD, "password": NEW, "password_again": NEW}
    assert meera.post("/manager/me/password", {**form, "password_now": "wrong"}).status_code == 422
    assert meera.post("/manager/me/password", {**form, "password_again": "other"}).status_code == 422
    assert (
        meera.post("/manager/me/password", {**form, "password": PASSWORD, "password_again": PASSWORD}).status_code
        == 422
    )

    assert meera.post("/manager/me/password", form).status_code == 303

    assert meera.get("/manager/me").status_code == 200
    assert elsewhere.get("/manager/").status_code == 302
    assert world.browser().post("/login", {"email": "meera@test.example", "password": PASSWORD}).status_code == 422
    assert world.browser().post("/login", {"email": "meera@test.example", "password": NEW}).status_code == 303


def test_she_ends_her_own_sign_ins_one_by_one_and_nobody_elses(world: World) -> None:
    meera, other, ruma = (world.browser().sign_in(name) for name in ("Meera", "Meera", "Ruma"))
    page = meera.get("/manager/me").text
    (ended,) = re.findall(r"/manager/me/sign-ins/(\d+)/end", page)
    with world.reading():
        rumas = db.session.execute(
            text("SELECT s.id FROM sign_in s JOIN user_account u ON u.id = s.user_id WHERE u.name = 'Ruma'")
        ).scalar_one()

    meera.post(f"/manager/me/sign-ins/{ended}/end")
    meera.post(f"/manager/me/sign-ins/{rumas}/end")

    assert other.get("/manager/").status_code == 302
    assert ruma.get("/manager/").status_code == 200
    assert meera.get("/manager/").status_code == 200


def test_all_others_end_with_one_tap(world: World) -> None:
    meera, other = world.browser().sign_in("Meera"), world.browser().sign_in("Meera")

    meera.post("/manager/me/sign-ins/end")

    assert (meera.get("/manager/").status_code, other.get("/manager/").status_code) == (200, 302)
