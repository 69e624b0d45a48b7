"""A desk for whoever plays the customer's bank: ask a payment back, and decide about it."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox import disputes
from sandbox.books import read_books
from sandbox.desk import DeskError
from sandbox.money import written
from sandbox.state import current_sandbox, request_moment

dispute_desk = Blueprint("dispute_desk", __name__, url_prefix="/disputes")
NEWEST = 20


@dispute_desk.get("/")
def show() -> str:
    """The newest payments, each with what its bank can do now."""
    box = current_sandbox()
    payments = [row for row in read_books(box)["payments"] if row["captured"]]
    rows = [
        (row, written(row["amount"], row["currency"]), disputes.find_open(box, row["gateway"], row["id"]))
        for row in sorted(payments, key=lambda row: -row["created"])[:NEWEST]
    ]
    return render_template("disputes.html", name="a bank", rows=rows)


@dispute_desk.post("/<any(stripe, razorpay):gateway>/<payment_id>")
def press(gateway: str, payment_id: str) -> Response:
    """One of the buttons was pressed; only a page of this desk may do it."""
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        abort(403)
    box = current_sandbox()
    try:
        disputes.press(box, gateway, payment_id, request.form.get("do", ""), request_moment(box))
    except DeskError:  # decided in another tab: the page itself says so
        return redirect(url_for("dispute_desk.show"), 303)
    box.courier.after_effect()
    return redirect(url_for("dispute_desk.show"), 303)
