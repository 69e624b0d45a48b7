"""Payouts: proposed by one person, approved by another, sent, and confirmed by her.

Until she answers, the money is in transit. "Yes" settles it; "less" or "no" keeps it in transit
and puts it before someone at once; a failed payout returns the money to her the same moment. Where
less came she says how much: the office settles that, and the rest is hers to take again, or she says
"yes" after all.
"""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import contains_eager

from shop.artisans import cash_box, cash_sums, references, takings
from shop.artisans.earnings import can_take
from shop.artisans.models import (
    PAYOUT_MOVES,
    Artisan,
    Payout,
    PayoutEvent,
    PayoutMethod,
    PayoutStatus,
    Unwitnessed,
    UnwitnessedAnswer,
)
from shop.artisans.payout_file_models import is_with_bank
from shop.artisans.purse import free, hold, refuse_who_reset
from shop.clock import india_date
from shop.db import adding, changed, db, run
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger import balances
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.statuses import move
from shop.users import audit
from shop.users.enrolment import reset_by_within
from shop.users.models import User
from shop.users.policy import covers
from shop.verdict import Finding

OPEN = (PayoutStatus.PROPOSED, PayoutStatus.APPROVED, PayoutStatus.SENT, PayoutStatus.QUESTIONED)
OWN_ANSWERS = ("yes", "less", "no")


def propose(artisan: Artisan, amount: Money, method: PayoutMethod, *, at: datetime, by: User) -> Payout:
    """Propose to pay an artisan up to what she can take, less what is then taken (takings.py); one open each."""
    refuse_who_reset(artisan, at=at, by=by)
    hold(artisan)
    if not 0 < amount.minor <= most(artisan, at=at):
        raise Invalid("payout.amount")
    open_one = select(Payout.id).where(Payout.artisan_id == artisan.id, Payout.status.in_(OPEN))
    if db.session.scalar(open_one) is not None:
        raise Conflict("payout.one_open")
    payout = Payout(
        artisan_id=artisan.id,
        amount_minor=amount.minor,
        method=method,
        status=PayoutStatus.PROPOSED,
        proposed_by=by.actor,
        proposed_at=at,
    )
    db.session.add(payout)
    db.session.flush()
    _note(payout, PayoutStatus.PROPOSED, at=at, by=by.actor)
    _audit("payouts.propose", payout, at=at, by=by)
    return payout


def most(artisan: Artisan, *, at: datetime) -> int:
    """Return the most that can be proposed for her now, in paise: what would be taken stays there."""
    return can_take(artisan).minor - takings.due(artisan, at=at)


def approve(payout: Payout, *, at: datetime, by: User) -> None:
    """Approve a proposed payout; Refused for the one who proposed it.

    From now on its money waits for it. Conflict if she has put the money elsewhere since it was proposed.
    """
    if payout.proposed_by == by.actor:
        raise Refused("payout.two_people")
    refuse_who_reset(payout.artisan, at=at, by=by)
    hold(payout.artisan)
    if payout.status is PayoutStatus.PROPOSED and free(payout.artisan) < payout.amount_minor:
        raise Conflict("payout.elsewhere")
    _move(payout, PayoutStatus.APPROVED, at=at, by=by.actor, approved_by=by.actor)
    _audit("payouts.approve", payout, at=at, by=by)


def withdraw(payout: Payout, *, at: datetime, by: User) -> None:
    """Take back a payout before it is sent; nothing was posted. Conflict while the bank has it in a released file."""
    hold(payout.artisan)
    if is_with_bank(payout):
        raise Conflict("payout.with_bank")
    _move(payout, PayoutStatus.WITHDRAWN, at=at, by=by.actor)
    _audit("payouts.withdraw", payout, at=at, by=by)


def record_sent(payout: Payout, *, bank_reference: str | None, at: datetime, by: User) -> None:
    """Record that the money left: payable -> in transit. What is due of an advance or a deduction is taken in it.

    Bank and UPI need their reference, and cash lies in its centre's box, if one is kept: Conflict if it does not.
    """
    refuse_who_reset(payout.artisan, at=at, by=by)
    reference = references.of_sending(bank_reference, payout)
    artisan = payout.artisan
    hold(artisan)
    _move(payout, PayoutStatus.SENT, at=at, by=by.actor, sent_at=at, bank_reference=reference)
    references.use(reference, payout, at=at)
    cash_box.pay_out(payout, at=at, by=by.actor)
    takings.take(payout, at=at, by=by)
    _post(payout, "sent", Leg(artisan.payable, artisan.in_transit, _money(payout)), at=at, by=by.actor)
    _audit("payouts.send", payout, at=at, by=by)


def answer(payout: Payout, said: str, *, at: datetime, by: User, staff_device: bool = False) -> None:
    """Take her own answer: "yes" settles the payout, "less" and "no" put a question before the office.

    A "yes" within a week of a new PIN, or from a browser of the office, settles too, but finance looks at it.
    """
    if said not in OWN_ANSWERS:
        raise Invalid("payout.answer")
    if payout.artisan.user_id != by.id:
        raise NotFound("payout.unknown")
    if said != "yes":
        _move(payout, PayoutStatus.QUESTIONED, at=at, by=by.actor, note=said)
        return
    _move(payout, PayoutStatus.SETTLED, at=at, by=by.actor, received_minor=None)
    _settle(payout, at=at, by=by)
    why = _unwitnessed(payout.artisan, staff_device, at=at)
    if why is not None:
        db.session.add(UnwitnessedAnswer(payout_id=payout.id, why=why, at=at))
        db.session.flush()


def say_received(payout: Payout, amount: Money, *, at: datetime, by: User) -> None:
    """Take her own word of how much came of a payout that she questions; she may put it right until it is settled.

    Invalid for nothing, and for all of it or more: that would be her "yes".
    """
    if payout.artisan.user_id != by.id:
        raise NotFound("payout.unknown")
    if not 0 < amount.minor < payout.amount_minor:
        raise Invalid("payout.received")
    questioned = update(Payout).where(Payout.id == payout.id, Payout.status == PayoutStatus.QUESTIONED)
    if changed(questioned.values(received_minor=amount.minor)) != 1:
        raise Conflict("payout.moved_on", status=payout.status.value)
    db.session.refresh(payout)
    _note(payout, PayoutStatus.QUESTIONED, at=at, by=by.actor, note="less")


def settle_short(payout: Payout, *, at: datetime, by: User) -> None:
    """Settle what she says came; the rest is hers to take again at once, and back in the box if it was cash.

    Conflict if she has not said how much came, or has said "yes" meanwhile. What is not in the box shows at its count.
    """
    refuse_who_reset(payout.artisan, at=at, by=by)
    hold_row(payout)
    db.session.refresh(payout)
    if payout.received_minor is None or payout.status is not PayoutStatus.QUESTIONED:
        raise Conflict("payout.moved_on", status=payout.status.value)
    _move(payout, PayoutStatus.SETTLED, at=at, by=by.actor)
    rest = payout.amount_minor - payout.received_minor
    cash_box.take_back(payout, rest, at=at, by=by.actor)
    _settle(payout, at=at, by=by)
    back = Leg(payout.artisan.in_transit, payout.artisan.payable, Money(rest, "INR"))
    _post(payout, "short", back, at=at, by=by.actor)
    _audit("payouts.settle-short", payout, at=at, by=by)


def _settle(payout: Payout, *, at: datetime, by: User) -> None:
    paid_from = cash_sums.account_of(payout.artisan.centre_id) if payout.method is PayoutMethod.CASH else "bank"
    leg = Leg(payout.artisan.in_transit, paid_from, Money(payout.settles_minor, "INR"))
    _post(payout, "settled", leg, at=at, by=by.actor)


def close_unwitnessed(payout: Payout, note: str, *, at: datetime, by: User) -> None:
    """Say what was found about a "yes" that may not have been hers; Refused for one who had set her PIN."""
    if not note.strip():
        raise Invalid("payout.note")
    answered = db.session.get(UnwitnessedAnswer, payout.id)
    if answered is None:
        raise NotFound("payout.unknown")
    if by.id in reset_by_within(payout.artisan.user_id, answered.at):
        raise Refused("payout.reset_pin_look")
    mine = update(UnwitnessedAnswer).where(
        UnwitnessedAnswer.payout_id == payout.id, UnwitnessedAnswer.closed_at.is_(None)
    )
    if changed(mine.values(closed_at=at, closed_by=by.actor, note=note.strip()[:200])) != 1:
        raise Conflict("payout.moved_on", status=payout.status.value)
    _audit("payouts.look-into", payout, at=at, by=by)


def unwitnessed() -> list[Payout]:
    """Return the payouts whose "yes" finance has still to look at, the oldest first; what came back is hers again."""
    is_open = (UnwitnessedAnswer.closed_at.is_(None), Payout.status == PayoutStatus.SETTLED)
    open_ones = select(Payout).join(Payout.unwitnessed).where(*is_open)
    whole = open_ones.options(contains_eager(Payout.unwitnessed))
    return list(db.session.scalars(whole.order_by(UnwitnessedAnswer.at, Payout.id)))


def record_failed(payout: Payout, reason: str, *, at: datetime, by: User) -> None:
    """Record that the money did not reach her: it is hers to take again at once."""
    if not reason.strip():
        raise Invalid("payout.reason")
    _move(payout, PayoutStatus.FAILED, at=at, by=by.actor, note=reason.strip()[:200])
    cash_box.take_back(payout, payout.amount_minor, at=at, by=by.actor)
    artisan = payout.artisan
    _post(payout, "failed", Leg(artisan.in_transit, artisan.payable, _money(payout)), at=at, by=by.actor)
    _audit("payouts.fail", payout, at=at, by=by)


def record_came_back(payout: Payout, on: date, *, at: datetime, by: User) -> None:
    """Record that the bank sent a settled payout back on a day: it is hers to take again. The caller has two people."""
    _move(payout, PayoutStatus.CAME_BACK, at=at, by=by.actor)
    leg = Leg("bank", payout.artisan.payable, Money(payout.settles_minor, "INR"))
    post(f"payout:{payout.id}:came-back", "payout came back", [leg], effective_on=on, at=at, by=by.actor)
    _audit("payouts.see-back", payout, at=at, by=by)


def hold_row(payout: Payout) -> None:
    """Let nobody else decide by this payout before the present unit ends; her row comes first, as everywhere."""
    hold(payout.artisan)
    db.session.execute(select(Payout.id).where(Payout.id == payout.id).with_for_update(key_share=True))


def get_of(user: User, payout_id: int) -> Payout:
    """Return a payout that a member of staff may see; NotFound otherwise."""
    payout = db.session.get(Payout, payout_id)
    if payout is None or not covers(user, "payouts.read", payout.artisan.centre_id):
        raise NotFound("payout.unknown")
    return payout


def get_own(artisan: Artisan, payout_id: int) -> Payout:
    """Return one of her own payouts; NotFound otherwise."""
    payout = db.session.get(Payout, payout_id)
    if payout is None or payout.artisan_id != artisan.id:
        raise NotFound("payout.unknown")
    return payout


def find_unanswered(artisan: Artisan) -> Payout | None:
    """Return the payout that waits for her answer, or None."""
    return db.session.scalars(
        select(Payout).where(Payout.artisan_id == artisan.id, Payout.status == PayoutStatus.SENT)
    ).one_or_none()


def verify() -> Iterator[Finding]:
    """Yield every artisan whose money in transit is not the sum of her payouts on the way."""
    on_the_way = (PayoutStatus.SENT, PayoutStatus.QUESTIONED)
    sums = (
        select(Payout.artisan_id, func.sum(Payout.amount_minor).label("minor"))
        .where(Payout.status.in_(on_the_way))
        .group_by(Payout.artisan_id)
        .subquery()
    )
    query = select(Artisan.id, func.coalesce(sums.c.minor, 0)).outerjoin(sums, sums.c.artisan_id == Artisan.id)
    rows = [(int(row[0]), int(row[1])) for row in db.session.execute(query)]
    held = balances.stored_many([f"artisan:{artisan_id}:in-transit" for artisan_id, _ in rows])
    for artisan_id, minor in rows:
        stored = held[f"artisan:{artisan_id}:in-transit"]
        if stored != minor:
            yield Finding("artisans", f"artisan {artisan_id}", f"payouts on the way {minor}, in transit {stored}")


def _unwitnessed(artisan: Artisan, staff_device: bool, *, at: datetime) -> Unwitnessed | None:
    after_reset = bool(reset_by_within(artisan.user_id, at))
    if after_reset and staff_device:
        return Unwitnessed.BOTH
    if after_reset:
        return Unwitnessed.AFTER_RESET
    return Unwitnessed.STAFF_DEVICE if staff_device else None


def _move(
    payout: Payout, to: PayoutStatus, *, at: datetime, by: str, note: str | None = None, **values: object
) -> None:
    if not move(payout, PAYOUT_MOVES, to, **values):
        raise Conflict("payout.moved_on", status=payout.status.value)
    _note(payout, to, at=at, by=by, note=note)


def _note(payout: Payout, status: PayoutStatus, *, at: datetime, by: str, note: str | None = None) -> None:
    run(adding(PayoutEvent), {"payout_id": payout.id, "status": status, "at": at, "by": by, "note": note})


def _post(payout: Payout, step: str, leg: Leg, *, at: datetime, by: str) -> None:
    post(f"payout:{payout.id}:{step}", f"payout {step}", [leg], effective_on=india_date(at), at=at, by=by)


def _audit(act: str, payout: Payout, *, at: datetime, by: User) -> None:
    audit.record(act, f"payout:{payout.id}", by=by.actor, at=at, reason=payout.method.value)


def _money(payout: Payout) -> Money:
    return Money(payout.amount_minor, "INR")
