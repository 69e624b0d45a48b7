"""What she does with her money by herself: putting aside, taking back, answering for an advance and repaying it."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.artisans import advances, people, recoveries
from shop.artisans import savings as domain
from shop.artisans.models import Artisan
from shop.db import writing
from shop.errors import Conflict, DomainError, Refused
from shop.money import Money
from shop.web.access import requires
from shop.web.artisan import blueprint, purse_reads
from shop.web.artisan.work import LARGEST
from shop.web.edge import is_staffs_browser, mark, now, once, rupees, signed_in
from shop.web.sentences import sentence

Answer = Response | tuple[str, int]


@blueprint.get("/savings")
@requires("own.money")
def savings() -> str:
    """Show what she can take, what she put aside and what is left to repay, with a form for each."""
    return _page()


def _page(about: str = "", wrong: str = "") -> str:
    page = purse_reads.purse_of(people.get_own(signed_in()))
    return render_template("artisan/savings.html", page=page, once=once, about=about, wrong=wrong)


@blueprint.post("/savings/more")
@requires("own.money")
def save() -> Answer:
    """Put some of what she can take aside."""

    def act(artisan: Artisan, amount: Money) -> None:
        domain.save(artisan, amount, mark=mark(), at=now(), by=signed_in())

    return _do("save", act, _("It is put aside. You can take it back whenever you like."))


@blueprint.post("/savings/back")
@requires("own.money")
def take_back() -> Answer:
    """Take some of what she put aside back; no reason is asked."""

    def act(artisan: Artisan, amount: Money) -> None:
        domain.take_back(artisan, amount, mark=mark(), at=now(), by=signed_in())

    return _do("back", act, _("It is yours to take again."))


@blueprint.post(f"/advances/<{LARGEST}:advance_id>/repayment")
@requires("own.money")
def repay(advance_id: int) -> Answer:
    """Repay some of an advance of her own wish."""

    def act(artisan: Artisan, amount: Money) -> None:
        recoveries.repay(artisan, advance_id, amount, mark=mark(), at=now(), by=signed_in())

    return _do("repay", act, _("It is repaid."))


@blueprint.get(f"/advances/<{LARGEST}:advance_id>")
@requires("own.money")
def advance(advance_id: int) -> str | Response:
    """Show an advance that waits for her answer, or about which she said that it is not right; else home."""
    artisan = people.get_own(signed_in())
    asked = advances.get_own(artisan, advance_id)
    if asked.status not in advances.WAITING_FOR_HER:
        return redirect(url_for("artisan.home"), 303)
    takes_yes = advances.takes_yes(asked, is_staffs_browser(), at=now())
    page = purse_reads.Asked(artisan.emblem, asked)
    return render_template("artisan/advance.html", page=page, takes_yes=takes_yes)


@blueprint.post(f"/advances/<{LARGEST}:advance_id>/answer")
@requires("own.money")
def answer_advance(advance_id: int) -> Response:
    """Take her answer to an advance: yes, less or no."""
    try:
        with writing():
            user = signed_in()
            advance = advances.get_own(people.get_own(user), advance_id)
            said = request.form.get("said", "")
            advances.answer(advance, said, at=now(), by=user, staff_device=is_staffs_browser())
    except Conflict:  # a second tap: home shows what stands
        pass
    except Refused as error:
        flash(sentence(error))
    return redirect(url_for("artisan.home"), 303)


def _do(about: str, act: Callable[[Artisan, Money], None], said: str) -> Answer:
    """Do one of her own moves of money; what she typed wrongly is said beside the form that it is about."""
    try:
        with writing():
            act(people.get_own(signed_in()), Money(_amount(), "INR"))
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(about, sentence(error)), error.status
    flash(said)
    return redirect(url_for("artisan.savings"), 303)


def _amount() -> int:
    """Return the amount in paise: of the button for all of it, or what she typed."""
    whole = request.form.get("all", "")
    return (
        int(whole) if whole.isdecimal() and whole.isascii() and len(whole) < 13 else rupees(request.form.get("amount"))
    )
