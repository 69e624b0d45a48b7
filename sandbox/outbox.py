"""The queue and log of webhooks: what happened is written in the same transaction as its event."""

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from enum import StrEnum

from sandbox.settings import SandboxSettings
from sandbox.store import Doc, Store

_KIND = "delivery"


class Mode(StrEnum):
    """Whether new events go out by themselves or wait to be released."""

    AUTO = "auto"
    HOLD = "hold"


class Signed(StrEnum):
    """Which secret an event is signed with."""

    CURRENT = "current"
    OLD = "old"
    WRONG = "wrong"


class State(StrEnum):
    """Where one event stands."""

    QUEUED = "queued"
    HELD = "held"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


class Outbox:
    """Holds events until the shop has taken them."""

    def __init__(self, store: Store, settings: SandboxSettings) -> None:
        self._store = store
        self._settings = settings
        self.wake = threading.Event()
        self._thread = threading.local()
        saved = store.get("setting", "deliveries") or {}
        self._mode = Mode(saved.get("mode", Mode.AUTO))
        # The command line wins over what an earlier run remembered.
        self._target: str | None = settings.shop_url or saved.get("target")

    @property
    def mode(self) -> Mode:
        """Whether events go out by themselves."""
        return self._mode

    @property
    def target(self) -> str | None:
        """The shop's base address, if known."""
        return self._target

    def configure(self, mode: Mode | None, target: str | None) -> None:
        """Change the mode or the target; turning to auto lets held events go, in order."""
        with self._store.transaction():
            if mode is not None:
                self._mode = mode
            if target is not None:
                self._target = target.rstrip("/") or None
            self._store.put("setting", "deliveries", {"mode": self._mode, "target": self._target})
            self._move(*((State.HELD, State.QUEUED) if self._mode is Mode.AUTO else (State.QUEUED, State.HELD)))
        self.wake.set()

    def forget_settings(self) -> None:
        """Back to automatic delivery; the target stays, since a reset does not move the shop."""
        self._mode = Mode.AUTO
        self._store.put("setting", "deliveries", {"mode": self._mode, "target": self._target})

    @contextmanager
    def muted(self, quiet: bool) -> Iterator[None]:
        """Within, and in this thread only, nothing is queued: a seeded year needs no webhooks."""
        self._thread.quiet = quiet
        try:
            yield
        finally:
            self._thread.quiet = False

    def add(self, gateway: str, event_id: str, type: str, body: Doc, created: int) -> None:
        """Write an event down; call within the transaction that made it happen."""
        if getattr(self._thread, "quiet", False):
            return
        state = State.HELD if self._mode is Mode.HOLD else State.QUEUED
        text = json.dumps(body, separators=(",", ":"))
        entry: Doc = {
            "id": event_id,
            "gateway": gateway,
            "type": type,
            "created": created,
            "state": state,
            "body": text,
            "attempts": [],
        }
        self._store.put(_KIND, event_id, entry, created=created, key=state)
        self.wake.set()

    def next_queued(self, but: Collection[str] = ()) -> Doc | None:
        """The oldest event that should go out by itself, but for those that are under way."""
        return self._store.first_by_key(_KIND, State.QUEUED, but)

    def get(self, event_id: str) -> Doc | None:
        """One event with its log."""
        return self._store.get(_KIND, event_id)

    def held(self) -> list[Doc]:
        """Events waiting to be released, oldest first."""
        return self._store.by_key(_KIND, State.HELD)

    def all(self) -> list[Doc]:
        """Every event, oldest first."""
        return self._store.all(_KIND)

    def note(self, event_id: str, *, status: int, signed: str, at: int, state: State | None) -> None:
        """Log one attempt and, if given, the state it leads to."""
        with self._store.transaction():
            entry = self.get(event_id)
            if entry is None:  # the sandbox was reset while this one was under way
                return
            entry["attempts"].append({"at": at, "status": status, "signed": signed})
            entry["state"] = state or entry["state"]
            self._store.put(_KIND, event_id, entry, key=entry["state"])

    def drop(self, event_ids: list[str]) -> None:
        """Lose events on purpose."""
        with self._store.transaction():
            for entry in filter(None, map(self.get, event_ids)):
                self._place(entry, State.DROPPED)

    def _move(self, old: State, new: State) -> None:
        for entry in self._store.by_key(_KIND, old):
            self._place(entry, new)

    def _place(self, entry: Doc, state: State) -> None:
        entry["state"] = state
        self._store.put(_KIND, entry["id"], entry, key=state)
