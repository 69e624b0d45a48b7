"""Looking: home, list, search, product, and what machines read."""

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from shop.catalog import addresses
from shop.catalog.models import Trade
from shop.catalog.products import trades_sold
from shop.errors import NotFound
from shop.money import CURRENCIES
from shop.web.access import public
from shop.web.edge import now
from shop.web.publishing import remembered
from shop.web.storefront import blueprint, reads, story_reads

LONGEST_QUERY = 80


def asked_currency() -> str:
    """Return the currency the address asks for, rupees otherwise."""
    asked = request.args.get("currency", "INR")
    return asked if asked in CURRENCIES else "INR"


@blueprint.get("/")
@public
def home() -> Response:
    """Say in five seconds what this is."""
    return remembered(
        render_template(
            "storefront/home.html",
            cards=reads.cards("INR", limit=8),
            crafts=reads.craft_tiles(),
            stories=story_reads.listed(at=now(), limit=3),
            at=now(),
        )
    )


@blueprint.get("/products")
@public
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
def product(slug: str) -> WerkzeugResponse:
    """Show one product, its variants, its price, the day it can leave, and who is seen to have made it.

    Whoever comes by an address that it once had is sent on for good.
    """
    try:
        page = reads.product_page(slug, asked_currency(), request.args.get("sku"))
    except NotFound:
        moved_to = addresses.now_at(slug)
        if moved_to is None:
            raise
        return redirect(url_for("storefront.product", slug=moved_to), 301)
    makers = story_reads.makers_of(page.product, at=now())
    stories = story_reads.listed(at=now(), craft=page.product.trade, limit=2, with_pictures=False)
    return remembered(
        render_template(
            "storefront/product.html", page=page, makers=makers, stories=stories, at=now(), currencies=CURRENCIES
        )
    )
