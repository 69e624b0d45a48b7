"""A maker's identity: entering it, looking at it for a stated reason, erasing it. No GET ever shows a value."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop import identities
from shop.artisans import people
from shop.artisans.models import Artisan
from shop.artisans.vault import looks as domain
from shop.artisans.vault import person
from shop.artisans.vault.looks import LookReason
from shop.artisans.vault.models import FIELDS
from shop.clock import india_date
from shop.db import writing
from shop.errors import DomainError
from shop.identities import VaultClosed
from shop.web.access import fresh, requires
from shop.web.edge import now, signed_in, vault_keys
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import identity as reads

Answer = Response | str | tuple[str, int]


def _maker(artisan_id: int, action: str) -> Artisan:
    return people.get_of(signed_in(), artisan_id, action=action)


def _again(artisan_id: int, error: DomainError) -> tuple[str, int]:
    """Show the page once more with what has to be put right; what is not about the form is an error page."""
    if error.status in (404, 503):
        raise error
    return _identity_page(artisan_id, refused(error)), error.status


@blueprint.get("/people/<int:artisan_id>/identity")
@requires("identity.enter")
def identity(artisan_id: int) -> str:
    """Show which fields are on file, the form that enters them, and who looked."""
    return _identity_page(artisan_id, Filled())


def _identity_page(artisan_id: int, form: Filled) -> str:
    page = reads.identity_page(_maker(artisan_id, "identity.enter"), vault_keys())
    return render_template("manager/identity.html", page=page, form=form, reasons=list(LookReason))


@blueprint.post("/people/<int:artisan_id>/identity")
@requires("identity.enter")
def enter_identity(artisan_id: int) -> Answer:
    """Write down what was filled in; an empty field stays as it is, a ticked one is taken away."""
    try:
        artisan = _maker(artisan_id, "identity.enter")
        given: dict[str, str | None] = dict.fromkeys(name for name in FIELDS if forms.ticked(f"forget_{name}"))
        given |= person.check(forms.texts(FIELDS, 1000), on=india_date(now()))
        identities.enter(vault_keys(), artisan.id, given, at=now(), by=signed_in())
    except DomainError as error:
        return _again(artisan_id, error)
    flash(_("Written down in the vault."))
    return redirect(url_for("manager.identity", artisan_id=artisan_id), 303)


@blueprint.post("/people/<int:artisan_id>/identity/look")
@requires("identity.reveal")
@fresh
def reveal_identity(artisan_id: int) -> Answer:
    """Show one record, once, for a stated reason; that she looked is committed before it is opened."""
    try:
        reason = forms.choice(LookReason, "reason")
        found = identities.reveal(vault_keys(), artisan_id, reason, at=now(), by=signed_in())
    except DomainError as error:
        return _again(artisan_id, error)
    artisan = _maker(artisan_id, "identity.reveal")
    return render_template("manager/identity_shown.html", artisan=artisan, known=found.items(), reason=reason)


@blueprint.get("/people/<int:artisan_id>/identity/erasure")
@requires("identity.erase")
def identity_erasure(artisan_id: int) -> str:
    """Ask once more before an identity is erased for good."""
    artisan = _maker(artisan_id, "identity.erase")
    return render_template("manager/identity_erasure.html", artisan=artisan, form=Filled())


@blueprint.post("/people/<int:artisan_id>/identity/erasure")
@requires("identity.erase")
@fresh
def erase_identity(artisan_id: int) -> Answer:
    """Erase an identity for good. Should the vault be away, it is erased as soon as it is back."""
    artisan = _maker(artisan_id, "identity.erase")
    name = artisan.work_name
    try:
        identities.erase(artisan.id, at=now(), by=signed_in())
        flash(_("What was on file for %(name)s is gone, and stays gone.", name=name))
    except VaultClosed:
        flash(_("The vault cannot be opened just now. It is erased within the hour after it can."), "bad")
    return redirect(url_for("manager.artisan", artisan_id=artisan_id), 303)


@blueprint.get("/looks")
@requires("identity.reveal")
def looks() -> str:
    """List the looks at identities that this person has not noted yet."""
    return render_template("manager/looks.html", looked=reads.looks_page(signed_in()))


@blueprint.post("/looks")
@requires("identity.reveal")
def note_looks() -> Answer:
    """Note the looks up to the one that the page showed last."""
    last = forms.whole("last")
    with writing():
        user = signed_in()
        domain.note([look for look in domain.waiting(user) if look.id <= last], at=now(), by=user)
    flash(_("Noted."))
    return redirect(url_for("manager.today"), 303)
