"""A house with two of everything, for asking who may do what with whose: an order, a task, a payout, a product, a
proposal and a maker of the north centre, and the same of the river centre; Rina's beside Mala's and Shila's.

`House.ask` sends one request of one person about one side's records and puts the database back after it,
so that every question is asked of the same house. What is sent stands in `tests/two_forms.py`, what has to come
first in `tests/two_before.py`.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select
from sqlalchemy.engine import make_url
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from shop import identities
from shop.artisans import advances, cash_box, corrections, payouts, questions, runs
from shop.artisans.advance_models import AdvanceReason
from shop.artisans.cash_models import CashActKind
from shop.artisans.models import CorrectionReason, Earning, PayoutMethod
from shop.artisans.question_models import Asked
from shop.artisans.run_models import PayoutRunLine
from shop.catalog import collections, pictures, products, stock
from shop.catalog.collections import CollectionText
from shop.catalog.exchange import planning, plans, sheet, waiting
from shop.catalog.listing_models import CollectionKind
from shop.catalog.models import Trade
from shop.catalog.products import ProductText, VariantText
from shop.clock import india_date
from shop.db import db
from shop.ledger.models import Account, Transfer
from shop.money import Money
from shop.orders import tickets
from shop.orders.tickets import Topic
from shop.payments import reconcile, reviews
from shop.payments.models import EventStatus, GatewayEvent
from shop.payments.review_models import DifferenceKind, Review
from shop.production import checks, making, orders, recounts, tasks
from shop.production.making import Step
from shop.production.models import Cause, StepName, Task
from shop.users import customers, enrolment, sessions
from shop.users.models import Role, User
from shop.web.edge import SIGN_IN
from tests.cast import PASSWORD, TOTE, a_picture
from tests.two_before import BEFORE
from tests.two_deductions import propose_deduction
from tests.two_forms import FORMS, QUERIES, Records
from tests.two_shown import customers_own, shown_of
from tests.two_signed_in import office_of
from tests.workshop import DUE, artisan, user, variant
from tests.world import Browser, World

POUCH = "MB-POUCH"
SECOND = {"Mina": "NORTH", "Rupa": "RIVER"}  # managers who have proposed everything that waits for another
ASHA, KABIR = "Asha", "Kabir"  # Asha has bought of the north, Kabir of the river
PERSON_OF = {
    Role.CUSTOMER: "Asha", Role.ARTISAN: "Rina", Role.MANAGER: "Meera", Role.FINANCE: "Farida",
    Role.SAFEGUARDING: "Nasrin", Role.AUDITOR: "Bina", Role.ADMIN: "Anita",
}  # fmt: skip
# endpoint -> the state of the task that it is about
TASK_OF = {
    "artisan.accept": "offered", "artisan.refuse": "offered", "artisan.start": "accepted",
    "artisan.submit": "started", "manager.check": "submitted", "manager.check_post": "submitted",
    "manager.withdraw_task": "offered", "manager.propose_recount": "lost",
}  # fmt: skip
# A side is whose records a question is about; an artisan's colleague is Mala, a manager's other centre is the river.
OWN, COLLEAGUE, RIVER = "Rina", "Mala", "Shila"


@dataclass(frozen=True)
class Pass:
    """What a signed-in person's browser carries: a sign-in that was stepped up just now, and a form's token."""

    token: str
    csrf_kept: str
    csrf: str


@dataclass
class House:
    """The house, what its records are called on each side, and a copy of it to come back to."""

    world: World
    sides: dict[str, Records] = field(default_factory=dict)
    passes: dict[str, Pass] = field(default_factory=dict)

    def keep(self, folder: Path) -> None:
        """Copy the databases as they stand, into a folder of their own."""
        self._rest()
        self._copies = folder / "copies"
        self._copies.mkdir()
        for path in self._files():
            shutil.copyfile(path, self._copies / path.name)

    def put_back(self) -> None:
        """Bring the databases back to the copy."""
        self._rest()
        for path in self._files():
            for end in ("-wal", "-shm"):
                path.with_name(path.name + end).unlink(missing_ok=True)
            shutil.copyfile(self._copies / path.name, path)

    def _files(self) -> list[Path]:
        with self.world.reading():
            return [Path(str(make_url(str(engine.url)).database)) for engine in db.engines.values()]

    def _rest(self) -> None:
        with self.world.reading():
            db.session.remove()
            for engine in db.engines.values():
                with engine.connect() as connection:
                    connection.rollback()
                    raw: Any = connection.connection.dbapi_connection
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                engine.dispose()

    def path(self, rule: Rule, side: str) -> str:
        """Return the address of a rule about one side's record; KeyError names what no side has."""
        of = self.sides[side]
        parts = {name: of.get(f"{rule.endpoint}:{name}", of.get(name)) for name in rule.arguments}
        missing = [name for name, value in parts.items() if value is None]
        if missing:
            raise KeyError(f"{rule.endpoint}: tests/two_centres.py has no record called {', '.join(missing)}")
        with self.world.app.test_request_context():
            return str(self.world.app.url_map.bind("localhost").build(rule.endpoint, parts, append_unknown=False))

    def form(self, endpoint: str, side: str) -> dict[str, Any]:
        """Return what the form of an endpoint is filled with about one side's records."""
        made = FORMS.get(endpoint)
        return made(self.sides[side]) if made else {}

    def ask(
        self, rule: Rule, method: str, name: str | None, side: str, *, ready: bool = True, **other: str
    ) -> TestResponse:
        """Send one request; `ready`: first bring the record to where the act may be done; `other`: other fields."""
        if ready and (before := BEFORE.get(rule.endpoint)):
            with self.world.writing():
                before(self, side, name)
        browser = self.browser(name)
        data = {**self.form(rule.endpoint, side), **other} if method == "POST" else None
        query = QUERIES.get(rule.endpoint, lambda _: {})(self.sides[side])
        headers = {"Sec-Fetch-Site": "same-origin"}
        if data is not None and browser.token:
            data["csrf_token"] = browser.token
        path = self.path(rule, side)
        return browser.client.open(path, method=method, data=data, headers=headers, query_string=query)

    def browser(self, name: str | None) -> Browser:
        """Return the browser of a person who is signed in, or of a stranger."""
        browser = self.world.browser()
        if name:
            carried = self.passes[name]
            browser.token = carried.csrf
            with browser.client.session_transaction() as kept:
                kept[SIGN_IN], kept["csrf_token"] = carried.token, carried.csrf_kept
        return browser


def build(world: World, folder: Path) -> House:
    """Build the house and keep a copy of it."""
    house = House(world)
    world.app.config["DEDUCTION_KINDS"] = "damage"
    with world.writing() as at:
        centre_of = {each.code: each.id for each in enrolment.centres()}
        for name, code in SECOND.items():
            email = f"{name.lower()}@test.example"
            enrolment.add_staff(Role.MANAGER, name, email, PASSWORD, centre_id=centre_of[code], at=at)
        customers.add(f"{KABIR.lower()}@test.example", KABIR, PASSWORD, at=at)
        pouch(world, centre_of["RIVER"], by="Rupa")
    for side, sku, writer, buyer in ((OWN, TOTE, "Mina", ASHA), (RIVER, POUCH, "Rupa", KABIR)):
        made = _side(world, side, sku, writer, buyer)
        house.sides[side] = {**made, **shown_of(world, side, writer, sku)}
    for side, manager, invited in ((OWN, "Mina", "Lila"), (RIVER, "Rupa", "Tuli")):
        house.sides[side] |= office_of(world, manager, invited)
    for side, buyer in ((OWN, ASHA), (RIVER, KABIR)):  # now that the worker, who writes the mails, has been by
        house.sides[side] |= customers_own(world, buyer)
    for side, buyer in ((OWN, ASHA), (RIVER, KABIR)):
        house.sides[side] |= _letter(world, f"{buyer.lower()}@test.example")
    house.sides[COLLEAGUE] = {**house.sides[OWN], **_work(world, COLLEAGUE, TOTE, "Mina")}
    for side in (OWN, RIVER):
        with world.reading():
            keys, number = world.app.extensions["vault_keys"], house.sides[side]["artisan_id"]
            assert isinstance(number, int)
            identities.enter(keys, number, {"upi": "hers@bank"}, at=world.clock.now(), by=user("Nasrin"))
    for name in (*PERSON_OF.values(), KABIR, *SECOND, COLLEAGUE, RIVER, "Ruma"):
        house.passes.setdefault(name, _pass(world, name))
    house.keep(folder)
    return house


def _letter(world: World, email: str) -> dict[str, object]:
    """Write a letter to the shop; return the parts of the addresses of letters, claims and pages of terms."""
    with world.writing() as at:
        words = (Topic.ORDER, "Someone", email, "Where is it?")
        number = tickets.write(*words, language="en", seller="", at=at).number
    named = ("manager.ticket", "manager.answer_ticket", "manager.close_ticket", "storefront.written")
    parts = {f"{endpoint}:number": number for endpoint in named}
    return {**parts, "claim_id": "india-ministry", "storefront.house_page:slug": "terms", "part": 1}


def pouch(world: World, centre_id: int, *, by: str) -> None:
    """Put a pouch of the river centre into the shop, in the caller's writing unit."""
    at = world.clock.now()
    words = ProductText(
        "River pouch", "A pouch of the river.", "jute", "Wipe.", "20 × 12 cm", "420222", Trade.KANTHA, 5
    )
    product = products.create("river-pouch", words, centre_id=centre_id, position=9, at=at)
    made = products.add_variant(product, VariantText(POUCH, "", "", 90, {"INR": 40_000}, made_to_order=True))
    stock.adjust(made.id, 5, "opening stock", "opening:pouch", at=at, by=user(by).actor)
    media = world.app.config["MEDIA_URL"]
    [drawn] = pictures.draw_known([a_picture()], media=media)
    pictures.add(product, drawn, "River pouch from the front", variant=None, at=at)
    steps = [Step(StepName.CUT, 10, 800), Step(StepName.STITCH, 20, 2_500)]
    making.approve(making.write(product, steps, at=at, by=user("Ruma").actor), at=at, by=user("Farida").actor)
    products.publish(product, at=at, by=user("Ruma").actor)


def _side(world: World, maker: str, sku: str, writer: str, buyer: str) -> Records:
    """Return what a centre has: its product, an order that is ready to leave, work, money, and what waits."""
    link = world.buy(sku, email=f"{buyer.lower()}@test.example")
    number, key = link.split("/orders/")[1].split("/")
    media = world.app.config["MEDIA_URL"]
    with world.writing() as at:
        product = variant(sku).product
        [drawn] = pictures.draw_known([a_picture((260, 300))], media=media)
        second = pictures.add(product, drawn, "From behind", variant=None, at=at).id
        version = making.write(product, [Step(StepName.CUT, 9, 900)], at=at, by=user(writer).actor).version
        event = GatewayEvent(
            gateway="stripe", event_id=f"evt_{sku}", body_sha256=sku, kind="charge.odd", body=b"{}",
            status=EventStatus.HELD, tries=1, note="fits nothing", received_at=at,
        )  # fmt: skip
        db.session.add(event)
        db.session.flush()
        odd = reconcile.Difference(
            "stripe", DifferenceKind.PAYMENT_UNKNOWN, f"pi_{sku}", None, 100, 0, "INR", at, "fits nothing"
        )
        reviews.keep("stripe", [odd.kind], [odd], span=(at, at - timedelta(1)), at=at, by="worker")
        review = db.session.scalars(select(Review).where(Review.ref == f"pi_{sku}")).one()
        words = CollectionText("Of one kind", "", CollectionKind.PICKED, is_shown=True, picks=[product.slug])
        collections.create(product.slug, words)
        rendition = product.pictures[0].renditions[0].name
        found: Records = {
            "slug": product.slug, "sku": sku, "picture_id": second, "version": version, "event_id": event.id,
            "review_id": review.id,
            "number": number, "key": key, "name": rendition, "code": f"wages:{product.centre_id}",
            "step": StepName.CUT, "column": "to-check", "way": "india-express",
            "zone": "home", "paper": 1, "filename": "css/tokens.css", "path": "css/tokens.css",
            "mark": "0123456789", "file_id": 1, "scope": product.slug,
            "return_id": 1, "unit_id": 1, "thanks_id": 1, "webhooks.receive:name": "stripe",
            "refund_id": 1, "dispute_id": 1, "attempt_id": 1,
        }  # fmt: skip
        found["seen"] = _a_file_waits(product.centre_id, at)
    return {**found, **_work(world, maker, sku, writer)}


def _a_file_waits(centre_id: int, at: datetime) -> str:
    """Let a list of one new product wait for everyone who may import it; return the mark of what it would do."""
    content = b"Handle,Title,Body (HTML),Tags\nfrom-a-file,From a file,A thing.,kantha\n"
    for person in db.session.scalars(select(User).where(User.role.in_([Role.MANAGER, Role.ADMIN]))):
        waiting.keep(person.id, content, centre_id=centre_id, at=at)
    return planning.plan(sheet.read(content), plans.Terms({"ANY": centre_id}, "ANY")).fingerprint


def _work(world: World, maker: str, sku: str, proposer: str) -> Records:
    """Return a maker's work in each state, what she earned, and a payout and a correction that wait for a second."""
    made: Records = {"maker": maker}
    with world.writing() as at:
        asked = orders.request(variant(sku), 9, reference=f"shelf:{maker}", due_on=DUE, at=at, by=user(proposer).actor)
        made["order_id"], step = asked.id, asked.making.steps[0]
        for name, verbs, pieces in (
            ("offered", (), 1), ("accepted", (tasks.accept,), 1), ("started", (tasks.accept, tasks.start), 1),
            ("submitted", (tasks.accept, tasks.start, tasks.submit), 1),
            ("checked", (tasks.accept, tasks.start, tasks.submit), 3),
            ("lost", (tasks.accept, tasks.start, tasks.submit), 2),
        ):  # fmt: skip
            task = tasks.offer(asked, step, artisan(maker), pieces, due_on=DUE, at=at, by=user(proposer))
            for verb in verbs:
                verb(task, at=at, by=user(maker))
            made[name] = task.id
        done = db.session.get_one(Task, made["checked"])
        checks.record(done, passed=3, rework=0, rejected=0, at=at, by=user(proposer))
        lost = db.session.get_one(Task, made["lost"])
        checks.record(lost, passed=0, rework=0, rejected=2, cause=Cause.WORK, at=at, by=user(proposer))
        made["piece"] = lost.pieces[0].piece.number
        other = lost.pieces[1]
        made["recount_id"] = recounts.propose(other, "good", is_there=True, at=at, by=user(proposer)).id
        hers = artisan(maker)
        made["artisan_id"] = hers.id
        amount = Money(200, "INR")
        made["payout_id"] = payouts.propose(hers, amount, PayoutMethod.UPI, at=at, by=user(proposer)).id
        made["centre_id"] = hers.centre_id
        week = (india_date(at) - timedelta(days=6), india_date(at))
        made["run_id"] = runs.begin(hers.centre_id, *week, least=Money(100, "INR"), at=at, by=user(proposer)).id
        line = {"payout_id": made["payout_id"], "run_id": made["run_id"], "artisan_id": hers.id, "mark": "a" * 16}
        db.session.add(PayoutRunLine(**line))
        wrote = cash_box.find_waiting(hers.centre_id) or cash_box.propose(
            hers.centre_id, CashActKind.OPEN, Money(0, "INR"), bank_reference=None, note="", at=at, by=user(proposer)
        )
        made["act_id"] = wrote.id
        first, _second, last = db.session.scalars(select(Earning).where(Earning.source == f"task:{done.id}"))
        terms = (Money(900, "INR"), Money(300, "INR"), AdvanceReason.TOOLS, PayoutMethod.UPI)
        agreed = india_date(at)
        made["advance_id"] = advances.propose(hers, *terms, agreed_on=agreed, at=at, by=user(proposer)).id
        made["deduction_id"] = propose_deduction(hers, at=at, by=user(proposer))
        reason = CorrectionReason.COUNTED_TWICE
        made["correction_id"] = corrections.propose(first, reason, "twice", at=at, by=user(proposer)).id
        made["reference"] = last.reference
        account = select(Account.id).where(Account.code == hers.payable).scalar_subquery()
        made["line_id"] = db.session.scalar(select(Transfer.id).where(Transfer.credit_account_id == account).limit(1))
        line_id = int(str(made["line_id"]))
        made["question_id"] = questions.ask(hers, line_id, Asked.TOO_LITTLE, at=at, by=hers.user).id
        made["slip_id"] = hers.id  # there is one once a month is closed: two_months.py
    made["task_id"] = made["offered"]
    for endpoint, state in TASK_OF.items():
        made[f"{endpoint}:task_id"] = made[state]
    return made


def _pass(world: World, name: str) -> Pass:
    with world.writing() as at:
        token = sessions.begin(world.user(name), idle=timedelta(hours=12), at=at, stepped_up=True)
    with world.app.test_request_context():
        given = generate_csrf()
        return Pass(token, session["csrf_token"], given)


def rules(house: House) -> Iterator[tuple[Rule, str]]:
    """Yield every rule of the URL map with each method that it answers, addresses that only add a default left out."""
    for rule in sorted(house.world.app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule)):
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            yield rule, method
