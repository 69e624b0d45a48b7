"""Deductions: proposed by one, approved by another, answered by her, and upheld by a third or not taken at all."""

from collections.abc import Callable
from datetime import datetime

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.artisans import deductions as domain
from shop.artisans import people
from shop.artisans.deduction_models import Deduction, DeductionKind, DeductionReason
from shop.clock import india_date
from shop.db import writing
from shop.errors import DomainError
from shop.money import Money
from shop.users.models import User
from shop.web import deduction_words
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.format import money
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import deductions as reads

Answer = Response | tuple[str, int]


@blueprint.get("/deductions")
@requires("deductions.read")
def deductions() -> str:
    """Show what stands and what has been, with a form for a new one where a kind is on."""
    return _page(Filled({"due_on": india_date(now()).isoformat()}), {})


def _page(form: Filled, sent: dict[int, Filled]) -> str:
    return render_template(
        "manager/deductions.html",
        page=reads.deductions_page(signed_in(), today=india_date(now())),
        form=form,
        sent=sent,
        blank=Filled(),
        makers=[(str(each.id), f"{each.work_name} {each.user.card_number}") for each in people.of(signed_in())],
        reasons=deduction_words.choices(_allowed()),
        on=india_date(now()),
    )


@blueprint.post("/deductions")
@requires("deductions.propose")
def propose_deduction() -> Answer:
    """Propose a deduction of a kind that is on."""
    try:
        with writing():
            made = domain.propose(
                people.get_of(signed_in(), forms.whole("artisan"), action="deductions.propose"),
                Money(forms.amount("amount"), "INR"),
                forms.choice(DeductionReason, "reason"),
                due_on=forms.day("due_on"),
                allowed=_allowed(),
                at=now(),
                by=signed_in(),
            )
            name, minor = made.artisan.work_name, made.amount_minor
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(refused(error), {}), error.status
    flash(_("Proposed: %(sum)s for %(name)s. Someone else approves it now.", sum=money(minor), name=name))
    return redirect(url_for("manager.deductions"), 303)


@blueprint.post("/deductions/<int:deduction_id>/approval")
@requires("deductions.approve")
def approve_deduction(deduction_id: int) -> Answer:
    """Approve what someone else proposed: she has the notice from now on."""

    def approve(deduction: Deduction, *, at: datetime, by: User) -> None:
        domain.approve(deduction, days=current_app.config["DEDUCTION_DAYS"], allowed=_allowed(), at=at, by=by)

    return _do(deduction_id, approve, _("Approved. The notice stands on her page now, and she answers it."))


@blueprint.post("/deductions/<int:deduction_id>/decision")
@requires("deductions.uphold")
def uphold_deduction(deduction_id: int) -> Answer:
    """Decide, as a third person, that it stands without her yes."""

    def uphold(deduction: Deduction, *, at: datetime, by: User) -> None:
        domain.uphold(deduction, forms.text("decision", 200), allowed=_allowed(), at=at, by=by)

    return _do(deduction_id, uphold, _("Decided. She reads your reason on her page."))


@blueprint.post("/deductions/<int:deduction_id>/withdrawal")
@requires("deductions.propose")
def withdraw_deduction(deduction_id: int) -> Answer:
    """Take back a deduction before anything was taken."""
    return _do(deduction_id, domain.withdraw, _("Taken back. Nothing had moved."))


@blueprint.post("/deductions/<int:deduction_id>/return")
@requires("deductions.propose")
def give_deduction_back(deduction_id: int) -> Answer:
    """Give back what was taken."""
    return _do(deduction_id, domain.give_back, _("Given back. It is hers to take again."))


def _allowed() -> frozenset[DeductionKind]:
    return domain.kinds_of(current_app.config["DEDUCTION_KINDS"])


def _do(deduction_id: int, verb: Callable[..., None], said: str) -> Answer:
    try:
        with writing():
            verb(domain.get_of(signed_in(), deduction_id), at=now(), by=signed_in())
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(Filled(), {deduction_id: refused(error)}), error.status
    flash(said)
    return redirect(url_for("manager.deductions"), 303)
