"""Advances: proposed by one person, approved by another, paid, acknowledged by her, and going back little by little."""

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.artisans import advances as domain
from shop.artisans import people
from shop.artisans.advance_models import Advance, AdvanceReason
from shop.artisans.models import PayoutMethod
from shop.clock import india_date
from shop.db import writing
from shop.errors import DomainError
from shop.money import Money
from shop.users.models import User
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.format import money
from shop.web.manager import blueprint, forms, words
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import advances as reads

Answer = Response | tuple[str, int]


@blueprint.get("/advances")
@requires("advances.read")
def advances() -> str:
    """Show what waits, what is being repaid and what has been, with a form for a new one."""
    return _page(Filled({"agreed_on": india_date(now()).isoformat()}), {})


def _page(form: Filled, sent: dict[int, Filled]) -> str:
    return render_template(
        "manager/advances.html",
        page=reads.advances_page(signed_in()),
        form=form,
        sent=sent,
        blank=Filled(),
        makers=[(str(each.id), f"{each.work_name} {each.user.card_number}") for each in people.of(signed_in())],
        reasons=[(reason.value, say()) for reason, say in reads.REASONS.items()],
        methods=[(method.value, words.method(method)) for method in PayoutMethod],
        on=india_date(now()),
    )


@blueprint.post("/advances")
@requires("advances.propose")
def propose_advance() -> Answer:
    """Propose an advance."""
    try:
        with writing():
            artisan = people.get_of(signed_in(), forms.whole("artisan"), action="advances.propose")
            made = domain.propose(
                artisan,
                Money(forms.amount("amount"), "INR"),
                Money(forms.amount("instalment"), "INR"),
                forms.choice(AdvanceReason, "reason"),
                forms.choice(PayoutMethod, "method"),
                agreed_on=forms.day("agreed_on"),
                at=now(),
                by=signed_in(),
            )
            name, minor = made.artisan.work_name, made.amount_minor
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(refused(error), {}), error.status
    flash(_("Proposed: %(sum)s for %(name)s. Someone else approves it now.", sum=money(minor), name=name))
    return redirect(url_for("manager.advances"), 303)


@blueprint.post("/advances/<int:advance_id>/approval")
@requires("advances.approve")
def approve_advance(advance_id: int) -> Answer:
    """Approve an advance that someone else proposed."""
    return _do(advance_id, domain.approve, _("Approved. Now pay it, and write down that it has left."))


@blueprint.post("/advances/<int:advance_id>/payment")
@requires("advances.record")
def record_advance(advance_id: int) -> Answer:
    """Record that the money left."""

    def pay(advance: Advance, *, at: datetime, by: User) -> None:
        domain.record_paid(advance, bank_reference=forms.text("bank_reference", 60), at=at, by=by)

    return _do(advance_id, pay, _("Recorded. Nothing goes back before she has said yes to it."))


@blueprint.post("/advances/<int:advance_id>/return")
@requires("advances.record")
def return_advance(advance_id: int) -> Answer:
    """Record that the money did not reach her, or came back unspent."""
    return _do(advance_id, domain.record_returned, _("Recorded. She owes nothing of it."))


@blueprint.post("/advances/<int:advance_id>/withdrawal")
@requires("advances.propose")
def withdraw_advance(advance_id: int) -> Answer:
    """Take back an advance that was not paid."""
    return _do(advance_id, domain.withdraw, _("Taken back. Nothing had moved."))


def _do(advance_id: int, verb: Callable[..., None], said: str) -> Answer:
    try:
        with writing():
            verb(domain.get_of(signed_in(), advance_id), at=now(), by=signed_in())
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(Filled(), {advance_id: refused(error)}), error.status
    flash(said)
    return redirect(url_for("manager.advances"), 303)
