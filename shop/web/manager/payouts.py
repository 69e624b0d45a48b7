"""Payouts: proposed by one person, approved by another, sent, and confirmed by her."""

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.artisans import came_back, people
from shop.artisans import payouts as domain
from shop.artisans.models import PayoutMethod
from shop.db import writing
from shop.errors import DomainError
from shop.money import Money
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.format import money
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import payouts as reads

Answer = Response | tuple[str, int]


@blueprint.get("/payouts")
@requires("payouts.read")
def payouts() -> str:
    """Show who can take what, what is under way, and what has been."""
    return _payouts_page(Filled())


def _payouts_page(form: Filled) -> str:
    page = reads.payouts_page(signed_in(), at=now())
    return render_template("manager/payouts.html", page=page, form=form, methods=list(PayoutMethod))


@blueprint.post("/payouts")
@requires("payouts.propose")
def propose() -> Answer:
    """Propose to pay an artisan."""
    try:
        with writing():
            artisan = people.get_of(signed_in(), forms.whole("artisan"), action="payouts.propose")
            sum_of_money = Money(forms.amount("amount"), "INR")
            made = domain.propose(artisan, sum_of_money, forms.choice(PayoutMethod, "method"), at=now(), by=signed_in())
            name, minor = made.artisan.work_name, made.amount_minor
    except DomainError as error:
        if error.status == 404:
            raise
        return _payouts_page(refused(error)), error.status
    flash(_("Proposed: %(sum)s for %(name)s. Someone else approves it now.", sum=money(minor), name=name))
    return redirect(url_for("manager.payouts"), 303)


@blueprint.get("/payouts/<int:payout_id>")
@requires("payouts.read")
def payout(payout_id: int) -> str:
    """Show one payout, its story and its next step."""
    return _payout_page(payout_id, Filled())


def _payout_page(payout_id: int, form: Filled) -> str:
    return render_template("manager/payout.html", page=reads.payout_page(signed_in(), payout_id), form=form)


def _again(payout_id: int, error: DomainError) -> tuple[str, int]:
    if error.status == 404:
        raise error
    return _payout_page(payout_id, refused(error)), error.status


def _there(payout_id: int) -> Response:
    return redirect(url_for("manager.payout", payout_id=payout_id), 303)


@blueprint.post("/payouts/<int:payout_id>/approval")
@requires("payouts.approve")
def approve(payout_id: int) -> Answer:
    """Approve a payout that someone else proposed."""
    try:
        with writing():
            domain.approve(domain.get_of(signed_in(), payout_id), at=now(), by=signed_in())
    except DomainError as error:
        return _again(payout_id, error)
    flash(_("Approved. Now pay it, and write down that it has left."))
    return _there(payout_id)


@blueprint.post("/payouts/<int:payout_id>/sending")
@requires("payouts.record")
def record_sent(payout_id: int) -> Answer:
    """Record that the money left."""
    try:
        with writing():
            going = domain.get_of(signed_in(), payout_id)
            domain.record_sent(going, bank_reference=forms.text("bank_reference", 60), at=now(), by=signed_in())
    except DomainError as error:
        return _again(payout_id, error)
    flash(_("Recorded as sent. It settles when she says that it came."))
    return _there(payout_id)


@blueprint.post("/payouts/<int:payout_id>/failure")
@requires("payouts.record")
def record_failed(payout_id: int) -> Answer:
    """Record that the money did not reach her: it is hers to take again at once."""
    try:
        with writing():
            failed = domain.get_of(signed_in(), payout_id)
            domain.record_failed(failed, forms.needed("reason"), at=now(), by=signed_in())
    except DomainError as error:
        return _again(payout_id, error)
    flash(_("Recorded. The money is hers to take again."))
    return _there(payout_id)


@blueprint.post("/payouts/<int:payout_id>/short")
@requires("payouts.record")
def settle_short(payout_id: int) -> Answer:
    """Settle what she says came; the rest is hers to take again."""
    try:
        with writing():
            domain.settle_short(domain.get_of(signed_in(), payout_id), at=now(), by=signed_in())
    except DomainError as error:
        return _again(payout_id, error)
    flash(_("Settled for what came. The rest is hers to take again."))
    return _there(payout_id)


@blueprint.post("/payouts/<int:payout_id>/back")
@requires("payouts.record")
def write_back(payout_id: int) -> Answer:
    """Write down that the bank sent it back after her yes."""
    try:
        with writing():
            settled = domain.get_of(signed_in(), payout_id)
            on = forms.day("returned_on")
            came_back.write(settled, on, forms.needed("bank_reference", 60), at=now(), by=signed_in())
    except DomainError as error:
        return _again(payout_id, error)
    flash(_("Written down. It counts once someone else has seen it."))
    return _there(payout_id)


@blueprint.post("/payouts/<int:payout_id>/back/seen")
@requires("payouts.approve")
def see_back(payout_id: int) -> Answer:
    """Say as the second person that the bank sent it back."""
    return _about_back(payout_id, came_back.see, _("The money is hers to take again."))


@blueprint.post("/payouts/<int:payout_id>/back/withdrawal")
@requires("payouts.record")
def withdraw_back(payout_id: int) -> Answer:
    """Take back what nobody has seen yet."""
    return _about_back(payout_id, came_back.withdraw, _("Taken back. Nothing had moved."))


def _about_back(payout_id: int, verb: Callable[..., None], said: str) -> Answer:
    try:
        with writing():
            verb(came_back.get_waiting(domain.get_of(signed_in(), payout_id).id), at=now(), by=signed_in())
    except DomainError as error:
        return _again(payout_id, error)
    flash(said)
    return _there(payout_id)


@blueprint.post("/payouts/<int:payout_id>/look")
@requires("payouts.look-into")
def close_unwitnessed(payout_id: int) -> Answer:
    """Say what was found about a "yes" that may not have been hers."""
    try:
        with writing():
            domain.close_unwitnessed(
                domain.get_of(signed_in(), payout_id), forms.needed("note"), at=now(), by=signed_in()
            )
    except DomainError as error:
        return _again(payout_id, error)
    flash(_("Noted. It stays on this page."))
    return _there(payout_id)


@blueprint.post("/payouts/<int:payout_id>/withdrawal")
@requires("payouts.propose")
def withdraw(payout_id: int) -> Answer:
    """Take back a payout that was not sent."""
    try:
        with writing():
            domain.withdraw(domain.get_of(signed_in(), payout_id), at=now(), by=signed_in())
    except DomainError as error:
        return _again(payout_id, error)
    flash(_("Taken back. Nothing had moved."))
    return redirect(url_for("manager.payouts"), 303)
