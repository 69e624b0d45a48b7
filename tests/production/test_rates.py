"""Rates: one person writes them, another puts them in force, and until then nothing is made, sold or paid by them."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from shop.db import db
from shop.errors import Conflict, Invalid, Refused
from shop.production import making, orders
from shop.production.making import Step
from shop.production.models import Making, MakingEvent, MakingStatus, ProductionOrder, StepName, Task
from shop.users import audit
from tests.cast import MESSENGER, TOTE, TOTE_RED
from tests.conftest import both_databases
from tests.workshop import DUE, ask, offer, step_of, user, variant
from tests.world import World

STEPS = [Step(StepName.STITCH, 60, 7_000)]
PATH = "/manager/products/messenger"
FORM = {"step_1": "stitch", "minutes_1": "60", "rate_1": "70"}


def propose(world: World, by: str = "Meera") -> int:
    with world.writing() as at:
        return making.write(variant(MESSENGER).product, STEPS, at=at, by=user(by).actor).id


def decide(world: World, making_id: int, verb: str, by: str, *more: str) -> None:
    with world.writing() as at:
        getattr(making, verb)(db.session.get_one(Making, making_id), *more, at=at, by=user(by).actor)


def rates_in_force(world: World) -> list[int]:
    with world.reading():
        return [step.rate_minor for step in making.get_current(variant(MESSENGER).product_id).steps]


@both_databases
def test_a_version_is_in_force_once_someone_else_has_approved_it(world: World) -> None:
    proposed = propose(world)
    assert rates_in_force(world) == [8_450, 1_350]

    decide(world, proposed, "approve", "Farida")

    assert rates_in_force(world) == [7_000]
    with world.reading():
        acts = [(row.act, row.subject, row.by) for row in audit.newest(2)]
        assert acts == [
            ("rates.approve", f"making:{proposed}", user("Farida").actor),
            ("rates.propose", f"making:{proposed}", user("Meera").actor),
        ]


@both_databases
def test_nobody_approves_or_declines_what_she_wrote_herself(world: World) -> None:
    proposed = propose(world)

    for verb, more in (("approve", ()), ("decline", ("too little",))):
        with pytest.raises(Refused):
            decide(world, proposed, verb, "Meera", *more)
    with pytest.raises(Refused):
        decide(world, proposed, "withdraw", "Farida")
    assert rates_in_force(world) == [8_450, 1_350]


@both_databases
def test_the_database_knows_that_it_takes_two_and_that_one_waits_at_a_time(world: World) -> None:
    proposed = propose(world)

    with pytest.raises(IntegrityError, match="two_people"), world.writing() as at:
        db.session.execute(
            update(Making)
            .where(Making.id == proposed)
            .values(status="approved", approved_by=Making.made_by, approved_at=at)
        )
    with pytest.raises(IntegrityError, match="approved_by_someone"), world.writing():
        db.session.execute(update(Making).where(Making.id == proposed).values(status="approved"))
    with pytest.raises(Conflict, match="one_open"):
        propose(world, "Anita")
    with pytest.raises(IntegrityError), world.writing() as at:
        copied = "SELECT product_id, version + 1, made_at, 'user:9', 'proposed' FROM making WHERE id = :id"
        db.session.execute(
            text(f"INSERT INTO making (product_id, version, made_at, made_by, status) {copied}"),
            {"id": proposed},
        )


@pytest.mark.parametrize(("verb", "by", "more"), [("decline", "Farida", ("too little",)), ("withdraw", "Meera", ())])
def test_what_was_declined_or_taken_back_never_was_in_force(
    world: World, verb: str, by: str, more: tuple[str, ...]
) -> None:
    proposed = propose(world)
    decide(world, proposed, verb, by, *more)

    assert rates_in_force(world) == [8_450, 1_350]
    for again, who, why in (("approve", "Anita", ()), ("decline", "Anita", ("no",)), ("withdraw", "Meera", ())):
        with pytest.raises(Conflict, match="moved_on"):
            decide(world, proposed, again, who, *why)
    assert propose(world) != proposed
    with world.reading():
        told = db.session.scalars(select(MakingEvent).where(MakingEvent.making_id == proposed)).all()
        assert [(event.status, event.note) for event in told][1:] == [
            (MakingStatus("declined" if more else "withdrawn"), more[0] if more else None)
        ]


def test_a_refusal_without_a_reason_is_none(world: World) -> None:
    proposed = propose(world)
    with pytest.raises(Invalid, match=r"making\.reason"):
        decide(world, proposed, "decline", "Farida", " ")


def test_work_under_way_keeps_its_own_version(world: World) -> None:
    order = ask(world)
    before = offer(world, order, "stitch", "Rina")
    decide(world, propose(world), "approve", "Farida")

    with world.reading():
        assert db.session.get_one(Task, before).rate_minor == 8_450
    with world.writing() as at:
        newer = orders.request(variant(MESSENGER), 1, reference="shelf:new", due_on=DUE, at=at, by="user:1")
        assert [step.rate_minor for step in newer.making.steps] == [7_000]


def test_paying_more_than_the_rate_in_force_is_in_the_audit_and_less_is_refused(world: World) -> None:
    order = ask(world, 3)
    offer(world, order, "stitch", "Rina")
    with world.reading():
        assert audit.newest(1)[0].act != "work.pay-more"
    more = offer(world, order, "stitch", "Mala", rate=9_000)

    with world.reading():
        assert (audit.newest(1)[0].act, audit.newest(1)[0].subject) == ("work.pay-more", f"task:{more}")
    with pytest.raises(Invalid, match=r"task\.rate"):
        offer(world, order, "stitch", "Mala", rate=8_449)


def test_what_has_no_approved_rates_can_neither_be_made_to_order_nor_published(world: World) -> None:
    with world.writing() as at:
        red = variant(TOTE_RED)
        db.session.execute(
            update(Making)
            .where(Making.product_id == red.product_id)
            .values(status="proposed", approved_by=None, approved_at=None)
        )
        with pytest.raises(Conflict, match="not_approved"):
            orders.request(red, 1, reference="shelf:x", due_on=DUE, at=at, by="user:1")
    browser = world.browser()
    world.add_to_cart(browser, TOTE_RED)
    assert "/pay" not in (world.place(browser).location or "")
    world.buy(TOTE)
    meera = world.browser().sign_in("Meera")
    meera.post("/manager/products/kalka-tote/retirement")
    answer = meera.post("/manager/products/kalka-tote/publication")
    assert (answer.status_code, "nobody else has approved its rates" in answer.text) == (409, True)
    assert TOTE not in meera.get("/manager/work/new").text


def test_the_page_says_what_is_in_force_and_what_waits_and_for_whom(world: World) -> None:
    meera, farida, bina = (world.browser().sign_in(name) for name in ("Meera", "Farida", "Bina"))
    assert meera.post(f"{PATH}/making", FORM).location.endswith("#making")

    mine, theirs, read = (each.get(PATH).text for each in (meera, farida, bina))
    assert "in force" in mine and "proposed by Meera" in mine and "You wrote it" in mine
    assert f"{PATH}/making/2/approval" not in mine and f"{PATH}/making/2/withdrawal" in mine
    assert f"{PATH}/making/2/approval" in theirs and f"{PATH}/making/2/withdrawal" not in theirs
    assert "approval" not in read and "proposed by Meera" in read
    assert meera.post(f"{PATH}/making/2/approval").status_code == 403
    assert farida.post(f"{PATH}/making/2/refusal", {"reason": ""}).status_code == 422
    assert farida.post(f"{PATH}/making/2/refusal", {"reason": "₹70 is less than before"}).status_code == 303
    told = meera.get(PATH).text
    assert "declined by Farida" in told and "less than before" in told and 'value="70"' in told


def test_today_tells_those_who_may_approve_and_the_writer_only_that_it_waits(world: World) -> None:
    propose(world)

    def row(name: str) -> tuple[bool, bool]:
        page = world.browser().sign_in(name).get("/manager/").text
        return "New rates for Hibiscus messenger" in page, f"{PATH}#making" in page

    assert [row(name) for name in ("Meera", "Farida", "Anita", "Ruma", "Bina", "Nasrin")] == [
        (True, False), (True, True), (True, True), (False, False), (False, False), (False, False),
    ]  # fmt: skip


def test_an_offer_is_at_the_rate_of_its_own_version(world: World) -> None:
    decide(world, propose(world), "approve", "Farida")
    order = ask(world, reference="shelf:later")
    with world.reading():
        asked = db.session.get_one(ProductionOrder, order)
        assert step_of(asked, "stitch").rate_minor == 7_000
