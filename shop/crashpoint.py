"""Named places where a test may kill this process, to prove that recovery works.

`POINTS` tells them all, step by step, and the fault tests kill a process at every one. A point does nothing unless
SHOP_CRASHPOINT_FILE names a file: the first process that comes to the point whose name stands in it takes the file
away and dies, so that it strikes once however many processes come by, and may be armed anew without a restart.
"""

import os
import signal
from pathlib import Path

POINTS: dict[str, tuple[str, ...]] = {
    "prepare": ("prepare.placed", "prepare.opened", "prepare.committed"),
    "send": ("send.answered",),
    "settle": ("settle.stored", "settle.committed"),
    "inbox": ("inbox.checked", "inbox.stored", "inbox.committed"),
    "apply": ("apply.claimed", "apply.captured", "apply.posted", "apply.used", "apply.committed"),
    "capture": ("capture.asked", "capture.answered", "capture.committed"),
    "look": ("look.seen", "look.committed"),
    "refund": ("refund.asked", "refund.answered", "refund.booked", "refund.committed"),
    "outbox": ("outbox.claimed", "outbox.mailed", "outbox.done", "outbox.marked"),
    "picture": ("picture.drawn",),
    "seal": ("seal.linked",),
}

_armed = os.environ.get("SHOP_CRASHPOINT_FILE")


def crashpoint(name: str) -> None:
    """Die at once by SIGKILL if this point is armed; otherwise do nothing."""
    if _armed is None:
        return
    file = Path(_armed)
    try:
        if file.read_text() != name:
            return
        file.unlink()  # of two that come at once, one finds it gone
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
