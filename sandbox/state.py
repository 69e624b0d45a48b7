"""The parts of one running sandbox, found from any request."""

from dataclasses import dataclass

from flask import current_app, request

from sandbox.clock import SandboxClock
from sandbox.delivery import Courier
from sandbox.faults import FaultBoard
from sandbox.outbox import Outbox
from sandbox.settings import SandboxSettings
from sandbox.store import Store


@dataclass
class Sandbox:
    """Everything a gateway needs to answer."""

    settings: SandboxSettings
    clock: SandboxClock
    store: Store
    outbox: Outbox
    faults: FaultBoard
    courier: Courier

    def seeded_due(self, moment: int, expires: int) -> int:
        """When an unpaid page should be swept: for a page created in the past, not before it could be paid."""
        now = self.clock.unix()
        return max(expires, now + self.settings.seed_grace) if moment < now else expires


def current_sandbox() -> Sandbox:
    """The sandbox of the app that serves this request."""
    box = current_app.extensions["sandbox"]
    assert isinstance(box, Sandbox)
    return box


def request_moment(box: Sandbox) -> int:
    """When this request happens: now, or at `X-Sandbox-At` when a demo is being seeded."""
    stated = request.headers.get("X-Sandbox-At", "")
    return int(stated) if stated.isdigit() else box.clock.unix()


def public_base(box: Sandbox) -> str:
    """Where a browser finds the pay pages."""
    return (box.settings.public_url or request.host_url).rstrip("/")
