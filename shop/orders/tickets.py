"""What people write to the shop: a numbered letter, answered by the office by mail and then closed.

The law wants an acknowledgement with a number within 48 hours and an answer within a month (Consumer Protection
(E-Commerce) Rules 2020); the acknowledgement goes out with the letter itself.
"""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import String, Text, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from shop import mail
from shop.db import BigId, Model, UTCDateTime, changed, db, one_of, status_column
from shop.errors import Conflict, Invalid, NotFound

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
KEPT = timedelta(days=730)  # a consumer may complain for two years
ANSWER_WITHIN = timedelta(days=30)
LONGEST = 4_000


class Topic(StrEnum):
    """What a letter is about."""

    ORDER = "order"
    PRODUCT = "product"
    COMPLAINT = "complaint"
    PRIVACY = "privacy"
    OTHER = "other"


class Ticket(Model):
    """A letter to the shop. Its number says nothing and opens nothing."""

    __tablename__ = "ticket"
    __table_args__ = (one_of("topic", Topic),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    topic: Mapped[Topic] = mapped_column(status_column(Topic))
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254), index=True)
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(2))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by: Mapped[str | None] = mapped_column(String(40))
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)

    @property
    def due_at(self) -> datetime:
        """Return by when it has to be answered."""
        return self.written_at + ANSWER_WITHIN


def write(topic: Topic, name: str, email: str, text: str, *, language: str, seller: str, at: datetime) -> Ticket:
    """Keep a letter, acknowledge it, and tell the seller; Invalid names the field that is missing or wrong."""
    name, email, text = " ".join(name.split())[:80], email.strip().lower(), text.strip()
    if not name:
        raise Invalid("ticket.name")
    if not mail.ADDRESS.fullmatch(email):
        raise Invalid("ticket.email")
    if not text or len(text) > LONGEST:
        raise Invalid("ticket.text")
    number = "T-" + "".join(secrets.choice(LETTERS) for _ in range(8))
    ticket = Ticket(number=number, topic=topic, name=name, email=email, text=text, language=language, written_at=at)
    db.session.add(ticket)
    db.session.flush()
    mail.enqueue("ticket_received", f"ticket:{ticket.id}:received", email, {"ticket_id": ticket.id}, at=at)
    if seller:
        mail.enqueue("ticket_new", f"ticket:{ticket.id}:new", seller, {"ticket_id": ticket.id}, at=at)
    return ticket


def listed(*, limit: int = 100) -> list[Ticket]:
    """Return the letters, open ones first, the longest waiting on top."""
    order = (Ticket.closed_at.is_not(None), func.coalesce(Ticket.closed_at, Ticket.written_at), Ticket.id)
    return list(db.session.scalars(select(Ticket).order_by(*order).limit(limit)))


def get(number: str) -> Ticket:
    """Return a letter by its number; NotFound otherwise."""
    found = db.session.scalars(select(Ticket).where(Ticket.number == number)).one_or_none()
    if found is None:
        raise NotFound("ticket.unknown")
    return found


def answer(ticket: Ticket, text: str, *, at: datetime, by: str) -> None:
    """Answer a letter by mail, once; Invalid without words, Conflict if it was answered or closed meanwhile."""
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise Invalid("ticket.answer")
    if ticket.answered_at is not None or ticket.closed_at is not None:
        raise Conflict("ticket.answered")
    ticket.answer, ticket.answered_at, ticket.answered_by = words, at, by
    mail.enqueue("ticket_answer", f"ticket:{ticket.id}:answer", ticket.email, {"ticket_id": ticket.id}, at=at)
    db.session.flush()


def close(ticket: Ticket, *, at: datetime) -> None:
    """Close a letter; closing it again changes nothing."""
    ticket.closed_at = ticket.closed_at or at
    db.session.flush()


def of(*emails: str) -> list[Ticket]:
    """Return what was written from some addresses, oldest first."""
    wanted = select(Ticket).where(Ticket.email.in_([each.strip().lower() for each in emails])).order_by(Ticket.id)
    return list(db.session.scalars(wanted))


def ticket_row(ticket: Ticket) -> dict[str, Any]:
    """Return a letter as the one who wrote it may have it."""
    names = ("number", "name", "email", "text", "language", "written_at", "answer", "answered_at", "closed_at")
    return {"topic": ticket.topic.value, **{name: getattr(ticket, name) for name in names}}


def erase_of(*emails: str) -> None:
    """Delete what was written from some addresses."""
    changed(delete(Ticket).where(Ticket.email.in_([each.strip().lower() for each in emails])))


def sweep(*, before: datetime, limit: int) -> int:
    """Delete letters that were closed before a moment; return how many."""
    old = select(Ticket.id).where(Ticket.closed_at < before).limit(limit)
    return changed(delete(Ticket).where(Ticket.id.in_(old)))
