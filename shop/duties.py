"""What the worker does: the work that a row of the outbox asks for, and the sweeps of the schedule.

`shop.jobs` holds the tables of both and runs them. Each may run twice without harm, and each opens the writing units
that it needs.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import current_app

from shop import books, comparing, documents, identities, mail, outbox, phases
from shop.artisans import cash_alerts, closing, designs, stories
from shop.artisans.slip_models import LANGUAGES, Slip
from shop.artisans.story_models import StoryPicture
from shop.catalog import changes, listing, pictures, renditions
from shop.catalog.exchange import waiting
from shop.catalog.models import Picture
from shop.crashpoint import crashpoint
from shop.db import db, writing
from shop.errors import Conflict
from shop.ledger import sealing, verification_runs
from shop.ledger.verification_runs import Found
from shop.orders import actual_costs, cart, designed, invoice_files, news, releases, return_lapses, thanks, tickets
from shop.orders.invoice_models import Invoice
from shop.orders.window import Window
from shop.payments import inbox, late
from shop.payments.gateways import GatewayRefused, GatewayUnknown
from shop.payments.late_models import LateQuestion
from shop.payments.reconcile import Difference
from shop.payments.unknown import too_long
from shop.phases import Counter
from shop.production import leadtime, slip_facts, slip_files
from shop.snapshots import snapshot
from shop.users import devices, halves, links, passkeys, sessions, tries
from shop.web.letters import write_letter
from shop.web.logs import log

AT_ONCE = 500
MOST_BATCHES = 20


def send_mail(payload: Mapping[str, Any]) -> None:
    """Write a mail in its reader's language and send it."""
    message = write_letter(payload["template"], payload["to"], payload["values"])
    if message is not None:
        mail.send(message, smtp_url=current_app.config["SMTP_URL"], folder=Path(current_app.config["MAIL_FOLDER"]))
    crashpoint("outbox.mailed")


def draw_renditions(payload: Mapping[str, Any]) -> None:
    """Make a picture's other widths and what is shared of it."""
    picture = db.session.get(Picture, payload["picture_id"])
    if picture is None:  # it was taken away meanwhile
        return
    name, files = picture.name, renditions.all_files_of(picture.name, (picture.width, picture.height))
    db.session.rollback()
    renditions.draw_missing(name, files, media=current_app.config["MEDIA_URL"])
    with writing() as session:
        if (standing := session.get(Picture, payload["picture_id"])) is not None:
            pictures.record_files(standing, files)


def draw_invoice(payload: Mapping[str, Any]) -> None:
    """Draw the file of a paper, once; its bytes are served from then on."""
    invoice = db.session.get_one(Invoice, payload["invoice_id"])
    papers = current_app.config["PAPERS_URL"]
    if invoice_files.find(invoice, papers=papers) is not None:
        return
    drawn = invoice_files.draw(invoice)
    db.session.rollback()
    sha256, size = documents.keep(drawn, invoice_files.FOLDER, papers=papers)
    with writing():
        invoice_files.record(payload["invoice_id"], sha256, size, at=counter().clock.now())


def draw_slip(payload: Mapping[str, Any]) -> None:
    """Draw a statement in each language that it has not got yet; its bytes are served from then on."""
    slip = db.session.get_one(Slip, payload["slip_id"])
    papers, employer = current_app.config["PAPERS_URL"], current_app.config["SELLER_NAME"]
    with snapshot():
        missing = [each for each in LANGUAGES if slip_files.find(slip, each, papers=papers) is None]
        said = {language: slip_facts.of(slip, language, employer=employer) for language in missing}
    db.session.rollback()
    kept = {
        each: documents.keep(slip_files.draw(facts, each), slip_files.FOLDER, papers=papers)
        for each, facts in said.items()
    }
    with writing():
        for language, (sha256, size) in kept.items():
            closing.record_file(payload["slip_id"], language, sha256, size, at=counter().clock.now())


def draw_story_renditions(payload: Mapping[str, Any]) -> None:
    """Make the other widths of a story's picture."""
    picture = db.session.get_one(StoryPicture, payload["picture_id"])
    name, size = picture.name, (picture.width, picture.height)
    db.session.rollback()
    files = renditions.files_of(name, size, renditions.WIDTHS)
    renditions.draw_missing(name, files, media=current_app.config["MEDIA_URL"])
    with writing() as session:
        stories.mark_whole(session.get_one(StoryPicture, payload["picture_id"]))


def send_refund(payload: Mapping[str, Any]) -> None:
    """Send one refund to its gateway."""
    phases.send_refund(counter(), payload["refund_id"], by="worker")


def send_capture(payload: Mapping[str, Any]) -> None:
    """Take the money of one authorised payment."""
    phases.send_capture(counter(), payload["attempt_id"], payload["payment_ref"], by="worker")


def seal() -> None:
    """Link new entries into the chain, however many there are, each batch in a writing unit of its own."""
    sealed = True
    while sealed:
        with writing():
            sealed = bool(sealing.seal())


def tell_customers() -> None:
    """Write to those whose order waits for its payment, is being made or will be late."""
    days = int(current_app.config["DELAY_DAYS"])
    with writing():
        news.tell(at=counter().clock.now(), late_after=timedelta(days=days))


def date_changes() -> None:
    """Write down which products say something else than before, for what search engines are told."""
    with writing():
        changes.note(at=counter().clock.now())


def complete_pictures() -> None:
    """Ask for what older pictures have not got yet."""
    with writing():
        pictures.ask_for_missing(at=counter().clock.now(), limit=AT_ONCE)


def publish_lead_times() -> None:
    """Publish every variant's lead time."""
    with writing():
        leadtime.publish(as_of=counter().clock.now())


def catch_up_listings() -> None:
    """Write what lists and search know of products where a migration only began it."""
    if listing.is_behind():
        with writing():
            listing.catch_up()


def recover_attempts() -> None:
    """Send pay pages again whose sender died."""
    phases.recover(counter(), shop_url=current_app.config["SHOP_URL"])


def lapse_holds() -> None:
    """Close pay pages that outlived their hold and release what they held."""
    phases.lapse(counter())


def look_at_hanging() -> None:
    """Ask after pay pages that have been open for a while without news."""
    comparing.look_at_hanging(counter())


def reconcile() -> None:
    """Compare the last days with each gateway: apply what we never heard of, read settlements, keep the queue."""
    reviews = (comparing.review_payments, comparing.review_disputes, comparing.review_settlements)
    phases.each([(name, review) for name in counter().gateways for review in reviews], _review)


def _review(asked: tuple[str, Callable[[Counter, str], Sequence[Difference]]]) -> None:
    name, review = asked
    try:
        opened = review(counter(), name)
    except (GatewayUnknown, GatewayRefused) as error:  # one that is silent keeps nothing of another back
        db.session.rollback()
        log.warning("reconcile.no_answer", gateway=name, exc_info=error)
        return
    for difference in opened:
        kind = difference.kind.value.replace("-", "_")
        log.warning("reconcile.difference", gateway=name, kind=kind, payment=difference.ref)


def watch_unknown() -> None:
    """Say so when it has not been known for too long how something ended."""
    now = counter().clock.now()
    unknown = too_long(at=now)
    if unknown is not None:
        minutes = int((now - unknown.since).total_seconds() // 60)
        rows = unknown.pages + unknown.refunds + unknown.events
        log.error("payments.unknown_too_long", minutes=minutes, rows=rows)


def tell_of_cash() -> None:
    """Tell finance of cash that was handed out and that nobody has confirmed for too long."""
    now = counter().clock.now()
    with writing():
        cash_alerts.tell(now - timedelta(days=current_app.config["UNCONFIRMED_DAYS"]), at=now)


def verify_books(asked_by: str | None = None) -> None:
    """Verify the books, keep and log what is broken, and log the head of the chain: so it leaves the house nightly."""
    phases.seal_all()
    began, found = counter().clock.now(), Found()
    with snapshot():
        for finding in found.count(books.findings()):
            log.error("books.broken", finding=str(finding))
        over = books.over()
    with writing():
        verification_runs.record(found, over, began_at=began, ended_at=counter().clock.now(), asked_by=asked_by)
    log.info("books.head", head=f"{over.seal_seq}:{over.chain}")


def verify_as_asked(payload: Mapping[str, Any]) -> None:
    """Verify the books because a person asked for it."""
    verify_books(payload["by"])


def forget() -> None:
    """Forget what has been kept long enough, each list in batches, each batch in a writing unit of its own."""
    now = counter().clock.now()
    for name, sweep in KEPT.items():
        for _batch in range(MOST_BATCHES):
            with writing():
                rows = sweep(now)
            if rows:
                log.info("forgotten", kind=name, rows=rows)
            if rows < AT_ONCE:
                break


# How long things are kept that hold something of people: docs/operating.md tells it.
KEPT: dict[str, Callable[[datetime], int]] = {
    "gateway_event.body": lambda now: inbox.forget_bodies(before=now - timedelta(days=90), limit=AT_ONCE),
    "cart": lambda now: cart.forget(before=now - cart.KEPT, limit=AT_ONCE),
    "outbox.payload": lambda now: outbox.empty(
        done_before=now - timedelta(days=30), given_up_before=now - timedelta(days=90), limit=AT_ONCE
    ),
    "outbox.job": lambda now: outbox.sweep_periodic(before=now - timedelta(days=30), limit=AT_ONCE),
    "sign_in": lambda now: sessions.sweep(before=now - timedelta(days=90), limit=AT_ONCE),
    "sign_in_tries": lambda now: tries.sweep(before=now, limit=AT_ONCE),
    "half_sign_in": lambda now: halves.sweep(before=now, limit=AT_ONCE),
    "passkey_challenge": lambda now: passkeys.sweep(before=now, limit=AT_ONCE),
    "device": lambda now: devices.sweep(before=now - devices.KEPT, limit=AT_ONCE),
    "catalogue_file": lambda now: waiting.sweep(before=now - timedelta(days=1), limit=AT_ONCE),
    "ticket": lambda now: tickets.sweep(before=now - tickets.KEPT, limit=AT_ONCE),
    "thanks": lambda now: thanks.sweep(at=now, limit=AT_ONCE),
    "mailed_link": lambda now: links.sweep(before=now - timedelta(days=1), limit=AT_ONCE),
}


def release_shares() -> None:
    """Let the makers' shares become theirs where nothing can be sent back any more, order by order."""
    window = Window.of(current_app.config)
    due = releases.due(window, at=counter().clock.now())
    db.session.rollback()

    def release(order_id: int) -> None:
        with writing():
            releases.release(order_id, window, at=counter().clock.now(), by="worker")

    phases.each(due, release)


def credit_royalties() -> None:
    """Credit design royalties of the month that has ended, product by product; the second time credits nothing."""
    window, now = Window.of(current_app.config), counter().clock.now()
    due = designs.with_designs()
    db.session.rollback()

    def credit(product: str) -> None:
        with writing():
            designed.credit(product, designed.month_before(now), window, at=now, by="worker")

    phases.each(due, credit)


def lapse_returns() -> None:
    """Call off returns that were agreed and never came, one by one, so that nobody's share waits for ever."""
    after = timedelta(days=current_app.config["RETURN_PARCEL_DAYS"])
    due = return_lapses.due(after, at=counter().clock.now())
    db.session.rollback()

    def lapse(return_id: int) -> None:
        with writing():
            return_lapses.lapse(return_id, after, at=counter().clock.now(), by="worker")

    phases.each(due, lapse)


def lapse_late_questions() -> None:
    """Give late money back where nobody answered whether the piece shall be made, one by one."""
    now = counter().clock.now()
    due = [question.id for question in late.unanswered() if question.answer_by <= now]
    db.session.rollback()

    def lapse(question_id: int) -> None:
        try:
            with writing() as session:
                late.lapse(session.get_one(LateQuestion, question_id), at=now, by="worker")
        except Conflict as error:  # answered this moment, or its money is in dispute: the next turn looks again
            log.warning("late.not_now", error=error.message_id)

    phases.each(due, lapse)


def publish_actual_costs() -> None:
    """Publish what the makers were really paid for a piece over the last 90 days."""
    with writing():
        actual_costs.publish(at=counter().clock.now())


def sweep_identities() -> None:
    """Erase identities that belong to nobody, and again what was erased before a copy was restored."""
    erased = identities.sweep(at=counter().clock.now())
    if erased:
        log.warning("vault.swept", rows=erased)


def counter() -> Counter:
    """Return the counter of the shop that is open: its gateways and its clock."""
    found = current_app.extensions["counter"]
    assert isinstance(found, Counter)
    return found
