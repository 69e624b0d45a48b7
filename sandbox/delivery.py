"""Sends events to the shop: signed, tried a few times, and in order unless several couriers carry them."""

import http.client
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from sandbox.outbox import Mode, Outbox, Signed, State
from sandbox.postbag import Letter, Postbag
from sandbox.settings import SandboxSettings
from sandbox.signing import razorpay_signature, stripe_signature
from sandbox.store import Doc

PATHS = {"stripe": "/webhooks/stripe", "razorpay": "/webhooks/razorpay"}
_STALE_SECONDS = 3600


class Courier:
    """Carries queued events to the shop, in the background or on request."""

    def __init__(self, outbox: Outbox, postbag: Postbag, settings: SandboxSettings) -> None:
        self._outbox = outbox
        self._postbag = postbag
        self._settings = settings
        self.on_tick: Callable[[], None] = lambda: None
        self._sending = threading.BoundedSemaphore(settings.couriers)
        self._wires = threading.local()
        self.stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to deliver in the background, unless deliveries are synchronous."""
        if not self._settings.synchronous:
            for _ in range(self._settings.couriers):
                thread = threading.Thread(target=self._run, name="sandbox-courier", daemon=True)
                self._threads.append(thread)
                thread.start()

    def stop(self) -> None:
        """End the background thread promptly."""
        self.stopping.set()
        self._outbox.wake.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def flush(self) -> int:
        """Deliver all that is queued, oldest first, and say how many the shop took."""
        # Bounded: a webhook handler that itself asks for a flush must not wait for itself for ever.
        if not self._sending.acquire(timeout=self._settings.delivery_timeout):
            return 0
        try:
            taken = 0
            while (letter := self._take()) is not None:
                try:
                    taken += self._deliver(letter)
                finally:
                    self._postbag.give_back(letter)
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
        return self._post(target, path, headers, body) if target else 0

    def _take(self) -> Letter | None:
        reachable = self._outbox.target is not None or self._settings.deliver is not None
        if not reachable or self._outbox.mode is not Mode.AUTO or self.stopping.is_set():
            return None
        return self._postbag.take()

    def _deliver(self, letter: Letter) -> bool:
        entry, signed = letter.entry, letter.signed
        for _ in range(letter.copies - 1):
            status = self.send_once(entry, signed)
            self._outbox.note(entry["id"], status=status, signed=signed, at=int(time.time()), state=None)
        wait = self._settings.delivery_backoff
        for attempt in range(1, self._settings.delivery_attempts + 1):
            status = self.send_once(entry, signed)
            taken = 200 <= status < 300
            last = attempt == self._settings.delivery_attempts
            state = State.DELIVERED if taken else State.FAILED if last else None
            self._outbox.note(entry["id"], status=status, signed=signed, at=int(time.time()), state=state)
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
        for wire in self._wires.__dict__.values():
            wire.close()

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

    def _post(self, target: str, path: str, headers: dict[str, str], body: bytes) -> int:
        """Post over this courier's open connection; one that the shop has closed meanwhile is opened anew, once."""
        wire: http.client.HTTPConnection | None = self._wires.__dict__.pop(target, None)
        status = None if wire is None else self._posted(wire, target, path, headers, body)
        if status is None:
            status = self._posted(self._wire(target), target, path, headers, body)
        return status or 0

    def _posted(
        self, wire: http.client.HTTPConnection, target: str, path: str, headers: dict[str, str], body: bytes
    ) -> int | None:
        """One try over a connection, which is kept if this thread is a courier; None if nothing came back."""
        try:
            wire.request("POST", urlsplit(target).path.rstrip("/") + path, body, headers)
            response = wire.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            wire.close()
            return 0 if isinstance(error, TimeoutError) else None
        if threading.current_thread() in self._threads:
            self._wires.__dict__[target] = wire
        else:
            wire.close()
        return response.status

    def _wire(self, target: str) -> http.client.HTTPConnection:
        parts = urlsplit(target)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.netloc, timeout=self._settings.delivery_timeout)
