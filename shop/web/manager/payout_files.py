"""Payout files: proposed by one person, released by another, opened once, never kept."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop import identities
from shop.artisans.vault import payout_file as domain
from shop.artisans.vault.payout_file import Payee
from shop.db import writing
from shop.errors import DomainError
from shop.money import decimal
from shop.users import enrolment
from shop.web import csv
from shop.web.access import fresh, requires
from shop.web.edge import now, signed_in, vault_keys
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import identity as reads

Answer = Response | tuple[str, int]
COLUMNS = ("reference", "method", "amount", "currency", "account_holder", "account_number", "ifsc", "upi")


@blueprint.get("/payout-files")
@requires("payout-file.propose")
def payout_files() -> str:
    """List the last files, and propose the next one."""
    return _files_page(Filled())


def _files_page(form: Filled) -> str:
    waiting = domain.payable(None)
    return render_template(
        "manager/payout_files.html",
        files=reads.files(signed_in()),
        centres=enrolment.centres(),
        form=form,
        count=len(waiting),
        minor=sum(payout.amount_minor for payout in waiting),
    )


@blueprint.post("/payout-files")
@requires("payout-file.propose")
def propose_payout_file() -> Answer:
    """Propose a file of everything approved by bank or UPI, of one centre or the house."""
    try:
        with writing():
            centre_id = enrolment.get_centre(forms.whole("centre")).id if forms.text("centre") else None
            file_id = domain.propose(centre_id, at=now(), by=signed_in()).id
    except DomainError as error:
        return _files_page(refused(error)), error.status
    flash(_("Proposed. Someone else releases it now."))
    return redirect(url_for("manager.payout_file_page", file_id=file_id), 303)


@blueprint.get("/payout-files/<int:file_id>")
@requires("payout-file.release")
def payout_file_page(file_id: int) -> str:
    """Show what a file pays, and what it leaves out; no bank detail is shown."""
    return _file_page(file_id, Filled())


def _file_page(file_id: int, form: Filled) -> str:
    page = reads.file_page(signed_in(), file_id, vault_keys())
    return render_template("manager/payout_file.html", page=page, form=form)


def _again(file_id: int, error: DomainError) -> tuple[str, int]:
    if error.status in (404, 503):
        raise error
    return _file_page(file_id, refused(error)), error.status


@blueprint.post("/payout-files/<int:file_id>/release")
@requires("payout-file.release")
@fresh
def release_payout_file(file_id: int) -> Answer:
    """Release a file and send it, once. It is made in memory and kept nowhere."""
    try:
        payees = identities.release(vault_keys(), file_id, at=now(), by=signed_in())
    except DomainError as error:
        return _again(file_id, error)
    answer = Response(csv.document(COLUMNS, map(_row, payees)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="payout-file-{file_id}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _row(payee: Payee) -> tuple[str, ...]:
    amount = payee.amount
    return (
        f"payout-{payee.payout_id}",
        payee.method.value,
        decimal(amount.minor),
        amount.currency,
        payee.account_holder,
        payee.account_number,
        payee.ifsc,
        payee.upi,
    )


@blueprint.post("/payout-files/<int:file_id>/withdrawal")
@requires("payout-file.propose")
def withdraw_payout_file(file_id: int) -> Answer:
    """Take back a file that did not reach the bank."""
    try:
        with writing():
            is_back = domain.withdraw(domain.get_file(file_id), at=now(), by=signed_in())
    except DomainError as error:
        return _again(file_id, error)
    if not is_back:
        flash(_("Noted. It is taken back once someone else says it too."))
        return redirect(url_for("manager.payout_file_page", file_id=file_id), 303)
    flash(_("Taken back. Its payouts can stand in another file."))
    return redirect(url_for("manager.payout_files"), 303)
