"""A world in which every table has rows of both centres, of two customers and of three artisans."""

import base64
from datetime import timedelta

from sqlalchemy import select

from shop import duties, mail
from shop.artisans import (
    advances,
    came_back,
    cash_alerts,
    cash_box,
    consents,
    corrections,
    deductions,
    designs,
    payouts,
    questions,
    runs,
    savings,
    stories,
    story_reviews,
)
from shop.artisans.advance_models import AdvanceReason
from shop.artisans.cash_models import CashActKind
from shop.artisans.consent_models import Item
from shop.artisans.deduction_models import DeductionKind, DeductionReason
from shop.artisans.models import Artisan, CorrectionReason, Earning, Payout, PayoutMethod
from shop.artisans.question_models import Answer
from shop.artisans.question_models import Asked as AskedOfALine
from shop.artisans.run_models import PayoutRunLine
from shop.artisans.vault import payout_file
from shop.catalog import collections, figures, pictures, products, stock
from shop.catalog.collections import CollectionText
from shop.catalog.listing_models import CollectionKind
from shop.catalog.models import Product, Trade, UnitMaker
from shop.catalog.products import ProductText, VariantText
from shop.clock import india_date
from shop.db import db
from shop.ledger.models import Transfer
from shop.money import Money
from shop.orders import customers as theirs
from shop.orders import designed, exchanges, lifecycle, returns, thanks, tickets
from shop.orders.address import Address
from shop.orders.models import Order, OrderLine, OrderStatus
from shop.orders.reductions import Asked
from shop.orders.return_models import Outcome, ReturnReason, Wish
from shop.orders.tickets import Topic
from shop.orders.window import Window
from shop.payments import disputes, late, refunds, reviews, taken_off
from shop.payments.dispute_models import Dispute
from shop.payments.models import Capture
from shop.production import checks, leadtime, making, recounts, tasks
from shop.production.making import Step
from shop.production.models import Cause, StepName, Task
from shop.users import audit, customers, enrolment, halves, invitations, passkeys, recovery, totp
from shop.users.customers import Asking
from shop.users.models import Centre, Role
from shop.users.passkeys import Passkey
from shop.users.totp import SecondFactor
from tests import two_months, workshop
from tests.artisans import publishing
from tests.cast import MESSENGER, PASSWORD, SELLER, TOTE, TOTE_RED, WALLET, a_picture
from tests.web import artisan_life as life
from tests.world import ABROAD, ADDRESS, World

JOURNAL, DRAFT = "MB-JRNL", "MB-SECRET"


def fill(world: World) -> None:
    """Let a few weeks of the shop happen in an hour."""
    _stories(world)
    _river_product(world)
    _orders(world)
    _work(world)
    _payouts(world)
    _advances(world)
    _cash(world)
    _months(world)
    _deductions(world)
    _designs(world)
    _said_of_work(world)
    _accounts(world)
    _letters(world)
    _thanks(world)
    _exchanges(world)
    with world.writing() as at:
        payout_file.propose(None, at=at, by=world.user("Farida"))
        audit.record("pin.reset", "user:7", by="user:1", at=at, reason="card-lost")


def _stories(world: World) -> None:
    """Let Rina's story come out, Shila's come out and be taken back, and two drafts of Meera wait."""
    told = publishing.told(world)
    assert told.slug == publishing.SLUG
    publishing.choose(world, "Mala", "Machranga", "kingfisher")
    publishing.choose(world, "Shila", "Jowar", "leaf")
    publishing.draft(world, teller=None, slug="a-tyre-has-four-skins")
    hers = publishing.draft(world, teller="Mala", slug="one-block-for-each-colour")
    publishing.agree(world, name="Mala")
    publishing.agree(world, (Item.STORY, Item.PICTURE), name="Mala", about=f"story:{hers}")
    publishing.publish(world, hers)
    with world.writing() as at:
        consents.withdraw(life.artisan("Mala"), at=at, by=world.user("Ruma"))
    sent_back = publishing.draft(world, teller="Mala", slug="paper-that-was-cloth")
    with world.writing() as at:
        story = stories.get_of(world.user("Meera"), sent_back, action="stories.read")
        story_reviews.submit(story, at=at, by=world.user("Meera"))
        story_reviews.send_back(story, "say less of the weather", at=at, by=world.user("Nasrin"))
    with world.writing() as at:
        consents.switch_faces(True, at=at, by=world.user("Nasrin"))


def _said_of_work(world: World) -> None:
    """Let corrections, rates and an unwitnessed answer be spoken of."""
    lost_id = life.hand_in(world, "Rina", 2)
    with world.writing() as at:
        earnings = db.session.scalars(
            select(Earning).where(Earning.artisan_id == life.artisan("Rina").id).order_by(Earning.id.desc())
        ).all()
        first, second = earnings[:2]
        reason = CorrectionReason.COUNTED_TWICE
        refused = corrections.propose(first, reason, "looks like one too many", at=at, by=world.user("Meera"))
        corrections.decline(refused, "she made it", at=at, by=world.user("Farida"))
        corrections.propose(second, reason, "looks like two too many", at=at, by=world.user("Meera"))
        torn = db.session.get_one(Task, lost_id)
        checks.record(torn, passed=0, rework=0, rejected=2, cause=Cause.WORK, at=at, by=world.user("Meera"))
        for entry in torn.pieces:
            lost = recounts.propose(entry, "the light was poor", is_there=True, at=at, by=world.user("Meera"))
        recounts.close(lost, "it is torn", at=at, by=world.user("Farida"))
        product = db.session.scalars(select(Product).where(Product.slug == "kalka-tote")).one()
        proposed = making.write(product, [Step(StepName.CUT, 9, 700)], at=at, by=world.user("Meera").actor)
        making.decline(proposed, "too little for the cutting", at=at, by=world.user("Farida").actor)
    with world.writing() as at:
        hers = db.session.scalars(select(Payout).where(Payout.bank_reference == "UTR0002")).one()
        payouts.answer(hers, "yes", at=at, by=world.user("Shila"), staff_device=True)
        db.session.refresh(hers)
        payouts.close_unwitnessed(hers, "she was there", at=at, by=world.user("Anita"))
        came_back.write(hers, india_date(at), "RET0002", at=at, by=world.user("Farida"))


def _accounts(world: World) -> None:
    """Give Asha and Kabir accounts with orders and addresses, mail links, and invite someone to the office."""
    place = {name: ADDRESS[name] for name in (*theirs.PLACE, "email")}
    with world.writing() as at:
        people = [world.user("Asha"), customers.add("kabir@test.example", "Kabir", PASSWORD, at=at)]
        for user in people:
            theirs.attach(user)
            theirs.add_address(user, Address(**{**place, "line2": "Flat 3"}), at=at)
        asha, kabir = people
        customers.ask_to_change_email(asha, "asha.sen@test.example", Asking("her browser", "/account"), at=at)
        customers.ask_for_link("kabir@test.example", Asking("his browser", "/account/orders"), at=at)
        customers.ask_for_link("emma@test.example", Asking("a browser", "/cart"), name="Emma", password=PASSWORD, at=at)
        customers.ask_for_link("farida@test.example", Asking("a browser", "/cart"), at=at)
        customers.set_password(kabir, PASSWORD, at=at)
        river = db.session.scalars(select(Centre).where(Centre.code == "RIVER")).one().id
        new = enrolment.add_staff(Role.MANAGER, "Lila", "lila@test.example", PASSWORD, centre_id=river, at=at)
        invited = invitations.invite(new, at=at, by=world.user("Anita"))
        values = {"invitation_id": invited.id}
        mail.enqueue("invitation", f"invitation:{invited.id}", "lila@test.example", values, at=at)
    world.work()


def _letters(world: World) -> None:
    """Let two have written to the shop, and one have her answer."""
    with world.writing() as at:
        for name in ("Lena", "Tapan"):
            words = (Topic.ORDER, name, f"{name.lower()}@test.example", "Where is it?")
            written = tickets.write(*words, language="en", seller="shop@test.example", at=at)
        tickets.answer(written, "It left today.", at=at, by="user:1")


def _thanks(world: World) -> None:
    """Let Asha's thank-you have gone to Rina, who made a piece of hers, and one of the river centre wait."""
    with world.writing() as at:
        orders = {name: _newest_of(f"{name}@test.example", sku) for name, sku in (("asha", TOTE), ("kabir", JOURNAL))}
        by = world.user("Ruma").actor
        lifecycle.ship(orders["kabir"], "India Post", "EB100000002IN", at=at, by=by, seller=SELLER)
        for order in orders.values():
            lifecycle.deliver(order, at=at, by=world.user("Anita").actor)
        unit_id = min(returns.units_out(orders["asha"].id))
        db.session.add(UnitMaker(unit_id=unit_id, step="cut", artisan_id=life.artisan("Rina").id, earned_minor=800))
        notes = [thanks.write(order, name, "Fine stitches.", language="en", at=at) for name, order in orders.items()]
        thanks.pass_on(notes[0], at=at, by=world.user("Meera").actor)


def _exchanges(world: World) -> None:
    """Let Kabir have got another of what he sent back, and for that one his money after all."""
    with world.writing() as at:
        arrived = Order.status == OrderStatus.DELIVERED, Order.email == "kabir@test.example"
        order, by = db.session.scalars(select(Order).where(*arrived)).one(), world.user("Ruma").actor
        line = lifecycle.lines_of(order)[0]
        stock.adjust(line.variant_id, 2, "found", "found:to-exchange", at=at, by=by)
        for is_sent in (True, False):
            found = returns.ask(order, {line.id: 1}, ReturnReason.SIZE, Window(), Wish.EXCHANGE, at=at, by="customer")
            returns.agree(found, at=at, by=by)
            unit_id = min(returns.units_out(order.id))
            row = exchanges.receive(found, [unit_id], at=at, by=by)
            if is_sent:
                exchanges.send(row, "India Post", "EX100000003IN", at=at, by=by)
                exchanges.deliver(row, at=at, by=by)
                returns.settle(found, unit_id, Outcome.WRITTEN_OFF, at=at, by=by)
            else:
                refunds.refund_return(exchanges.end(row, at=at, by=by), at=at, by=by)
    world.work()


def _newest_of(email: str, sku: str) -> Order:
    wanted = select(Order).join(OrderLine, OrderLine.order_id == Order.id).where(OrderLine.sku == sku)
    found = wanted.where(Order.email == email, Order.status.in_([OrderStatus.PAID, OrderStatus.SHIPPED]))
    return db.session.scalars(found.order_by(Order.status.desc(), Order.id)).first()


def second_factors(world: World) -> None:
    """Give Bina and Ruma what they show besides a password, and Anita a seed that waits; they have signed in before."""
    site = passkeys.Site("localhost", "http://localhost")
    with world.writing() as at:
        for name in ("Bina", "Ruma"):
            user = world.user(name)
            recovery.make(user.id)
            credential = base64.urlsafe_b64encode(name.encode() * 8).decode().rstrip("=")
            db.session.add(
                Passkey(user_id=user.id, credential_id=credential, public_key=credential[::-1], sign_count=1,
                        name="Blue key", added_at=at)
            )  # fmt: skip
            totp.begin(user.id, at=at)
            passkeys.ask_to_prove(user.id, site, at=at)
            halves.begin(user, at=at)
        totp.begin(world.user("Anita").id, at=at)
        ruma = db.session.get_one(SecondFactor, world.user("Ruma").id)
        ruma.confirmed_at = at


def _river_product(world: World) -> None:
    media = world.app.config["MEDIA_URL"]
    with world.writing() as at:
        river = db.session.scalars(select(Centre).where(Centre.code == "RIVER")).one().id
        for slug, sku in (("petal-journal", JOURNAL), ("a-draft", DRAFT)):
            words = ProductText(
                title=slug.replace("-", " "), titles={"bn": "খাতা"}, description="Paper made by hand.",
                materials="paper", care="Keep dry.", size="A5", hsn="482010", trade=Trade.PAPER, finish_days=5,
            )  # fmt: skip
            product = products.create(slug, words, centre_id=river, position=9, at=at)
            variant = products.add_variant(product, VariantText(sku, "", "", 300, {"INR": 45_000, "GBP": 900}, True))
            [drawn] = pictures.draw_known([a_picture()], media=media)
            pictures.add(product, drawn, "Front", variant=None, at=at)
            written = making.write(product, [Step(StepName.CUT, 10, 1_000)], at=at, by="user:2")
            making.approve(written, at=at, by="user:3")
            if sku == JOURNAL:
                stock.adjust(variant.id, 6, "found in the store room", f"opening:{sku}", at=at, by="user:2")
                products.publish(product, at=at, by="user:2")
        paper = CollectionText("Of paper", "Rags that were read.", CollectionKind.PICKED, True, picks=["petal-journal"])
        collections.create("of-paper", paper)
        leadtime.publish(as_of=at)


def _orders(world: World) -> None:
    asha = world.buy(TOTE, 2, note="Please ring twice")
    _ship(world, asha)
    _returns(world, asha)
    kabir = {"name": "Kabir Das", "email": "kabir@test.example", "phone": "+91 98300 54321", "line2": "Second floor"}
    world.buy(JOURNAL, gateway="stripe", **kabir)
    world.buy(JOURNAL, 2, gateway="stripe", currency="GBP", **{**ABROAD, "email": "emma@test.example"})
    back = world.buy(WALLET, **kabir)
    with world.writing() as at:
        order = db.session.get_one(Order, world.order(back).id)
        refunds.refund_order(order, "bought twice by mistake", at=at, by=world.user("Farida").actor)
    fewer = world.buy(JOURNAL, 2, **kabir)
    with world.writing() as at:
        order, asked = db.session.get_one(Order, world.order(fewer).id), {JOURNAL: Asked(pieces=1)}
        taken_off.take_off(order, asked, "one was enough", at=at, by=world.user("Farida").actor)
    world.work()
    making = world.buy(MESSENGER, **kabir)
    waiting = world.buy(TOTE_RED, pay=False)
    _news(world, waiting, making)
    world.buy(JOURNAL, gateway="stripe", pay=False, **kabir)
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    _held_event(world)
    _astray(world, world.buy(TOTE_RED, **kabir))
    _lost(world, world.buy(TOTE_RED, **kabir))


def _lost(world: World, link: str) -> None:
    """Let a bank take back what paid an order that has not left."""
    attempt = world.attempts(link)[-1]
    payment = next(row["id"] for row in world.sandbox.books()["payments"] if row["ref"] == attempt.page_ref)
    world.sandbox.decide(attempt.gateway, world.sandbox.dispute(attempt.gateway, payment)["dispute"], "lost")
    world.work()


def _astray(world: World, link: str) -> None:
    """Let a bank send a refund back, and an order be paid after its piece was sold."""
    refund = next(each["id"] for each in world.sandbox.books()["refunds"] if each["amount"] > 100)
    world.sandbox.settle("razorpay", refund, "fail")
    with world.writing() as at:
        order = db.session.get_one(Order, world.order(link).id)
        stock.release([line.reference for line in lifecycle.lines_of(order)], at=at, by="worker")
        assert late.ask(order, at=at)
    world.work()


def _news(world: World, waiting: str, making: str) -> None:
    """Let those mails be written that a sweep asks for."""
    told = {"order_placed": waiting, "order_making": making, "order_delayed": making, "order_delivered": making}
    with world.writing() as at:
        for letter, link in told.items():
            order = world.order(link)
            values = {"order_id": order.id, "expected_on": order.promised_on.isoformat()}
            mail.enqueue(letter, f"order:{order.id}:{letter}", order.email, values, at=at)


def _ship(world: World, link: str) -> None:
    with world.writing() as at:
        order = db.session.get_one(Order, world.order(link).id)
        by = world.user("Meera").actor
        lifecycle.ship(order, "India Post", "EB100000001IN", at=at, by=by, seller=SELLER)
    world.work()


def _returns(world: World, link: str) -> None:
    """One return refused with a word to the customer, another come back; a share proposed and declined."""
    with world.writing() as at:
        order, meera = db.session.get_one(Order, world.order(link).id), world.user("Meera").actor
        lines = {lifecycle.lines_of(order)[0].id: 1}
        first = returns.ask(order, lines, ReturnReason.SIZE, Window(), at=at, by="customer")
        returns.refuse(first, "it was worn for a week", at=at, by=meera)
        second = returns.ask(order, lines, ReturnReason.DAMAGED, Window(), at=at, by="customer")
        returns.agree(second, at=at, by=meera)
        received = returns.receive(second, [min(returns.units_out(order.id))], at=at, by=meera)
        refunds.refund_return(received, at=at, by=meera)
        product = lifecycle.lines_of(order)[0].variant.product
        another = db.session.scalars(select(Product).where(Product.id != product.id).order_by(Product.id)).first()
        assert another is not None
        rule = figures.propose_rule(figures.product_scope(another.id), minor=1_000, at=at, by=meera)
        figures.decline_rule(rule, "too little for so much work", at=at, by=world.user("Farida").actor)
        figures.propose_rule(figures.product_scope(product.id), minor=2_000, at=at, by=meera)
    world.work()


def _held_event(world: World) -> None:
    """Let a gateway tell of a refund that we did not ask for, and of a bank that asks about the same payment."""
    with world.reading():
        first = db.session.scalars(select(Capture).where(Capture.gateway == "razorpay").order_by(Capture.id)).first()
        assert first is not None
        reference = first.payment_ref
    world.sandbox.refund("razorpay", reference, 100)
    world.sandbox.dispute("razorpay", reference, inquiry=True)
    world.work()
    world.sandbox.pay_out("razorpay")
    with world.reading():
        duties.reconcile()  # the difference stands in the queue, and what was sent to the bank in the books
    with world.writing() as at:
        reviews.accept(reviews.waiting()[-1], "given back by telephone", at=at, by=world.user("Farida").actor)
    with world.writing() as at:
        dispute = db.session.scalars(select(Dispute)).unique().one()
        disputes.note(dispute, "sent the proof of sending", at=at, by=world.user("Farida").actor)


def _work(world: World) -> None:
    life.earn(world, "Rina", 4)
    life.offer(world, "Rina", 2)
    life.hand_in(world, "Mala", 2)
    mended = life.hand_in(world, "Mala", 3)
    with world.writing() as at:
        checks.record(
            db.session.get_one(Task, mended), passed=2, rework=1, rejected=0, cause=Cause.WORK, note="a loose seam",
            at=at, by=world.user("Meera"),
        )  # fmt: skip
    asked = workshop.ask(world, 3, JOURNAL, "shelf:river")
    river = workshop.offer(world, asked, "cut", "Shila", 3, by="Ruma")
    with world.writing() as at:
        for verb in (tasks.accept, tasks.start, tasks.submit):
            verb(db.session.get_one(Task, river), at=at, by=world.user("Shila"))
        checks.record(
            db.session.get_one(Task, river), passed=2, rework=1, rejected=0, cause=Cause.WORK, note="a torn leaf",
            at=at, by=world.user("Ruma"),
        )  # fmt: skip


def _payouts(world: World) -> None:
    life.send(world, "Rina", 500, PayoutMethod.BANK)
    with world.writing() as at:
        payout = payouts.propose(life.artisan("Mala"), _take(world, "Mala"), PayoutMethod.UPI, at=at,
                                 by=world.user("Meera"))  # fmt: skip
        payouts.approve(payout, at=at, by=world.user("Farida"))
        theirs = payouts.propose(life.artisan("Shila"), _take(world, "Shila"), PayoutMethod.UPI, at=at,
                                 by=world.user("Ruma"))  # fmt: skip
        payouts.approve(theirs, at=at, by=world.user("Farida"))
        payouts.record_sent(theirs, bank_reference="UTR0002", at=at, by=world.user("Farida"))
    with world.writing() as at:
        hers = db.session.scalars(select(Payout).where(Payout.bank_reference == "UTR0001")).one()
        payouts.answer(hers, "less", at=at + timedelta(minutes=1), by=world.user("Rina"))


def _cash(world: World) -> None:
    """A box with its first count, money brought, a count that waits, and a run of each centre."""
    for name, by in (("Rina", "Meera"), ("Shila", "Ruma")):
        with world.writing() as at:
            centre_id, on = life.artisan(name).centre_id, india_date(at)
            steps = (
                (CashActKind.OPEN, 500, None),
                (CashActKind.BRING, 900, f"CHQ{name}"),
                (CashActKind.COUNT, 1, None),
            )
            for kind, minor, reference in steps:
                act = cash_box.propose(centre_id, kind, Money(minor, "INR"), bank_reference=reference,
                                       note="counted by two", at=at, by=world.user(by))  # fmt: skip
                if kind is not CashActKind.COUNT:
                    cash_box.see(act, at=at, by=world.user("Farida"))
            going = runs.begin(centre_id, on, on, least=Money(0, "INR"), at=at, by=world.user(by))
            theirs = db.session.scalars(select(Payout).join(Artisan).where(Artisan.centre_id == centre_id))
            for payout in theirs.unique():
                line = PayoutRunLine(payout_id=payout.id, run_id=going.id, artisan_id=payout.artisan_id, mark="d" * 16)
                db.session.add(line)
            farida = world.user("Farida").email
            assert farida
            values = {"centre_id": centre_id, "count": 1}  # as cash_alerts.py asks for it, of a payment in cash
            mail.enqueue(cash_alerts.TEMPLATE, f"cash:{centre_id}", farida, values, at=at)


def _advances(world: World) -> None:
    """One advance that she has said yes to, one that waits for hers, and what one has put aside."""
    for name, by in (("Rina", "Meera"), ("Shila", "Ruma")):
        with world.writing() as at:
            terms = (Money(600, "INR"), Money(200, "INR"), AdvanceReason.TOOLS, PayoutMethod.UPI)
            given = advances.propose(life.artisan(name), *terms, agreed_on=india_date(at), at=at, by=world.user(by))
            advances.approve(given, at=at, by=world.user("Farida"))
            advances.record_paid(given, bank_reference=f"UTR9{name}", at=at, by=world.user("Farida"))
            if name == "Rina":
                advances.answer(given, "yes", at=at, by=world.user(name))
                savings.save(life.artisan(name), Money(100, "INR"), mark="c" * 16, at=at, by=world.user(name))


def _months(world: World) -> None:
    """One question that waits and one that was answered; an old month that is closed, with her paper."""
    with world.writing() as at:
        month = two_months.earn_long_ago(world, "Rina", "Shila")
        for name in ("Rina", "Shila"):
            hers = life.artisan(name)
            line = db.session.scalars(select(Transfer.id).join(Earning, Earning.entry_id == Transfer.entry_id)
                                      .where(Earning.artisan_id == hers.id).limit(1)).one()  # fmt: skip
            asked = questions.ask(hers, line, AskedOfALine.TOO_LITTLE, at=at, by=world.user(name))
            if name == "Rina":
                questions.answer(asked, Answer.TALKED, at=at, by=world.user("Farida"))
        two_months.draw(world, month, "Rina")


def _deductions(world: World) -> None:
    """One notice that a third person upheld, and one that waits for an answer."""
    lost, on = DeductionReason.TOOL_LOST, frozenset({DeductionKind.DAMAGE})
    for name, by in (("Rina", "Meera"), ("Shila", "Ruma")):
        with world.writing() as at:
            notice = deductions.propose(
                life.artisan(name), Money(5, "INR"), lost, due_on=india_date(at), allowed=on, at=at, by=world.user(by)
            )
            deductions.approve(notice, days=-1, allowed=on, at=at, by=world.user("Farida"))
            if name == "Rina":
                deductions.uphold(notice, "it was signed for", allowed=on, at=at, by=world.user("Anita"))


def _designs(world: World) -> None:
    """One royalty in force for two who drew the tote, and one of the messenger that waits for a second person."""
    for sku, parts in ((TOTE, {"Rina": 6_000, "Mala": 4_000}), (MESSENGER, {"Mala": 10_000})):
        with world.writing() as at:
            whose = {life.artisan(name).id: part for name, part in parts.items()}
            product, day = designed.named(workshop.variant(sku).product_id), india_date(at)
            made = designs.propose(product, whose, Money(900, "INR"), agreed_on=day, at=at, by=world.user("Meera"))
            if sku == TOTE:
                designs.approve(made, at=at, by=world.user("Farida"))


def _take(world: World, name: str):
    from shop.artisans import earnings

    return earnings.can_take(life.artisan(name))


def published(world: World) -> list[str]:
    """Return the addresses of all products, drafts included."""
    with world.reading():
        return list(db.session.scalars(select(Product.slug)))
