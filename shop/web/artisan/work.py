"""Her work: what is offered, what is in her hands, what waits for its check."""

from datetime import datetime
from typing import Protocol

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.artisans import advances, people
from shop.artisans.advance_models import AdvanceStatus
from shop.db import writing
from shop.errors import Conflict
from shop.production import tasks as work
from shop.production.models import Task
from shop.users.models import User
from shop.web.access import requires
from shop.web.artisan import blueprint, reads
from shop.web.edge import is_staffs_browser, now, signed_in
from shop.web.language import language

LARGEST = "int(max=999999999999)"


class Verb(Protocol):
    """A verb of production.tasks that an artisan may do."""

    def __call__(self, task: Task, *, at: datetime, by: User) -> None: ...


@blueprint.get("/")
@requires("own.work")
def home() -> str:
    """Show a payout or an advance that waits for her answer, alone; else what she can take and one task.

    An advance stands alone only where her "yes" would be taken: elsewhere it is a line, so that home is no dead end.
    """
    page = reads.home(people.get_own(signed_in()), now(), language())
    if page.payout:
        return render_template("artisan/payout.html", page=page)
    given = page.advance
    if given and given.status is AdvanceStatus.PAID and advances.takes_yes(given, is_staffs_browser(), at=now()):
        return render_template("artisan/advance.html", page=page, alone=True, takes_yes=True)
    return render_template("artisan/home.html", page=page)


@blueprint.get("/tasks")
@requires("own.work")
def tasks() -> str:
    """List her tasks, each with its picture and its circles."""
    return render_template("artisan/tasks.html", page=reads.tasks(people.get_own(signed_in()), now(), language()))


@blueprint.get(f"/tasks/<{LARGEST}:task_id>")
@requires("own.work")
def task(task_id: int) -> str:
    """Show one task and what she may do with it."""
    page = reads.task(people.get_own(signed_in()), task_id, now(), language())
    return render_template("artisan/task.html", page=page)


@blueprint.post(f"/tasks/<{LARGEST}:task_id>/acceptance")
@requires("own.work")
def accept(task_id: int) -> Response:
    """Take an offer on."""
    return _do(work.accept, task_id)


@blueprint.post(f"/tasks/<{LARGEST}:task_id>/refusal")
@requires("own.work")
def refuse(task_id: int) -> Response:
    """Say no; no reason is asked."""
    return _do(work.decline, task_id, _("You did not take this work. There is no harm in that."))


@blueprint.post(f"/tasks/<{LARGEST}:task_id>/start")
@requires("own.work")
def start(task_id: int) -> Response:
    """Begin the work."""
    return _do(work.start, task_id)


@blueprint.post(f"/tasks/<{LARGEST}:task_id>/submission")
@requires("own.work")
def submit(task_id: int) -> Response:
    """Hand the work in."""
    return _do(work.submit, task_id)


def _do(verb: Verb, task_id: int, said: str | None = None) -> Response:
    """Do one verb on her own task. A second tap finds it done, and shows her the task as it is."""
    try:
        with writing():
            user = signed_in()
            verb(work.get_own(people.get_own(user), task_id), at=now(), by=user)
    except Conflict:
        said = None
    if said is None:
        return redirect(url_for("artisan.task", task_id=task_id), 303)
    flash(said)
    return redirect(url_for("artisan.home"), 303)
