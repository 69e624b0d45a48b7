"""What stands behind a product: the count of its shelf, and how it is made."""

from flask import flash
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.catalog import products as catalogue
from shop.catalog import stock
from shop.db import writing
from shop.errors import DomainError
from shop.production import making
from shop.production.making import Step
from shop.production.models import StepName
from shop.web.access import requires
from shop.web.edge import mark, now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.products import again, hers, there
from shop.web.manager.reads import products as reads

Answer = Response | tuple[str, int]


@blueprint.post("/products/<slug>/stock")
@requires("catalogue.edit")
def adjust_stock(slug: str) -> Answer:
    """Correct the count of a shelf, with a reason, once a form."""
    try:
        with writing():
            variant = catalogue.get_variant(hers(slug), forms.needed("sku", 40))
            change, reference = forms.signed("change"), f"count:{mark()}"
            stock.adjust(variant.id, change, forms.needed("reason"), reference, at=now(), by=signed_in().actor)
    except DomainError as error:
        return again(slug, "stock", error)
    flash(_("The shelf was counted again."))
    return there(slug, "stock")


@blueprint.post("/products/<slug>/making")
@requires("catalogue.edit")
def write_making(slug: str) -> Answer:
    """Propose a new version of how a product is made; work under way keeps its own."""
    try:
        with writing():
            made = making.write(hers(slug), _steps(), at=now(), by=signed_in().actor)
            version = made.version
    except DomainError as error:
        return again(slug, "making", error)
    flash(_("Version %(version)s is written. It is in force once someone else has approved it.", version=version))
    return there(slug, "making")


def _steps() -> list[Step]:
    rows = [number for number in range(1, reads.MOST_STEPS + 1) if forms.text(f"step_{number}")]
    return [
        Step(
            forms.choice(StepName, f"step_{number}"),
            forms.whole(f"minutes_{number}", least=1),
            forms.amount(f"rate_{number}"),
        )
        for number in rows
    ]
