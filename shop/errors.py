"""What the domain says when it refuses. Each error carries a message id and values; `web/`
renders the sentence in the reader's language (web/sentences.py) and picks the status here."""

import re
import traceback

MOST_PLACES = 8
_LIBRARY = re.compile(r"/(?:site-packages|lib/python[\d.]+)/|^<")
_ROOTS = re.compile(r".*/(?:site-packages|lib/python[\d.]+)/|.*/(?=(?:shop|sandbox|tests)/)")


class DomainError(Exception):
    """A refusal with a message id and its values; nothing has been changed."""

    status = 422

    def __init__(self, message_id: str, **values: object) -> None:
        super().__init__(message_id, values)
        self.message_id = message_id
        self.values = values


class Invalid(DomainError):
    """The input cannot be used as it is (422)."""


class NotFound(DomainError):
    """There is no such row for the one who asks (404)."""

    status = 404


class Conflict(DomainError):
    """The world has moved on since the page was shown (409)."""

    status = 409


class Refused(DomainError):
    """The one who asks may not do this (403)."""

    status = 403


class Unavailable(DomainError):
    """Something we depend on does not answer; nothing is lost, try again (503)."""

    status = 503


class TooMany(DomainError):
    """Too many tries (429)."""

    status = 429


def where(error: BaseException) -> str:
    """Return an error's kinds and places, for logs and notes: never its message, which may hold what people typed."""
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(kinds) < MOST_PLACES:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if not _LIBRARY.search(frame.filename)][-MOST_PLACES:]
    shown = ours if frames[-1:] == ours[-1:] else [*ours, frames[-1]]
    places = [f"{_ROOTS.sub('', frame.filename)}:{frame.lineno}:{frame.name}" for frame in shown]
    return f"{' < '.join(kinds)} at {' > '.join(places)}" if places else " < ".join(kinds)
