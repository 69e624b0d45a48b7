"""The hosted pay pages, where a customer of the sandbox pays, declines or goes back, and the desk of mischief.

A person may let something go wrong, with her own payment or with the shop's next question, and watch the shop heal.
"""

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sandbox import mischief
from sandbox.desk import (
    DeskError,
    Page,
    PageState,
    decline,
    find_page,
    is_authorized,
    is_challenged,
    pay,
    pending_refunds,
    return_url,
    settle_refund,
)
from sandbox.money import written
from sandbox.state import Sandbox, current_sandbox, request_moment

pay_pages = Blueprint("pay_pages", __name__)
_NAMES = {"stripe": "Stripe", "razorpay": "Razorpay"}


@pay_pages.before_request
def only_from_its_own_pages() -> None:
    """Refuse what a page of another site sends; a program that is no browser says nothing of where it comes from."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        abort(403)


@pay_pages.get("/")
def front() -> str:
    """The desk: what the gateways are told to do wrong, and what they have done wrong."""
    box = current_sandbox()
    return render_template(
        "desk.html",
        name="the gateways",
        groups=mischief.QUESTIONS,
        script=mischief.script(box),
        waiting=len(pending_refunds(box)),
    )


@pay_pages.post("/")
def script() -> AnyResponse:
    """One of the desk's buttons was pressed."""
    box, chosen = current_sandbox(), request.form.get("next", "")
    if chosen == "nothing":
        box.faults.clear()
    elif chosen == "bank":
        for gateway, refund_id in pending_refunds(box):
            settle_refund(box, gateway, refund_id, request_moment(box), ok=True)
        box.courier.after_effect()
    elif not mischief.arm(box, chosen):
        abort(400)
    return redirect(url_for("pay_pages.front"), 303)


@pay_pages.get("/<any(stripe, razorpay):gateway>/pay/<ref>")
def show(gateway: str, ref: str) -> Response:
    """The pay page in whatever state it is."""
    box = current_sandbox()
    try:
        page = find_page(box, gateway, ref)
    except DeskError:
        return make_response(render_template("missing.html", name=_NAMES[gateway]), 404)
    return make_response(_drawn(box, page, failed="failed" in request.args, met=request.args.get("met", "")))


@pay_pages.post("/<any(stripe, razorpay):gateway>/pay/<ref>")
def act(gateway: str, ref: str) -> AnyResponse:
    """One of the buttons was pressed."""
    box, pressed = current_sandbox(), request.form.get("do", "pay")
    here = url_for("pay_pages.show", gateway=gateway, ref=ref)
    met = mischief.payments_of(gateway).get(pressed)
    try:
        if met is not None:
            met.prepare(box, gateway, ref)
        action = decline if pressed == "decline" else pay
        action(box, gateway, ref, request_moment(box))
    except DeskError:  # paid or expired in another tab: the page itself says so
        return redirect(here, 303)
    box.courier.after_effect()
    page = find_page(box, gateway, ref)
    if page.state is PageState.PAID or is_authorized(box, page):
        stays = met is not None and met.stays
        return redirect(f"{here}?met={pressed}" if stays else return_url(box, page) or here, 303)
    return redirect(here if is_challenged(page) else f"{here}?failed=1", 303)


def _drawn(box: Sandbox, page: Page, *, failed: bool, met: str) -> str:
    challenged, authorized = is_challenged(page), is_authorized(box, page)
    return render_template(
        "pay.html",
        page=page,
        name=_NAMES[page.gateway],
        failed=failed and page.state is PageState.OPEN and not (challenged or authorized),
        challenged=challenged,
        authorized=authorized,
        mischief=mischief.payments_of(page.gateway),
        met=mischief.PAYMENTS.get(met) if page.state is PageState.PAID or authorized else None,
        total=written(page.amount, page.currency),
        lines=[(text, written(amount, page.currency)) for text, amount in page.lines],
        expires=datetime.fromtimestamp(page.expires, UTC) if page.expires else None,
        done_url=return_url(box, page) if page.state is PageState.PAID else "",
        order_url=page.back_url.removesuffix("/return"),
    )
