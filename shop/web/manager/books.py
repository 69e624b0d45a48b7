"""The books: balances, one account, one entry, and whether all of it holds."""

from datetime import date

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shop import books as floors
from shop.artisans.models import CorrectionReason
from shop.clock import india_date
from shop.db import writing
from shop.errors import DomainError
from shop.ledger import verification_runs
from shop.ledger.posting import HOUSE
from shop.money import CURRENCIES
from shop.web.access import requires
from shop.web.edge import now, page_from, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import books as reads
from shop.web.manager.reads.corrections import Effect


@blueprint.get("/books")
@requires("books.read")
def books() -> str:
    """Show the trial balance, today's or a day's, the seal and the newest entries."""
    today = india_date(now())
    page = reads.books_page(_day(request.args.get("on", ""), today))
    return render_template("manager/books.html", page=page, today=today)


def _day(text: str, today: date) -> date | None:
    """Return a past day that was asked for; None for today, or what is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day < today else None


@blueprint.get("/books/verification")
@requires("books.read")
def verification() -> str:
    """Show what the newest verification found, and how to ask for another."""
    names = [name for name, _verify in floors.FLOORS]
    return render_template("manager/verification.html", page=reads.verification_page(at=now()), floors=names)


@blueprint.post("/books/verification")
@requires("books.verify")
def ask_for_verification() -> BaseResponse:
    """Ask the worker to verify every floor that holds money."""
    with writing():
        verification_runs.ask(at=now(), by=signed_in().actor)
    return redirect(url_for("manager.verification"), 303)


@blueprint.get("/books/accounts/<code>")
@requires("books.read")
def account(code: str) -> str:
    """Show one account, its newest lines first."""
    asked = request.args.get("currency", "INR")
    currency = asked if asked in CURRENCIES else "INR"
    page = reads.account_page(request.args.get("book", HOUSE)[:40], code, currency, page_from())
    return render_template("manager/account.html", page=page)


@blueprint.get("/books/entries/<reference>")
@requires("entries.read")
def entry(reference: str) -> str:
    """Show one entry: what moved, from where to where."""
    return _entry_page(reference, Filled())


def _entry_page(reference: str, form: Filled, effect: Effect | None = None) -> str:
    page = reads.entry_page(signed_in(), reference)
    return render_template("manager/entry.html", page=page, form=form, reasons=list(CorrectionReason), effect=effect)


def entry_looked_at(reference: str, effect: Effect) -> str:
    """Show the entry again with what the correction in its form would do."""
    return _entry_page(reference, forms.typed(), effect)


def entry_again(reference: str, error: DomainError) -> tuple[str, int]:
    """Show the entry again with what was typed into its form; someone else's stays a 404."""
    if error.status == 404:
        raise error
    return _entry_page(reference, refused(error)), error.status
