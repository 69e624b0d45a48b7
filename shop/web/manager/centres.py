"""Centres: where work is done. The public reads a region, nothing finer."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError
from shop.users import audit, enrolment
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused

Answer = Response | tuple[str, int]


@blueprint.get("/centres")
@requires("centres.edit")
def centres() -> str:
    """List the centres and offer to add one."""
    return _page(Filled())


def _page(form: Filled) -> str:
    return render_template("manager/centres.html", centres=enrolment.centres(), form=form)


@blueprint.post("/centres")
@requires("centres.edit")
def add_centre() -> Answer:
    """Add a centre."""
    try:
        with writing():
            made = enrolment.add_centre(
                forms.needed("code", 16),
                forms.needed("name", 80),
                forms.needed("region", 80),
                minutes_per_day=60 * forms.whole("hours_per_day", least=1),
                organisation=forms.needed("organisation", 120),
            )
            name = made.name
            audit.record("centres.add", f"centre:{made.id}", by=signed_in().actor, at=now())
    except DomainError as error:
        return _page(refused(error)), error.status
    flash(_("%(name)s was added.", name=name))
    return redirect(url_for("manager.centres"), 303)
