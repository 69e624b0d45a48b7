"""The hosted pay pages: where a customer of the sandbox pays, declines or goes back."""

from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sandbox.desk import DeskError, Page, PageState, decline, find_page, pay, return_url
from sandbox.money import written
from sandbox.state import Sandbox, current_sandbox, request_moment

pay_pages = Blueprint("pay_pages", __name__)
_NAMES = {"stripe": "Stripe", "razorpay": "Razorpay"}


@pay_pages.get("/")
def front() -> str:
    """What somebody sees who opens the bare address."""
    return "Sandbox of Stripe and Razorpay for the shop of the Missing Bags. No money moves here.\n"


@pay_pages.get("/<any(stripe, razorpay):gateway>/pay/<ref>")
def show(gateway: str, ref: str) -> Response:
    """The pay page in whatever state it is."""
    box = current_sandbox()
    try:
        page = find_page(box, gateway, ref)
    except DeskError:
        return make_response(render_template("missing.html", name=_NAMES[gateway]), 404)
    return make_response(_drawn(box, page, failed="failed" in request.args))


@pay_pages.post("/<any(stripe, razorpay):gateway>/pay/<ref>")
def act(gateway: str, ref: str) -> AnyResponse:
    """One of the buttons was pressed."""
    box = current_sandbox()
    here = url_for("pay_pages.show", gateway=gateway, ref=ref)
    action = decline if request.form.get("do") == "decline" else pay
    try:
        action(box, gateway, ref, request_moment(box))
    except DeskError:  # paid or expired in another tab: the page itself says so
        return redirect(here, 303)
    box.courier.after_effect()
    if action is decline:
        return redirect(f"{here}?failed=1", 303)
    return redirect(return_url(box, find_page(box, gateway, ref)) or here, 303)


def _drawn(box: Sandbox, page: Page, *, failed: bool) -> str:
    return render_template(
        "pay.html",
        page=page,
        name=_NAMES[page.gateway],
        failed=failed and page.state is PageState.OPEN,
        total=written(page.amount, page.currency),
        lines=[(text, written(amount, page.currency)) for text, amount in page.lines],
        expires=datetime.fromtimestamp(page.expires, UTC) if page.expires else None,
        done_url=return_url(box, page) if page.state is PageState.PAID else "",
    )
