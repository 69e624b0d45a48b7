"""What the model keeps of people and orders: facts and paise, with nothing of the shop's own in them."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass
class Earned:
    """A credit of hers. `proposed_by` stands while somebody wants it taken back."""

    reference: str
    minor: int
    at: datetime
    proposed_by: str = ""
    is_reversed: bool = False


@dataclass
class Advance:
    """An advance of hers and what went back of it with payouts."""

    id: int
    minor: int
    instalment: int
    account: str
    status: str = "proposed"
    recovered: list[tuple[datetime, int]] = field(default_factory=list)


@dataclass
class Payout:
    """A payout of hers."""

    id: int
    minor: int
    account: str
    status: str = "proposed"
    sent_at: datetime | None = None
    run: int = 0


@dataclass
class Deducted:
    """A deduction of hers: who proposed and approved it, and when it was taken, which stays so if it is given back."""

    id: int
    kind: str
    minor: int
    due_on: date
    proposed_by: str
    status: str = "proposed"
    approved_by: str = ""
    respond_by: date | None = None
    noticed_at: datetime | None = None
    taken_at: datetime | None = None


@dataclass
class CashAct:
    """What one person wrote down of the box and nobody has seen yet; of a count, what it should have found."""

    id: int
    kind: str
    minor: int
    by: str
    expected: int = 0


@dataclass
class Till:
    """The box of the centre: what lies in it once it was opened, and what waits for a second person."""

    held: int | None = None
    waiting: CashAct | None = None


@dataclass
class PayRun:
    """A payout run of the centre."""

    id: int
    first_on: date
    last_on: date


@dataclass
class Design:
    """A version of who drew what, with each woman's part in basis points, and the months it was credited for."""

    product: str
    version: int
    parts: dict[int, int]
    rate: int
    agreed_on: date
    status: str = "proposed"
    months: set[date] = field(default_factory=set)


@dataclass
class Woman:
    """A maker: what she was credited, and what was agreed with her."""

    name: str
    number: int
    earned: list[Earned] = field(default_factory=list)
    advances: list[Advance] = field(default_factory=list)
    payouts: list[Payout] = field(default_factory=list)
    deductions: list[Deducted] = field(default_factory=list)

    def account(self, kind: str) -> str:
        return f"artisan:{self.number}:{kind}"

    @property
    def advance(self) -> Advance | None:
        """The one advance of hers that is not ended."""
        standing = ("proposed", "approved", "paid", "questioned", "acknowledged")
        return next((each for each in self.advances if each.status in standing), None)

    @property
    def payout(self) -> Payout | None:
        """The one payout of hers that is not ended."""
        return next((it for it in self.payouts if it.status in ("proposed", "approved", "sent", "questioned")), None)

    @property
    def promised(self) -> int:
        return sum(each.minor for each in self.payouts if each.status == "approved")


@dataclass
class Row:
    """A line of an order: its pieces and what they cost as the order stands, and what each promises its makers."""

    sku: str
    line_id: int
    pieces: int
    minor: int
    share: int
    is_counted: bool = False  # by a design's royalty


@dataclass
class GivenBack:
    """A refund that was asked for; `of_sale` where it takes back what was sold."""

    minor: int
    of_sale: bool
    is_gone: bool = False


@dataclass
class Disputed:
    """What a bank asks back: how it stands there, and what of that the shop was told."""

    ref: str
    status: str = "opened"
    told: str = ""
    is_lost: bool = False
    is_taken: bool = False
    on: date | None = None  # the day of what the bank said last


@dataclass
class Bought:
    """An order and its money.

    `payment` is what the gateway knows, `is_heard` whether the shop does; what of it `is_lost` comes by no webhook any
    more, and `is_over` is a page that nobody can pay on.
    """

    id: int
    number: str
    key: str
    email: str
    gateway: str
    rows: dict[str, Row]
    delivery: int
    placed_on: date
    currency: str = "INR"
    paid_on: date | None = None
    attempt_id: int = 0
    page: str = ""
    status: str = "placed"
    payment: str = ""
    is_heard: bool = False
    is_lost: bool = False
    is_over: bool = False
    captured: int = 0
    refunds: list[GivenBack] = field(default_factory=list)
    disputed: Disputed | None = None
    ends_at: datetime | None = None
    given_of_row: Counter[str] = field(default_factory=Counter)
    coming: bool = False
    open_return: int = 0
    wanted_back: tuple[str, int] = ("", 0)
    came_back: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    in_the_house: list[int] = field(default_factory=list)

    @property
    def prepaid(self) -> str:
        return self._account(f"prepaid:{self.id}")

    @property
    def clearing(self) -> str:
        return self._account(f"gateway:{self.gateway}:clearing")

    @property
    def turnover(self) -> str:
        return self._account("turnover")

    def _account(self, code: str) -> str:
        return code if self.currency == "INR" else f"{code} {self.currency}"

    @property
    def total(self) -> int:
        """What the order costs as it stands."""
        return self.delivery + sum(row.minor for row in self.rows.values())

    @property
    def is_news(self) -> bool:
        """Whether a gateway has something to tell that the shop has not heard."""
        untold = self.disputed is not None and self.disputed.told != self.disputed.status
        return untold or (bool(self.payment) and not self.is_heard)

    @property
    def is_disputed(self) -> bool:
        return self.disputed is not None and self.disputed.told in ("opened", "lost")

    @property
    def left(self) -> int:
        """What can still be given back: nothing while a bank asks for it, or has it."""
        return 0 if self.is_disputed else self.captured - sum(each.minor for each in self.refunds)


@dataclass
class Share:
    """A promise for one piece that went to one paid line."""

    order: Bought
    parts: dict[int, int]
    status: str = "pending"
