"""Collections: what stands together in the window, picked by hand or found by a rule."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.catalog import collections as shelves
from shop.catalog.collections import CollectionText
from shop.catalog.facets import Facet, Ready, band_names
from shop.catalog.listing_models import CollectionKind
from shop.catalog.materials import Material
from shop.catalog.models import Trade
from shop.db import writing
from shop.errors import DomainError
from shop.web.access import requires
from shop.web.language import PREFIXES
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.storefront.narrowing import value_name

Answer = Response | tuple[str, int]
RULES: dict[Facet, list[str]] = {
    Facet.TRADE: [each.value for each in Trade],
    Facet.MATERIAL: [each.value for each in Material],
    Facet.PRICE: band_names("INR"),
    Facet.READY: [each.value for each in Ready],
}


@blueprint.get("/collections")
@requires("collections.edit")
def collections() -> str:
    """List the collections in the order in which the home page shows them."""
    return render_template("manager/collections.html", collections=shelves.all_collections())


@blueprint.get("/collections/new")
@requires("collections.edit")
def new_collection() -> str:
    """Show the form of a new collection."""
    return _page(None, Filled({"kind": "ruled", "position": str(shelves.next_position())}), {})


@blueprint.post("/collections")
@requires("collections.edit")
def new_collection_post() -> Answer:
    """Write a new collection."""
    try:
        with writing():
            slug = shelves.create(forms.needed("slug", 80), _words()).slug
    except DomainError as error:
        return _page(None, refused(error), _ticked()), error.status
    flash(_("Written."))
    return redirect(url_for("manager.collection", slug=slug), 303)


@blueprint.get("/collections/<slug>")
@requires("collections.edit")
def collection(slug: str) -> str:
    """Show a collection with everything that can be changed about it."""
    found = shelves.get(slug)
    values = {
        "title": found.title,
        "lead": found.lead,
        "kind": found.kind.value,
        "position": str(found.position),
        "newest": str(found.rule.get(shelves.NEWEST, "")),
        "picks": "\n".join(shelves.picked_slugs(found)),
        "is_shown": "yes" if found.is_shown else "",
    }
    for code in PREFIXES:
        values |= {f"title_{code}": found.titles.get(code, ""), f"lead_{code}": found.leads.get(code, "")}
    return _page(slug, Filled(values), {facet.value: set(chosen) for facet, chosen in shelves.rule_of(found).items()})


@blueprint.post("/collections/<slug>")
@requires("collections.edit")
def rewrite_collection(slug: str) -> Answer:
    """Replace what is written about a collection, its rule and its picks."""
    try:
        with writing():
            shelves.rewrite(shelves.get(slug), _words())
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(slug, refused(error), _ticked()), error.status
    flash(_("Saved."))
    return redirect(url_for("manager.collection", slug=slug), 303)


def _page(slug: str | None, form: Filled, ticked: dict[str, set[str]]) -> str:
    rules = [
        (facet.value, [(value, value_name(facet, value, "INR")) for value in values]) for facet, values in RULES.items()
    ]
    return render_template("manager/collection.html", slug=slug, form=form, rules=rules, ticked=ticked)


def _words() -> CollectionText:
    """Read the form; a rule may hold any value of a facet, and is checked where it is written."""
    return CollectionText(
        title=forms.text("title", 80),
        titles=forms.translated("title", 80),
        lead=forms.text("lead", 200),
        leads=forms.translated("lead", 200),
        kind=forms.choice(CollectionKind, "kind"),
        is_shown=forms.ticked("is_shown"),
        position=forms.whole("position") if forms.text("position") else 0,
        rule={facet: request.form.getlist(facet.value) for facet in RULES},
        newest=forms.whole("newest", least=1) if forms.text("newest") else None,
        picks=forms.text("picks", 6_000).split(),
    )


def _ticked() -> dict[str, set[str]]:
    return {facet.value: set(request.form.getlist(facet.value)) for facet in RULES}
