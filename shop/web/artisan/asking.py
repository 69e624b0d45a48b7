"""She asks about a line of her passbook with one tap, and takes the question back when it has become clear."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.artisans import people, questions
from shop.artisans.question_models import Asked
from shop.db import writing
from shop.errors import Conflict
from shop.web.access import requires
from shop.web.artisan import blueprint
from shop.web.artisan.work import LARGEST
from shop.web.edge import now, signed_in


@blueprint.post(f"/passbook/<{LARGEST}:line_id>/question")
@requires("own.money")
def ask(line_id: int) -> Response:
    """Ask about a line; a second tap changes nothing."""
    try:
        said = Asked(request.form.get("asked", ""))
    except ValueError:
        abort(422)
    with writing():
        user = signed_in()
        questions.ask(people.get_own(user), line_id, said, at=now(), by=user)
    flash(_("Someone will look into it and answer you here. What is yours stays yours."))
    return redirect(url_for("artisan.line", line_id=line_id), 303)


@blueprint.post(f"/questions/<{LARGEST}:question_id>/withdrawal")
@requires("own.money")
def take_question_back(question_id: int) -> Response:
    """Take a question back."""
    user = signed_in()
    question = questions.get_own(people.get_own(user), question_id)
    line_id = question.transfer_id
    try:
        with writing():
            questions.withdraw(questions.get_own(people.get_own(user), question_id), at=now(), by=user)
    except Conflict:  # answered meanwhile: the line shows what was said
        pass
    return redirect(url_for("artisan.line", line_id=line_id), 303)
