"""The figures behind prices: what a piece costs, and the makers' share of its sale, for a product or the house."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.catalog import figures as domain
from shop.catalog.figure_models import CostKind
from shop.db import writing
from shop.errors import DomainError, Invalid, NotFound
from shop.users.policy import whole_house
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.products import hers
from shop.web.manager.reads import figures as reads

Answer = Response | tuple[str, int]


@blueprint.get("/figures/<scope>")
@requires("catalogue.read")
def figures(scope: str) -> str:
    """Show the figures in force for a product, or those of the house, and what waits for a second person."""
    return _page(scope, Filled())


def _page(scope: str, form: Filled) -> str:
    page = reads.figures_page(signed_in(), scope, at=now())
    return render_template("manager/figures.html", page=page, form=form)


@blueprint.post("/figures/<scope>/costs")
@requires("catalogue.edit")
def set_cost(scope: str) -> Answer:
    """Set what a piece costs anew, in rupees or as a part of the price."""
    try:
        kind, (minor, part) = forms.choice(CostKind, "kind"), _figure()
        with writing():
            domain.set_cost(
                _scope(scope, "catalogue.edit"), kind, minor=minor, basis_points=part, at=now(), by=signed_in().actor
            )
    except DomainError as error:
        return _again(scope, error)
    flash(_("Set. It counts for what is sold from now on."))
    return _there(scope)


@blueprint.post("/figures/<scope>/share")
@requires("catalogue.edit")
def propose_share(scope: str) -> Answer:
    """Propose a new share of the sale; someone else approves it."""
    try:
        minor, part = _figure()
        with writing():
            named = _scope(scope, "catalogue.edit")
            domain.propose_rule(named, minor=minor, basis_points=part, at=now(), by=signed_in().actor)
    except DomainError as error:
        return _again(scope, error)
    flash(_("Proposed. Someone else approves it."))
    return _there(scope)


@blueprint.post("/figures/<scope>/share/<int:version>/answer")
@requires("rates.approve")
def answer_share(scope: str, version: int) -> Answer:
    """Approve or decline a share that someone else proposed."""
    said = forms.text("answer")
    try:
        with writing():
            rule = domain.get_rule(_scope(scope, "rates.approve"), version)
            if said == "approve":
                domain.approve_rule(rule, at=now(), by=signed_in().actor)
            elif said == "decline":
                domain.decline_rule(rule, forms.text("reason"), at=now(), by=signed_in().actor)
            else:
                raise Invalid("form.choice")
    except DomainError as error:
        return _again(scope, error)
    flash(_("In force for what is sold from now on.") if said == "approve" else _("Declined."))
    return _there(scope)


@blueprint.post("/figures/<scope>/share/<int:version>/withdrawal")
@requires("catalogue.edit")
def withdraw_share(scope: str, version: int) -> Answer:
    """Take back a share that one proposed oneself."""
    try:
        with writing():
            rule = domain.get_rule(_scope(scope, "catalogue.edit"), version)
            domain.withdraw_rule(rule, at=now(), by=signed_in().actor)
    except DomainError as error:
        return _again(scope, error)
    flash(_("Taken back. What was in force stays in force."))
    return _there(scope)


def _figure() -> tuple[int | None, int | None]:
    """Return what was typed: paise, or basis points of the price; Invalid unless it is one of the two."""
    minor = forms.amount("rupees") if forms.text("rupees") else None
    part = forms.amount("percent") if forms.text("percent") else None  # 2.36 per cent are 236 basis points
    if (minor is None) == (part is None):
        raise Invalid("figure.one")
    return minor, part


def _scope(scope: str, action: str) -> str:
    """Return how the figures of an address are named; NotFound for a product, or a house, that is not hers."""
    if scope != domain.HOUSE:
        return domain.product_scope(hers(scope).id)
    if not whole_house(signed_in(), action):
        raise NotFound("product.unknown")
    return domain.HOUSE


def _there(scope: str) -> Response:
    return redirect(url_for("manager.figures", scope=scope), 303)


def _again(scope: str, error: DomainError) -> Answer:
    if error.status in (403, 404):
        raise error
    return _page(scope, refused(error)), error.status
