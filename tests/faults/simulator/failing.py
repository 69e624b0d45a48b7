"""Refunds that a gateway takes and then cannot deliver: they fail, and can be asked for again, once."""

from hypothesis.stateful import precondition
from sqlalchemy import select

from shop.db import db
from shop.payments import refund_troubles
from shop.payments.models import Attempt, Capture, Refund, RefundStatus
from tests.faults.simulator.giving_back import BY, GivingBack
from tests.faults.simulator.records import Bought, GivenBack
from tests.faults.simulator.stage import rule


class Failing(GivingBack):
    """Rules of what does not arrive."""

    def _waiting(self) -> list[tuple[Bought, GivenBack]]:
        return [(order, back) for order in self.orders() for back in order.refunds if not back.is_gone]

    @precondition(lambda self: len(self._waiting()) == 1)
    @rule()
    def a_refund_fails(self) -> None:
        """The gateway says that it failed: nothing moves; another is asked for in its place, and only one."""
        [(order, back)] = self._waiting()
        fault = {"gateway": order.gateway, "match": "POST *refund*", "kind": "refund_failed"}
        self.world.sandbox.add_faults(fault)
        self.asked(self._send_refunds)
        self.world.sandbox.clear_faults()
        with self.world.reading():
            query = select(Refund).join(Capture).join(Attempt).where(Attempt.order_id == order.id)
            refund = db.session.scalars(query.order_by(Refund.id.desc()).limit(1)).unique().one()
            refund_id, status, minor = refund.id, refund.status, refund.amount_minor
        assert (status, minor) == (RefundStatus.FAILED, back.minor)
        refused = order.is_disputed

        def again() -> None:
            at = self.world.clock.now()
            refund_troubles.again(db.session.get_one(Refund, refund_id), at=at, by=BY)

        self.unit(again, refused=refused)
        self.unit(again, refused=True)
