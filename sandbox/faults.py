"""Scripted trouble: which request meets which fault, decided the same way on every run with the same seed."""

import random
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from sandbox.store import Doc


class FaultKind(StrEnum):
    """What can go wrong; 'before' and 'after' are seen from the effect on the gateway's books."""

    ERROR_500_BEFORE = "error_500_before"
    ERROR_500_AFTER = "error_500_after"
    HTML_502_BEFORE = "html_502_before"
    HTML_502_AFTER = "html_502_after"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    RESET_BEFORE = "reset_before"
    RESET = "reset"
    MALFORMED_JSON = "malformed_json"
    RATE_LIMIT = "rate_limit"
    SLOW = "slow"
    WRONG_AMOUNT = "wrong_amount"
    """On a create or on `POST /pay/*`: the payment captured differs by `delta` from what was asked."""
    DECLINED = "declined"
    """On `POST /pay/*`: the bank says no."""
    AUTHORIZED = "authorized"
    """On `POST /pay/*` at Razorpay: the bank agrees, and the account does not capture by itself."""
    AUTHENTICATION = "authentication"
    """On `POST /pay/*`: the bank asks who pays first; the next press pays."""
    REFUND_PENDING = "refund_pending"
    REFUND_FAILED = "refund_failed"
    WEBHOOK_COPIES = "webhook_copies"
    """This and the following: on `WEBHOOK <type>`, an event on its way to the shop."""
    WEBHOOK_SHUFFLED = "webhook_shuffled"
    """All others that wait go first."""
    WEBHOOK_DELAYED = "webhook_delayed"
    WEBHOOK_NEVER = "webhook_never"
    WEBHOOK_WRONG_SECRET = "webhook_wrong_secret"
    WEBHOOK_OLD_SECRET = "webhook_old_secret"


@dataclass
class Fault:
    """One line of the script."""

    kind: FaultKind
    gateway: str = "*"
    match: str = "*"
    """`METHOD /v1/path`, `POST /pay/<ref>` or `WEBHOOK <type>`, with shell wildcards; alternatives parted by |."""
    times: int | None = 1
    """How often it strikes; None means for ever."""
    skip: int = 0
    """How many matching requests pass unharmed first."""
    chance: float = 1.0
    seconds: float | None = None
    delta: int = -1
    copies: int = 5
    name: str = ""
    """What a person calls it."""
    struck: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def fits(self, gateway: str, request_line: str) -> bool:
        """Whether this request is one that the fault is for."""
        lines = self.match.split("|")
        return fnmatchcase(gateway, self.gateway) and any(fnmatchcase(request_line, line) for line in lines)

    def strikes(self) -> bool:
        """Whether it hits this time; counts as it goes."""
        if self.times is not None and self.struck >= self.times:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.chance < 1.0 and self.dice.random() >= self.chance:
            return False
        self.struck += 1
        return True

    def to_json(self) -> Doc:
        """The fault as the control API shows it."""
        return {
            "kind": self.kind,
            "gateway": self.gateway,
            "match": self.match,
            "times": self.times,
            "skip": self.skip,
            "chance": self.chance,
            "seconds": self.seconds,
            "delta": self.delta,
            "copies": self.copies,
            "name": self.name,
            "struck": self.struck,
        }


class FaultBoard:
    """The script and its progress."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._made = 0

    def add(self, body: Doc) -> None:
        """Put one more fault on the board; unknown names or kinds are a ValueError or TypeError."""
        fault = Fault(**{**body, "kind": FaultKind(body.get("kind", ""))})
        with self._lock:
            self._made += 1
            # Its own dice: what one fault decides must not depend on how requests to others interleave.
            fault.dice = random.Random(f"{self._seed}:{self._made}")
            self._faults.append(fault)

    def take(self, gateway: str, request_line: str) -> Fault | None:
        """The first fault that strikes this request, used up by one."""
        with self._lock:
            fitting = (fault for fault in self._faults if fault.fits(gateway, request_line))
            return next((fault for fault in fitting if fault.strikes()), None)

    def all(self) -> list[Doc]:
        """The script with how often each line struck."""
        with self._lock:
            return [fault.to_json() for fault in self._faults]

    def clear(self) -> None:
        """No more trouble; the dice start anew."""
        with self._lock:
            self._faults.clear()
            self._made = 0
