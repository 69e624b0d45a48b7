"""Closing the books month by month: in order, once over; what comes late counts for the day it is recorded."""

from datetime import date, timedelta

from hypothesis import strategies as st
from sqlalchemy import select

from shop.artisans import closing
from shop.artisans.slip_models import Slip
from shop.db import db
from shop.ledger.models import Entry
from shop.ledger.posting import Leg, post
from shop.money import Money
from tests.faults.simulator.stage import Stage, rule, user

GRACE = timedelta(days=1)


def end_of(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)


class Months(Stage):
    """Rules of closing."""

    @rule(ahead=st.sampled_from((0, 0, 0, 0, 1, -1)))
    def close_a_month(self, ahead: int) -> None:
        """The month that comes next; another one, before or after, is refused."""
        days = [day for moved in self.model.by_day.values() for day in moved]
        if not days:
            return
        month = max(self.model.closed) + timedelta(days=1) if self.model.closed else min(days).replace(day=1)
        is_next = ahead == 0
        if ahead:
            month = (month + timedelta(days=45 if ahead > 0 else -1)).replace(day=1)
        until = end_of(month)
        refused = not is_next or self.today() <= until + GRACE

        def act() -> int:
            at, by = self.world.clock.now(), user("Farida").actor
            return closing.close(month, "", question_days=3, at=at, by=by).period_id

        period = self.unit(act, refused=refused)
        if period is None:
            return
        hers = {
            woman.number
            for woman in self.model.women.values()
            for code, moved in self.model.by_day.items()
            if code.startswith(f"artisan:{woman.number}:")
            and (any(month <= day <= until for day in moved) or sum(m for day, m in moved.items() if day <= until))
        }
        with self.world.reading():
            given = set(db.session.scalars(select(Slip.artisan_id).where(Slip.month == month)))
        assert given == hers, f"statements of {month:%Y-%m} for {given}, the model: {hers}"
        self.model.closed[until] = self.model.stood(until)

    @rule(ago=st.integers(1, 70), minor=st.integers(1, 9_999))
    def a_fact_comes_late(self, ago: int, minor: int) -> None:
        """A gift that lay in a drawer: it counts for its day, or, where that month is closed, for today."""
        happened, reference = self.today() - timedelta(days=ago), f"drawer:{self.step}"
        counts_for = self.model.counts_for(happened)

        def act() -> None:
            legs = [Leg("bank", "capital", Money(minor, "INR"))]
            post(reference, "gift", legs, effective_on=happened, at=self.world.clock.now(), by=user("Farida").actor)

        self.unit(act)
        with self.world.reading():
            entry = db.session.scalars(select(Entry).where(Entry.reference == reference)).one()
            told = (entry.effective_on, entry.happened_on or entry.effective_on)
        assert told == (counts_for, happened), f"what happened on {happened} is dated {told}, the model: {counts_for}"
        self.ground.counted["late facts of a closed month"] += counts_for != happened
        self.model.move("bank", "capital", minor, on=happened)
