"""Today's work: pieces to check, payments to look at, work nobody has, offers nobody answered."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import exists, select

from shop.catalog.models import Product, ProductStatus, Stock, Variant
from shop.clock import india_date
from shop.db import db
from shop.production import making, tasks
from shop.production import orders as production
from shop.production.models import Making, MakingStatus, ProductionOrder, Task, TaskStatus
from shop.users.models import User
from shop.users.policy import covers, may
from shop.web.format import day, digits
from shop.web.language import language
from shop.web.manager import words
from shop.web.manager.reads.board import ANSWER_WITHIN, moved_at, open_pieces
from shop.web.manager.reads.rows import Mark, Row
from shop.web.manager.reads.today_promises import Promises, is_pressing
from shop.web.thing_words import thing

WRITTEN = (MakingStatus.PROPOSED, MakingStatus.APPROVED)


def waiting(user: User, *, at: datetime) -> Iterator[Row]:
    """Yield what only waits for someone of the office: checks, and rates."""
    submitted = tasks.all_of(user, (TaskStatus.SUBMITTED,))
    since = moved_at([task.id for task in submitted])
    for task in submitted:
        yield _to_check(task, since[task.id], user, at)
    yield from _rates_to_approve(user)


def rows(user: User, promises: Promises, *, at: datetime) -> Iterator[Row]:
    """Yield what keeps the workshop from working and the shelf from filling."""
    live = tasks.all_of(user, (TaskStatus.OFFERED, TaskStatus.ACCEPTED, TaskStatus.STARTED, TaskStatus.REWORK))
    if may(user.role, "work.assign"):
        yield from _nobody_has(user, promises, at)
        yield from (_unanswered(task, at) for task in live if _is_unanswered(task, at))
    yield from (_overdue(task, at) for task in live if _is_overdue(task, at))
    if may(user.role, "catalogue.edit"):
        yield from _empty_shelves(user, at)
        yield from _unwritten_makings(user, at)


def _to_check(task: Task, since: datetime, user: User, at: datetime) -> Row:
    pieces, name = digits(open_pieces(task)), task.artisan.work_name
    days = (india_date(at) - india_date(since)).days
    waits = ngettext("since yesterday", "for %(days)s days", days, days=digits(days)) if days else _("since today")
    product = task.order.variant.product.title
    return Row(
        _("%(name)s waits for a check %(waits)s", name=name, waits=waits),
        _("%(step)s × %(pieces)s, %(product)s. She is paid when it passes.",
          step=words.step(task.step.name), pieces=pieces, product=product),
        india_date(since),
        _("Check %(name)s’s %(pieces)s", name=name, pieces=pieces) if may(user.role, "work.check") else None,
        url_for("manager.check", task_id=task.id),
        Mark.RISK if days >= 2 else Mark.NONE,
    )  # fmt: skip


def _rates_to_approve(user: User) -> Iterator[Row]:
    """A version of how something is made waits for a second person; its writer is only told that it waits."""
    if not (may(user.role, "rates.approve") or may(user.role, "catalogue.edit")):
        return
    for proposed in making.all_proposed():
        product = proposed.product
        if not covers(user, "catalogue.read", product.centre_id):
            continue
        fact = _("New rates for %(title)s wait for a second person", title=product.title)
        url = url_for("manager.product", slug=product.slug, _anchor="making")
        since = india_date(proposed.made_at)
        if proposed.made_by == user.actor:
            yield Row(fact, _("You wrote them, so someone else has to approve them."), since)
        elif may(user.role, "rates.approve"):
            yield Row(fact, _("Nobody is offered work by them before."), since, _("Look at the rates"), url)


def _nobody_has(user: User, promises: Promises, at: datetime) -> Iterator[Row]:
    on = india_date(at)
    pressing = {
        line.work.id
        for standing in promises.standings
        if is_pressing(standing, on)
        for line in standing.lines
        if line.work is not None
    }
    seen: set[int] = set()
    for left in tasks.to_assign(production.open_of(user)):
        if left.order.id not in pressing | seen:
            seen.add(left.order.id)
            yield _nobody(left, at)


def _nobody(left: tasks.ToAssign, at: datetime) -> Row:
    step, pieces = words.step(left.step.name), digits(left.pieces)
    on = india_date(at)
    due = day(left.order.due_on, "EEE d MMM")
    return Row(
        _("%(step)s × %(pieces)s has nobody", step=step, pieces=pieces),
        _("%(product)s, due %(day)s.", product=left.order.variant.product.title_in(language()), day=due),
        india_date(left.order.asked_at),
        _("Offer %(step)s × %(pieces)s", step=step, pieces=pieces),
        url_for("manager.offer", order_id=left.order.id, step=left.step.name),
        Mark.LATE if left.order.due_on < on else Mark.NONE,
    )


def _is_unanswered(task: Task, at: datetime) -> bool:
    return task.status is TaskStatus.OFFERED and task.offered_at <= at - ANSWER_WITHIN


def _unanswered(task: Task, at: datetime) -> Row:
    days = digits((india_date(at) - india_date(task.offered_at)).days)
    name = task.artisan.work_name
    return Row(
        _("%(name)s has not answered an offer for %(days)s days", name=name, days=days),
        _task_reason(task),
        india_date(task.offered_at),
        _("Ask her, or offer it on"),
        url_for("manager.task", task_id=task.id),
    )


def _is_overdue(task: Task, at: datetime) -> bool:
    return task.status is not TaskStatus.OFFERED and task.due_on < india_date(at)


def _overdue(task: Task, at: datetime) -> Row:
    days = (india_date(at) - task.due_on).days
    name = task.artisan.work_name
    return Row(
        ngettext(
            "%(name)s’s work was due yesterday", "%(name)s’s work was due %(days)s days ago", days,
            name=name, days=digits(days),
        ),
        _task_reason(task) + " " + _("Ask first whether she needs help."),
        task.due_on,
        _("See her work"),
        url_for("manager.task", task_id=task.id),
        Mark.RISK,
    )  # fmt: skip


def _task_reason(task: Task) -> str:
    step, pieces = words.step(task.step.name), digits(open_pieces(task))
    product, due = task.order.variant.product.title_in(language()), day(task.due_on, "EEE d MMM")
    return str(
        _("%(step)s × %(pieces)s, %(product)s, due %(day)s.", step=step, pieces=pieces, product=product, day=due)
    )


def _empty_shelves(user: User, at: datetime) -> Iterator[Row]:
    """A variant that is not made to order, has nothing free and nothing asked for, cannot be bought."""
    asked = exists().where(
        ProductionOrder.variant_id == Variant.id,
        ProductionOrder.finished_at.is_(None),
        ProductionOrder.cancelled_at.is_(None),
    )
    query = (
        select(Variant)
        .join(Product, Product.id == Variant.product_id)
        .join(Stock, Stock.variant_id == Variant.id)
        .where(Product.status == ProductStatus.PUBLISHED, Variant.on_sale, ~Variant.made_to_order)
        .where(Stock.on_hand == Stock.reserved, ~asked)
        .order_by(Variant.id)
    )
    for variant in db.session.scalars(query):
        if _is_hers(variant.product, user):
            title = thing(variant)
            reason = _("It is not made to order, so nobody can buy it.")
            url = url_for("manager.new_work", sku=variant.sku)
            yield Row(_("%(title)s: none left", title=title), reason, india_date(at), _("Ask for more"), url)


def _unwritten_makings(user: User, at: datetime) -> Iterator[Row]:
    written = exists().where(Making.product_id == Product.id, Making.status.in_(WRITTEN))
    query = select(Product).where(Product.status == ProductStatus.PUBLISHED, ~written).order_by(Product.id)
    for product in db.session.scalars(query):
        if _is_hers(product, user):
            yield Row(
                _("Nobody wrote down how %(title)s is made", title=product.title),
                _("Until then no work on it can be offered or paid."),
                india_date(at),
                _("Write it down"),
                url_for("manager.product", slug=product.slug, _anchor="making"),
                Mark.RISK,
            )


def _is_hers(product: Product, user: User) -> bool:
    return covers(user, "catalogue.read", product.centre_id)
