"""The sandbox's own time, which tests may set, stop and advance."""

import threading
from datetime import UTC, datetime


class SandboxClock:
    """Real time by default; once frozen or shifted, whatever the tests said."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shift = 0.0
        self._frozen: float | None = None

    def now(self) -> datetime:
        """The sandbox's present moment, aware, in UTC."""
        return datetime.fromtimestamp(self.unix_exact(), UTC)

    def unix(self) -> int:
        """The present moment in whole Unix seconds, as the gateways write it."""
        return int(self.unix_exact())

    def unix_exact(self) -> float:
        """The present moment with its fraction of a second."""
        with self._lock:
            return self._frozen if self._frozen is not None else _real() + self._shift

    def set(self, moment: float, *, frozen: bool) -> None:
        """Jump to a moment and either stand still there or run on from it."""
        with self._lock:
            self._frozen = moment if frozen else None
            self._shift = moment - _real()

    def advance(self, seconds: float) -> None:
        """Move forward (or back) without changing whether the clock runs."""
        with self._lock:
            self._shift += seconds
            if self._frozen is not None:
                self._frozen += seconds

    def reset(self) -> None:
        """Return to real time."""
        with self._lock:
            self._shift, self._frozen = 0.0, None


def _real() -> float:
    return datetime.now(UTC).timestamp()
