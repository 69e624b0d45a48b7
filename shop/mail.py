"""Mails are asked for in the business transaction and written and sent by the worker."""

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.charset import QP, Charset
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, update

from shop import outbox
from shop.db import changed, db
from shop.errors import Invalid
from shop.outbox import OutboxRow

_ATOM, _LABEL = r"[\w!#$%&'*+/=?^`{|}~-]+", r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# What a mail can be written to: one plain address, as every mail server takes it; nothing quoted, no comment.
ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+", re.ASCII)

LEGIBLE = Charset("utf-8")
LEGIBLE.body_encoding = QP  # not base64: who reads the source of a mail can read the mail

NAMED = re.compile(r"([^<>@,;:\"\\]{1,80}) <([^<>]+)>")


def enqueue(template: str, reference: str, to: str, values: Mapping[str, Any], *, at: datetime) -> None:
    """Ask for one mail, written from `at` on; the same reference is sent once.

    Nobody is at an erased address, so none goes there.
    """
    if to.endswith("@invalid"):
        return
    outbox.enqueue("mail", f"mail:{reference}", {"template": template, "to": to, "values": dict(values)}, at=at)


def compose(
    *, sender: str, to: str, subject: str, text: str, html: str, message_id: str, at: datetime
) -> MIMEMultipart:
    """Return a mail to one address, as text and as HTML, dated `at`.

    No header can hold a second address: Invalid for anything that is not one. (The older classes of the library are
    written here: `EmailMessage` parses each header it is given by its whole grammar, which takes three times as long.)
    """
    words = "".join(letter if letter.isprintable() else " " for letter in subject)
    message = MIMEMultipart("alternative")
    message["From"] = formataddr(_one_address(sender))
    message["To"] = formataddr(_one_address(to))
    message["Subject"] = " ".join(words.split())
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    for kind, said in (("plain", text), ("html", html)):
        part = MIMENonMultipart("text", kind)
        part.set_payload(said, LEGIBLE)
        message.attach(part)
    return message


def _one_address(text: str) -> tuple[str, str]:
    """Return one person's name, which may be empty, and address; Invalid if it is more, less or other."""
    named = NAMED.fullmatch(text)
    name, address = (named[1], named[2]) if named else ("", text)
    if not ADDRESS.fullmatch(address) or not text.isprintable():
        raise Invalid("mail.address")
    return name, address


def send(message: Message, *, smtp_url: str, folder: Path) -> None:
    """Send by SMTP, or lay the mail in a folder where none is set (development)."""
    if not smtp_url:
        folder.mkdir(parents=True, exist_ok=True)
        name = message["Message-ID"].strip("<>").replace("/", "-")
        (folder / f"{name}.eml").write_bytes(bytes(message))
        return
    parts = urlparse(smtp_url)
    with smtplib.SMTP(parts.hostname or "localhost", parts.port or 587, timeout=20) as server:
        if parts.scheme == "smtps":
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def asked_for(reference: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a mail under a reference was asked for already."""
    return exists(select(OutboxRow.id).where(OutboxRow.reference == literal("mail:").concat(reference)))


def letters(to: Sequence[str], prefixes: Sequence[str]) -> Iterator[OutboxRow]:
    """Yield the mails asked for to any of some addresses, or under a reference that begins with a prefix."""
    yield from db.session.scalars(select(OutboxRow).where(_letters(to, prefixes)).order_by(OutboxRow.id))


def forget(to: Sequence[str], prefixes: Sequence[str], *, at: datetime) -> None:
    """Empty the mails of a person; those not sent yet are not sent any more."""
    hers = update(OutboxRow).where(_letters(to, prefixes))
    changed(hers.values(payload={}, last_error=None, done_at=func.coalesce(OutboxRow.done_at, at)))


def _letters(to: Sequence[str], prefixes: Sequence[str]) -> ColumnElement[bool]:
    addressed = func.lower(OutboxRow.payload["to"].as_string()).in_([each.lower() for each in to])
    about = [OutboxRow.reference.startswith(f"mail:{prefix}", autoescape=True) for prefix in prefixes]
    return and_(OutboxRow.kind == "mail", or_(addressed, *about))
