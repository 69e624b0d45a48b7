"""People: the makers of the centre, their cards and their PINs. The office itself stands in staff.py."""

from collections.abc import Callable
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop import identities
from shop.artisans import people as artisans
from shop.artisans.people import EMBLEMS
from shop.artisans.vault import person
from shop.clock import india_date
from shop.db import writing
from shop.errors import DomainError, Invalid
from shop.identities import VaultClosed
from shop.users import audit, enrolment, policy
from shop.web.access import requires
from shop.web.edge import now, page_from, signed_in, vault_keys
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import identity as identity_reads
from shop.web.manager.reads import people as reads

Answer = Response | tuple[str, int]
ENROLMENT_FIELDS = ("legal_name", "phone")  # what is asked at enrolment, if anything; the rest on her page


@blueprint.get("/people")
@requires("makers.read")
def people() -> str:
    """List the makers of the centre with their money and their work."""
    return render_template("manager/people.html", page=reads.people_page(signed_in(), at=now()))


@blueprint.get("/people/new")
@requires("people.edit")
def new_artisan() -> str:
    """Show the form that gives a maker her card."""
    return _new_page(Filled())


def _new_page(form: Filled) -> str:
    centres = forms.centres_for(signed_in(), "people.edit")
    return render_template("manager/new_artisan.html", form=form, centres=centres, emblems=EMBLEMS)


@blueprint.post("/people")
@requires("people.edit")
def new_artisan_post() -> Answer:
    """Enrol a maker under a work name."""
    try:
        artisan_id = _enrol_with_identity()
    except DomainError as error:
        return _new_page(refused(error)), error.status
    name = artisans.get_of(signed_in(), artisan_id, action="people.edit").work_name
    flash(_("%(name)s has her card. She signs in with its number and her PIN.", name=name))
    return redirect(url_for("manager.artisan", artisan_id=artisan_id), 303)


def _enrol_with_identity() -> int:
    """Enrol her; her identity, if it was given, goes into the vault first and nowhere else."""
    enrol = _enrolling()
    given = person.check(forms.texts(ENROLMENT_FIELDS, 200), on=india_date(now()))
    if given and policy.may(signed_in().role, "identity.enter"):
        try:
            return identities.enrol(vault_keys(), given, enrol, at=now(), by=signed_in())
        except VaultClosed:
            said = _("The identity vault cannot be opened just now, so her name and phone were written down nowhere.")
            flash(said + " " + _("Please enter them later on her page."), "bad")
    with writing():
        return enrol(None)


def _enrolling() -> Callable[[int | None], int]:
    """Return what enrols her with the number it is given, after the whole form was read and is in order."""
    card = {name: forms.needed(name, longest) for name, longest in (("work_name", 40), ("card_number", 20))}
    user, pin, emblem = signed_in(), _pin(), forms.needed("emblem", 24)
    centre_id, day, at, by = forms.centre_of(user, "people.edit"), _adult_day(), now(), user.actor

    def enrol(number: int | None) -> int:
        made = artisans.enrol(
            **card, pin=pin, emblem=emblem, centre_id=centre_id, adult_confirmed_on=day, at=at, number=number
        )
        audit.record("people.enrol", f"artisan:{made.id}", by=by, at=at)
        return made.id

    return enrol


def _adult_day() -> date:
    """Return the day on which someone saw that she is an adult; Invalid unless that is confirmed."""
    day = forms.day("adult_confirmed_on")
    if not forms.ticked("adult"):
        raise Invalid("artisan.adult", field="adult")
    if day > india_date(now()):
        raise Invalid("artisan.adult_date")
    return day


def _pin() -> str:
    pin = request.form.get("pin", "")[:20]
    if pin != request.form.get("pin_again", "")[:20]:
        raise Invalid("artisan.pin_differs", field="pin_again")
    return pin


@blueprint.get("/people/<int:artisan_id>")
@requires("makers.read")
def artisan(artisan_id: int) -> str:
    """Show a maker: her money line by line, her work, her payouts."""
    page = reads.maker_page(signed_in(), artisan_id, page_from(), at=now())
    panel = identity_reads.panel(signed_in(), page.artisan, vault_keys())
    return render_template("manager/artisan.html", page=page, panel=panel)


@blueprint.get("/people/<int:artisan_id>/pin")
@requires("pin.reset")
def pin(artisan_id: int) -> str:
    """Show the form that gives a maker a new PIN, in person."""
    return _pin_page(artisan_id, Filled())


def _pin_page(artisan_id: int, form: Filled) -> str:
    artisan = artisans.get_of(signed_in(), artisan_id, action="pin.reset")
    return render_template("manager/pin.html", artisan=artisan, form=form)


@blueprint.post("/people/<int:artisan_id>/pin")
@requires("pin.reset")
def reset_pin(artisan_id: int) -> Answer:
    """Give a maker a new PIN; every session she had ends."""
    try:
        with writing():
            user = signed_in()
            artisan = artisans.get_of(user, artisan_id, action="pin.reset")
            enrolment.reset_pin(artisan.user_id, _pin(), at=now(), by=user)
            audit.record("pin.reset", f"artisan:{artisan_id}", by=user.actor, at=now())
    except DomainError as error:
        if error.status == 404:
            raise
        return _pin_page(artisan_id, refused(error)), error.status
    flash(_("The new PIN holds from now on. Whoever was signed in with the old one is signed out."))
    return redirect(url_for("manager.artisan", artisan_id=artisan_id), 303)
