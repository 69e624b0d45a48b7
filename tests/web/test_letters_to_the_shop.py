"""Writing to the shop: a number at once, an answer by mail, no machine's letters, nothing left after erasing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from shop import duties, privacy
from shop.db import db
from shop.orders import tickets
from shop.orders.tickets import Ticket
from shop.outbox import OutboxRow
from shop.web import letters
from tests.conftest import both_databases
from tests.letters import text_of
from tests.world import World

LETTER = {"topic": "order", "name": "Asha Sen", "email": "asha@test.example", "text": "Where is my bag?"}


def write(world: World, **other: str) -> Any:
    return world.browser().post("/contact", {**LETTER, **other})


def kept(world: World) -> int:
    with world.reading():
        return db.session.scalar(select(func.count(Ticket.id))) or 0


def mails(world: World) -> dict[str, str]:
    """Return the mails that were asked for: template -> to whom."""
    with world.reading():
        rows = db.session.scalars(select(OutboxRow).where(OutboxRow.reference.startswith("mail:ticket:")))
        return {row.payload["template"]: row.payload["to"] for row in rows}


@both_databases
def test_a_letter_gets_a_number_a_mail_an_answer_and_an_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(world.app.config, "SELLER_EMAIL", "seller@test.example")
    answer = write(world)
    assert answer.status_code == 303
    number = answer.headers["Location"].rsplit("/", 1)[1]
    shown = world.browser().get(answer.headers["Location"])
    assert number in shown.text and "Asha Sen" not in shown.text and LETTER["email"] not in shown.text
    assert "noindex" in shown.text
    assert mails(world) == {"ticket_received": "asha@test.example", "ticket_new": "seller@test.example"}

    office = world.browser().sign_in("Farida")
    assert number in office.get("/manager/tickets").text
    assert "Where is my bag?" in office.get(f"/manager/tickets/{number}").text
    assert office.post(f"/manager/tickets/{number}/answer", {"answer": ""}).status_code == 422
    assert office.post(f"/manager/tickets/{number}/answer", {"answer": "It left today."}).status_code == 303
    assert office.post(f"/manager/tickets/{number}/answer", {"answer": "Twice."}).status_code == 409
    assert mails(world)["ticket_answer"] == "asha@test.example"
    with world.app.test_request_context():
        about = {"ticket_id": tickets.get(number).id}
        written = letters.write_letter("ticket_answer", LETTER["email"], about)
        told = letters.write_letter("ticket_new", "seller@test.example", about)
    assert number in written["Subject"] and "It left today." in text_of(written)
    assert f"/manager/tickets/{number}" in text_of(told) and LETTER["email"] not in text_of(told)
    assert office.post(f"/manager/tickets/{number}/closing", {}).status_code == 303


@pytest.mark.parametrize(
    ("field", "value"),
    [("topic", "nothing"), ("name", "  "), ("email", "a@b"), ("email", "a@test.example\nBcc: all@test.example"),
     ("text", ""), ("text", "x" * 4_001)],
)  # fmt: skip
def test_what_cannot_be_answered_is_said_beside_its_field(world: World, field: str, value: str) -> None:
    answer = write(world, **{field: value})

    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert kept(world) == 0 and mails(world) == {}


def test_a_name_with_a_line_in_it_writes_no_header(world: World) -> None:
    assert write(world, name="Asha\r\nBcc: all@test.example").status_code == 303
    with world.app.test_request_context():
        ticket = db.session.scalars(select(Ticket)).one()
        name = ticket.name
        message = letters.write_letter("ticket_received", ticket.email, {"ticket_id": ticket.id})
    assert message["Bcc"] is None and "\n" not in name


def test_a_machine_is_counted_and_kept_out(world: World) -> None:
    assert write(world, website="https://buy.example").status_code == 422
    assert [write(world).status_code for _ in range(3)] == [303, 303, 429], "three of one address, the machine's too"
    assert [write(world, email=f"a{n}@test.example").status_code for n in range(5)] == [303] * 4 + [429]
    assert world.browser().client.post("/contact", data=LETTER).status_code == 403, "from another site"
    world.advance(timedelta(minutes=16))
    assert write(world).status_code == 303


@both_databases
def test_letters_go_with_time_and_with_the_one_who_wrote_them(world: World) -> None:
    write(world, email="guest@test.example")
    write(world, email="other@test.example")
    with world.writing() as at:
        person = privacy.get_by_email("guest@test.example")
        sections = {name: list(rows) for name, rows in privacy.sections(person)}
        assert [row["text"] for row in sections["letters"]] == ["Where is my bag?"]
        privacy.erase(person, at=at, by="user:1")
    assert kept(world) == 1
    with world.writing() as at:
        tickets.close(tickets.of("other@test.example")[0], at=at)
    world.advance(tickets.KEPT - timedelta(hours=1))
    with world.reading():
        duties.forget()
    assert kept(world) == 1
    world.advance(timedelta(hours=2))
    with world.reading():
        duties.forget()
    assert kept(world) == 0
