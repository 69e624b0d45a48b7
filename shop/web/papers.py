"""Papers of an order as files: the very bytes that were drawn and kept."""

from flask import current_app, make_response
from werkzeug.wrappers import Response

from shop.errors import NotFound
from shop.orders import invoice_files, invoices
from shop.orders.models import Order


def answer(order: Order, number: int) -> Response:
    """Return the paper of an order by its place, 1 for the first; NotFound if there is none or it is not drawn yet."""
    issued = invoices.papers_of(order)
    if not 1 <= number <= len(issued):
        raise NotFound("invoice.unknown")
    found = invoice_files.find(issued[number - 1], papers=current_app.config["PAPERS_URL"])
    if found is None:
        raise NotFound("invoice.unknown")
    response = make_response(found)
    response.headers["Content-Type"] = "application/pdf"
    name = issued[number - 1].number.replace("/", "-")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
