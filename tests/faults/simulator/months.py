"""Closed months: what the books say of each account at its end, by its transfers and by what was kept, stays."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select

from shop.db import db
from shop.ledger.models import Account, PeriodBalance, Side, Transfer
from tests.faults.simulator.model import class_of


def compare_months(closed: Mapping[date, Counter[str]]) -> None:
    """Compare each closed month with what the model held at the moment of its close."""
    for until, stood in closed.items():
        for name, found in (("transfers", _by_transfers(until)), ("kept balances", _kept(until))):
            wrong = {
                code: (found[code], stood[code]) for code in found.keys() | stood.keys() if found[code] != stood[code]
            }
            assert not wrong, f"{until:%Y-%m} was closed; its {name}, the model: {wrong}"


def _by_transfers(until: date) -> Counter[str]:
    found: Counter[str] = Counter()
    for side, sign in ((Transfer.debit_account_id, -1), (Transfer.credit_account_id, 1)):
        query = select(Account.code, Account.currency, func.sum(Transfer.amount_minor)).join(
            Transfer, side == Account.id
        )
        for code, currency, minor in db.session.execute(
            query.where(Transfer.effective_on <= until).group_by(Account.code, Account.currency)
        ):
            found[class_of(code, currency)] += sign * int(minor)
    return found


def _kept(until: date) -> Counter[str]:
    """What the closes kept, the newest that an account has."""
    query = select(Account.code, Account.currency, Account.side, PeriodBalance.minor)
    query = query.join(PeriodBalance, PeriodBalance.account_id == Account.id).where(PeriodBalance.month <= until)
    newest: dict[tuple[str, str], int] = {}
    for code, currency, side, minor in db.session.execute(query.order_by(PeriodBalance.month)):
        newest[code, currency] = minor if side is Side.CREDIT else -minor
    found: Counter[str] = Counter()
    for (code, currency), minor in newest.items():
        found[class_of(code, currency)] += minor
    return found
