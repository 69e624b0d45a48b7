"""A house with two of everything, for asking who may do what with whose: an order, a task, a payout, a product, a
proposal and a maker of the north centre, and the same of the river centre; Rina's beside Mala's and Shila's.

`House.ask` sends one request of one person about one side's records and puts the database back after it,
so that every question is asked of the same house.
"""

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select, update
from sqlalchemy.engine import make_url
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from shop import identities
from shop.artisans import corrections, payouts
from shop.artisans.models import Correction, CorrectionReason, Earning, Payout, PayoutMethod
from shop.artisans.story_models import Story, StoryStatus
from shop.artisans.story_reviews import CHECKLIST
from shop.artisans.vault import payout_file
from shop.artisans.vault.looks import LookReason
from shop.artisans.wordlist import Excuse
from shop.catalog import collections, figures, pictures, products, stock
from shop.catalog.collections import CollectionText
from shop.catalog.exchange import planning, plans, sheet, waiting
from shop.catalog.listing_models import CollectionKind
from shop.catalog.models import Trade
from shop.catalog.products import ProductText, VariantText
from shop.db import db
from shop.ledger.models import Account, Transfer
from shop.money import Money
from shop.orders import invoice_files, invoices, lifecycle, returns, tickets
from shop.orders.models import Order
from shop.orders.return_models import Return, ReturnReason
from shop.orders.tickets import Topic
from shop.orders.window import Window
from shop.payments.models import EventStatus, GatewayEvent
from shop.production import checks, making, orders, tasks
from shop.production.making import Step
from shop.production.models import Making, MakingStatus, StepName, Task
from shop.users import customers, enrolment, sessions
from shop.users.models import Role, User
from shop.web.edge import SIGN_IN
from tests.cast import PASSWORD, TOTE, a_picture
from tests.two_shown import PLACE, customers_own, shown_of
from tests.two_signed_in import (
    a_phone,
    a_phone_that_waits,
    a_yes_that_may_not_be_hers,
    hers_on_her_own_side,
    office_of,
)
from tests.workshop import DUE, artisan, user, variant
from tests.world import ADDRESS, Browser, World

POUCH = "MB-POUCH"
SECOND = {"Mina": "NORTH", "Rupa": "RIVER"}  # managers who have proposed everything that waits for another
ASHA, KABIR = "Asha", "Kabir"  # Asha has bought of the north, Kabir of the river
PERSON_OF = {
    Role.CUSTOMER: "Asha", Role.ARTISAN: "Rina", Role.MANAGER: "Meera", Role.FINANCE: "Farida",
    Role.SAFEGUARDING: "Nasrin", Role.AUDITOR: "Bina", Role.ADMIN: "Anita",
}  # fmt: skip
# A side is whose records a question is about; an artisan's colleague is Mala, a manager's other centre is the river.
OWN, COLLEAGUE, RIVER = "Rina", "Mala", "Shila"
Records = dict[str, object]


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
    with world.writing() as at:
        centre_of = {each.code: each.id for each in enrolment.centres()}
        for name, code in SECOND.items():
            email = f"{name.lower()}@test.example"
            enrolment.add_staff(Role.MANAGER, name, email, PASSWORD, centre_id=centre_of[code], at=at)
        customers.add(f"{KABIR.lower()}@test.example", KABIR, PASSWORD, at=at)
        _pouch(world, centre_of["RIVER"])
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


def _pouch(world: World, centre_id: int) -> None:
    at = world.clock.now()
    words = ProductText(
        "River pouch", "A pouch of the river.", "jute", "Wipe.", "20 × 12 cm", "420222", Trade.KANTHA, 5
    )
    product = products.create("river-pouch", words, centre_id=centre_id, position=9, at=at)
    made = products.add_variant(product, VariantText(POUCH, "", "", 90, {"INR": 40_000}, made_to_order=True))
    stock.adjust(made.id, 5, "opening stock", "opening:pouch", at=at, by=user("Rupa").actor)
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
        words = CollectionText("Of one kind", "", CollectionKind.PICKED, is_shown=True, picks=[product.slug])
        collections.create(product.slug, words)
        rendition = product.pictures[0].renditions[0].name
        found: Records = {
            "slug": product.slug, "sku": sku, "picture_id": second, "version": version, "event_id": event.id,
            "number": number, "key": key, "name": rendition, "code": f"wages:{product.centre_id}",
            "step": StepName.CUT, "column": "to-check", "way": "india-express",
            "zone": "home", "paper": 1, "filename": "css/tokens.css", "path": "css/tokens.css",
            "mark": "0123456789", "file_id": 1, "scope": product.slug,
            "return_id": 1, "unit_id": 1, "webhooks.receive:name": "stripe",
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
        ):  # fmt: skip
            task = tasks.offer(asked, step, artisan(maker), pieces, due_on=DUE, at=at, by=user(proposer))
            for verb in verbs:
                verb(task, at=at, by=user(maker))
            made[name] = task.id
        done = db.session.get_one(Task, made["checked"])
        checks.record(done, passed=3, rework=0, rejected=0, at=at, by=user(proposer))
        hers = artisan(maker)
        made["artisan_id"] = hers.id
        amount = Money(200, "INR")
        made["payout_id"] = payouts.propose(hers, amount, PayoutMethod.UPI, at=at, by=user(proposer)).id
        first, _second, last = db.session.scalars(select(Earning).where(Earning.source == f"task:{done.id}"))
        reason = CorrectionReason.COUNTED_TWICE
        made["correction_id"] = corrections.propose(first, reason, "twice", at=at, by=user(proposer)).id
        made["reference"] = last.reference
        account = select(Account.id).where(Account.code == hers.payable).scalar_subquery()
        made["line_id"] = db.session.scalar(select(Transfer.id).where(Transfer.credit_account_id == account).limit(1))
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


LOOK, EXCUSE = next(iter(LookReason)).value, next(iter(Excuse)).value
TASK_OF = {
    "artisan.accept": "offered", "artisan.refuse": "offered", "artisan.start": "accepted",
    "artisan.submit": "started", "manager.check": "submitted", "manager.check_post": "submitted",
    "manager.withdraw_task": "offered",
}  # fmt: skip
NEW_PASSWORD = {"password": "jute-and-marigold", "password_again": "jute-and-marigold"}
PIN = {"pin": "482915", "pin_again": "482915"}
WORDS = {
    "title": "Lotus purse", "description": "A purse.", "materials": "cotton", "care": "Wash.", "size": "9 cm",
    "hsn": "420222", "trade": "kantha", "finish_days": "5",
}  # fmt: skip
STORY = {"craft": "kantha", "title_en": "Three threads", "body_en": "The needle goes under three threads."}
VARIANT = {"option": "Sand", "colour": "", "grams": "90", "price_INR": "450", "made_to_order": "yes"}
# endpoint -> what its form is filled with, given the records of a side
FORMS: dict[str, Callable[[Records], dict[str, Any]]] = {
    "account.add_address": lambda _: dict(PLACE),
    "account.change_address": lambda _: {**PLACE, "line1": "14 Invented Lane"},
    "account.change_details": lambda _: {"name": "Asha", "language": "bn"},
    "account.change_email": lambda _: {"email": "asha.sen@test.example"},
    "account.erase_now": lambda _: {"sure": "yes"},
    "account.export": lambda _: {"kind": "json"},
    "account.mail_link": lambda _: {"email": "asha@test.example"},
    "account.new_post": lambda _: {"email": "new@test.example"},
    "account.set_password": lambda _: {"password": "jute-and-marigold"},
    "auth.join_post": lambda _: dict(NEW_PASSWORD),
    "auth.step_up_post": lambda _: {"password": PASSWORD},
    "artisan.answer": lambda _: {"said": "yes"},
    "artisan.choose_language": lambda _: {"language": "en"},
    "artisan.hide_amounts": lambda _: {"hide": "1"},
    "artisan.withdraw_consent": lambda _: {"item": "everything"},
    "manager.add_centre": lambda _: {
        "code": "HILL",
        "name": "Hill centre",
        "region": "Hills",
        "hours_per_day": "20",
        "organisation": "Test trust",
    },
    "manager.add_picture": lambda _: {"picture": (io.BytesIO(a_picture()), "p.png"), "alt": "The inside"},
    "manager.add_story_picture": lambda _: {
        "picture": (io.BytesIO(a_picture()), "p.png"),
        "alt": "Three cloths",
        "kind": "work",
    },
    "manager.add_variant": lambda _: {"sku": "MB-NEW", **VARIANT},
    "manager.adjust_stock": lambda of: {"sku": of["sku"], "change": "+2", "reason": "found", "once": "a" * 16},
    "manager.allow_story_words": lambda _: {"excuse": EXCUSE},
    "manager.change_password": lambda _: {"password_now": PASSWORD, **NEW_PASSWORD},
    "manager.change_rate": lambda _: {
        "version": "0",
        "grams_0": "1000",
        "INR_0": "90",
        "least_days": "3",
        "most_days": "5",
    },
    "manager.change_reach": lambda _: {
        "version": "0",
        "packing_grams": "90",
        "piece_grams": "10",
        "unserved": "900000-999999",
        "remote": "744101",
        "countries_saarc": "NP",
        "countries_europe": "GB",
        "countries_world": "US",
    },
    "manager.change_role": lambda _: {"role": "auditor", "centre": ""},
    "manager.check_post": lambda _: {"passed": "1", "rework": "0", "rejected": "0"},
    "manager.choose_persona": lambda _: {"name_en": "Aparajita", "emblem": "lotus", "not_her_own": "yes"},
    "manager.close_event": lambda _: {"note": "ours after all"},
    "manager.close_unwitnessed": lambda _: {"note": "she was asked and has it"},
    "manager.customer_post": lambda _: {"purpose": "delivery"},
    "manager.enter_identity": lambda _: {"address": "9 Lane"},
    "manager.grant_consent": lambda of: {
        "item": "persona-card",
        "channel": "packaging",
        "language": "en",
        "told": "read",
        "days": "30",
        "witness": of["witness"],
        "witness_password": PASSWORD,
    },
    "manager.import_products": lambda of: {"seen": of["seen"]},
    "manager.invite": lambda _: {"name": "Asmani", "email": "asmani@test.example", "role": "finance", "centre": ""},
    "manager.note_looks": lambda _: {"last": "0"},
    "manager.reveal_identity": lambda _: {"reason": LOOK},
    "manager.answer_return": lambda _: {"answer": "agree"},
    "manager.answer_share": lambda _: {"answer": "approve"},
    "manager.propose_share": lambda _: {"rupees": "50", "percent": ""},
    "manager.receive_return": lambda of: {"piece": of["unit_id"]},
    "manager.set_cost": lambda _: {"kind": "material", "rupees": "165", "percent": ""},
    "manager.settle_piece": lambda _: {"outcome": "restocked"},
    "storefront.ask_return": lambda _: {"pieces_1": "1", "reason": "size"},
    "manager.decline_correction": lambda _: {"note": "she did make it"},
    "manager.decline_making": lambda _: {"reason": "too little for the stitching"},
    "manager.new_artisan_post": lambda _: {
        "work_name": "Lata",
        "card_number": "3001",
        "emblem": "leaf",
        "adult_confirmed_on": "2026-01-02",
        "adult": "yes",
        "centre": "1",
        **PIN,
    },
    "manager.new_collection_post": lambda _: {"slug": "gifts", "title": "Gifts", "kind": "ruled"},
    "manager.new_product_post": lambda _: {"slug": "lotus-purse", "centre": "1", **WORDS},
    "manager.new_story_post": lambda _: {"slug": "three-threads", "centre": "1", **STORY},
    "manager.new_work_post": lambda of: {"sku": of["sku"], "quantity": "2", "due_on": "2027-01-31", "once": "b" * 16},
    "manager.upload_products": lambda _: {"file": (io.BytesIO(b"Handle,Title\na,b\n"), "a.csv")},
    "manager.offer_post": lambda of: {
        "artisan": of["artisan_id"],
        "quantity": "1",
        "due_on": "2027-01-31",
        "rate": "9.50",
    },
    "manager.propose": lambda of: {"artisan": of["artisan_id"], "amount": "1", "method": "cash"},
    "manager.propose_correction": lambda _: {"reason": "not-done", "note": "the piece was never made"},
    "manager.record_failed": lambda _: {"reason": "the account is closed"},
    "manager.record_sent": lambda _: {"bank_reference": "UTR-77"},
    "manager.refund_post": lambda _: {"reason": "ordered twice"},
    "manager.reset_pin": lambda _: dict(PIN),
    "manager.review_story": lambda of: {"answer": "approve", "revision": of["revision"], "ticked": list(CHECKLIST)},
    "manager.rewrite_collection": lambda _: {"title": "Gifts", "kind": "ruled"},
    "manager.rewrite_product": lambda _: dict(WORDS),
    "manager.answer_ticket": lambda _: {"answer": "It left today."},
    "manager.rename_product": lambda of: {"slug": of["slug"]},
    "storefront.write": lambda _: {"topic": "order", "name": "Asha", "email": "asha@test.example", "text": "Where?"},
    "manager.rewrite_story": lambda of: {**STORY, "artisan": of["artisan_id"]},
    "manager.rewrite_variant": lambda _: dict(VARIANT),
    "manager.second_factor_on": lambda of: {"code": of.get("phone_code", "")},
    "manager.ship": lambda _: {"carrier": "India Post", "tracking": "EB123456789IN"},
    "manager.switch_faces": lambda _: {"faces": "on"},
    "manager.withdraw_consent": lambda _: {"item": "everything"},
    "manager.write_making": lambda _: {"step_1": "cut", "minutes_1": "10", "rate_1": "12"},
    "storefront.add_line": lambda of: {"sku": of["sku"], "quantity": "1"},
    "storefront.pay_again": lambda _: {"payment_method": "stripe"},
    "storefront.place_order": lambda _: dict(ADDRESS),
}
QUERIES: dict[str, Callable[[Records], dict[str, Any]]] = {"manager.find": lambda of: {"q": of["number"]}}


def _no_proposal(_house: House, _side: str, _name: str | None) -> None:
    db.session.execute(update(Making).where(Making.status == MakingStatus.PROPOSED).values(status="withdrawn"))


def _no_payout(house: House, side: str, _name: str | None) -> None:
    db.session.execute(update(Payout).where(Payout.id == house.sides[side]["payout_id"]).values(status="withdrawn"))


def _approved(house: House, side: str, _name: str | None) -> None:
    # by one who is signed in nowhere here, so that everyone who may is asked
    payout = db.session.get_one(Payout, house.sides[side]["payout_id"])
    payouts.approve(
        payout, at=house.world.clock.now(), by=user("Rupa" if payout.proposed_by == user("Mina").actor else "Mina")
    )


def _sent(house: House, side: str, name: str | None) -> None:
    _approved(house, side, name)
    payout = db.session.get_one(Payout, house.sides[side]["payout_id"])
    payouts.record_sent(payout, bank_reference="UTR-1", at=house.world.clock.now(), by=user("Mina"))


def _to_be_filed(house: House, side: str, name: str | None) -> None:
    _approved(house, side, name)
    payout_file.propose(None, at=house.world.clock.now(), by=user("Mina"))


def _shipped(house: House, side: str, _name: str | None) -> None:
    order = db.session.scalars(select(Order).where(Order.number == house.sides[side]["number"])).one()
    lifecycle.ship(order, "India Post", "EB1", at=house.world.clock.now(), by=user("Mina").actor)


def _sent_back(house: House, side: str, name: str | None) -> None:
    _shipped(house, side, name)
    order = db.session.scalars(select(Order).where(Order.number == house.sides[side]["number"])).one()
    lines, at = {lifecycle.lines_of(order)[0].id: 1}, house.world.clock.now()
    house.sides[side]["return_id"] = returns.ask(order, lines, ReturnReason.SIZE, Window(), at=at, by="customer").id
    house.sides[side]["unit_id"] = min(returns.units_out(order.id))


def _agreed(house: House, side: str, name: str | None) -> None:
    _sent_back(house, side, name)
    found = db.session.get_one(Return, house.sides[side]["return_id"])
    returns.agree(found, at=house.world.clock.now(), by=user("Mina").actor)


def _back(house: House, side: str, name: str | None) -> None:
    _agreed(house, side, name)
    found, unit_id = db.session.get_one(Return, house.sides[side]["return_id"]), house.sides[side]["unit_id"]
    assert isinstance(unit_id, int)
    returns.receive(found, [unit_id], at=house.world.clock.now(), by=user("Mina").actor)


def _share_proposed(house: House, side: str, _name: str | None, *, by: str = "Mina") -> None:
    scope = figures.product_scope(variant(str(house.sides[side]["sku"])).product_id)
    made = figures.propose_rule(scope, minor=1_000, at=house.world.clock.now(), by=user(by).actor)
    house.sides[side]["manager.answer_share:version"] = made.version
    house.sides[side]["manager.withdraw_share:version"] = made.version


def _share_of_the_one_who_asks(house: House, side: str, name: str | None) -> None:
    _share_proposed(house, side, name, by=name or "Mina")


def _with_a_paper(house: House, side: str, _name: str | None) -> None:
    order = db.session.scalars(select(Order).where(Order.number == house.sides[side]["number"])).one()
    at, who = house.world.clock.now(), user("Mina").actor
    shipment = lifecycle.ship(order, "India Post", "EB1", at=at, by=who)
    invoice = invoices.issue_invoice(shipment, invoices.Seller("Test trust", "", "West Bengal"), at=at, by=who)
    sha256, size = invoice_files.keep(b"%PDF-", papers=house.world.app.config["PAPERS_URL"])
    invoice_files.record(invoice.id, sha256, size, at=at)


def _written_by_the_one_who_asks(_house: House, _side: str, name: str | None) -> None:
    if name:
        actor = user(name).actor
        db.session.execute(update(Making).where(Making.status == MakingStatus.PROPOSED).values(made_by=actor))
        db.session.execute(update(Correction).values(proposed_by=actor))


def _a_story_of_the_one_who_asks(_house: House, _side: str, name: str | None) -> None:
    if name:
        db.session.execute(update(Story).where(Story.status == StoryStatus.DRAFT).values(written_by=user(name).id))


def _nothing_under_way(_house: House, _side: str, _name: str | None) -> None:
    db.session.execute(update(Order).where(Order.email == "asha@test.example").values(email="guest@test.example"))


# endpoint -> what is brought about first, so that the act may be done
BEFORE: dict[str, Callable[[House, str, str | None], None]] = {
    "account.erase_again": _nothing_under_way,
    "account.erase_now": _nothing_under_way,
    "artisan.answer": _sent,
    "manager.add_story_picture": _a_story_of_the_one_who_asks,
    "manager.close_unwitnessed": a_yes_that_may_not_be_hers,
    "manager.deliver": _shipped,
    "manager.answer_return": _sent_back,
    "manager.answer_share": _share_proposed,
    "manager.receive_return": _agreed,
    "manager.return_page": _sent_back,
    "manager.settle_piece": _back,
    "manager.withdraw_share": _share_of_the_one_who_asks,
    "storefront.ask_return": _shipped,
    "storefront.call_off_return": _sent_back,
    "manager.paper": _with_a_paper,
    "storefront.paper": _with_a_paper,
    "manager.end_sign_in": hers_on_her_own_side,
    "manager.new_codes": a_phone,
    "manager.remove_passkey": hers_on_her_own_side,
    "manager.second_factor_off": a_phone,
    "manager.second_factor_on": a_phone_that_waits,
    "manager.payout_file_page": _to_be_filed,
    "manager.propose_payout_file": _approved,
    "manager.release_payout_file": _to_be_filed,
    "manager.withdraw_payout_file": _to_be_filed,
    "manager.propose": _no_payout,
    "manager.record_failed": _sent,
    "manager.record_sent": _approved,
    "manager.remove_story_picture": _a_story_of_the_one_who_asks,
    "manager.rewrite_story": _a_story_of_the_one_who_asks,
    "manager.submit_story": _a_story_of_the_one_who_asks,
    "manager.withdraw_correction": _written_by_the_one_who_asks,
    "manager.withdraw_making": _written_by_the_one_who_asks,
    "manager.write_making": _no_proposal,
}


def rules(house: House) -> Iterator[tuple[Rule, str]]:
    """Yield every rule of the URL map with each method that it answers, addresses that only add a default left out."""
    for rule in sorted(house.world.app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule)):
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            yield rule, method
