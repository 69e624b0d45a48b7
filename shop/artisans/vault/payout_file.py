"""The payout file: the one verb that opens many records at once, and only their bank details.

One person proposes it, another releases it; and two say that a released one never reached the bank.
What it pays is frozen when it is proposed; releasing writes one audit row for each payee before
anything is opened. The file itself is never stored.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.artisans.models import Artisan, Payout, PayoutMethod, PayoutStatus
from shop.artisans.payout_file_models import FILE_MOVES, PayoutFile, PayoutFileLine, PayoutFileStatus
from shop.artisans.purse import hold_all
from shop.artisans.vault.keys import Keyring
from shop.artisans.vault.looks import Leave
from shop.artisans.vault.person import Person
from shop.artisans.vault.records import get
from shop.db import changed, db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.money import Money
from shop.statuses import move
from shop.users import audit
from shop.users.models import User

BY_BANK = (PayoutMethod.BANK, PayoutMethod.UPI)
NEEDED: Mapping[PayoutMethod, tuple[str, ...]] = {
    PayoutMethod.BANK: ("account_holder", "account_number", "ifsc"),
    PayoutMethod.UPI: ("upi",),
}

NAMES = ("account_holder", "legal_name")  # in whose name: the account's holder, else herself


@dataclass(frozen=True, repr=False)
class Payee:
    """One line of the file as the bank reads it. Printing one shows nothing."""

    payout_id: int
    method: PayoutMethod
    amount: Money
    account_holder: str
    account_number: str
    ifsc: str
    upi: str

    def __repr__(self) -> str:
        return f"Payee(payout {self.payout_id}, …)"


@dataclass(frozen=True)
class Due:
    """A payout that a released file pays, with the leave to open its maker's record."""

    payout_id: int
    method: PayoutMethod
    amount: Money
    leave: Leave


def payable(centre_id: int | None) -> Sequence[Payout]:
    """Return the approved payouts by bank or UPI of one centre, or of the house, that stand in no file yet."""
    filed = select(PayoutFileLine.payout_id).where(PayoutFileLine.withdrawn_at.is_(None))
    query = select(Payout).where(
        Payout.status == PayoutStatus.APPROVED, Payout.method.in_(BY_BANK), Payout.id.not_in(filed)
    )
    if centre_id is not None:
        query = query.join(Artisan).where(Artisan.centre_id == centre_id)
    return db.session.scalars(query.order_by(Payout.id)).unique().all()


def propose(centre_id: int | None, *, at: datetime, by: User) -> PayoutFile:
    """Propose a file of everything that can be paid by bank or UPI; Invalid if that is nothing."""
    payouts = payable(centre_id)
    if not payouts:
        raise Invalid("payout_file.nothing")
    made = PayoutFile(centre_id=centre_id, status=PayoutFileStatus.PROPOSED, proposed_by=by.actor, proposed_at=at)
    made.lines = [PayoutFileLine(payout_id=payout.id) for payout in payouts]
    db.session.add(made)
    db.session.flush()
    audit.record("payout-file.propose", f"payout-file:{made.id}", by=by.actor, at=at)
    return made


def withdraw(file: PayoutFile, *, at: datetime, by: User) -> bool:
    """Take a file back that did not reach the bank, and say whether it is: what it was to pay can stand in another.

    Of a released one two people say so, since the bank may be paying it: the first is only noted, and Refused if she
    says it again. Conflict if it is back already.
    """
    row = select(PayoutFile.id).where(PayoutFile.id == file.id)
    db.session.execute(row.with_for_update(key_share=True))  # nobody releases it meanwhile
    db.session.refresh(file)
    is_released = file.status is PayoutFileStatus.RELEASED
    if is_released and file.recalled_by is None:
        file.recalled_by = by.actor
        db.session.flush()
        audit.record("payout-file.withdraw", f"payout-file:{file.id}", by=by.actor, at=at, reason="asked")
        return False
    if is_released and file.recalled_by == by.actor:
        raise Refused("payout_file.two_people_back")
    if not move(file, FILE_MOVES, PayoutFileStatus.WITHDRAWN, withdrawn_by=by.actor):
        raise Conflict("payout_file.moved_on")
    _let_go(file, (), at=at)
    audit.record("payout-file.withdraw", f"payout-file:{file.id}", by=by.actor, at=at)
    return True


def release(file: PayoutFile, on_file: Mapping[int, Iterable[str]], *, at: datetime, by: User) -> list[Due]:
    """Release a file and return what it pays; the caller commits this before anything is opened.

    Refused for the one who proposed it. Paid is what is still approved and has its bank details on
    file (`on_file`: maker's number -> names of fields); Invalid if that is nothing. What is left out can
    stand in another file.
    """
    if file.proposed_by == by.actor:
        raise Refused("payout_file.two_people")
    _look_again(file)
    due = [_due(payout) for payout in ready(file, on_file)]
    if not due:
        raise Invalid("payout_file.nothing")
    if not move(file, FILE_MOVES, PayoutFileStatus.RELEASED, released_by=by.actor, released_at=at):
        raise Conflict("payout_file.moved_on")
    _let_go(file, [each.payout_id for each in due], at=at)
    for each in due:
        subject = f"artisan:{each.leave.artisan_id}"
        audit.record("payout-file.release", subject, by=by.actor, at=at, reason=f"payout-file:{file.id}")
    return due


def _look_again(file: PayoutFile) -> None:
    """Read how its payouts stand now, and let nobody take one of them back before the present unit ends."""
    hold_all({line.payout.artisan_id for line in file.lines})
    standing = select(Payout).where(Payout.id.in_([line.payout_id for line in file.lines]))
    db.session.scalars(standing.execution_options(populate_existing=True)).unique().all()


def _let_go(file: PayoutFile, paid: Collection[int], *, at: datetime) -> None:
    """Let what a file does not pay stand in another one."""
    lines = update(PayoutFileLine).where(PayoutFileLine.file_id == file.id, PayoutFileLine.withdrawn_at.is_(None))
    changed(lines.where(PayoutFileLine.payout_id.not_in(paid)).values(withdrawn_at=at))


def _due(payout: Payout) -> Due:
    return Due(payout.id, payout.method, Money(payout.amount_minor, "INR"), Leave(payout.artisan_id))


def ready(file: PayoutFile, on_file: Mapping[int, Iterable[str]]) -> list[Payout]:
    """Return the payouts of a file that can be paid now."""
    standing = [line.payout for line in file.lines if line.payout.status is PayoutStatus.APPROVED]
    return [payout for payout in standing if has_details(payout, on_file.get(payout.artisan_id, ()))]


def has_details(payout: Payout, names: Iterable[str]) -> bool:
    """Say whether the bank details that a payout needs are on file."""
    return set(NEEDED[payout.method]) <= set(names)


def payees(vault: Session, keys: Keyring, due: Iterable[Due]) -> list[Payee]:
    """Open the bank details of what a released file pays."""
    return [_payee(each, get(vault, keys, each.leave, only=(*NAMES, *NEEDED[each.method]))) for each in due]


def _payee(due: Due, person: Person) -> Payee:
    return Payee(
        payout_id=due.payout_id,
        method=due.method,
        amount=due.amount,
        account_holder=person.account_holder or person.legal_name or "",
        account_number=person.account_number or "",
        ifsc=person.ifsc or "",
        upi=person.upi or "",
    )


def waiting() -> Sequence[PayoutFile]:
    """Return the files that wait to be released, the oldest first."""
    proposed = select(PayoutFile).where(PayoutFile.status == PayoutFileStatus.PROPOSED)
    return db.session.scalars(proposed.order_by(PayoutFile.id)).unique().all()


def recalled() -> Sequence[PayoutFile]:
    """Return the released files of which one person says that they never reached the bank, the oldest first."""
    asked = (PayoutFile.status == PayoutFileStatus.RELEASED, PayoutFile.recalled_by.is_not(None))
    return db.session.scalars(select(PayoutFile).where(*asked).order_by(PayoutFile.id)).unique().all()


def files() -> Sequence[PayoutFile]:
    """Return the last files, newest first."""
    return db.session.scalars(select(PayoutFile).order_by(PayoutFile.id.desc()).limit(30)).unique().all()


def get_file(file_id: int) -> PayoutFile:
    """Return a file; NotFound if there is none."""
    file = db.session.get(PayoutFile, file_id)
    if file is None:
        raise NotFound("payout_file.unknown")
    return file
