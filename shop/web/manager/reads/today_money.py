"""Today's money: payouts that wait for a person, and makers whom nobody has thought of."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from flask import current_app, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from shop.artisans import came_back, corrections
from shop.artisans import payouts as domain
from shop.artisans.models import Payout, PayoutEvent, PayoutStatus
from shop.clock import india_date
from shop.db import db
from shop.production import recounts
from shop.users.models import User
from shop.users.policy import may
from shop.web.format import day, digits, money
from shop.web.manager import words
from shop.web.manager.reads import (
    exceptions,
    today_advances,
    today_cash,
    today_deductions,
    today_gateways,
    today_questions,
)
from shop.web.manager.reads.money import Purse
from shop.web.manager.reads.rows import Mark, Row


def rows(user: User, purses: Sequence[Purse], *, at: datetime) -> Iterator[Row]:
    """Yield what of the makers' and the customers' money needs someone."""
    yield from _corrections(user)
    yield from _recounts(user)
    yield from today_advances.rows(user, at=at)
    yield from today_cash.rows(user, at=at)
    yield from today_questions.rows(user, at=at)
    yield from today_deductions.rows(user, at=at)
    yield from exceptions.rows(user, at=at)
    if may(user.role, "payments.read"):
        yield from today_gateways.rows(user, at=at)
    if not may(user.role, "payouts.read"):
        return
    open_ones = [purse.payout for purse in purses if purse.payout is not None]
    yield from _to_approve([p for p in open_ones if p.status is PayoutStatus.PROPOSED], user)
    if may(user.role, "payouts.record"):
        yield from (_to_send(p) for p in open_ones if p.status is PayoutStatus.APPROVED)
    yield from _questioned([p for p in open_ones if p.status is PayoutStatus.QUESTIONED])
    yield from (_silent(p, p.sent_at, at) for p in open_ones if p.sent_at and _is_silent(p, at))
    if may(user.role, "payouts.propose"):
        yield from _unthought_of([purse for purse in purses if purse.owed and purse.payout is None], at)
    yield from _unwitnessed(user)
    yield from _came_back(user)


def _unwitnessed(user: User) -> Iterator[Row]:
    if not may(user.role, "payouts.look-into"):
        return
    for payout in domain.unwitnessed():
        answered = payout.unwitnessed
        assert answered is not None
        name, total = payout.artisan.work_name, money(payout.amount_minor)
        yield Row(
            _("%(name)s said that %(sum)s came, but it may not have been she", name=name, sum=total),
            words.unwitnessed(answered.why),
            india_date(answered.at),
            _("Look at it"),
            url_for("manager.payout", payout_id=payout.id, _anchor="unwitnessed"),
            Mark.LATE,
        )


def _came_back(user: User) -> Iterator[Row]:
    """What the bank sent back waits for a second person; the one who wrote it down is only told that it waits."""
    for written in came_back.waiting(user):
        payout = written.payout
        fact = _("%(sum)s for %(name)s came back", sum=money(payout.amount_minor), name=payout.artisan.work_name)
        since = india_date(written.written_at)
        if written.written_by == user.actor:
            yield Row(fact, _("You wrote it down, so someone else has to have seen it."), since)
        else:
            reason = _("It is hers again once you have seen it in the bank's statement.")
            url = url_for("manager.payout", payout_id=payout.id, _anchor="came-back")
            yield Row(fact, reason, since, _("Look at it"), url)


def _to_approve(proposed: Sequence[Payout], user: User) -> Iterator[Row]:
    mine = [payout for payout in proposed if payout.proposed_by == user.actor]
    others = [payout for payout in proposed if payout.proposed_by != user.actor]
    if others and may(user.role, "payouts.approve"):
        fact = _waits(others)
        act = _("Approve %(sum)s", sum=_sum(others))
        yield Row(fact, _("You did not propose it, so you can be the second."), _first_day(others), act, _page(others))
    if mine:
        reason = _("You proposed it, so someone else has to approve it.")
        yield Row(_waits(mine), reason, _first_day(mine))


def _corrections(user: User) -> Iterator[Row]:
    """A correction waits for a second person; the one who proposed it is only told that it waits."""
    if not may(user.role, "corrections.propose"):
        return
    for asked in corrections.waiting(user):
        name, sum_of_money = asked.earning.artisan.work_name, money(asked.earning.amount_minor)
        fact = _("A correction of %(sum)s for %(name)s waits for a second person", sum=sum_of_money, name=name)
        since = india_date(asked.proposed_at)
        if asked.proposed_by != user.actor and may(user.role, "corrections.approve"):
            url = url_for("manager.corrections", _anchor=f"correction-{asked.id}")
            yield Row(fact, words.correction(asked.reason) + ".", since, _("Look at it"), url)
        elif asked.proposed_by == user.actor:
            yield Row(fact, _("You proposed it, so someone else decides it."), since)


def _recounts(user: User) -> Iterator[Row]:
    """A lost piece waits to be counted after all; the one who proposed it is only told that it waits."""
    if not may(user.role, "corrections.propose"):
        return
    for asked, task in recounts.waiting(user):
        fact = _("A lost piece of %(name)s waits to be counted after all", name=task.artisan.work_name)
        since = india_date(asked.proposed_at)
        if asked.proposed_by == user.actor:
            yield Row(fact, _("You proposed it, so someone else decides it."), since)
        elif may(user.role, "corrections.approve"):
            url = url_for("manager.corrections", _anchor=f"recount-{asked.id}")
            yield Row(fact, asked.note, since, _("Look at it"), url)


def _waits(payouts: Sequence[Payout]) -> str:
    if len(payouts) == 1:
        name = payouts[0].artisan.work_name
        return str(_("%(sum)s for %(name)s waits for a second person", sum=_sum(payouts), name=name))
    count = digits(len(payouts))
    return str(_("%(count)s payouts, %(sum)s in all, wait for a second person", count=count, sum=_sum(payouts)))


def _to_send(payout: Payout) -> Row:
    return Row(
        _("%(sum)s for %(name)s is approved", sum=money(payout.amount_minor), name=payout.artisan.work_name),
        _("%(method)s. Write down when it has left.", method=words.method(payout.method)),
        india_date(payout.proposed_at),
        _("Record it as sent"),
        _page([payout]),
    )


def _questioned(payouts: Sequence[Payout]) -> Iterator[Row]:
    said = _latest_notes([payout.id for payout in payouts])
    for payout in payouts:
        note, on = said[payout.id]
        name = payout.artisan.work_name
        reason = _("She says that less came.") if note == "less" else _("She says that nothing came.")
        yield Row(
            _("%(name)s questions %(sum)s", name=name, sum=money(payout.amount_minor)),
            reason + " " + _("Sent on %(day)s.", day=day(payout.sent_at or payout.proposed_at, "d MMM")),
            on,
            _("Look into it"),
            _page([payout]),
            Mark.LATE,
        )


def _latest_notes(payout_ids: Sequence[int]) -> dict[int, tuple[str | None, date]]:
    query = (
        select(PayoutEvent)
        .where(PayoutEvent.payout_id.in_(payout_ids), PayoutEvent.status == PayoutStatus.QUESTIONED)
        .order_by(PayoutEvent.id)
    )
    return {event.payout_id: (event.note, india_date(event.at)) for event in db.session.scalars(query)}


def _is_silent(payout: Payout, at: datetime) -> bool:
    return (
        payout.status is PayoutStatus.SENT
        and payout.sent_at is not None
        and payout.sent_at <= at - timedelta(days=current_app.config["UNCONFIRMED_DAYS"])
    )


def _silent(payout: Payout, sent_at: datetime, at: datetime) -> Row:
    days = digits((india_date(at) - india_date(sent_at)).days)
    name = payout.artisan.work_name
    return Row(
        _("%(name)s has not confirmed %(sum)s", name=name, sum=money(payout.amount_minor)),
        _("Sent %(days)s days ago. It settles only when she says so.", days=days),
        india_date(sent_at),
        _("Ask her, then look"),
        _page([payout]),
        Mark.RISK,
    )


def _unthought_of(purses: Sequence[Purse], at: datetime) -> Iterator[Row]:
    if not purses:
        return
    total = money(sum(purse.owed for purse in purses))
    most = max(purses, key=lambda purse: purse.owed)
    if len(purses) == 1:
        fact = _("%(name)s is owed %(sum)s", name=most.artisan.work_name, sum=total)
        reason = _("No payout to her is under way.")
    else:
        fact = _("%(count)s makers are owed %(sum)s", count=digits(len(purses)), sum=total)
        name = most.artisan.work_name
        reason = _("No payout is under way. Most of it: %(name)s, %(sum)s.", name=name, sum=money(most.owed))
    yield Row(fact, reason, india_date(at), _("Propose payouts"), url_for("manager.payouts", _anchor="owed"))


def _sum(payouts: Sequence[Payout]) -> str:
    return money(sum(payout.amount_minor for payout in payouts))


def _first_day(payouts: Sequence[Payout]) -> date:
    return min(india_date(payout.proposed_at) for payout in payouts)


def _page(payouts: Sequence[Payout]) -> str:
    if len(payouts) == 1:
        return url_for("manager.payout", payout_id=payouts[0].id)
    return url_for("manager.payouts")
