"""Products: list, write, price, picture, shelf, making, and putting them before the public."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.catalog import products as catalogue
from shop.catalog.models import Product, Trade
from shop.catalog.products import ProductText, VariantText
from shop.db import writing
from shop.errors import DomainError
from shop.money import CURRENCIES
from shop.production import making
from shop.production.models import StepName
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import products as reads

Answer = Response | tuple[str, int]


@blueprint.get("/products")
@requires("catalogue.read")
def products() -> str:
    """List the products of the centre."""
    return render_template("manager/products.html", page=reads.product_list(signed_in()))


@blueprint.get("/products/new")
@requires("catalogue.edit")
def new_product() -> str:
    """Show the form of a new product."""
    return _new_page(Filled({"finish_days": "7"}))


def _new_page(form: Filled) -> str:
    centres = forms.centres_for(signed_in(), "catalogue.edit")
    return render_template("manager/new_product.html", form=form, centres=centres, trades=list(Trade))


@blueprint.post("/products")
@requires("catalogue.edit")
def new_product_post() -> Answer:
    """Write a new product as a draft."""
    try:
        with writing():
            centre_id = forms.centre_of(signed_in(), "catalogue.edit")
            made = catalogue.create(forms.needed("slug", 80), _words(), centre_id=centre_id, at=now())
            slug = made.slug
    except DomainError as error:
        return _new_page(refused(error)), error.status
    flash(_("Written. Now give it a variant with a price, a picture, and how it is made."))
    return redirect(url_for("manager.product", slug=slug), 303)


def _words() -> ProductText:
    titles = {code: forms.text(f"title_{code}", 120) for code in ("bn", "hi")}
    return ProductText(
        title=forms.needed("title", 120),
        titles={code: words for code, words in titles.items() if words},
        description=forms.needed("description", 4000),
        materials=forms.text("materials"),
        care=forms.text("care", 300),
        size=forms.text("size", 80),
        hsn=forms.text("hsn", 12),
        trade=forms.choice(Trade, "trade"),
        finish_days=forms.whole("finish_days"),
    )


@blueprint.get("/products/<slug>")
@requires("catalogue.read")
def product(slug: str) -> str:
    """Show a product with everything that can be changed about it."""
    return _page(slug)


def _page(slug: str, sent: dict[str, Filled] | None = None) -> str:
    page = reads.product_page(signed_in(), slug, sent)
    return render_template(
        "manager/product.html", page=page, trades=list(Trade), steps=list(StepName), most_steps=reads.MOST_STEPS
    )


def again(slug: str, form: str, error: DomainError) -> tuple[str, int]:
    """Show the product again with what was typed into one of its forms; someone else's stays a 404."""
    if error.status == 404:
        raise error
    return _page(slug, {form: refused(error)}), error.status


def there(slug: str, section: str) -> Response:
    """Go back to a section of the product's page."""
    return redirect(url_for("manager.product", slug=slug, _anchor=section), 303)


def hers(slug: str) -> Product:
    """Return a product of the one who is signed in; NotFound otherwise."""
    return catalogue.get_of(signed_in(), slug)


@blueprint.post("/products/<slug>")
@requires("catalogue.edit")
def rewrite_product(slug: str) -> Answer:
    """Replace what is written about a product."""
    try:
        with writing():
            catalogue.rewrite(hers(slug), _words())
    except DomainError as error:
        return again(slug, "words", error)
    flash(_("Saved."))
    return there(slug, "words")


@blueprint.post("/products/<slug>/publication")
@requires("catalogue.edit")
def publish_product(slug: str) -> Answer:
    """Put a product before the public; nobody can be paid for one whose making no second person approved."""
    try:
        with writing():
            product = hers(slug)
            making.get_current(product.id)
            catalogue.publish(product, at=now(), by=signed_in().actor)
    except DomainError as error:
        return again(slug, "publication", error)
    flash(_("It is in the shop now."))
    return there(slug, "publication")


@blueprint.post("/products/<slug>/retirement")
@requires("catalogue.edit")
def retire_product(slug: str) -> Response:
    """Take a product off the shop."""
    with writing():
        catalogue.retire(hers(slug), at=now(), by=signed_in().actor)
    flash(_("It is off the shop. Orders that name it keep it."))
    return there(slug, "publication")


@blueprint.get("/products/<slug>/variants/new")
@requires("catalogue.edit")
def new_variant(slug: str) -> str:
    """Show the form of a new variant."""
    return _variant_page(slug, None)


@blueprint.get("/products/<slug>/variants/<sku>")
@requires("catalogue.edit")
def variant(slug: str, sku: str) -> str:
    """Show a variant's words and prices, to change them."""
    return _variant_page(slug, sku)


def _variant_page(slug: str, sku: str | None, error: DomainError | None = None) -> str:
    if error is not None and error.status == 404:
        raise error
    page = reads.variant_page(signed_in(), slug, sku, refused(error) if error else None)
    return render_template("manager/variant.html", page=page, currencies=CURRENCIES)


@blueprint.post("/products/<slug>/variants")
@requires("catalogue.edit")
def add_variant(slug: str) -> Answer:
    """Add a variant with its prices."""
    try:
        with writing():
            catalogue.add_variant(hers(slug), _variant(forms.needed("sku", 40)))
    except DomainError as error:
        return _variant_page(slug, None, error), error.status
    flash(_("The variant was added. Its shelf is empty."))
    return there(slug, "variants")


@blueprint.post("/products/<slug>/variants/<sku>")
@requires("catalogue.edit")
def rewrite_variant(slug: str, sku: str) -> Answer:
    """Replace a variant's prices and words."""
    try:
        with writing():
            found = catalogue.get_variant(hers(slug), sku)
            catalogue.rewrite_variant(found, _variant(sku))
    except DomainError as error:
        return _variant_page(slug, sku, error), error.status
    flash(_("Saved. Orders already placed keep their price."))
    return there(slug, "variants")


def _variant(sku: str) -> VariantText:
    given = {currency: f"price_{currency}" for currency in CURRENCIES}
    return VariantText(
        sku=sku,
        option=forms.text("option", 40),
        colour=forms.text("colour", 24),
        grams=forms.whole("grams", least=1),
        prices={currency: forms.amount(name) for currency, name in given.items() if forms.text(name)},
        made_to_order=forms.ticked("made_to_order"),
    )
