"""Her orders, and each of them without the secret of its link."""

from flask import redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from shop.db import writing
from shop.orders import customers
from shop.users import sessions
from shop.web.access import requires
from shop.web.edge import now, page_from, signed_in, standing
from shop.web.storefront import reads as shown
from shop.web.storefront import return_reads, thanks_reads
from shop.web.storefront.account import blueprint, reads
from shop.web.storefront.checkout import offered


@blueprint.get("/account")
@requires("own.account")
def home() -> str:
    """Show her orders, newest first."""
    return render_template("account/home.html", user=signed_in(), page=reads.home(signed_in(), page_from()))


@blueprint.get("/account/orders/<number>")
@requires("own.account")
def order(number: str) -> str:
    """Show one of her orders."""
    page = shown.page_of(customers.get_order(signed_in(), number))
    back = return_reads.of_order(page.order, page.lines, at=now())
    return render_template(
        "storefront/order.html",
        page=page,
        back=back,
        thanks=thanks_reads.of_order(page.order),
        offers=offered(page.order.currency, page.order.country),
        at=now(),
        own=True,
    )


@blueprint.post("/account/sign-out")
@requires("own.account")
def sign_out() -> Response:
    """End the sign-in of this browser."""
    row = standing()
    if row is not None:
        sign_in_id = row.id
        with writing():
            sessions.end(sign_in_id, at=now())
    return _left()


@blueprint.post("/account/sign-out-everywhere")
@requires("own.account")
def sign_out_everywhere() -> Response:
    """End every sign-in of hers, this one too."""
    user_id = signed_in().id
    with writing():
        sessions.end_all(user_id, at=now())
    return _left()


def _left() -> Response:
    session.clear()
    response = redirect(url_for("storefront.home"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
