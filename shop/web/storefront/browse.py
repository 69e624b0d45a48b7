"""Looking: home, list, search, product, and what machines read."""

from flask import Response, current_app, render_template, request, url_for

from shop.artisans import publication
from shop.catalog.models import Trade
from shop.catalog.products import trades_sold
from shop.errors import NotFound
from shop.money import CURRENCIES
from shop.web.access import public
from shop.web.edge import now
from shop.web.kept import kept, until
from shop.web.publishing import remembered
from shop.web.storefront import blueprint, reads, story_reads

LONGEST_QUERY = 80


def asked_currency() -> str:
    """Return the currency the address asks for, rupees otherwise."""
    asked = request.args.get("currency", "INR")
    return asked if asked in CURRENCIES else "INR"


@blueprint.get("/")
@public
@kept
def home() -> str:
    """Say in five seconds what this is."""
    return render_template("storefront/home.html", cards=reads.cards("INR", limit=8), at=now(), trades=trades_sold())


@blueprint.get("/products")
@public
@kept
def products() -> str:
    """List what is sold, all of it or one craft."""
    asked = request.args.get("trade")
    if asked is not None and asked not in list(Trade):
        raise NotFound("product.unknown")
    trade = Trade(asked) if asked else None
    currency = asked_currency()
    cards = reads.cards(currency, trade=trade)
    trades = trades_sold()
    return render_template("storefront/products.html", cards=cards, trade=trade, trades=trades, at=now())


@blueprint.get("/search")
@public
def search() -> Response:
    """Find products by words, in any of their languages, and stories in this one."""
    words = request.args.get("q", "").strip()[:LONGEST_QUERY]
    cards = reads.cards(asked_currency(), words=words) if words else []
    stories = story_reads.listed(at=now(), words=words) if words else []
    return remembered(render_template("storefront/search.html", words=words, cards=cards, stories=stories, at=now()))


@blueprint.get("/products/<slug>")
@public
@kept
def product(slug: str) -> str:
    """Show one product, its variants, its price, the day it can leave, and who is seen to have made it."""
    page = reads.product_page(slug, asked_currency(), request.args.get("sku"))
    makers = story_reads.makers_of(page.product, at=now())
    stories = story_reads.listed(at=now(), craft=page.product.trade, limit=2, with_pictures=False)
    until(publication.next_change(at=now()))
    return render_template(
        "storefront/product.html", page=page, makers=makers, stories=stories, at=now(), currencies=CURRENCIES
    )


@blueprint.get("/robots.txt")
@public
def robots() -> Response:
    """Keep machines off private pages."""
    lines = [
        "User-agent: *",
        *(
            f"Disallow: {path}"
            for path in ("/cart", "/checkout", "/orders/", "/made/", "/account", "/login", "/manager/", "/artisan/")
        ),
    ]
    lines.append(f"Sitemap: {current_app.config['SHOP_URL']}/sitemap.xml")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@blueprint.get("/sitemap.xml")
@public
def sitemap() -> Response:
    """List every public page for machines."""
    base = current_app.config["SHOP_URL"]
    pages = [url_for("storefront.home"), url_for("storefront.products"), url_for("storefront.stories")]
    pages += [url_for("storefront.product", slug=slug) for slug, _ in reads.slugs()]
    pages += story_reads.for_machines(at=now())
    return Response(render_template("storefront/sitemap.xml", base=base, pages=pages), mimetype="application/xml")
