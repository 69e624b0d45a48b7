"""The worker's loop: does what the outbox asks, applies what gateways told us, and runs the schedule.

`KINDS` and `SCHEDULE` are the two visible tables: what a row of the outbox may ask for, and what runs by itself and
how often. Several workers may run: a row is leased, an event is locked, a sweep may be run twice without harm.

What runs within minutes keeps its turns in the worker's memory. What runs once an hour or a day is asked for in the
outbox, once for each period whoever asks, so that a worker which is started anew every night still verifies the books.
"""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from shop import duties, outbox, phases
from shop.catalog import pictures
from shop.crashpoint import crashpoint
from shop.db import db, writing
from shop.errors import where
from shop.ledger import verification_runs
from shop.payments import inbox
from shop.web.logs import log

PAUSE_S = 0.5
QUICK_S = 1.0
HELD_S = 20.0  # of the sixty seconds that a row is leased for
FIRST_TURN_S = 60.0  # the longest wait for what runs within minutes after a start
BATCH, FEW = 5, 2  # few at a time: between them comes what gateways have told, and an order is paid before its mail

KINDS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "mail": duties.send_mail,
    "picture.renditions": duties.draw_renditions,
    "story_picture.renditions": duties.draw_story_renditions,
    "refund.send": duties.send_refund,
    "payment.capture": duties.send_capture,
    "invoice.draw": duties.draw_invoice,
    "slip.draw": duties.draw_slip,
    verification_runs.JOB: duties.verify_as_asked,
}
# A second each, or more: nobody's mail waits for a row of them.
PATIENT = (*pictures.JOBS, "slip.draw", verification_runs.JOB)

SCHEDULE: tuple[tuple[Callable[[], None], timedelta], ...] = (
    (duties.seal, timedelta(seconds=10)),
    (duties.recover_attempts, timedelta(seconds=15)),
    (duties.lapse_holds, timedelta(seconds=30)),
    (duties.publish_lead_times, timedelta(minutes=2)),
    (duties.catch_up_listings, timedelta(seconds=30)),
    (duties.tell_customers, timedelta(minutes=10)),
    (duties.look_at_hanging, timedelta(minutes=1)),
    (duties.watch_unknown, timedelta(minutes=1)),
    (duties.reconcile, timedelta(hours=1)),
    (duties.forget, timedelta(hours=1)),
    (duties.date_changes, timedelta(hours=1)),
    (duties.complete_pictures, timedelta(hours=1)),
    (duties.sweep_identities, timedelta(hours=1)),
    (duties.lapse_returns, timedelta(hours=1)),
    (duties.lapse_late_questions, timedelta(hours=1)),
    (duties.release_shares, timedelta(hours=1)),
    (duties.tell_of_cash, timedelta(hours=1)),
    (duties.credit_royalties, timedelta(hours=6)),
    (duties.publish_actual_costs, timedelta(hours=24)),
    (duties.verify_books, timedelta(hours=24)),
)


OFTEN = timedelta(minutes=10)
QUICK = tuple((job, every.total_seconds()) for job, every in SCHEDULE if every <= OFTEN)
SLOW = {f"{outbox.PERIODIC}{job.__name__}": (job, every) for job, every in SCHEDULE if every > OFTEN}


def work_once(app: Flask) -> int:
    """Apply waiting events and do due rows of the outbox; return how many were done."""
    with app.app_context():
        done = _apply_events()
        with writing():
            now = duties.counter().clock.now()
            claims = outbox.claim(BATCH, at=now, but=(*PATIENT, *SLOW)) + outbox.claim(FEW, at=now, only=PATIENT)
        return done + _do_all(claims)


def _apply_events() -> int:
    events = inbox.waiting(at=duties.counter().clock.now())
    db.session.rollback()
    phases.apply_events(duties.counter(), events)
    return len(events)


def _do_all(claims: Sequence[outbox.Claim]) -> int:
    """Do claimed rows and mark them done; return how many were. One that took its time is marked at once, with those
    before it; quick ones in a row share a commit, so a process that dies among them does at most these again.
    """
    done = 0
    quick: list[outbox.Claim] = []
    held_from = time.monotonic()
    for claimed in claims:
        began = time.monotonic()
        if began - held_from > HELD_S and not _still_ours(claimed):
            continue
        if _do(claimed):
            quick.append(claimed)
        if time.monotonic() - began > QUICK_S:
            done += _mark(quick)
            quick = []
    return done + _mark(quick)


def _still_ours(claimed: outbox.Claim) -> bool:
    with writing():
        return outbox.hold(claimed, at=duties.counter().clock.now())


def _do(claimed: outbox.Claim) -> bool:
    crashpoint("outbox.claimed")
    try:
        (_in_its_period if claimed.kind in SLOW else KINDS[claimed.kind])(claimed.payload)
    except Exception as error:
        db.session.rollback()
        log.warning("job.failed", kind=claimed.kind, tries=claimed.tries, exc_info=error)
        with writing():
            outbox.put_back(claimed, where(error), at=duties.counter().clock.now())
        return False
    crashpoint("outbox.done")
    return True


def _mark(done: Sequence[outbox.Claim]) -> int:
    if done:
        with writing():
            now = duties.counter().clock.now()
            for claimed in done:
                outbox.finish(claimed, at=now)
            crashpoint("outbox.marked")
    return len(done)


def run(app: Flask) -> None:
    """Work until SIGINT or SIGTERM; what is being done is finished first."""
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    due = {job: time.monotonic() + min(every_s, FIRST_TURN_S) for job, every_s in QUICK}
    periods: dict[str, int] = {}
    while not stopping:
        try:
            done = work_once(app) + work_on_schedule(app, periods)
        except Exception as error:  # the database may be away for a while: say so, try again
            log.error("worker.round_failed", exc_info=error)
            done = 0
        job, every_s = min(QUICK, key=lambda each: due[each[0]])  # one, then what the gateways tell comes first again
        if time.monotonic() >= due[job] and not stopping:
            due[job] = time.monotonic() + every_s
            run_job(app, job)
        elif not done and not stopping:
            time.sleep(PAUSE_S)


def work_on_schedule(app: Flask, periods: dict[str, int]) -> int:
    """Ask for what is due of the slow jobs, do one that waits, and return how many were done.

    `periods`: kind -> for which period it was asked last; what has been asked for and done is not looked for again.
    """
    with app.app_context():
        now = duties.counter().clock.now()
        new = {kind: _period(kind, now) for kind in SLOW if periods.get(kind) != _period(kind, now)}
        if new:
            with writing():
                for kind, period in new.items():
                    outbox.enqueue(kind, f"{kind}:{period}", {"kind": kind, "period": period}, at=now)
            periods |= new
        if not outbox.is_waiting(SLOW, at=now):
            return 0
        with writing():
            claims = outbox.claim(1, at=now, only=SLOW)
        return _do_all(claims)


def _period(kind: str, at: datetime) -> int:
    return int(at.timestamp() // SLOW[kind][1].total_seconds())


def _in_its_period(asked: Mapping[str, Any]) -> None:
    """Run a slow job as long as its period lasts; after it the next one's row does the same."""
    if asked["period"] == _period(asked["kind"], duties.counter().clock.now()):
        SLOW[asked["kind"]][0]()


def run_job(app: Flask, job: Callable[[], None]) -> None:
    """Run one job of the schedule; a failure is logged and the next turn tries again."""
    with app.app_context():
        try:
            job()
        except Exception as error:
            db.session.rollback()
            log.error("job.failed", job=job.__name__, exc_info=error)
