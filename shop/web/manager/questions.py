"""What the makers ask about lines of their passbooks, and the answers."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.artisans import questions as domain
from shop.artisans.question_models import Answer
from shop.db import writing
from shop.errors import DomainError
from shop.web import question_words
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import questions as reads


@blueprint.get("/questions")
@requires("questions.read")
def questions() -> str:
    """Show what waits for an answer and what was answered."""
    return _page({})


def _page(sent: dict[int, Filled]) -> str:
    page = reads.questions_page(signed_in(), at=now())
    return render_template("manager/questions.html", page=page, sent=sent, blank=Filled(), told=question_words)


@blueprint.post("/questions/<int:question_id>/answer")
@requires("questions.answer")
def answer_question(question_id: int) -> Response | tuple[str, int]:
    """Answer her with one of the ready sentences; it stands on the line in her language."""
    try:
        with writing():
            asked = domain.get_of(signed_in(), question_id)
            domain.answer(asked, forms.choice(Answer, "answer"), at=now(), by=signed_in())
    except DomainError as error:
        if error.status == 404:
            raise
        return _page({question_id: refused(error)}), error.status
    flash(_("She is answered, in her language. It stands on the line and on her first page."))
    return redirect(url_for("manager.questions"), 303)
