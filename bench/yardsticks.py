"""What the shop's pages are measured beside: Flask's bare hello, and a bare page of 24 cards from one indexed query."""

import os

from flask import Flask
from sqlalchemy import create_engine, text

from shop.engines import engine_options, normal_url

hello = Flask("hello")


@hello.get("/")
def say_hello() -> str:
    """Say hello."""
    return "Hello, world"


page = Flask("page")
URL = normal_url(os.environ.get("DATABASE_URL", "sqlite://"))
ENGINE = create_engine(URL, **engine_options(URL))
QUERY = text(
    "SELECT product.slug, product.title, product.size, price.amount_minor FROM product "
    "JOIN variant ON variant.product_id = product.id AND variant.position = 0 "
    "JOIN price ON price.variant_id = variant.id AND price.currency = 'INR' "
    "WHERE product.status = 'published' ORDER BY product.position LIMIT 24"
)
CARDS = page.jinja_env.from_string("""<!doctype html><html lang="en"><head><title>Bags</title></head><body><main><ul>
{% for row in rows %}<li><h3><a href="/products/{{ row.slug }}">{{ row.title }}</a></h3><p>{{ row.size }}</p>
<p>₹{{ '%.2f' % (row.amount_minor / 100) }}</p><p>{{ filler }}</p></li>
{% endfor %}</ul></main></body></html>""")
FILLER = "x" * int(os.environ.get("BENCH_FILLER", "0"))  # so that both send as many bytes


@page.get("/")
def show_cards() -> str:
    """Show 24 cards."""
    with ENGINE.connect() as connection:
        rows = connection.execute(QUERY).all()
    return CARDS.render(rows=rows, filler=FILLER)
