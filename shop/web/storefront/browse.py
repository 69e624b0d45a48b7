"""Looking: home, list, search, product, and what machines read."""

from flask import Response, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as WerkzeugResponse

from shop.artisans import publication
from shop.catalog import addresses
from shop.errors import NotFound
from shop.money import CURRENCIES
from shop.web.access import public
from shop.web.edge import now
from shop.web.kept import kept, until
from shop.web.parts import kept_part
from shop.web.publishing import remembered
from shop.web.storefront import blueprint, list_reads, money_reads, narrowing, reads, story_reads

LONGEST_QUERY = 80
CARDS = Markup("<!-- the cards -->")  # where they go in what stands around them
Answer = tuple[str, int]


@blueprint.get("/")
@public
@kept
def home() -> str:
    """Say in five seconds what this is."""
    until(publication.next_change(at=now()))
    return render_template(
        "storefront/home.html",
        page=list_reads.home_page(),
        crafts=reads.craft_tiles(),
        stories=story_reads.listed(at=now(), limit=3),
        at=now(),
    )


@blueprint.get("/products")
@public
@kept
def products() -> Answer:
    """List what is sold, narrowed and in the order that the address asks for."""
    return _list(None)


@blueprint.get("/collections/<slug>")
@public
@kept
def collection(slug: str) -> Answer:
    """List what belongs to a collection, narrowed and in order like every list."""
    return _list(slug)


def _list(slug: str | None) -> Answer:
    """Answer with a page of a list; a mark that is none is told in a sentence above the first page."""
    args, at = request.args, now()
    page = list_reads.list_page(
        narrowing.asked_from(args),
        narrowing.currency_from(args),
        narrowing.sort_from(args),
        args.get("after"),
        args.get("before"),
        slug=slug,
    )

    def around() -> tuple[str, str, str]:
        return render_template("storefront/products.html", page=page, cards=CARDS).partition(CARDS)

    place = (request.path, request.query_string)
    before, _, after = kept_part(("around", place, page.after, page.before, page.lost, not page.lines), around)
    cards = kept_part(("cards", page.lines), lambda: render_template("storefront/_cards.html", page=page, at=at))
    return f"{before}{cards}{after}", 400 if page.lost else 200


@blueprint.get("/search")
@public
def search() -> Response:
    """Find products by words, in any of their languages, and stories in this one."""
    words = request.args.get("q", "").strip()[:LONGEST_QUERY]
    page = list_reads.search_page(words, narrowing.currency_from(request.args), at=now())
    return remembered(render_template("storefront/search.html", words=words, page=page, at=now()))


@blueprint.get("/search/suggestions")
@public
def suggestions() -> Response:
    """Tell what may be meant while someone is typing, for the script of the search field."""
    words = request.args.get("q", "").strip()[:LONGEST_QUERY]
    return remembered(jsonify(list_reads.suggestions(words, narrowing.currency_from(request.args))))


@blueprint.get("/products/<slug>")
@public
@kept
def product(slug: str) -> str | WerkzeugResponse:
    """Show one product, its variants, its price, the day it can leave, and who is seen to have made it.

    Whoever comes by an address that it once had is sent on for good.
    """
    try:
        page = reads.product_page(slug, narrowing.currency_from(request.args), request.args.get("sku"))
    except NotFound:
        moved_to = addresses.now_at(slug)
        if moved_to is None:
            raise
        chosen, currency = request.args.get("sku"), request.args.get("currency")
        return redirect(url_for("storefront.product", slug=moved_to, sku=chosen, currency=currency), 301)
    makers = story_reads.makers_of(page.product, at=now())
    stories = story_reads.listed(at=now(), craft=page.product.trade, limit=2, with_pictures=False)
    sku = page.chosen.sku if page.chosen else None
    money = money_reads.of_product(page.product, sku, page.currency, at=now())
    terms = reads.terms(at=now())
    until(terms.until)
    return render_template(
        "storefront/product.html",
        page=page,
        makers=makers,
        stories=stories,
        money=money,
        tariff=terms.tariff,
        sending=reads.cheapest_way(terms.tariff, page),
        at=now(),
        currencies=CURRENCIES,
    )
