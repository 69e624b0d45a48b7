"""Corrections: an earning that should not stand is proposed by one person and taken back by another."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.artisans import corrections as domain
from shop.artisans import people
from shop.artisans.models import Artisan, Correction, CorrectionReason
from shop.db import writing
from shop.errors import DomainError
from shop.money import Money
from shop.production import crediting
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.books import entry_again, entry_looked_at
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import corrections as reads

Answer = Response | str | tuple[str, int]


@blueprint.get("/corrections")
@requires("entries.read")
def corrections() -> str:
    """Show what waits for a second person and what was decided."""
    return _page({})


def _page(sent: dict[str, Filled]) -> str:
    page = reads.corrections_page(signed_in())
    return render_template("manager/corrections.html", page=page, sent=sent, blank=Filled())


@blueprint.post("/books/entries/<reference>/correction")
@requires("corrections.propose")
def propose_correction(reference: str) -> Answer:
    """Propose to take back the earning of an entry, or to credit what is right in its place, or look at it first."""
    try:
        if forms.text("look"):
            return entry_looked_at(reference, _effect(reference))
        with writing():
            earning, reason = domain.get_earning(signed_in(), reference), forms.choice(CorrectionReason, "reason")
            note = forms.text("note")
            domain.propose(earning, reason, note, right=_right(), credit=_credit(), at=now(), by=signed_in())
    except DomainError as error:
        return entry_again(reference, error)
    flash(_("Proposed. Nothing has moved; someone else decides it now."))
    return redirect(url_for("manager.corrections"), 303)


def _effect(reference: str) -> reads.Effect:
    """Return what the correction in the form would do; refused as proposing it would be."""
    earning, reason = domain.get_earning(signed_in(), reference), forms.choice(CorrectionReason, "reason")
    return reads.effect_of(earning, reason, right=_right(), credit=_credit())


def _right() -> Money | None:
    return Money(forms.amount("right"), "INR") if forms.text("right") else None


def _credit() -> Artisan | None:
    """Return whose work it was, if the form names a maker."""
    if not forms.text("credit"):
        return None
    return people.get_of(signed_in(), forms.whole("credit"), action="corrections.propose")


@blueprint.post("/corrections/<int:correction_id>/approval")
@requires("corrections.approve")
def approve_correction(correction_id: int) -> Answer:
    """Take the earning back that someone else proposed to correct, and credit what is right, if anything."""
    try:
        with writing():
            asked = domain.get_of(signed_in(), correction_id)
            divided = crediting.approve(asked, at=now(), by=signed_in())
            said = _said(asked)
    except DomainError as error:
        return _again(correction_id, error)
    flash(said)
    if divided:
        flash(_("Its share of the sale was divided anew."))
    return redirect(url_for("manager.corrections"), 303)


def _said(approved: Correction) -> str:
    if approved.credit_artisan_id is not None:
        return str(_("Put right. Each of the two reads her own line, and neither reads the other’s name."))
    if approved.right_minor is not None:
        return str(_("Put right. Her passbook shows both lines."))
    return str(_("Taken back. Her passbook shows both lines."))


@blueprint.post("/corrections/<int:correction_id>/refusal")
@requires("corrections.approve")
def decline_correction(correction_id: int) -> Answer:
    """Leave the earning as it is, with a reason."""
    try:
        with writing():
            asked = domain.get_of(signed_in(), correction_id)
            domain.decline(asked, forms.text("note"), at=now(), by=signed_in())
    except DomainError as error:
        return _again(correction_id, error)
    flash(_("Declined. What she earned stays hers."))
    return redirect(url_for("manager.corrections"), 303)


@blueprint.post("/corrections/<int:correction_id>/withdrawal")
@requires("corrections.propose")
def withdraw_correction(correction_id: int) -> Answer:
    """Take back a correction that one proposed oneself."""
    try:
        with writing():
            domain.withdraw(domain.get_of(signed_in(), correction_id), at=now(), by=signed_in())
    except DomainError as error:
        return _again(correction_id, error)
    flash(_("Taken back. Nothing had moved."))
    return redirect(url_for("manager.corrections"), 303)


def _again(correction_id: int, error: DomainError) -> tuple[str, int]:
    return _page_again(f"correction-{correction_id}", error)


def corrections_again(error: DomainError, *, recount_id: int) -> tuple[str, int]:
    """Show the page again with what was said about a recount; someone else's stays a 404."""
    return _page_again(f"recount-{recount_id}", error)


def _page_again(place: str, error: DomainError) -> tuple[str, int]:
    if error.status == 404:
        raise error
    return _page({place: refused(error)}), error.status
