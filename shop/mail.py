"""Mails are asked for in the business transaction and written and sent by the worker."""

import re
import smtplib
import ssl
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from shop import outbox
from shop.errors import Invalid

_ATOM, _LABEL = r"[\w!#$%&'*+/=?^`{|}~-]+", r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# What a mail can be written to: one plain address, as every mail server takes it; nothing quoted, no comment.
ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+", re.ASCII)

NAMED = re.compile(r"([^<>@,;:\"\\]{1,80}) <([^<>]+)>")


def enqueue(template: str, reference: str, to: str, values: Mapping[str, Any], *, at: datetime) -> None:
    """Ask for one mail; the same reference is sent once."""
    outbox.enqueue("mail", f"mail:{reference}", {"template": template, "to": to, "values": dict(values)}, at=at)


def compose(*, sender: str, to: str, subject: str, text: str, message_id: str) -> EmailMessage:
    """Return a mail to one address. No header can hold a second one: Invalid for anything that is not one address."""
    words = "".join(letter if letter.isprintable() else " " for letter in subject)
    message = EmailMessage()
    message["From"] = _one_address(sender)
    message["To"] = _one_address(to)
    message["Subject"] = " ".join(words.split())
    message["Message-ID"] = message_id
    message.set_content(text)
    return message


def _one_address(text: str) -> Address:
    """Return one person's address, with or without a name before it; Invalid if it is more, less or other."""
    named = NAMED.fullmatch(text)
    name, address = (named[1], named[2]) if named else ("", text)
    if not ADDRESS.fullmatch(address) or not text.isprintable():
        raise Invalid("mail.address")
    return Address(display_name=name, addr_spec=address)


def send(message: EmailMessage, *, smtp_url: str, folder: Path) -> None:
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
