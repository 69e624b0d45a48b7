"""What the house owes one woman, as the office reads it: one figure, whether or not she has put some of it aside.

Her payable account and her savings are one account here, and moves between the two are no lines of it. So no page of
the office changes when she saves or takes back, and no two pages differ by what she saved: docs/decisions/0025.
"""

from collections.abc import Iterable, Sequence

from shop.artisans import savings
from shop.artisans.models import Artisan
from shop.ledger import balances, statements
from shop.ledger.chart import kind_of
from shop.ledger.models import Side
from shop.ledger.posting import HOUSE
from shop.ledger.statements import Line

PUT_ASIDE, PAYABLE = "savings", "payable"
Row = tuple[str, str, str, Side, int]


def is_put_aside(code: str) -> bool:
    """Say whether an account holds what a woman has put aside: it is on her own pages and nowhere else."""
    return kind_of(code) == PUT_ASIDE


def to_many(artisans: Sequence[Artisan]) -> dict[int, int]:
    """Return artisan -> what the house owes her, in paise."""
    codes = {artisan.id: (artisan.payable, savings.account_of(artisan.id)) for artisan in artisans}
    held = balances.stored_many([code for pair in codes.values() for code in pair])
    return {artisan_id: held[payable] + held[aside] for artisan_id, (payable, aside) in codes.items()}


def balance(code: str, currency: str, book: str) -> int:
    """Return the balance of any account, of a payable one with what she has put aside."""
    minor = balances.derived(code, currency, book=book).minor
    if kind_of(code) != PAYABLE:
        return minor
    return minor + balances.derived(code.removesuffix(PAYABLE) + PUT_ASIDE, currency, book=book).minor


def folded(rows: Iterable[Row]) -> list[Row]:
    """Return a trial balance in which what a woman has put aside counts to her payable account."""
    sums: dict[tuple[str, str, str, Side], int] = {}
    for book, code, currency, side, minor in rows:
        shown = code.removesuffix(PUT_ASIDE) + PAYABLE if is_put_aside(code) else code
        key = (book, shown, currency, side)
        sums[key] = sums.get(key, 0) + minor
    return [(*key, minor) for key, minor in sums.items()]


def lines(
    code: str, currency: str = "INR", *, book: str = HOUSE, limit: int, before: int | None
) -> tuple[list[Line], int | None]:
    """Return a full page of an account's newest lines without its moves to and from savings, and where to read on.

    A page is filled up by what is older: one that is short would say how often she saved.
    """
    found: list[Line] = []
    while True:
        some = statements.lines(code, currency, book=book, limit=limit + 1, before=before)
        found += [line for line in some if not is_put_aside(line.other_account)]
        if len(found) > limit:
            return found[:limit], found[limit - 1].transfer_id
        if len(some) <= limit:
            return found, None
        before = some[-1].transfer_id
