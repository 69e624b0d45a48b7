"""What a person may let go wrong with her own hands: a line each, and the faults that stand behind it.

The same faults that tests script (faults.py); this is only their shop window.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.faults import FaultKind
from sandbox.state import Sandbox

_CREATE = "POST /v1/checkout/sessions|POST /v1/payment_links"
_REFUND = "POST /v1/refunds|POST /v1/payments/*/refund"


@dataclass(frozen=True)
class Mischief:
    """Something that goes wrong: what a person reads, what is to be seen afterwards, and the faults."""

    title: str
    heals: str
    faults: tuple[dict[str, Any], ...]
    stays: bool = False
    """Whether the customer's browser never comes back to the shop."""
    only: str = ""
    """The one gateway where it can happen."""

    def prepare(self, box: Sandbox, gateway: str, ref: str) -> None:
        """Put the faults on the board for the next press on one pay page."""
        for fault in self.faults:
            box.faults.add({"gateway": gateway, "match": f"POST /pay/{ref}", "name": self.title, **fault})


def _news(kind: FaultKind, times: int = 2, **more: Any) -> dict[str, Any]:
    """Return a fault that meets both events of a payment."""
    return {"kind": kind, "match": "WEBHOOK *", "times": times, **more}


PAYMENTS: dict[str, Mischief] = {
    "bank-says-no": Mischief(
        "The bank says no",
        "Nothing was taken. The order waits for another try until its time is over.",
        ({"kind": FaultKind.DECLINED},),
    ),
    "bank-asks": Mischief(
        "The bank asks who you are first",
        "Nothing is taken before you have answered.",
        ({"kind": FaultKind.AUTHENTICATION},),
    ),
    "only-authorised": Mischief(
        "The bank agrees, and Razorpay does not take the money by itself",
        "It waits for the shop, which asks for it within moments. What nobody asks for goes back in three days.",
        ({"kind": FaultKind.AUTHORIZED},),
        stays=True,
        only="razorpay",
    ),
    "nobody-tells": Mischief(
        "You pay, your phone dies, and no news reaches the shop",
        "The money is with the gateway and the shop does not know. It asks by itself, within minutes.",
        (_news(FaultKind.WEBHOOK_NEVER),),
        stays=True,
    ),
    "late-news": Mischief(
        "The news comes a minute late",
        "The order waits. In a minute the news comes, and the order is paid by itself.",
        (_news(FaultKind.WEBHOOK_DELAYED, seconds=60),),
        stays=True,
    ),
    "five-times": Mischief(
        "The news comes five times, out of order",
        "The shop has taken each of them and booked one payment.",
        (_news(FaultKind.WEBHOOK_SHUFFLED, times=1), _news(FaultKind.WEBHOOK_COPIES)),
        stays=True,
    ),
    "badly-signed": Mischief(
        "The news is signed with a wrong secret",
        "The shop believes no such news. It asks the gateway by itself, within minutes.",
        (_news(FaultKind.WEBHOOK_WRONG_SECRET),),
        stays=True,
    ),
    "too-little": Mischief(
        "The gateway takes too little",
        "That is not what the shop asked for: it pays no order, and the shop's manager is shown it.",
        ({"kind": FaultKind.WRONG_AMOUNT, "delta": -100},),
        stays=True,
    ),
}


def payments_of(gateway: str) -> dict[str, Mischief]:
    """Return what may go wrong with a payment at a gateway."""
    return {code: each for code, each in PAYMENTS.items() if each.only in ("", gateway)}


QUESTIONS: dict[str, dict[str, Mischief]] = {
    "When the shop next asks for a pay page": {
        "request-lost": Mischief(
            "The question gets lost",
            "Nothing stands at the gateway. The shop asks again by itself.",
            ({"kind": FaultKind.TIMEOUT_BEFORE},),
        ),
        "answer-lost": Mischief(
            "The answer gets lost",
            "The pay page stands and the shop has not heard of it. It looks for it, and never opens a second one.",
            ({"kind": FaultKind.TIMEOUT_AFTER},),
        ),
        "cut": Mischief("The line is cut in mid-answer", "The same, and at once.", ({"kind": FaultKind.RESET},)),
        "broken-500": Mischief(
            "An error 500, and nothing is done",
            "The shop asks again by itself.",
            ({"kind": FaultKind.ERROR_500_BEFORE},),
        ),
        "gateway-502": Mischief(
            "An error 502, though all is done",
            "The shop looks for the page before it asks again.",
            ({"kind": FaultKind.HTML_502_AFTER},),
        ),
        "half-an-answer": Mischief(
            "Half an answer", "The shop cannot read it, and looks again.", ({"kind": FaultKind.MALFORMED_JSON},)
        ),
        "slow": Mischief(
            "Three seconds of silence, then a good answer", "Nothing is lost but time.", ({"kind": FaultKind.SLOW},)
        ),
    },
    "When the shop next gives money back": {
        "refund-waits": Mischief(
            "The bank takes its time",
            "The refund is on its way until the bank has taken it.",
            ({"kind": FaultKind.REFUND_PENDING},),
        ),
        "refund-fails": Mischief(
            "The bank sends it back", "The money can be given back once more.", ({"kind": FaultKind.REFUND_FAILED},)
        ),
        "refund-lost": Mischief(
            "The answer gets lost",
            "The shop looks for the refund, and never makes a second one.",
            ({"kind": FaultKind.TIMEOUT_AFTER},),
        ),
    },
}


def arm(box: Sandbox, chosen: str) -> bool:
    """Put a question's faults on the board, whichever gateway is asked; False if none has that name."""
    for group, match in zip(QUESTIONS.values(), (_CREATE, _REFUND), strict=True):
        if chosen in group:
            for fault in group[chosen].faults:
                box.faults.add({"match": match, "name": group[chosen].title, **fault})
            return True
    return False


def script(box: Sandbox) -> list[dict[str, Any]]:
    """Return what is on the board and how often it has struck, as a person reads it."""
    return [
        {"name": fault["name"] or str(fault["kind"]).replace("_", " "), "struck": fault["struck"]}
        for fault in box.faults.all()
    ]
