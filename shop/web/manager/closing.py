"""Months of the books: what was closed, and what closing the next one would do."""

from datetime import date

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop import phases
from shop.artisans import closing as domain
from shop.clock import india_date
from shop.db import writing
from shop.errors import Conflict, DomainError, Invalid
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads.names import actors


@blueprint.get("/books/months")
@requires("books.read")
def months() -> str:
    """Show the closed months and, before it is done, what closing the next one would do."""
    return _page(Filled())


def _page(form: Filled) -> str:
    at = now()
    ahead = domain.preview(at=at, question_days=current_app.config["QUESTION_DAYS"])
    closed = domain.closed()
    return render_template(
        "manager/months.html",
        ahead=ahead,
        today=india_date(at),
        closed=closed,
        names=actors([each.close.by for each in closed]),
        form=form,
    )


@blueprint.post("/books/months")
@requires("books.close")
def close_month() -> Response | tuple[str, int]:
    """Close the month that the page showed; every woman's statement of it is asked for."""
    phases.seal_all()  # in units of its own, so that the close's is short
    try:
        with writing():
            days = current_app.config["QUESTION_DAYS"]
            month, note = _month(request.form.get("month", "")), forms.text("note")
            domain.close(month, note, question_days=days, at=now(), by=signed_in().actor)
    except DomainError as error:
        return _page(refused(error)), error.status
    flash(_("Closed. Its statements are being drawn."))
    return redirect(url_for("manager.months"), 303)


def _month(text: str) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Invalid("form.date") from None
    if month > india_date(now()):
        raise Conflict("ledger.month_not_over")
    return month
