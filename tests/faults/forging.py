"""Ways to bend a webhook: `FORGED` are signed by nobody who may, `WRONG` are signed well and not what we asked for."""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.settings import SandboxSettings
from sandbox.signing import razorpay_signature, stripe_signature
from shop.payments.models import Attempt

KEYS = SandboxSettings()
SECRETS = {"stripe": KEYS.stripe_webhook_secret, "razorpay": KEYS.razorpay_webhook_secret}
OLD = {"stripe": KEYS.stripe_old_webhook_secret, "razorpay": KEYS.razorpay_old_webhook_secret}
OTHER = {"stripe": "razorpay", "razorpay": "stripe"}


@dataclass
class Letter:
    """A webhook in the making: what it says, and how it is signed."""

    gateway: str
    said: dict[str, Any]
    dice: random.Random
    secret: str = ""
    age_s: int = 0
    headers: dict[str, str] | None = None
    spoil: Callable[[bytes], bytes] = field(default=lambda body: body)
    to: str = ""
    others: list[Attempt] = field(default_factory=list)  # ours at the other gateway, with what was given back or asked
    other_keys: dict[str, str] = field(default_factory=dict)

    @property
    def entity(self) -> dict[str, Any]:
        """What it says of the payment, of the refund, or of the dispute."""
        if self.gateway == "stripe":
            return dict.__getitem__(self.said["data"], "object")
        payload = self.said["payload"]
        return dict.__getitem__(payload[next(it for it in ("refund", "dispute", "payment") if it in payload)], "entity")

    @property
    def kind(self) -> str:
        """Whether it is of a refund, a dispute or a payment."""
        told = str(self.said.get("event") or self.said["type"])
        return next((kind for kind in ("refund", "dispute") if kind in told), "payment")

    @property
    def is_payment(self) -> bool:
        return self.kind == "payment"

    def sealed(self) -> tuple[str, bytes, dict[str, str]]:
        """Return the address, the body and the headers as they come in."""
        body = json.dumps(self.said, separators=(",", ":")).encode()
        secret = self.secret or SECRETS[self.gateway]
        if self.gateway == "stripe":
            signed = {"Stripe-Signature": stripe_signature(secret, body, int(time.time()) - self.age_s)}
        else:
            event_id = f"evt_{self.dice.getrandbits(64):x}"
            signed = {"X-Razorpay-Signature": razorpay_signature(secret, body), "X-Razorpay-Event-Id": event_id}
        return f"/webhooks/{self.to or self.gateway}", self.spoil(body), self.headers or signed


def _signed_with(secret: Callable[[Letter], str]) -> Callable[[Letter], None]:
    def forge(letter: Letter) -> None:
        letter.secret = secret(letter)

    return forge


def _unsigned(letter: Letter) -> None:
    name = {"stripe": "Stripe-Signature", "razorpay": "X-Razorpay-Signature"}[letter.gateway]
    sent = letter.dice.choice([None, "", "t=1,v1=", "0" * 64, "null", "t=,v0=abc", "\xff\xfe"])
    letter.headers = {"X-Razorpay-Event-Id": "evt_x"} | ({} if sent is None else {name: sent})


def _stale(letter: Letter) -> None:
    """Razorpay's signature has no time: there an old letter is only known by its hash, and this is signed wrongly."""
    letter.age_s = letter.dice.randrange(301, 100_000)
    letter.secret = "" if letter.gateway == "stripe" else "long ago"


def _flipped(letter: Letter) -> None:
    at = letter.dice.random()

    def flip(body: bytes) -> bytes:
        place = int(at * len(body))
        return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]

    letter.spoil = flip


def _padded(letter: Letter) -> None:
    letter.spoil = lambda body: body + b" "


def _elsewhere(letter: Letter) -> None:
    letter.to = OTHER[letter.gateway]


# Signed by nobody who may: every one is refused.
FORGED: dict[str, Callable[[Letter], None]] = {
    "wrong secret": _signed_with(lambda letter: f"guess {letter.dice.random()}"),
    "secret of last year": _signed_with(lambda letter: OLD[letter.gateway]),
    "secret of the other gateway": _signed_with(lambda letter: SECRETS[OTHER[letter.gateway]]),
    "unsigned": _unsigned,
    "stale": _stale,
    "one bit flipped": _flipped,
    "padded": _padded,
    "sent to the other address": _elsewhere,
}


def _amount(letter: Letter) -> None:
    name = "amount_total" if letter.gateway == "stripe" and letter.is_payment else "amount"
    entity = letter.entity
    less = [] if letter.kind == "dispute" else [1, entity[name] - 1]  # a bank may ask a part back
    entity[name] = letter.dice.choice([0, *less, entity[name] + 1, entity[name] * 100, -entity[name]])


def _currency(letter: Letter) -> None:
    letter.entity["currency"] = letter.dice.choice(["usd", "eur", "xxx", ""])


def _other_house(letter: Letter) -> None:
    if letter.gateway == "stripe":
        letter.said["livemode"] = letter.entity["livemode"] = True
    else:
        letter.said["account_id"] = "acc_somebody0000"


def _not_asked(letter: Letter) -> None:
    """A key that we never gave out."""
    entity, key = letter.entity, f"MB-{letter.dice.randrange(10**6)}-1"
    if letter.gateway == "stripe":
        entity["client_reference_id"] = entity["id"] = key
        entity["metadata"] = {"attempt": key, "refund": key}
        entity["payment_intent"] = key
    else:
        entity["payment_id"] = key
        entity["description"], entity["notes"], entity["id"] = "#unknown", {"attempt": key, "refund": key}, key
        if "payment_link" in letter.said["payload"]:
            letter.said["payload"]["payment_link"]["entity"]["reference_id"] = key


def _not_done(letter: Letter) -> None:
    entity = letter.entity
    if letter.gateway == "stripe" and letter.is_payment:
        entity["payment_status"] = letter.dice.choice(["unpaid", "no_payment_required"])
    elif letter.is_payment:
        entity["status"] = letter.dice.choice(["failed", "created"])
    elif letter.kind == "dispute":
        entity["status"] = "asked_about_some_day"
    else:
        entity["status"] = letter.dice.choice(["pending", "requires_action"])


def _another_payment(letter: Letter) -> None:
    """A refund or a dispute of ours, told as of a payment that is not its own; a payment on a page that is not ours."""
    if letter.is_payment:
        _not_asked(letter)
    else:
        _of_payment(letter, f"pay_{letter.dice.getrandbits(64):x}")


def _other_gateways(letter: Letter) -> None:
    """What we asked of the other gateway, told by this one."""
    entity, other = letter.entity, letter.dice.choice(letter.others)
    if letter.kind == "refund":
        entity["id"], key = f"re_{letter.dice.getrandbits(64):x}", letter.other_keys["refund"]
        entity["metadata" if letter.gateway == "stripe" else "notes"] = {"refund": key}
    elif letter.kind == "dispute":
        _of_payment(letter, letter.other_keys["dispute"])
    elif letter.gateway == "stripe":
        entity |= {"id": other.page_ref, "client_reference_id": other.key, "amount_total": other.amount_minor}
    else:
        entity |= {"description": f"#{other.page_ref}", "notes": {"attempt": other.key}, "amount": other.amount_minor}
        if "payment_link" in letter.said["payload"]:
            letter.said["payload"]["payment_link"]["entity"] |= {"id": other.page_ref, "reference_id": other.key}


def _of_payment(letter: Letter, ref: str) -> None:
    letter.entity["payment_intent" if letter.gateway == "stripe" else "payment_id"] = ref


def _unknown_kind(letter: Letter) -> None:
    letter.said["event" if letter.gateway == "razorpay" else "type"] = "payment.of_a_new_kind"


def _torn(letter: Letter) -> None:
    entity = letter.entity
    for name in [*letter.dice.sample(sorted(entity), len(entity) // 2), "id", "amount", "amount_total", "status"]:
        entity.pop(name, None)


# Signed as it should be, and yet not to be acted on.
WRONG: dict[str, Callable[[Letter], None]] = {
    "another amount": _amount,
    "another currency": _currency,
    "another account or mode": _other_house,
    "another payment": _another_payment,
    "the other gateway's": _other_gateways,
    "a key that we never gave out": _not_asked,
    "not taken yet": _not_done,
    "an unknown kind": _unknown_kind,
    "torn": _torn,
}


Told = tuple[str, dict[str, Any]]


def letter_of(gateway: str, said: dict[str, Any], told: list[Told], attempts: list[Attempt], dice: Any) -> Letter:
    """Return a letter that, signed well and left as it is, would pay one of the open attempts, end a refund, or open a
    dispute.
    """
    letter = Letter(gateway, json.loads(json.dumps(said)), dice)
    letter.others = [each for each in attempts if each.gateway != gateway]
    theirs = [Letter(other, body, dice) for other, body in told if other != gateway]
    for each in theirs:
        if each.kind == "refund":
            letter.other_keys["refund"] = (each.entity.get("metadata") or each.entity.get("notes"))["refund"]
        elif each.kind == "dispute":
            letter.other_keys["dispute"] = each.entity.get("payment_intent") or each.entity["payment_id"]
    letter.said["id"] = f"evt_{dice.getrandbits(64):x}"
    if not letter.is_payment:
        return letter
    attempt = dice.choice([each for each in attempts if each.gateway == gateway])
    entity, ref = letter.entity, f"pay_{dice.getrandbits(64):x}"
    if gateway == "stripe":
        entity |= {"id": attempt.page_ref, "client_reference_id": attempt.key}
        entity |= {"payment_intent": ref, "amount_total": attempt.amount_minor}
    else:
        page = (attempt.page_ref or "").removeprefix("plink_")
        entity |= {"id": ref, "description": f"#{page}", "amount": attempt.amount_minor, "notes": []}
        if "payment_link" in letter.said["payload"]:
            link = letter.said["payload"]["payment_link"]["entity"]
            link |= {"id": attempt.page_ref, "reference_id": attempt.key}
    return letter
