"""Her savings: she alone puts money aside and takes it back, any amount, at once, without a reason.

`payable -> savings` and back, each request once under the mark of its form. There is no way from a savings account to
anywhere but her own payable account, no action of the office that starts, stops or takes savings, and no amount of
one woman's savings on any page but her own: docs/decisions/0025. What she saves stays money the house owes her, and
`uncovered` says when the bank holds less than all of them have saved.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased

from shop.artisans import purse
from shop.artisans.models import Artisan
from shop.artisans.saving_models import Saving, SavingMove
from shop.clock import india_date
from shop.db import adding_once, db, run
from shop.errors import Conflict, Invalid, NotFound
from shop.ledger import balances
from shop.ledger.models import Account, Entry, Transfer
from shop.ledger.posting import BelowZero, Leg, post
from shop.money import Money
from shop.snapshots import streamed
from shop.users.models import User
from shop.verdict import Finding

KINDS = {
    SavingMove.SAVE: "saved",
    SavingMove.TAKE_BACK: "saving taken back",
    SavingMove.GIVEN_BACK: "saving given back",
}


def account_of(artisan_id: int) -> str:
    """Return the code of the account that holds what she has put aside."""
    return f"artisan:{artisan_id}:savings"


def saved(artisan: Artisan) -> Money:
    """Return what she has put aside."""
    return balances.stored(account_of(artisan.id))


def save(artisan: Artisan, amount: Money, *, mark: str, at: datetime, by: User) -> None:
    """Put aside up to what is free of what she can take; the same mark again changes nothing.

    Raises NotFound for anyone but herself, Invalid for more than there is or for nothing, Conflict for a mark that
    stands for another amount.
    """
    reference = _reference(artisan, mark, by)
    purse.hold(artisan)
    if _is_done(reference, SavingMove.SAVE, amount):
        return
    if not 0 < amount.minor <= purse.free(artisan):
        raise Invalid("saving.amount")
    _move(artisan, SavingMove.SAVE, amount, reference, at=at, by=by)


def take_back(artisan: Artisan, amount: Money, *, mark: str, at: datetime, by: User) -> None:
    """Take back any part of what she has put aside; errors and the mark as `save` has them."""
    reference = _reference(artisan, mark, by)
    purse.hold(artisan)
    if _is_done(reference, SavingMove.TAKE_BACK, amount):
        return
    if not 0 < amount.minor <= saved(artisan).minor:
        raise Invalid("saving.back")
    _move(artisan, SavingMove.TAKE_BACK, amount, reference, at=at, by=by)


def give_back(artisan_id: int, *, at: datetime, by: User) -> None:
    """Let all she has put aside be hers to take, before her identity is erased; nothing if there is nothing."""
    artisan = db.session.get(Artisan, artisan_id)
    if artisan is None:
        return
    purse.hold(artisan)
    if not (held := saved(artisan)).minor:
        return
    moves = db.session.scalar(select(func.count()).select_from(Saving).where(Saving.artisan_id == artisan_id))
    _move(artisan, SavingMove.GIVEN_BACK, held, f"saving:{artisan_id}:erasure-{moves}", at=at, by=by)


def uncovered() -> int:
    """Return by how much the bank holds less than all women have saved, in paise; 0 where it holds enough.

    It is a warning and no finding: a gateway pays some days after the customer, and only then does the bank know.
    """
    return max(_all_saved() - max(balances.derived("bank").minor, 0), 0)


def verify() -> Iterator[Finding]:
    """Yield every savings account that is not the sum of her requests, and every transfer that leads elsewhere."""
    hers: Counter[int] = Counter()
    signed = case((Saving.move == SavingMove.SAVE, Saving.amount_minor), else_=-Saving.amount_minor)
    sums = select(Saving.artisan_id, func.sum(signed)).group_by(Saving.artisan_id)
    hers.update({row[0]: int(row[1]) for row in db.session.execute(sums)})
    ids = list(db.session.scalars(select(Artisan.id).order_by(Artisan.id)))
    held = balances.stored_many([account_of(artisan_id) for artisan_id in ids])
    for artisan_id in ids:
        stored = held[account_of(artisan_id)]
        if stored != hers[artisan_id]:
            yield Finding("artisans", f"artisan {artisan_id}", "her savings account is not the sum of her requests")
    yield from _astray()


def _astray() -> Iterator[Finding]:
    """Yield transfers of a savings account that she did not ask for, or that go anywhere but to her payable account."""
    debit, credit = aliased(Account), aliased(Account)
    query = (
        select(Entry.reference, Entry.kind, Entry.actor, debit.code, credit.code, Transfer.amount_minor)
        .add_columns(Saving.artisan_id, Saving.move, Saving.amount_minor, Artisan.user_id)
        .join(Transfer, Transfer.entry_id == Entry.id)
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .outerjoin(Saving, Saving.entry_id == Entry.id)
        .outerjoin(Artisan, Artisan.id == Saving.artisan_id)
        .where(or_(debit.code.like("artisan:%:savings"), credit.code.like("artisan:%:savings")))
        .order_by(Entry.id)
    )
    for reference, kind, actor, out_of, into, minor, artisan_id, move, asked, user_id in streamed(query):
        if artisan_id is None:
            yield Finding("artisans", f"entry {reference}", "moves savings and nobody asked for it")
            continue
        ways = (f"artisan:{artisan_id}:payable", account_of(artisan_id))
        right = ways if move is SavingMove.SAVE else ways[::-1]
        own = actor == f"user:{user_id}" or move is SavingMove.GIVEN_BACK
        if not own or (out_of, into, minor, kind) != (*right, asked, KINDS[move]):
            yield Finding("artisans", f"entry {reference}", f"is not what she asked for: {out_of} -> {into}")


def _all_saved() -> int:
    signed = case((Saving.move == SavingMove.SAVE, Saving.amount_minor), else_=-Saving.amount_minor)
    return int(db.session.scalar(select(func.coalesce(func.sum(signed), 0))) or 0)


def _reference(artisan: Artisan, mark: str, by: User) -> str:
    if artisan.user_id != by.id:
        raise NotFound("artisan.unknown")
    return f"saving:{artisan.id}:{mark}"


def _is_done(reference: str, move: SavingMove, amount: Money) -> bool:
    """Say whether a form was sent before; Conflict if it asked for something else then."""
    made = select(Saving.move, Saving.amount_minor).where(Saving.reference == reference)
    before = db.session.execute(made).one_or_none()
    if before is not None and (before.move, before.amount_minor) != (move, amount.minor):
        raise Conflict("saving.done")
    return before is not None


def _move(artisan: Artisan, move: SavingMove, amount: Money, reference: str, *, at: datetime, by: User) -> None:
    own = (artisan.payable, account_of(artisan.id))
    out_of, into = own if move is SavingMove.SAVE else own[::-1]
    try:
        entry_id = post(
            reference, KINDS[move], [Leg(out_of, into, amount)], effective_on=india_date(at), at=at, by=by.actor
        )
    except BelowZero as error:  # it was moved between the look above and this
        raise Invalid("saving.amount" if move is SavingMove.SAVE else "saving.back") from error
    values = {"artisan_id": artisan.id, "move": move, "amount_minor": amount.minor, "reference": reference}
    run(adding_once(Saving, "reference"), {**values, "entry_id": entry_id, "at": at})
