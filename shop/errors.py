"""What the domain says when it refuses. Each error carries a message id and values; `web/`
renders the sentence in the reader's language (web/sentences.py) and picks the status here."""


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


class Gone(DomainError):
    """It was shown once and is no longer (410)."""

    status = 410


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
