"""Products: list, write, price, picture, shelf, making, and putting them before the public."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.catalog import addresses
from shop.catalog import products as catalogue
from shop.catalog.materials import Material
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
    return ProductText(
        title=forms.needed("title", 120),
        description=forms.needed("description", 4000),
        materials=forms.text("materials"),
        care=forms.text("care", 300),
        size=forms.text("size", 80),
        hsn=forms.text("hsn", 12),
        trade=forms.choice(Trade, "trade"),
        finish_days=forms.whole("finish_days"),
        made_of=forms.chosen(Material, "made_of") or None,
        titles=forms.translated("title", 120),
        descriptions=forms.translated("description", 4000),
        materials_translated=forms.translated("materials", 200),
        care_translated=forms.translated("care", 300),
        vendor=forms.text("vendor", 120),
        category=forms.text("category", 255),
        product_type=forms.text("product_type", 80),
        tags=forms.listed("tags", 1000),
        seo_title=forms.text("seo_title", 120),
        seo_description=forms.text("seo_description", 400),
        option_names=forms.listed("option_names", 120)[:3],
        note=forms.text("note", 300),
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
            product = hers(slug)
            catalogue.rewrite(product, _words())
            catalogue.fit_options(product)
    except DomainError as error:
        return again(slug, "words", error)
    flash(_("Saved."))
    return there(slug, "words")


@blueprint.post("/products/<slug>/address")
@requires("catalogue.edit")
def rename_product(slug: str) -> Answer:
    """Give a product another address; the old one leads there from now on."""
    try:
        with writing():
            product = hers(slug)
            addresses.rename(product, forms.text("slug", 80), at=now())
            slug = product.slug
    except DomainError as error:
        return again(slug, "address", error)
    flash(_("Saved. The old address leads here from now on."))
    return there(slug, "address")


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
            product = hers(slug)
            catalogue.add_variant(product, _variant(product, forms.needed("sku", 40)))
            catalogue.fit_options(product)
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
            product = hers(slug)
            catalogue.rewrite_variant(catalogue.get_variant(product, sku), _variant(product, sku))
            catalogue.fit_options(product)
    except DomainError as error:
        return _variant_page(slug, sku, error), error.status
    flash(_("Saved. Orders already placed keep their price."))
    return there(slug, "variants")


def _variant(product: Product, sku: str) -> VariantText:
    given = {currency: f"price_{currency}" for currency in CURRENCIES}
    return VariantText(
        sku=sku,
        option=forms.text("option", 40),
        colour=forms.text("colour", 24),
        grams=forms.whole("grams", least=1),
        prices={currency: forms.amount(name) for currency, name in given.items() if forms.text(name)},
        made_to_order=forms.ticked("made_to_order"),
        options=[forms.text(f"option_{number}", 40) for number, _name in enumerate(product.option_names, 1)],
        barcode=forms.text("barcode", 40),
        on_sale=not forms.ticked("not_on_sale"),
    )
