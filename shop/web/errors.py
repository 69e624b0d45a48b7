"""Every refusal as a page: a status, a sentence in the reader's language, a way on. A 500 is a defect."""

from flask import Flask, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from shop.db import db
from shop.errors import DomainError
from shop.web.logs import log
from shop.web.sentences import sentence

WORDS = {
    400: lambda: _("Your browser sent something we could not read."),
    401: lambda: _("Please sign in again."),
    403: lambda: _("This is not open to you, or the page is too old. Go back, load it again and try once more."),
    404: lambda: _("There is no such page here."),
    405: lambda: _("That cannot be done here."),
    410: lambda: _("This was taken down."),
    413: lambda: _("That file is too large. Please send one of up to 10 MB."),
    414: lambda: _("That address is too long."),
    429: lambda: _("Too many tries. Please wait a while."),
    503: lambda: _("The shop is very busy just now. Nothing was lost; please try again in a moment."),
}


def page(status: int, message: str) -> tuple[str, int]:
    """Return an error page in the look of the audience it happened to."""
    if request.blueprint == "webhooks" or isinstance(request.routing_exception, SecurityError):
        return message, status  # for machines, and for a host that is not ours: no address can be built there
    return render_template("errors/error.html", status=status, message=message), status


def is_passing(error: OperationalError) -> bool:
    """Say whether a database error will pass by itself: a lock, a deadlock, a lost connection."""
    name, said = type(error.orig).__name__, str(error.orig)
    waited = name in ("LockNotAvailable", "DeadlockDetected", "QueryCanceled") or "locked" in said
    return waited or error.connection_invalidated or (name == "OperationalError" and "connection" in said)


def init_app(app: Flask) -> None:
    """Turn errors into pages."""

    @app.errorhandler(DomainError)
    def refused(error: DomainError) -> tuple[str, int]:
        db.session.rollback()
        return page(error.status, sentence(error))

    @app.errorhandler(CSRFError)
    def stale(error: CSRFError) -> tuple[str, int]:
        return page(403, WORDS[403]())

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> tuple[str, int]:
        status = error.code or 500
        words = WORDS.get(status)
        return page(status, words() if words else _("That did not work."))

    @app.errorhandler(IntegrityError)
    def raced(error: IntegrityError) -> tuple[str, int]:
        """Two did the same at the same moment and the database kept one: nothing is lost, look again."""
        db.session.rollback()
        log.warning("raced", endpoint=request.endpoint)
        return page(409, _("Someone did this at the same moment. Please look again."))

    @app.errorhandler(OperationalError)
    def busy(error: OperationalError) -> tuple[str, int]:
        """Nothing was written: another held the rows too long, or the database is away for a moment."""
        if not is_passing(error):
            return defect(error)
        db.session.rollback()
        log.error("database", error=type(error.orig).__name__, endpoint=request.endpoint)
        return page(503, WORDS[503]())

    @app.errorhandler(Exception)
    def defect(error: Exception) -> tuple[str, int]:
        db.session.rollback()
        log.error("defect", error=type(error).__name__, endpoint=request.endpoint, exc_info=error)
        if app.testing:
            raise error
        return page(500, _("Something broke on our side, and we have been told. Nothing was charged by this page."))
