"""The chart of accounts: which side each kind of account grows on, and which hold a floor of zero."""

from shop.ledger.models import Side

# Last part of a code, or the code itself, -> side. A code that matches none is refused.
_DEBIT = (
    "clearing",
    "bank",
    "cash",
    "cash-differences",
    "wages",
    "shares",
    "fees",
    "gateway-fees",
    "sales-returns",
    "disputes",
    "advance",
    "fx",
)
_CREDIT = (
    "prepaid",
    "sales",
    "tax",
    "shipping-income",
    "payable",
    "pending",
    "in-transit",
    "savings",
    "deductions",
    "capital",
    "cash-opening",
    "rounding",
)
_FLOOR = ("prepaid", "payable", "pending", "in-transit", "savings", "advance")
_HERS_ALONE = ("savings",)

# What an accountant's program calls each kind.
_ROOTS = {
    "Assets": ("clearing", "bank", "cash", "advance"),
    "Liabilities": ("prepaid", "tax", "payable", "pending", "in-transit", "savings", "deductions"),
    "Equity": ("capital", "cash-opening", "fx", "rounding"),
    "Income": ("sales", "shipping-income"),
    "Expenses": ("wages", "shares", "fees", "gateway-fees", "sales-returns", "disputes", "cash-differences"),
}


class UnknownAccount(ValueError):
    """A code that the chart does not know."""


def kind_of(code: str) -> str:
    """Return the part of a code that says what the account is: its last part for `artisan:` and
    `gateway:` accounts, its first for all others."""
    parts = code.split(":")
    return parts[-1] if parts[0] in ("artisan", "gateway") else parts[0]


def side_of(code: str) -> Side:
    """Return the side on which an account's balance grows; UnknownAccount if the chart has no such code."""
    kind = kind_of(code)
    if kind in _DEBIT:
        return Side.DEBIT
    if kind in _CREDIT:
        return Side.CREDIT
    raise UnknownAccount(code)


def has_floor(code: str) -> bool:
    """Say whether an account may never go below zero."""
    return kind_of(code) in _FLOOR


def is_hers_alone(code: str) -> bool:
    """Say whether an account's amounts are for nobody's eyes but hers: docs/decisions/0025."""
    return kind_of(code) in _HERS_ALONE


def root_of(code: str) -> str:
    """Return which of an accountant's five roots a code belongs to; UnknownAccount if the chart has no such code."""
    kind = kind_of(code)
    for root, kinds in _ROOTS.items():
        if kind in kinds:
            return root
    raise UnknownAccount(code)
