"""The mails of a test's world, as they lie in its folder."""

import email
import re
from email.message import Message
from pathlib import Path

from tests.world import World


def letters(world: World, to: str) -> list[Message]:
    """Return the mails sent to an address, oldest first, after the worker has come by."""
    world.work()
    found = sorted(Path(world.app.config["MAIL_FOLDER"]).glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [message for path in found if (message := email.message_from_bytes(path.read_bytes()))["To"] == to]


def text_of(message: Message) -> str:
    """Return the words of a mail, as its text form has them."""
    return _words(message)[0]


def whole_of(message: Message) -> str:
    """Return the words of a mail in both its forms."""
    return "".join(_words(message))


def _words(message: Message) -> list[str]:
    payloads = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return [payload.decode() for payload in payloads if isinstance(payload, bytes)]


def link_in(message: Message) -> str:
    """Return the path of the link in a mail."""
    found = re.search(r"http://[^/\s]+(/\S*account/link/\S+)", text_of(message))
    assert found, text_of(message)
    return found[1]


def newest_link(world: World, to: str) -> str:
    """Return the path of the link in the newest mail to an address."""
    return link_in(letters(world, to)[-1])
