"""Her money: the passbook, the lines every amount is made of, and her answer to a payout."""

from datetime import date

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.artisans import payouts, people, questions
from shop.clock import india_date
from shop.db import writing
from shop.errors import Conflict, DomainError
from shop.money import Money
from shop.snapshots import snapshot
from shop.web import question_words
from shop.web.access import requires
from shop.web.artisan import blueprint
from shop.web.artisan import passbook_reads as reads
from shop.web.artisan.reads import sent_line
from shop.web.artisan.work import LARGEST
from shop.web.edge import is_staffs_browser, now, page_from, rupees, signed_in
from shop.web.language import language
from shop.web.sentences import sentence


@blueprint.get("/passbook")
@requires("own.money")
def passbook() -> str:
    """Show one month: what came from before, each line, what stands at its end."""
    today = india_date(now())
    month = _month(request.args.get("month", ""), today)
    with snapshot():  # what stood before, the lines and what stood after are of one moment
        artisan = people.get_own(signed_in())
        page = reads.passbook(artisan, month, today, language(), page_from())
        asked = questions.of_lines(artisan, [line.id for line in page.lines])
        return render_template("artisan/passbook.html", page=page, asked=asked)


@blueprint.get(f"/passbook/<{LARGEST}:line_id>")
@requires("own.money")
def line(line_id: int) -> str:
    """Show the lines that one amount is made of."""
    return _line_page(line_id)


def _line_page(line_id: int, wrong: str = "") -> str:
    with snapshot():
        artisan = people.get_own(signed_in())
        page = reads.find_line(artisan, line_id, language())
        if page is None:
            abort(404)
        question = questions.of_lines(artisan, [page.line.id]).get(page.line.id)
        return render_template("artisan/line.html", page=page, question=question, told=question_words, wrong=wrong)


@blueprint.post(f"/payouts/<{LARGEST}:payout_id>/answer")
@requires("own.money")
def answer(payout_id: int) -> Response:
    """Take her answer to a payout: yes, less or no."""
    try:
        with writing():
            user = signed_in()
            payout = payouts.get_own(people.get_own(user), payout_id)
            said = request.form.get("said", "")
            payouts.answer(payout, said, at=now(), by=user, staff_device=is_staffs_browser())
    except Conflict:  # a second tap: home shows what stands
        pass
    return redirect(url_for("artisan.home"), 303)


@blueprint.post(f"/payouts/<{LARGEST}:payout_id>/received")
@requires("own.money")
def say_received(payout_id: int) -> Response | tuple[str, int]:
    """Take her word of how much came of a payout that she questions."""
    try:
        with writing():
            payout = payouts.get_own(people.get_own(signed_in()), payout_id)
            amount = Money(rupees(request.form.get("amount")), "INR")
            payouts.say_received(payout, amount, at=now(), by=signed_in())
    except DomainError as error:
        if error.status == 404 or (line_id := sent_line(payout_id)) is None:
            raise
        return _line_page(line_id, sentence(error)), error.status
    return redirect(url_for("artisan.line", line_id=sent_line(payout_id)), 303)


def _month(text: str, today: date) -> date:
    """Return the first day of a month written as 2026-11; of this month if it is not one."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        month = today
    return min(month, today).replace(day=1)
