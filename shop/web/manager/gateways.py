"""Money between the gateways and us: what differs, what came to the bank, and one payment from end to end."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError
from shop.payments import reviews
from shop.users import audit
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms, payment_words
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import gateways as reads
from shop.web.manager.reads import payment_story

Answer = Response | tuple[str, int]


@blueprint.get("/gateways")
@requires("payments.read")
def gateways() -> str:
    """Show the queue of differences, the newest settlements, and what else the gateways told us."""
    return _page({})


def _page(sent: dict[int, Filled]) -> str:
    page = reads.gateways_page(at=now())
    return render_template("manager/gateways.html", page=page, sent=sent, blank=Filled(), said=payment_words)


@blueprint.post("/gateways/differences/<int:review_id>/taking")
@requires("payments.review")
def take_review(review_id: int) -> Response:
    """Look into a difference oneself."""
    with writing():
        reviews.take(reviews.get(review_id), at=now(), by=signed_in().actor)
        audit.record("payments.take", f"review:{review_id}", by=signed_in().actor, at=now())
    flash(_("It is yours now. Write down what you find."))
    return redirect(url_for("manager.gateways", _anchor=f"review-{review_id}"), 303)


@blueprint.post("/gateways/differences/<int:review_id>/closing")
@requires("payments.review")
def close_review(review_id: int) -> Answer:
    """Close a difference with what was found out."""
    try:
        with writing():
            reviews.accept(reviews.get(review_id), forms.text("note"), at=now(), by=signed_in().actor)
            audit.record("payments.explain", f"review:{review_id}", by=signed_in().actor, at=now())
    except DomainError as error:
        if error.status == 404:
            raise
        return _page({review_id: refused(error)}), error.status
    flash(_("Closed, with your note. It opens again if it says something else."))
    return redirect(url_for("manager.gateways"), 303)


@blueprint.get("/orders/<number>/payment")
@requires("payments.read")
def payment(number: str) -> str:
    """Show the whole story of an order's payment."""
    story = payment_story.story(signed_in(), number)
    return render_template("manager/payment.html", page=story, said=payment_words)
