"""The workshop: asking for pieces, offering their steps, looking at tasks and checking them."""

from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from shop.artisans import people
from shop.clock import india_date
from shop.db import writing
from shop.errors import DomainError, Invalid
from shop.money import Money
from shop.production import checks, tasks
from shop.production import orders as production
from shop.production.models import Cause, StepName
from shop.web.access import requires
from shop.web.edge import mark, now, once, signed_in
from shop.web.format import money
from shop.web.manager import blueprint, forms, words
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import making as reads

Answer = Response | tuple[str, int]


class StepConverter(BaseConverter):
    """A step in an address: one of those that the workshops know."""

    regex = "|".join(step.value for step in StepName)

    def to_python(self, value: str) -> StepName:
        """Return the step of an address."""
        return StepName(value)

    def to_url(self, value: StepName) -> str:
        """Return a step as it stands in an address."""
        return value.value


blueprint.record_once(lambda state: state.app.url_map.converters.update(step=StepConverter))


@blueprint.get("/work/new")
@requires("work.assign")
def new_work() -> str:
    """Show the form that asks the workshop for pieces for the shelf."""
    due_on = india_date(now()) + timedelta(days=14)
    start = {"sku": request.args.get("sku", ""), "due_on": due_on.isoformat(), "once": once()}
    return _new_work_page(Filled(start))


def _new_work_page(form: Filled) -> str:
    return render_template("manager/new_work.html", variants=reads.makeable(signed_in()), form=form)


@blueprint.post("/work")
@requires("work.assign")
def new_work_post() -> Answer:
    """Ask the workshop for pieces for the shelf, once a form."""
    try:
        with writing():
            variant = reads.get_makeable(signed_in(), forms.needed("sku", 40))
            work = production.request(
                variant,
                forms.whole("quantity", least=1),
                reference=f"shelf:{mark()}",
                due_on=_coming_day("due_on"),
                at=now(),
                by=signed_in().actor,
            )
    except DomainError as error:
        if error.status == 404:
            raise
        return _new_work_page(refused(error)), error.status
    flash(_("The workshop has been asked for %(pieces)s pieces.", pieces=work.quantity))
    return redirect(url_for("manager.work", order_id=work.id), 303)


def _coming_day(name: str) -> date:
    day = forms.day(name)
    if day < india_date(now()):
        raise Invalid("form.past_day", field=name)
    return day


@blueprint.get("/work/<int:order_id>")
@requires("work.read")
def work(order_id: int) -> str:
    """Show a production order: who does which step of how many pieces."""
    return render_template("manager/work.html", page=reads.work_page(signed_in(), order_id))


@blueprint.get("/work/<int:order_id>/offers/<step:step>")
@requires("work.assign")
def offer(order_id: int, step: StepName) -> str:
    """Show whom a step could be offered to, least earned first, and why."""
    return _offer_page(order_id, step, None)


def _offer_page(order_id: int, step: StepName, form: Filled | None) -> str:
    page = reads.offer_page(signed_in(), order_id, step, at=now())
    if form is None:
        rate = forms.plain(page.step.rate_minor)
        due_on = max(page.work.due_on, india_date(now()))
        form = Filled({"quantity": str(page.left), "due_on": due_on.isoformat(), "rate": rate})
    return render_template("manager/offer.html", page=page, form=form)


@blueprint.post("/work/<int:order_id>/offers/<step:step>")
@requires("work.assign")
def offer_post(order_id: int, step: StepName) -> Answer:
    """Offer a step of some pieces to an artisan, who may say no."""
    try:
        with writing():
            user = signed_in()
            asked = production.get_of(user, order_id)
            artisan = people.get_of(user, forms.whole("artisan"), action="work.assign")
            task = tasks.offer(
                asked,
                reads.get_step(asked, step),
                artisan,
                forms.whole("quantity", least=1),
                due_on=_coming_day("due_on"),
                rate_minor=forms.amount("rate") if forms.text("rate") else None,
                at=now(),
                by=user,
            )
    except DomainError as error:
        if error.status == 404:
            raise
        return _offer_page(order_id, step, refused(error)), error.status
    pieces = len(task.pieces)
    flash(_("Offered to %(name)s: %(step)s × %(pieces)s. She answers.", name=task.artisan.work_name,
            step=words.step(step), pieces=pieces))  # fmt: skip
    return redirect(url_for("manager.work", order_id=order_id), 303)


@blueprint.get("/tasks/<int:task_id>")
@requires("work.read")
def task(task_id: int) -> str:
    """Show a task and its story."""
    return _task_page(task_id, Filled())


def _task_page(task_id: int, form: Filled) -> str:
    return render_template("manager/task.html", page=reads.task_page(signed_in(), task_id), form=form)


def task_again(task_id: int, error: DomainError) -> tuple[str, int]:
    """Show a task again with what was typed into its form; someone else's stays a 404."""
    if error.status == 404:
        raise error
    return _task_page(task_id, refused(error)), error.status


@blueprint.post("/tasks/<int:task_id>/withdrawal")
@requires("work.assign")
def withdraw_task(task_id: int) -> Response:
    """Take back an offer that was not begun."""
    with writing():
        taken = tasks.get_of(signed_in(), task_id)
        tasks.withdraw(taken, at=now(), by=signed_in())
    flash(_("The offer was taken back. Its pieces can be offered again."))
    return redirect(url_for("manager.offer", order_id=taken.order_id, step=taken.step.name), 303)


@blueprint.get("/tasks/<int:task_id>/check")
@requires("work.check")
def check(task_id: int) -> str:
    """Show the check of a task that was handed in; nothing is filled in beforehand."""
    return _check_page(task_id, Filled())


def _check_page(task_id: int, form: Filled) -> str:
    page = reads.task_page(signed_in(), task_id)
    return render_template("manager/check.html", page=page, form=form, causes=list(Cause))


@blueprint.post("/tasks/<int:task_id>/check")
@requires("work.check")
def check_post(task_id: int) -> Answer:
    """Record a check; what passes is hers at once."""
    try:
        with writing():
            looked_at = tasks.get_of(signed_in(), task_id)
            made = checks.record(
                looked_at,
                passed=forms.whole("passed"),
                rework=forms.whole("rework"),
                rejected=forms.whole("rejected"),
                cause=forms.find_choice(Cause, "cause"),
                mend=Money(forms.amount("mend"), "INR") if forms.text("mend") else None,
                note=forms.text("note") or None,
                at=now(),
                by=signed_in(),
            )
    except DomainError as error:
        if error.status == 404:
            raise
        return _check_page(task_id, refused(error)), error.status
    name, earned = looked_at.artisan.work_name, money(reads.earned_minor(looked_at, at=made.at))
    flash(_("Saved. %(name)s has earned %(sum)s.", name=name, sum=earned))
    return redirect(url_for("manager.board", column="to-check"), 303)
