"""Sends events to the shop: in order, signed, tried a few times."""

import http.client
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from urllib.parse import urlsplit

from sandbox.outbox import Mode, Outbox, State
from sandbox.settings import SandboxSettings
from sandbox.signing import razorpay_signature, stripe_signature
from sandbox.store import Doc

PATHS = {"stripe": "/webhooks/stripe", "razorpay": "/webhooks/razorpay"}
_STALE_SECONDS = 3600


class Signed(StrEnum):
    """Which secret an event is signed with."""

    CURRENT = "current"
    OLD = "old"
    WRONG = "wrong"


class Courier:
    """Carries queued events to the shop, in the background or on request."""

    def __init__(self, outbox: Outbox, settings: SandboxSettings) -> None:
        self._outbox = outbox
        self._settings = settings
        self.on_tick: Callable[[], None] = lambda: None
        self._sending = threading.Lock()
        self.stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to deliver in the background, unless deliveries are synchronous."""
        if not self._settings.synchronous:
            self._thread = threading.Thread(target=self._run, name="sandbox-courier", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the background thread promptly."""
        self.stopping.set()
        self._outbox.wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def flush(self) -> int:
        """Deliver all that is queued, oldest first, and say how many the shop took."""
        # Bounded: a webhook handler that itself asks for a flush must not wait for itself for ever.
        if not self._sending.acquire(timeout=self._settings.delivery_timeout):
            return 0
        try:
            taken = 0
            while (entry := self._ready()) is not None:
                taken += self._deliver(entry)
            return taken
        finally:
            self._sending.release()

    def after_effect(self) -> None:
        """Called when a page or control call is done: deliver now if deliveries are synchronous."""
        if self._settings.synchronous:
            self.flush()

    def send_once(
        self, entry: Doc, signed: Signed = Signed.CURRENT, *, stale: bool = False, event_id: str | None = None
    ) -> int:
        """One attempt, without changing the event's state; 0 stands for no answer at all."""
        body = str(entry["body"]).encode()
        headers = self._headers(entry, body, signed, stale, event_id or entry["id"])
        path = PATHS[entry["gateway"]]
        if self._settings.deliver is not None:
            return self._settings.deliver(path, headers, body)
        target = self._outbox.target
        return _post(target, path, headers, body, self._settings.delivery_timeout) if target else 0

    def _ready(self) -> Doc | None:
        reachable = self._outbox.target is not None or self._settings.deliver is not None
        if not reachable or self._outbox.mode is not Mode.AUTO or self.stopping.is_set():
            return None
        return self._outbox.next_queued()

    def _deliver(self, entry: Doc) -> bool:
        wait = self._settings.delivery_backoff
        for attempt in range(1, self._settings.delivery_attempts + 1):
            status = self.send_once(entry)
            taken = 200 <= status < 300
            last = attempt == self._settings.delivery_attempts
            state = State.DELIVERED if taken else State.FAILED if last else None
            self._outbox.note(entry["id"], status=status, signed=Signed.CURRENT, at=int(time.time()), state=state)
            if taken or last:
                return taken
            if self.stopping.wait(wait) or self._outbox.mode is not Mode.AUTO:
                return False
            wait *= 2
        return False

    def _run(self) -> None:
        while not self.stopping.is_set():
            self._outbox.wake.wait(timeout=1)
            self._outbox.wake.clear()
            if not self.stopping.is_set():
                self.on_tick()
                self.flush()

    def _headers(self, entry: Doc, body: bytes, signed: Signed, stale: bool, event_id: str) -> dict[str, str]:
        secret = self._secret(entry["gateway"], signed)
        headers = {"Content-Type": "application/json"}
        if entry["gateway"] == "stripe":
            # Real time, not the sandbox's: the SDK compares it with the machine's clock.
            timestamp = int(time.time()) - (_STALE_SECONDS if stale else 0)
            headers |= {"Stripe-Signature": stripe_signature(secret, body, timestamp), "User-Agent": "Stripe/1.0"}
        else:
            headers |= {
                "X-Razorpay-Signature": razorpay_signature(secret, body),
                "x-razorpay-event-id": event_id,
                "User-Agent": "Razorpay-Webhook/v1",
            }
        return headers

    def _secret(self, gateway: str, signed: Signed) -> str:
        s = self._settings
        if signed is Signed.WRONG:
            return "not_the_secret"
        if gateway == "stripe":
            return s.stripe_old_webhook_secret if signed is Signed.OLD else s.stripe_webhook_secret
        return s.razorpay_old_webhook_secret if signed is Signed.OLD else s.razorpay_webhook_secret


def _post(target: str, path: str, headers: dict[str, str], body: bytes, timeout: float) -> int:
    parts = urlsplit(target)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=timeout)
    try:
        connection.request("POST", parts.path.rstrip("/") + path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
