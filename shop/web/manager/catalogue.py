"""Products in a file: send one, see what it would change, say yes; and take all products out again."""

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from shop.catalog import products
from shop.catalog.exchange import applying, sheet, waiting
from shop.catalog.exchange.headings import STYLES
from shop.catalog.exchange.writing import document
from shop.clock import india_date
from shop.db import writing
from shop.errors import Conflict, DomainError
from shop.production import leadtime
from shop.users import enrolment
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.limits import takes_a_file
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import catalogue as reads

Answer = Response | tuple[str, int]


@blueprint.get("/catalogue")
@requires("catalogue.read")
def catalogue() -> str:
    """Show what a file that waits would change, and the way to send one and to take all products out."""
    return _page(Filled())


def _page(form: Filled) -> str:
    user = signed_in()
    centres = forms.centres_for(user, "catalogue.edit")
    return render_template("manager/catalogue.html", page=reads.catalogue_page(user), form=form, centres=centres)


@blueprint.get("/catalogue/products.csv")
@requires("catalogue.read")
def export_products() -> Download:
    """Hand out the products of the one who asks as CSV, under Shopify's newer headings or its classic ones."""
    style = request.args.get("headings", "current")
    text = document(products.of(signed_in()), style if style in STYLES else "current")
    name = f"products-{india_date(now()).isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Download(text, mimetype="text/csv", headers=headers)


@blueprint.post("/catalogue/file")
@requires("catalogue.edit")
@takes_a_file
def upload_products() -> Answer:
    """Keep a file until its sender has seen what it would change; nothing is changed yet."""
    try:
        content = forms.uploaded("file")
        sheet.read(content)  # what cannot be read at all is said at once
        centre_id = enrolment.get_centre(forms.whole("centre")).id if forms.text("centre") else None
        with writing():
            waiting.keep(signed_in().id, content, centre_id=centre_id, at=now())
    except DomainError as error:
        return _page(refused(error)), error.status
    return redirect(url_for("manager.catalogue"), 303)


@blueprint.post("/catalogue/import")
@requires("catalogue.edit")
def import_products() -> Answer:
    """Do what the file that waits says: all of it, if it is still what its sender has seen, or nothing."""
    user = signed_in()
    try:
        with writing():
            planned = reads.planned(user, waiting.get(user.id))
            if planned.fingerprint != forms.text("seen", 64):
                raise Conflict("csv.moved_on")
            done = len(applying.apply(planned, {}, at=now(), by=user.actor))
            waiting.drop(user.id)
            leadtime.publish(as_of=now())
    except DomainError as error:
        return _page(refused(error)), error.status
    flash(ngettext("%(num)s product was written.", "%(num)s products were written.", done))
    return redirect(url_for("manager.products"), 303)


@blueprint.post("/catalogue/removal")
@requires("catalogue.edit")
def drop_products_file() -> Response:
    """Forget the file that waits."""
    with writing():
        waiting.drop(signed_in().id)
    return redirect(url_for("manager.catalogue"), 303)
