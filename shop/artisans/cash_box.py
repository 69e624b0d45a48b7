"""A centre's cash box: brought from the bank, handed out, counted; never below zero, never moved by one person alone.

The account `cash:<centre>` of the books falls when she says "yes"; the box is lighter from the moment the money is
handed out. What lies between the two is handed out and not confirmed, and stays visible until she answers. So the box
holds what the account holds, less that: `verify` compares the two (cash_verification.py, docs/decisions/0028).

A box is kept from its first count on. Until then a centre's cash is an account of the house as before, and nothing is
refused. Locks are taken in one order everywhere: a woman's row, her payout, the box, the books, the audit.
"""

from datetime import datetime

from sqlalchemy import select, update

from shop.artisans import cash_sums, references
from shop.artisans.cash_models import (
    ACT_MOVES,
    CashAct,
    CashActKind,
    CashActStatus,
    CashBox,
    CashKind,
    CashLine,
)
from shop.artisans.models import Payout, PayoutMethod
from shop.clock import india_date
from shop.db import adding, changed, db, run
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.statuses import move
from shop.users import audit
from shop.users.models import Centre, User


def find(centre_id: int) -> CashBox | None:
    """Return a centre's box, or None before it was first counted."""
    return db.session.get(CashBox, centre_id)


def hold(centre_id: int) -> None:
    """Let nobody else put into this box or take out of it before the present unit ends."""
    box = select(CashBox.centre_id).where(CashBox.centre_id == centre_id).with_for_update()
    if db.session.scalar(box) is None:
        _hold_unopened(centre_id)
        db.session.execute(box)  # it may have been opened while this waited


def hold_centre(centre_id: int) -> None:
    """Let nobody else begin a run of this centre, or an act of its box, before the present unit ends."""
    db.session.execute(select(Centre.id).where(Centre.id == centre_id).with_for_update(key_share=True))


def _hold_unopened(centre_id: int) -> None:
    """Let nobody open a box here before the present unit ends; who opens one now is waited for."""
    db.session.execute(select(Centre.id).where(Centre.id == centre_id).with_for_update(read=True))


def _hold_whole(centre_id: int) -> None:
    """Let nobody else write down or see an act of this centre either, also where no box is kept yet."""
    hold_centre(centre_id)
    db.session.execute(select(CashBox.centre_id).where(CashBox.centre_id == centre_id).with_for_update())


def pay_out(payout: Payout, *, at: datetime, by: str) -> None:
    """Take a payout in cash out of its centre's box, if one is kept; Conflict if the box does not hold so much."""
    _hand(payout, CashKind.HANDED_OUT, -payout.amount_minor, at=at, by=by)


def take_back(payout: Payout, minor: int, *, at: datetime, by: str) -> None:
    """Put what of a payout in cash did not reach her, in paise, back into the box."""
    _hand(payout, CashKind.CAME_BACK, minor, at=at, by=by)


def _hand(payout: Payout, kind: CashKind, minor: int, *, at: datetime, by: str) -> None:
    if payout.method is PayoutMethod.CASH:
        values = {"payout_id": payout.id, "reference": f"payout:{payout.id}:{kind.value}"}
        _write(payout.artisan.centre_id, kind, minor, values, at=at, by=by)


def move_advance(centre_id: int, advance_id: int, minor: int, *, at: datetime, by: str) -> None:
    """Take an advance in cash out of the box (below zero) or put it back; Conflict if the box does not hold it."""
    kind = CashKind.ADVANCE if minor < 0 else CashKind.ADVANCE_BACK
    values = {"advance_id": advance_id, "reference": f"advance:{advance_id}:{kind.value}"}
    _write(centre_id, kind, minor, values, at=at, by=by)


def propose(
    centre_id: int, kind: CashActKind, amount: Money, *, bank_reference: str | None, note: str, at: datetime, by: User
) -> CashAct:
    """Write down what was brought, taken to the bank or counted; nothing moves before a second person has seen it.

    Invalid for what is brought or taken without a sum or a reference, and for a count that differs without a reason;
    Conflict while another act waits, for a reference that was used, and for a box that is not open, or is already.
    """
    reference, said = references.written(bank_reference, is_cash=True), note.strip()[:200]
    box = find(centre_id)
    if (box is None) is not (kind is CashActKind.OPEN):
        raise Conflict("cash.not_open" if box is None else "cash.open")
    if kind in (CashActKind.BRING, CashActKind.TAKE):
        if amount.minor <= 0:
            raise Invalid("cash.amount")
        if reference is None:
            raise Invalid("cash.bank_reference")
    else:
        reference = None
    _hold_whole(centre_id)
    if find_waiting(centre_id) is not None:
        raise Conflict("cash.waiting")
    expected = held(centre_id) if kind is CashActKind.COUNT else None
    if expected is not None and expected != amount.minor and not said:
        raise Invalid("cash.difference")
    act = CashAct(
        centre_id=centre_id,
        kind=kind,
        status=CashActStatus.WAITING,
        amount_minor=amount.minor,
        expected_minor=expected,
        bank_reference=reference,
        note=said,
        written_by=by.actor,
        written_at=at,
    )
    db.session.add(act)
    db.session.flush()
    references.use(reference, act, at=at)
    audit.record("cash.write", f"cash-act:{act.id}", by=by.actor, at=at, reason=kind.value)
    return act


def see(act: CashAct, *, at: datetime, by: User) -> None:
    """Say as the second person that it was so: now it is in the book. Refused for the one who wrote it down."""
    if act.written_by == by.actor:
        raise Refused("cash.two_people")
    _hold_whole(act.centre_id)
    if not move(act, ACT_MOVES, CashActStatus.SEEN, seen_by=by.actor, seen_at=at):
        raise Conflict("cash.moved_on")
    _BY_KIND[act.kind](act, at, by.actor)
    audit.record("cash.see", f"cash-act:{act.id}", by=by.actor, at=at, reason=act.kind.value)


def withdraw(act: CashAct, *, at: datetime, by: User) -> None:
    """Take back what nobody has seen yet; nothing had moved."""
    if not move(act, ACT_MOVES, CashActStatus.WITHDRAWN):
        raise Conflict("cash.moved_on")
    references.let_go(act)
    audit.record("cash.withdraw", f"cash-act:{act.id}", by=by.actor, at=at, reason=act.kind.value)


def get_act(centre_id: int, act_id: int) -> CashAct:
    """Return an act of a centre's box; NotFound for any other."""
    act = db.session.get(CashAct, act_id)
    if act is None or act.centre_id != centre_id:
        raise NotFound("cash.unknown")
    return act


def _open(act: CashAct, at: datetime, by: str) -> None:
    """Begin the book with what was counted; what the account says otherwise is posted to an account of that name."""
    if find(act.centre_id) is not None:
        raise Conflict("cash.open")
    db.session.add(CashBox(centre_id=act.centre_id, held_minor=0, opened_at=at))
    db.session.flush()
    _post(act, f"cash-opening:{act.centre_id}", act.amount_minor - cash_sums.known(act.centre_id), at, by)
    _line_of(act, CashKind.OPENED, act.amount_minor, at, by)


def _bring(act: CashAct, at: datetime, by: str) -> None:
    _line_of(act, CashKind.BROUGHT, act.amount_minor, at, by)
    _post(act, "bank", act.amount_minor, at, by)


def _take(act: CashAct, at: datetime, by: str) -> None:
    _line_of(act, CashKind.TAKEN, -act.amount_minor, at, by)
    _post(act, "bank", -act.amount_minor, at, by)


def _count(act: CashAct, at: datetime, by: str) -> None:
    if act.difference_minor:
        _line_of(act, CashKind.DIFFERENCE, act.difference_minor, at, by)
        _post(act, f"cash-differences:{act.centre_id}", act.difference_minor, at, by)


_BY_KIND = {
    CashActKind.OPEN: _open,
    CashActKind.BRING: _bring,
    CashActKind.TAKE: _take,
    CashActKind.COUNT: _count,
}


def _post(act: CashAct, other: str, minor: int, at: datetime, by: str) -> None:
    """Post what came into the box from another account, or went there if it is below zero."""
    if minor:
        cash, amount = cash_sums.account_of(act.centre_id), Money(abs(minor), "INR")
        leg = Leg(cash, other, amount) if minor > 0 else Leg(other, cash, amount)
        post(f"cash-act:{act.id}", f"cash {act.kind.value}", [leg], effective_on=india_date(at), at=at, by=by)


def _line_of(act: CashAct, kind: CashKind, minor: int, at: datetime, by: str) -> None:
    _write(act.centre_id, kind, minor, {"act_id": act.id, "reference": f"cash-act:{act.id}"}, at=at, by=by)


def _write(centre_id: int, kind: CashKind, minor: int, values: dict[str, object], *, at: datetime, by: str) -> None:
    """Move what lies in the box and write the line; nothing where none is kept, Conflict if it would go below zero."""
    if not _moves(centre_id, minor):
        if held(centre_id) is not None:
            raise Conflict("cash.not_in_box")
        _hold_unopened(centre_id)  # so that it is not opened without what moves here
        if not _moves(centre_id, minor):
            if held(centre_id) is None:
                return
            raise Conflict("cash.not_in_box")
    empty = {"act_id": None, "payout_id": None, "advance_id": None}
    told = {
        "centre_id": centre_id,
        "kind": kind,
        "amount_minor": minor,
        "happened_on": india_date(at),
        "at": at,
        "by": by,
    }
    run(adding(CashLine), {**empty, **told, **values})


def _moves(centre_id: int, minor: int) -> bool:
    enough = (CashBox.centre_id == centre_id, CashBox.held_minor + minor >= 0)
    return changed(update(CashBox).where(*enough).values(held_minor=CashBox.held_minor + minor)) == 1


def held(centre_id: int) -> int | None:
    """Return what lies in a centre's box, in paise, or None where none is kept."""
    return db.session.scalar(select(CashBox.held_minor).where(CashBox.centre_id == centre_id))


def held_by_centre() -> dict[int, int]:
    """Return centre -> what lies in its box, in paise, of those that keep one."""
    return {row[0]: row[1] for row in db.session.execute(select(CashBox.centre_id, CashBox.held_minor))}


def waiting_by_centre() -> dict[int, CashAct]:
    """Return centre -> the act of its box that waits for a second person, of those where one does."""
    waiting = select(CashAct).where(CashAct.status == CashActStatus.WAITING)
    return {act.centre_id: act for act in db.session.scalars(waiting)}


def find_waiting(centre_id: int) -> CashAct | None:
    """Return the act of a box that waits for a second person, or None."""
    here = (CashAct.centre_id == centre_id, CashAct.status == CashActStatus.WAITING)
    return db.session.scalars(select(CashAct).where(*here)).one_or_none()
