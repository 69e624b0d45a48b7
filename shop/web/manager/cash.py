"""The cash book of a centre: what lies in its box, what went in and out, and what another person has still to see."""

from collections.abc import Callable
from datetime import date, timedelta

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.artisans import cash_box as domain
from shop.artisans.cash_models import CashActKind
from shop.clock import india_date
from shop.db import writing
from shop.errors import DomainError
from shop.money import Money, decimal
from shop.web import csv
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import cash as reads

Answer = Response | tuple[str, int]
EARLIEST_YEAR = 2000  # before the first book there can be, and far from where days end
COLUMNS = ("date", "what", "note", "in", "out", "in_the_box", "written_by", "seen_by")


@blueprint.get("/cash")
@requires("cash.read")
def cash_boxes() -> str:
    """List the boxes, and what was handed out of each and is not confirmed."""
    return render_template("manager/cash_boxes.html", boxes=reads.boxes(signed_in()))


@blueprint.get("/cash/<int:centre_id>")
@requires("cash.read")
def cash(centre_id: int) -> str:
    """Show a month of a centre's cash book."""
    return _cash_page(centre_id, Filled())


def _cash_page(centre_id: int, form: Filled) -> str:
    late = timedelta(days=current_app.config["UNCONFIRMED_DAYS"])
    page = reads.cash_page(signed_in(), centre_id, _month(), late=late, at=now())
    return render_template("manager/cash.html", page=page, form=form)


def _month() -> date | None:
    """Return the month that was asked for, or None for this one, or what is no month of ours."""
    try:
        month = date.fromisoformat(request.args.get("month", "") + "-01")
    except ValueError:
        return None
    return month if month.year >= EARLIEST_YEAR and month <= india_date(now()) else None


@blueprint.get("/cash/<int:centre_id>/book.csv")
@requires("cash.read")
def cash_book_file(centre_id: int) -> Response:
    """Send a month of a centre's cash book as a table."""
    page = reads.cash_page(signed_in(), centre_id, _month(), late=timedelta(0), at=now())
    rows = [
        (
            line.on,
            line.text,
            line.note,
            _into(line.minor),
            _into(-line.minor),
            decimal(line.stood_minor),
            line.by,
            line.seen_by,
        )
        for line in page.lines
    ]
    opening = (page.month, _("Opening"), "", "", "", decimal(page.opening_minor), "", "")
    answer = Response(csv.document(COLUMNS, [opening, *rows]), mimetype="text/csv")
    name = f"cash-{page.centre.id}-{page.month:%Y-%m}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _into(minor: int) -> str:
    return decimal(minor) if minor > 0 else ""


@blueprint.post("/cash/<int:centre_id>/acts")
@requires("cash.write")
def write_cash(centre_id: int) -> Answer:
    """Write down what was brought, taken to the bank or counted; another person has to see it."""
    try:
        with writing():
            centre = reads.centre_of(signed_in(), centre_id, "cash.write")
            domain.propose(
                centre.id,
                forms.choice(CashActKind, "kind"),
                Money(forms.amount("amount"), "INR"),
                bank_reference=forms.text("bank_reference", 60),
                note=forms.text("note"),
                at=now(),
                by=signed_in(),
            )
    except DomainError as error:
        return _again(centre_id, error)
    flash(_("Written down. It counts once someone else has seen it."))
    return _there(centre_id)


@blueprint.post("/cash/<int:centre_id>/acts/<int:act_id>/seen")
@requires("cash.write")
def see_cash(centre_id: int, act_id: int) -> Answer:
    """Say as the second person that it was so."""
    return _do(centre_id, act_id, domain.see, _("It stands in the book now."))


@blueprint.post("/cash/<int:centre_id>/acts/<int:act_id>/withdrawal")
@requires("cash.write")
def withdraw_cash(centre_id: int, act_id: int) -> Answer:
    """Take back what nobody has seen yet."""
    return _do(centre_id, act_id, domain.withdraw, _("Taken back. Nothing had moved."))


def _do(centre_id: int, act_id: int, verb: Callable[..., None], said: str) -> Answer:
    try:
        with writing():
            centre = reads.centre_of(signed_in(), centre_id, "cash.write")
            verb(domain.get_act(centre.id, act_id), at=now(), by=signed_in())
    except DomainError as error:
        return _again(centre_id, error)
    flash(said)
    return _there(centre_id)


def _again(centre_id: int, error: DomainError) -> tuple[str, int]:
    if error.status == 404:
        raise error
    return _cash_page(centre_id, refused(error)), error.status


def _there(centre_id: int) -> Response:
    return redirect(url_for("manager.cash", centre_id=centre_id), 303)
