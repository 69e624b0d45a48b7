"""The first page of the office."""

from flask import render_template

from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint
from shop.web.manager.reads.today import today as read_today


@blueprint.get("/")
@requires("today.read")
def today() -> str:
    """Show what needs someone today."""
    return render_template("manager/today.html", page=read_today(signed_in(), at=now()))
