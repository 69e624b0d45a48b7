"""A rejected piece that was good: proposed on its task by one person, counted after all by another."""

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError
from shop.production import recounts as domain
from shop.production.recounts import Outcome
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.corrections import corrections_again
from shop.web.manager.making import task_again

Answer = Response | tuple[str, int]


@blueprint.post("/tasks/<int:task_id>/pieces/<int:piece>/recount")
@requires("corrections.propose")
def propose_recount(task_id: int, piece: int) -> Answer:
    """Propose to count a rejected piece of a task after all."""
    try:
        with writing():
            entry = domain.get_entry(signed_in(), task_id, piece)
            domain.propose(entry, forms.text("note"), is_there=forms.ticked("there"), at=now(), by=signed_in())
    except DomainError as error:
        return task_again(task_id, error)
    flash(_("Proposed. Nothing has moved; someone else decides it now."))
    return redirect(url_for("manager.corrections"), 303)


@blueprint.post("/recounts/<int:recount_id>/approval")
@requires("corrections.approve")
def approve_recount(recount_id: int) -> Answer:
    """Count a rejected piece after all: it is hers at once."""
    try:
        with writing():
            outcome = domain.approve(domain.get_of(signed_in(), recount_id), at=now(), by=signed_in())
    except DomainError as error:
        return corrections_again(error, recount_id=recount_id)
    flash(_("Counted. It is hers, and stands in her passbook.") + " " + _became(outcome))
    return redirect(url_for("manager.corrections"), 303)


@blueprint.post("/recounts/<int:recount_id>/closing")
@requires("corrections.propose")
def close_recount(recount_id: int) -> Answer:
    """Leave a rejected piece uncounted: take one's own proposal back, or decline another's with a reason."""
    try:
        with writing():
            domain.close(domain.get_of(signed_in(), recount_id), forms.text("note"), at=now(), by=signed_in())
    except DomainError as error:
        return corrections_again(error, recount_id=recount_id)
    flash(_("It stays as it was counted."))
    return redirect(url_for("manager.corrections"), 303)


def _became(outcome: Outcome) -> str:
    if outcome.goes_on and outcome.other_is_made:
        return str(_("The piece that replaces it was begun already, so both are made."))
    if outcome.goes_on:
        return str(_("The piece goes on, and none is made in its place."))
    return str(_("The piece itself is not made any further."))
