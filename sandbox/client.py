"""Talks to a sandbox's control API; standard library only, for tests, the demo and the figures."""

import http.client
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypedDict
from urllib.parse import urlsplit


class SandboxRefusal(Exception):
    """The sandbox said no; `status` is 409 for what cannot be done now, 400 for what it did not understand."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Paid(TypedDict):
    """What became of an attempt to pay; `redirect` is where the browser would go."""

    payment: str
    status: str
    amount: int
    redirect: str


class Refunded(TypedDict):
    """A refund made or settled."""

    refund: str
    status: str
    amount: int


class Disputed(TypedDict):
    """A dispute that was opened, answered or decided."""

    dispute: str
    status: str
    amount: int


class Closed(TypedDict, total=False):
    """A page that was left, cancelled or expired."""

    state: str
    redirect: str


class Attempt(TypedDict):
    """One delivery made by a release; status 0 is no answer, None a dropped event."""

    id: str
    type: str
    status: int | None


class Deliveries(TypedDict):
    """The queue and log of webhooks."""

    mode: str
    target: str | None
    events: list[dict[str, Any]]


class SandboxControl:
    """Typed methods for everything under /_sandbox/."""

    def __init__(self, base_url: str, timeout: float = 60.0) -> None:
        self.base_url = base_url.rstrip("/")
        self._netloc = urlsplit(self.base_url).netloc
        self._timeout = timeout

    def pay(
        self,
        gateway: str,
        ref: str,
        outcome: Literal["ok", "fail", "authenticate", "authorize"] = "ok",
        *,
        at: int | None = None,
        quiet: bool = False,
    ) -> Paid:
        """Press Pay (or Decline, or be asked by the bank first) on the page of a session or link.

        `authorize`: the bank agrees and Razorpay captures nothing by itself.
        """
        answer: Paid = self._post("pay", gateway=gateway, ref=ref, outcome=outcome, at=at, quiet=quiet)
        return answer

    def cancel(
        self,
        gateway: str,
        ref: str,
        *,
        by: Literal["customer", "merchant"] = "customer",
        at: int | None = None,
        quiet: bool = False,
    ) -> Closed:
        """Leave the page unpaid, or (Razorpay, by merchant) cancel the link."""
        answer: Closed = self._post("cancel", gateway=gateway, ref=ref, by=by, at=at, quiet=quiet)
        return answer

    def expire(self, gateway: str, ref: str, *, at: int | None = None, quiet: bool = False) -> Closed:
        """End a page's time."""
        answer: Closed = self._post("expire", gateway=gateway, ref=ref, at=at, quiet=quiet)
        return answer

    def refund(
        self, gateway: str, payment: str, amount: int | None = None, *, at: int | None = None, quiet: bool = False
    ) -> Refunded:
        """Refund on the gateway's dashboard, behind the shop's back."""
        answer: Refunded = self._post("refund", gateway=gateway, payment=payment, amount=amount, at=at, quiet=quiet)
        return answer

    def settle(
        self,
        gateway: str,
        refund: str,
        outcome: Literal["ok", "fail"] = "ok",
        *,
        at: int | None = None,
        quiet: bool = False,
    ) -> Refunded:
        """The bank takes a pending refund, or sends any refund back."""
        answer: Refunded = self._post("settle", gateway=gateway, refund=refund, outcome=outcome, at=at, quiet=quiet)
        return answer

    def pay_out(
        self, gateway: str, *, at: int | None = None, adjustment: int = 0, short: int = 0, by_hand: int = 0
    ) -> dict[str, Any]:
        """Send everything that is not settled yet to the merchant's bank, or a sum by hand; returns the settlement."""
        answer: dict[str, Any] = self._post(
            "settlements", gateway=gateway, at=at, adjustment=adjustment, short=short, by_hand=by_hand
        )
        return answer

    def authorize_late(self, payment: str, *, at: int | None = None, quiet: bool = False) -> Paid:
        """Razorpay's late authorisation: the bank of a failed payment agrees after all; the shop has to capture."""
        answer: Paid = self._post("late", gateway="razorpay", payment=payment, only="authorized", at=at, quiet=quiet)
        return answer

    def fail_payout(self, payout: str, *, at: int | None = None) -> dict[str, Any]:
        """Stripe's payout that was told as paid comes back from the bank; returns it."""
        answer: dict[str, Any] = self._post("settlements/failure", payout=payout, at=at)
        return answer

    def capture_late(self, payment: str, *, at: int | None = None, quiet: bool = False) -> Paid:
        """The same on an account that captures what comes late by itself."""
        answer: Paid = self._post("late", gateway="razorpay", payment=payment, at=at, quiet=quiet)
        return answer

    def capture(self, payment: str, *, at: int | None = None, quiet: bool = False) -> Paid:
        """Capture an authorised payment on Razorpay's dashboard, behind the shop's back."""
        answer: Paid = self._post("capture", gateway="razorpay", payment=payment, at=at, quiet=quiet)
        return answer

    def dispute(
        self,
        gateway: str,
        payment: str,
        amount: int | None = None,
        *,
        inquiry: bool = False,
        at_onset: bool = False,
        at: int | None = None,
        quiet: bool = False,
    ) -> Disputed:
        """The customer's bank asks a payment back, or only asks about it."""
        answer: Disputed = self._post(
            "dispute",
            gateway=gateway,
            payment=payment,
            amount=amount,
            inquiry=inquiry,
            at_onset=at_onset,
            at=at,
            quiet=quiet,
        )
        return answer

    def send_evidence(self, gateway: str, dispute: str, *, at: int | None = None) -> Disputed:
        """The merchant answers a dispute on the gateway's dashboard."""
        answer: Disputed = self._post("evidence", gateway=gateway, dispute=dispute, at=at)
        return answer

    def decide(
        self,
        gateway: str,
        dispute: str,
        outcome: Literal["won", "lost"],
        *,
        fee_back: bool = False,
        at: int | None = None,
        quiet: bool = False,
    ) -> Disputed:
        """The bank decides a dispute for the merchant or against her; `fee_back`: its fee comes back as well."""
        answer: Disputed = self._post(
            "verdict", gateway=gateway, dispute=dispute, outcome=outcome, fee_back=fee_back, at=at, quiet=quiet
        )
        return answer

    def books(self) -> dict[str, Any]:
        """Captured and refunded per gateway and currency, every payment, every refund."""
        answer: dict[str, Any] = self._call("GET", "books")
        return answer

    def deliveries(self, *, bodies: bool = False) -> Deliveries:
        """Every event with its state and attempts."""
        answer: Deliveries = self._call("GET", "deliveries?bodies=1" if bodies else "deliveries")
        return answer

    def set_deliveries(self, *, mode: Literal["auto", "hold"] | None = None, target: str | None = None) -> None:
        """Change the mode or the shop's address."""
        self._post(
            "deliveries", **{name: value for name, value in (("mode", mode), ("target", target)) if value is not None}
        )

    def release(
        self,
        *,
        ids: Iterable[str] | None = None,
        order: Literal["fifo", "reverse", "shuffle"] = "fifo",
        seed: int = 1,
        copies: int = 1,
        signed: Literal["current", "old", "wrong"] = "current",
        stale: bool = False,
        fresh_ids: bool = False,
        parallel: int = 1,
        limit: int | None = None,
        drop: bool = False,
    ) -> list[Attempt]:
        """Send held events (or the named ones) in the way asked for."""
        answer = self._post(
            "deliveries/release",
            ids=None if ids is None else list(ids),
            order=order,
            seed=seed,
            copies=copies,
            signed=signed,
            stale=stale,
            fresh_ids=fresh_ids,
            parallel=parallel,
            limit=limit,
            drop=drop,
        )
        attempts: list[Attempt] = answer["attempts"]
        return attempts

    def flush(self) -> int:
        """Deliver all that is queued before returning; how many the shop took."""
        return int(self._post("deliveries/flush")["delivered"])

    def add_faults(self, *faults: Mapping[str, Any]) -> None:
        """Script trouble, as {"gateway", "match", "kind", "times", ...}."""
        self._call("POST", "faults", [dict(fault) for fault in faults])

    def faults(self) -> list[dict[str, Any]]:
        """The script with how often each line struck."""
        answer: list[dict[str, Any]] = self._call("GET", "faults")
        return answer

    def clear_faults(self) -> None:
        """No more trouble."""
        self._post("faults", clear=True)

    def now(self) -> int:
        """The sandbox's time."""
        return int(self._call("GET", "clock")["now"])

    def set_clock(self, moment: int, *, frozen: bool = False) -> None:
        """Jump to a moment."""
        self._post("clock", set=moment, frozen=frozen)

    def advance_clock(self, seconds: float) -> int:
        """Move on; pages whose time comes are expired before this returns."""
        return int(self._post("clock", advance=seconds)["now"])

    def reset_clock(self) -> None:
        """Back to real time."""
        self._post("clock", reset=True)

    def reset(self) -> None:
        """Forget everything but the target of webhooks."""
        self._post("reset")

    def healthy(self) -> bool:
        """Whether the sandbox answers."""
        try:
            return bool(self._call("GET", "healthz")["ok"])
        except OSError:
            return False

    def _post(self, path: str, **fields: Any) -> Any:
        return self._call("POST", path, fields)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(self._netloc, timeout=self._timeout)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/_sandbox/{path}", text, {"Content-Type": "application/json"})
            response = connection.getresponse()
            raw = response.read().decode()
        finally:
            connection.close()
        if response.status >= 400:
            raise SandboxRefusal(response.status, raw)
        return json.loads(raw)
