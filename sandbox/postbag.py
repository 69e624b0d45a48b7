"""Which event goes out next, and what happens to it on the way if the script says so."""

import threading
from dataclasses import dataclass

from sandbox.clock import SandboxClock
from sandbox.faults import FaultBoard, FaultKind
from sandbox.outbox import Outbox, Signed
from sandbox.store import Doc

_SECRETS = {FaultKind.WEBHOOK_WRONG_SECRET: Signed.WRONG, FaultKind.WEBHOOK_OLD_SECRET: Signed.OLD}


@dataclass(frozen=True)
class Letter:
    """An event on its way: with which secret it is signed, and how often the shop gets it."""

    entry: Doc
    signed: Signed = Signed.CURRENT
    copies: int = 1


class Postbag:
    """Hands queued events to couriers, oldest first unless one has to wait or lets the others pass."""

    def __init__(self, outbox: Outbox, faults: FaultBoard, clock: SandboxClock) -> None:
        self._outbox, self._faults, self._clock = outbox, faults, clock
        self._lock = threading.Lock()
        self._carried: set[str] = set()
        self._behind: set[str] = set()
        self._later: dict[str, float] = {}
        self._met: set[str] = set()

    def take(self) -> Letter | None:
        """Take the next event, which nobody else takes until it is given back; None if nothing can go now."""
        with self._lock:
            while True:
                entry = self._outbox.next_queued(self._carried | self._behind | self._waiting())
                if entry is None:
                    if not self._behind:
                        return None
                    self._behind.clear()
                elif (letter := self._sent_off(entry)) is not None:
                    self._carried.add(entry["id"])
                    return letter

    def give_back(self, letter: Letter) -> None:
        """Say that a courier is done with an event."""
        with self._lock:
            self._carried.discard(letter.entry["id"])

    def _waiting(self) -> set[str]:
        now = self._clock.unix()
        return {id for id, moment in self._later.items() if moment > now}

    def _sent_off(self, entry: Doc) -> Letter | None:
        """Let an event meet its fault, once; None if it does not go out now."""
        fault = None if entry["id"] in self._met else self._faults.take(entry["gateway"], f"WEBHOOK {entry['type']}")
        self._met.add(entry["id"])
        if fault is None:
            return Letter(entry)
        match fault.kind:
            case FaultKind.WEBHOOK_NEVER:
                self._outbox.drop([entry["id"]])
                return None
            case FaultKind.WEBHOOK_DELAYED:
                self._later[entry["id"]] = self._clock.unix() + (60 if fault.seconds is None else fault.seconds)
                return None
            case FaultKind.WEBHOOK_SHUFFLED:
                self._behind.add(entry["id"])
                return None
            case FaultKind.WEBHOOK_COPIES:
                return Letter(entry, copies=fault.copies)
        return Letter(entry, signed=_SECRETS.get(fault.kind, Signed.CURRENT))
