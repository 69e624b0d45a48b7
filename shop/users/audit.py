"""Who did what that matters for someone's safety or money: a chained record that is only ever read.

A row names an act, its subject and the actor by surrogate ids, and a reason from a short list of
codes; never a name, never a value, never free text. An act reads `what.do`, in the policy's own
words where it has them (`payouts.approve`, `customers.erase`); a subject is a kind of row and its
surrogate id (`order:41`, never the number on the invoice), or `house` where all of it is meant.

Each row carries the hash of the one before, made under a lock on the head, so a row that is missing
or bent is named by `verify`. Triggers refuse UPDATE, DELETE and re-used numbers, as in the books.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache

from sqlalchemy import BigInteger, String, Update, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, UTCDateTime, adding, adding_once, db, run
from shop.verdict import Finding

GENESIS = "0" * 64
APPEND_ONLY = {"audit_record": "seq"}
_ACT = re.compile(r"[a-z][a-z-]*\.[a-z-]+")
_SUBJECT = re.compile(r"house|[a-z][a-z-]*:[0-9]+")
_CODE = re.compile(r"[a-z][a-z-]*(:[A-Za-z0-9-]+)*")


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
    codes = [by, reason] if reason else [by]
    if not (_ACT.fullmatch(act) and _SUBJECT.fullmatch(subject) and all(map(_CODE.fullmatch, codes))):
        raise ValueError("the audit takes ids and codes only")
    seq, chain = run(_counting()).one_or_none() or _first()
    values = {"seq": seq, "act": act, "subject": subject, "by": by, "reason": reason, "at": at}
    link = _link(chain, AuditRecord(**values))
    run(adding(AuditRecord), {**values, "chain": link})
    run(_closing(), {"link": link})


def _first() -> tuple[int, str]:
    """Write the head that a new shop has not got, and count on it; whoever else does so waits for this unit."""
    run(adding_once(AuditHead, "id"), {"id": 1, "seq": 0, "chain": GENESIS})
    seq, chain = run(_counting()).one()
    return seq, chain


@cache
def _counting() -> Update:
    head = AuditHead.metadata.tables[AuditHead.__tablename__]
    return update(head).where(head.c.id == 1).values(seq=head.c.seq + 1).returning(head.c.seq, head.c.chain)


@cache
def _closing() -> Update:
    head = AuditHead.metadata.tables[AuditHead.__tablename__]
    return update(head).where(head.c.id == 1).values(chain=bindparam("link"))


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
