"""A notice of what shall be taken off her wages, and her answer to it."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.artisans import deductions as domain
from shop.artisans import people, purse
from shop.artisans.deduction_models import DEDUCTION_MOVES, DeductionStatus
from shop.db import writing
from shop.errors import Conflict, Refused
from shop.web.access import requires
from shop.web.artisan import blueprint
from shop.web.artisan.work import LARGEST
from shop.web.deduction_words import reason
from shop.web.edge import is_staffs_browser, now, signed_in
from shop.web.sentences import sentence


@blueprint.get(f"/deductions/<{LARGEST}:deduction_id>")
@requires("own.money")
def deduction(deduction_id: int) -> str:
    """Show one notice with its sum, its reason, its day and what became of it."""
    artisan = people.get_own(signed_in())
    notice = domain.get_own(artisan, deduction_id)
    answers = DEDUCTION_MOVES[notice.status]
    return render_template(
        "artisan/deduction.html",
        flower=artisan.emblem,
        notice=notice,
        reason=reason(notice.reason),
        can_answer=DeductionStatus.AGREED in answers,
        can_object=DeductionStatus.OBJECTED in answers,
        can_ask=DeductionStatus.QUESTIONED in answers,
        takes_yes=purse.is_her_own(artisan, is_staffs_browser(), at=now()),
    )


@blueprint.post(f"/deductions/<{LARGEST}:deduction_id>/answer")
@requires("own.money")
def answer_deduction(deduction_id: int) -> Response:
    """Take her answer to a notice: yes, no or a question."""
    try:
        with writing():
            user = signed_in()
            notice = domain.get_own(people.get_own(user), deduction_id)
            said = request.form.get("said", "")
            domain.answer(notice, said, at=now(), by=user, staff_device=is_staffs_browser())
    except Conflict:  # a second tap: the page shows what stands
        pass
    except Refused as error:
        flash(sentence(error))
    return redirect(url_for("artisan.deduction", deduction_id=deduction_id), 303)
