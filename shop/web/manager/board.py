"""The board of work, and each of its columns at an address of its own."""

from flask import abort, render_template, request

from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint
from shop.web.manager.reads.board import Column
from shop.web.manager.reads.board import board as read_board


@blueprint.get("/board")
@blueprint.get("/board/<column>")
@requires("work.read")
def board(column: str | None = None) -> str:
    """Show where all work stands; a phone sees one column."""
    try:
        chosen = Column(column) if column else Column.TO_ASSIGN
    except ValueError:
        abort(404)
    page = read_board(signed_in(), chosen, at=now(), everything="all" in request.args)
    return render_template("manager/board.html", page=page, named=column is not None)
