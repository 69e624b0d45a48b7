"""One rupee, followed from a customer's payment to a payout that its maker has confirmed."""

from flask import render_template

from shop.web.access import requires
from shop.web.edge import signed_in
from shop.web.manager import blueprint
from shop.web.manager.reads import rupee as reads


@blueprint.get("/orders/<number>/rupee")
@requires("orders.follow")
def rupee(number: str) -> str:
    """Show where the money of an order came from and went, piece by piece and maker by maker."""
    return render_template("manager/rupee.html", page=reads.rupee_page(signed_in(), number))
