"""The tables of the books. APPEND_ONLY names those that triggers hold (shop/append_only.py)."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column


class Side(StrEnum):
    """Which side makes an account's balance grow."""

    DEBIT = "debit"
    CREDIT = "credit"


class Account(Model):
    """One account, unique by book (legal entity), code and currency."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("book", "code", "currency"),
        UniqueConstraint("id", "book", "currency"),
        one_of("side", Side),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    book: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(80))
    currency: Mapped[str] = mapped_column(String(3))
    side: Mapped[Side] = mapped_column(status_column(Side))


class Balance(Model):
    """The stored balance of an account that may not go below zero, and of no other."""

    __tablename__ = "ledger_balance"
    __table_args__ = (CheckConstraint("minor >= 0", name="not_below_zero"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"), primary_key=True)
    minor: Mapped[int] = mapped_column(Minor)


class Entry(Model):
    """One business event in the books: when it took effect, when it was written, by whom.

    `happened_on` is set where that day's month was closed already: then `effective_on` is the day it was recorded.
    """

    __tablename__ = "ledger_entry"

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    reference: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    effective_on: Mapped[date]
    happened_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(String(40))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)


class Transfer(Model):
    """An amount from a debit account to a credit account of the same book and currency, dated as its entry is.

    Each side's index holds all that a balance or a page of a passbook is made of, in the order of the days.
    """

    __tablename__ = "ledger_transfer"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        ForeignKeyConstraint(
            ["debit_account_id", "book", "currency"],
            ["ledger_account.id", "ledger_account.book", "ledger_account.currency"],
            name="fk_ledger_transfer_debit",
        ),
        ForeignKeyConstraint(
            ["credit_account_id", "book", "currency"],
            ["ledger_account.id", "ledger_account.book", "ledger_account.currency"],
            name="fk_ledger_transfer_credit",
        ),
        Index("ix_ledger_transfer_debits", "debit_account_id", "effective_on", "id", "amount_minor"),
        Index("ix_ledger_transfer_credits", "credit_account_id", "effective_on", "id", "amount_minor"),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
    book: Mapped[str] = mapped_column(String(40))
    currency: Mapped[str] = mapped_column(String(3))
    debit_account_id: Mapped[int] = mapped_column(BigId)
    credit_account_id: Mapped[int] = mapped_column(BigId)
    amount_minor: Mapped[int] = mapped_column(Minor)
    effective_on: Mapped[date]


class Seal(Model):
    """A link of the chain over entries: the hash of the link before and of this entry's rows."""

    __tablename__ = "ledger_seal"

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    chain: Mapped[str] = mapped_column(String(64))
    fingerprints: Mapped[str] = mapped_column(Text)


class Period(Model):
    """A month of a book that was closed: when, by whom, and where the chain stood. Nothing is dated up to `until`."""

    __tablename__ = "ledger_period"
    __table_args__ = (
        UniqueConstraint("book", "month"),
        UniqueConstraint("book", "until"),
        CheckConstraint("until > month", name="ends_after_it_begins"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    book: Mapped[str] = mapped_column(String(40))
    month: Mapped[date]  # its first day
    until: Mapped[date]  # its last
    closed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_by: Mapped[str] = mapped_column(String(40))
    seal_seq: Mapped[int] = mapped_column(ForeignKey("ledger_seal.seq"))
    chain: Mapped[str] = mapped_column(String(64))


class PeriodBalance(Model):
    """What stood on an account at the end of a closed month, on its own side.

    There is a row where that is another than at the close before: an account that did not move needs none.
    """

    __tablename__ = "ledger_period_balance"
    __table_args__ = (UniqueConstraint("account_id", "month"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"))
    month: Mapped[date]
    minor: Mapped[int] = mapped_column(Minor)


APPEND_ONLY = {
    "ledger_account": "id",
    "ledger_entry": "id",
    "ledger_transfer": "id",
    "ledger_seal": "seq",
    "ledger_period": "id",
    "ledger_period_balance": "id",
}  # table -> key
