"""Her statements: one for each closed month, as the very bytes that were drawn when it was closed.

They say all of her money, what she put aside too, so no page of the office has them: docs/decisions/0027.
"""

from dataclasses import dataclass

from flask import current_app, make_response, render_template, request
from werkzeug.wrappers import Response

from shop.artisans import closing, people
from shop.artisans.slip_models import LANGUAGES, Slip
from shop.errors import NotFound
from shop.production import slip_files
from shop.web.access import requires
from shop.web.artisan import blueprint
from shop.web.artisan.work import LARGEST
from shop.web.edge import signed_in
from shop.web.language import language


@dataclass(frozen=True)
class Statements:
    """Her months, the newest first; those that are still being drawn are named too."""

    flower: str
    slips: list[Slip]
    drawn: set[int]


@blueprint.get("/statements")
@requires("own.money")
def statements() -> str:
    """List her closed months, each as a paper."""
    artisan = people.get_own(signed_in())
    slips = closing.slips_of(artisan.id)
    page = Statements(artisan.emblem, slips, closing.drawn_of([slip.id for slip in slips]))
    others = [each for each in LANGUAGES if each != language()]
    return render_template("artisan/statements.html", page=page, others=others)


@blueprint.get(f"/statements/<{LARGEST}:slip_id>")
@requires("own.money")
def statement(slip_id: int) -> Response:
    """Give one statement in her language, or in the one that is asked for; NotFound until it is drawn."""
    slip = closing.get_own(people.get_own(signed_in()), slip_id)
    asked = request.args.get("in", language())
    found = slip_files.find(
        slip, asked if asked in LANGUAGES else language(), papers=current_app.config["PAPERS_URL"]
    )  # fmt: skip
    if found is None:
        raise NotFound("slip.unknown")
    response = make_response(found)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="khata-{slip.month:%Y-%m}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
