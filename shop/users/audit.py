"""Who did what that matters for someone's safety or money: a chained record that is only ever read.

A row names an act, its subject and the actor by surrogate ids, and a reason from a short list of
codes; never a name, never a value, never free text. Each row carries the hash of the one before, made under a
lock on the head, so a row that is missing or bent is named by `verify`. Triggers refuse UPDATE,
DELETE and re-used numbers, as in the books.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import BigInteger, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, UTCDateTime, db, upsert
from shop.verdict import Finding

GENESIS = "0" * 64
APPEND_ONLY = {"audit_record": "seq"}
# Every act that matters for someone's safety or money -> the address that does it. tests/test_sensitive.py
# holds that each of these leaves its row when it succeeds, and that no other address changes anything unlisted.
SENSITIVE: dict[str, str] = {
    "rates.propose": "manager.write_making",
    "rates.approve": "manager.approve_making",
    "rates.decline": "manager.decline_making",
    "rates.withdraw": "manager.withdraw_making",
    "work.pay-more": "manager.offer_post",  # an offer above the rate in force; one at the rate is ordinary
    "payouts.propose": "manager.propose",
    "payouts.approve": "manager.approve",
    "payouts.send": "manager.record_sent",
    "payouts.fail": "manager.record_failed",
    "payouts.withdraw": "manager.withdraw",
    "corrections.propose": "manager.propose_correction",
    "corrections.approve": "manager.approve_correction",
    "corrections.decline": "manager.decline_correction",
    "corrections.withdraw": "manager.withdraw_correction",
    "payout-file.propose": "manager.propose_payout_file",
    "payout-file.release": "manager.release_payout_file",
    "payout-file.withdraw": "manager.withdraw_payout_file",
    "identity.enter": "manager.enter_identity",
    "identity.reveal": "manager.reveal_identity",
    "identity.erase": "manager.erase_identity",
    "persona.choose": "manager.choose_persona",
    "consent.grant": "manager.grant_consent",
    "consent.witness": "manager.grant_consent",  # by the witness
    "consent.withdraw": "manager.withdraw_consent",  # and by her own tap
    "story.allow-words": "manager.allow_story_words",
    "story.approve": "manager.review_story",
    "story.take-down": "manager.take_story_down",
    "faces.enable": "manager.switch_faces",
    "faces.disable": "manager.switch_faces",
    "customer.exported": "account.export",
    "customer.erased": "account.erase_now",
    "orders.refund": "manager.refund_post",
    "customers.contact": "manager.customer_post",
    "claims.check": "manager.check_claim",
    "tickets.answer": "manager.answer_ticket",
    "events.try-again": "manager.try_event_again",
    "events.close": "manager.close_event",
    "products.publish": "manager.publish_product",
    "products.retire": "manager.retire_product",
    "stock.adjust": "manager.adjust_stock",
    "people.enrol": "manager.new_artisan_post",
    "pin.reset": "manager.reset_pin",
    "centres.add": "manager.add_centre",
    "payout.looked-into": "manager.close_unwitnessed",
    "user.invited": "manager.invite",
    "user.joined": "auth.join_post",
    "user.role-changed": "manager.change_role",
    "user.disabled": "manager.disable",
    "user.enabled": "manager.enable",
    "user.second-factor-reset": "manager.reset_second_factor",
    "sign-in.password-changed": "manager.change_password",
    "sign-in.phone-added": "manager.second_factor_on",
    "sign-in.phone-removed": "manager.second_factor_off",
    "sign-in.paper-made": "manager.new_codes",
    "sign-in.passkey-added": "manager.add_passkey",
    "sign-in.passkey-removed": "manager.remove_passkey",
    "sign-in.by-paper": "auth.second_step_post",
}
_ACT = re.compile(r"[a-z][a-z-]*(\.[a-z-]+)+")
_ID = re.compile(r"[a-z][a-z-]*(:[A-Za-z0-9-]+)*")


class AuditRecord(Model):
    """One act; `seq` counts without a gap."""

    __tablename__ = "audit_record"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    act: Mapped[str] = mapped_column(String(40), index=True)
    subject: Mapped[str] = mapped_column(String(60), index=True)
    by: Mapped[str] = mapped_column(String(40), index=True)
    reason: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    chain: Mapped[str] = mapped_column(String(64))


class AuditHead(Model):
    """The number and hash of the newest row: whoever adds one holds this row until she commits."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    chain: Mapped[str] = mapped_column(String(64))


def record(act: str, subject: str, *, by: str, at: datetime, reason: str = "") -> None:
    """Add one act to the record, in the caller's writing unit; ValueError for anything but ids and codes."""
    if not (
        _ACT.fullmatch(act) and _ID.fullmatch(subject) and _ID.fullmatch(by) and (not reason or _ID.fullmatch(reason))
    ):
        raise ValueError("the audit takes ids and codes only")
    first = upsert(AuditHead).values(id=1, seq=0, chain=GENESIS)
    db.session.execute(first.on_conflict_do_nothing(index_elements=["id"]))
    seq, chain = db.session.execute(
        update(AuditHead)
        .where(AuditHead.id == 1)
        .values(seq=AuditHead.seq + 1)
        .returning(AuditHead.seq, AuditHead.chain)
        .execution_options(synchronize_session=False)
    ).one()
    row = AuditRecord(seq=seq, act=act, subject=subject, by=by, reason=reason, at=at, chain="")
    row.chain = _link(chain, row)
    db.session.add(row)
    db.session.flush()
    db.session.execute(
        update(AuditHead).where(AuditHead.id == 1).values(chain=row.chain).execution_options(synchronize_session=False)
    )


def newest(limit: int, *, before: int | None = None, act: str | None = None) -> list[AuditRecord]:
    """Return the newest acts, or those older than a number, or of one kind."""
    query = select(AuditRecord).order_by(AuditRecord.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditRecord.seq < before)
    if act is not None:
        query = query.where(AuditRecord.act == act)
    return list(db.session.scalars(query))


def verify() -> Iterator[Finding]:
    """Yield the first row that does not follow from the one before, and a head that is not the last row's."""
    seq, chain = 0, GENESIS
    rows = db.session.scalars(select(AuditRecord).order_by(AuditRecord.seq).execution_options(yield_per=1000))
    for row in rows:
        if row.seq != seq + 1 or row.chain != _link(chain, row):
            yield Finding("users: audit", f"act {row.seq}", f"does not follow from act {seq}")
            rows.close()  # what follows hangs on a broken link
            return
        seq, chain = row.seq, row.chain
    head = db.session.execute(select(AuditHead.seq, AuditHead.chain)).one_or_none()
    if (head or (0, GENESIS)) != (seq, chain):
        yield Finding(
            "users: audit", f"act {seq + 1}", f"the head knows of {head[0] if head else 0} acts, {seq} are there"
        )


def _link(chain: str, row: AuditRecord) -> str:
    parts = (chain, row.seq, row.act, row.subject, row.by, row.reason, row.at.isoformat())
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
