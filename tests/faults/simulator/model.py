"""What the books should say, kept in memory and written from the table of events and the earning rules alone.

Nothing here asks the shop for an amount. Balances are paise on the credit side: what a debit takes goes below zero, so
the sum over all accounts is zero at any moment. What the shop keeps apart that the table of events does not (sales, its
tax, carriage, what came back of them) is one class here: `turnover`; a gateway's fee and the tax on it are `fees`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction

from tests.faults.simulator.records import Bought, Deducted, Design, GivenBack, PayRun, Row, Share, Till, Woman

INDIA = timezone(timedelta(hours=5, minutes=30))
PERIOD = timedelta(days=31)
AFTER_DELIVERY, WITHOUT_NEWS = timedelta(days=14), timedelta(days=30)
TURNOVER, FEES = "turnover", "gateway-fees"
FINE_LAPSES = timedelta(days=90)
DISPUTE_FEE = 150_000  # Stripe's in India, as its sandbox takes it


def class_of(code: str, currency: str = "INR") -> str:
    """Return the class under which the model knows an account of the books; another currency is named behind it."""
    first = code.partition(":")[0]
    if first in ("sales", "tax", "shipping-income", "sales-returns"):
        code = TURNOVER
    if first == "gateway-fees" or (code, currency) == ("fx", "INR"):
        code = FEES  # at which rate a gateway changes is its own affair: what it keeps and what it changed are one sum
    return code + ("" if currency == "INR" else f" {currency}")


def half_up(part: Fraction) -> int:
    """Return the whole paise of an amount, the half upwards."""
    return int(part + Fraction(1, 2))


def parts_of(minor: int, earned: Mapping[int, int]) -> dict[int, int]:
    """Divide a share by what each woman earned: whole paise downwards, what is left by the largest remainder."""
    total = sum(earned.values())
    exact = {who: Fraction(minor * each, total) for who, each in earned.items()}
    parts = {who: int(each) for who, each in exact.items()}
    by_remainder = sorted(exact, key=lambda who: (parts[who] - exact[who], who))
    for who in by_remainder[: minor - sum(parts.values())]:
        parts[who] += 1
    return {who: part for who, part in parts.items() if part}


class Model:
    """All of it, with the moves of the table of events."""

    def __init__(self, today: Callable[[], date]) -> None:
        self.today = today
        self.minor: Counter[str] = Counter()
        self.by_day: dict[str, Counter[date]] = {}  # account -> day -> what moved on it
        self.women: dict[str, Woman] = {}
        self.orders: list[Bought] = []
        self.shares: dict[tuple[int, int], Share] = {}
        self.earned_on: dict[int, Counter[int]] = {}  # piece -> artisan -> paise
        self.share_minor = 0
        self.centre = 0
        self.till = Till()
        self.runs: list[PayRun] = []
        self.designs: list[Design] = []
        self.closed: dict[date, Counter[str]] = {}  # last day of a closed month -> what stood on each account

    def move(self, debit: str, credit: str, minor: int, *, on: date | None = None) -> None:
        """One transfer, of today or of the day on which it happened."""
        if minor:
            day = self.counts_for(on or self.today())
            for account, grown in ((debit, -minor), (credit, minor)):
                self.by_day.setdefault(account, Counter())[day] += grown
            self.minor[debit] -= minor
            self.minor[credit] += minor

    def counts_for(self, on: date) -> date:
        """What comes to light after its month was closed counts for the day of its coming."""
        return on if all(on > until for until in self.closed) else self.today()

    def stood(self, until: date) -> Counter[str]:
        """What stood on each account at the end of a day, without those of nothing."""
        days = {code: sum(m for day, m in moved.items() if day <= until) for code, moved in self.by_day.items()}
        return Counter({code: minor for code, minor in days.items() if minor})

    def hand_out(self, account: str, minor: int) -> None:
        """Cash leaves the box, or comes back to it below zero, if a box is kept."""
        if account.startswith("cash:") and self.till.held is not None:
            self.till.held -= minor

    def lacks(self, account: str, minor: int) -> bool:
        """Say whether the box does not hold what is to be handed out of it."""
        return account.startswith("cash:") and self.till.held is not None and self.till.held < minor

    def held(self, woman: Woman, kind: str) -> int:
        """What an account of hers holds; what she owes of an advance counts above zero."""
        minor = self.minor[woman.account(kind)]
        return -minor if kind == "advance" else minor

    def free(self, woman: Woman) -> int:
        """What she can take, less what two people have promised her already."""
        return max(self.held(woman, "payable") - woman.promised, 0)

    def wages(self, woman: Woman, at: datetime) -> int:
        """What she earned by pieces since anything was last taken or paid out, and no longer back than a month."""
        begins = [at - PERIOD]
        begins += [each.taken_at for each in woman.deductions if each.taken_at]
        begins += [when for each in woman.advances for when, _ in each.recovered]
        begins += [each.sent_at for each in woman.payouts if each.status == "settled" and each.sent_at]
        begin = max(begins)
        return sum(each.minor for each in woman.earned if begin < each.at <= at and not each.is_reversed)

    def recovered(self, woman: Woman, at: datetime) -> int:
        """What goes back of her advance with a payout of all that she can take."""
        advance = woman.advance
        if advance is None or advance.status != "acknowledged":
            return 0
        month = at.astimezone(INDIA).strftime("%Y-%m")
        taken = sum(minor for when, minor in advance.recovered if f"{when.astimezone(INDIA):%Y-%m}" == month)
        left, held = self.held(woman, "advance"), self.held(woman, "payable")
        return max(min(left, advance.instalment - taken, self.wages(woman, at) // 2, held // 2), 0)

    def deducted(self, woman: Woman, room: int, at: datetime) -> list[Deducted]:
        """What of what was settled with her fits into the room, each whole; fines to three in a hundred of wages."""
        fines, chosen = self.wages(woman, at) * 3 // 100, []
        for each in woman.deductions:
            lapsed = each.kind == "fine" and (each.noticed_at is None or each.noticed_at < at - FINE_LAPSES)
            if each.status not in ("agreed", "upheld") or each.due_on > self.today() or lapsed:
                continue
            if each.minor <= room and (each.kind != "fine" or each.minor <= fines):
                chosen.append(each)
                room -= each.minor
                fines -= each.minor if each.kind == "fine" else 0
        return chosen

    def half(self, woman: Woman, at: datetime) -> int:
        """The most that all takings together may come to: half of her wages, and of what she can take."""
        return max(min(self.wages(woman, at), self.held(woman, "payable")) // 2, 0)

    def due(self, woman: Woman, at: datetime) -> int:
        """What is taken of an advance and of deductions with a payout of all that she can take."""
        back = self.recovered(woman, at)
        return back + sum(each.minor for each in self.deducted(woman, self.half(woman, at) - back, at))

    def hear(self, order: Bought) -> None:
        """The shop is told that an order's payment was captured; what it cannot use goes back."""
        if not order.payment or order.is_heard:
            return
        order.is_heard, order.captured = True, order.total
        self.move(order.clearing, order.prepaid, order.captured, on=order.paid_on)
        if order.status == "placed":
            order.status = "paid"
        else:
            order.refunds.append(GivenBack(order.captured, of_sale=False))

    def hear_dispute(self, order: Bought) -> None:
        """The shop is told how a dispute stands."""
        disputed = order.disputed
        if disputed is None:
            return
        if not disputed.told and order.gateway == "stripe":
            self.move(FEES, order.clearing, DISPUTE_FEE, on=disputed.on)
        disputed.told = disputed.status
        if not disputed.is_taken and (order.gateway == "stripe" or disputed.status == "lost"):
            disputed.is_taken = True
            self.move("disputes", order.clearing, order.captured, on=disputed.on)
        if disputed.status == "won" and disputed.is_taken:
            disputed.is_taken = False
            self.move(order.clearing, "disputes", order.captured, on=disputed.on)
        if disputed.status == "lost" and order.status == "paid":
            order.status = "cancelled"
            self.move(order.prepaid, "disputes", order.captured, on=disputed.on)

    def sent_back(self, order: Bought) -> None:
        """The refunds of an order that wait have gone."""
        for each in order.refunds:
            if not each.is_gone:
                each.is_gone = True
                self.move(order.turnover if each.of_sale else order.prepaid, order.clearing, each.minor)

    def stand(self, standing: Mapping[tuple[int, int], tuple[Bought, Row, Mapping[int, int]]]) -> None:
        """Follow which piece stands for which paid line: promise what is new, take back what went and was not hers."""
        for pair, share in self.shares.items():
            if share.status == "pending" and pair not in standing:
                share.status = "reversed"
                for number, minor in share.parts.items():
                    self.move(f"artisan:{number}:pending", "shares", minor)
        for pair, (order, row, earned) in standing.items():
            if pair in self.shares or not row.share or not earned:
                continue
            share = self.shares[pair] = Share(order, parts_of(row.share, earned))
            for number, minor in share.parts.items():
                self.move("shares", f"artisan:{number}:pending", minor)

    def release(self, at: datetime) -> None:
        """Let be theirs what nobody can send back any more."""
        for share in self.shares.values():
            order = share.order
            is_open = order.disputed is not None and order.disputed.told == "opened"
            if share.status != "pending" or order.ends_at is None or at <= order.ends_at or order.coming or is_open:
                continue
            share.status = "released"
            for number, minor in share.parts.items():
                self.move(f"artisan:{number}:pending", f"artisan:{number}:payable", minor)
