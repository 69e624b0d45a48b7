"""Named places where a test may kill this process, to prove that recovery works.

A crash point does nothing unless SHOP_CRASHPOINT names it. With SHOP_CRASHPOINT_ONCE set to a
file's path, only the process that can create that file dies, so a restarted one lives on.
"""

import os
import signal

POINTS = (
    "checkout.prepared",
    "checkout.sent",
    "checkout.settled",
    "inbox.stored",
    "apply.posted",
    "apply.committed",
    "refund.sent",
    "mail.sent",
)  # of a purchase; the worker also has "picture.drawn", after each file of a picture

_armed = os.environ.get("SHOP_CRASHPOINT")


def crashpoint(name: str) -> None:
    """Die at once by SIGKILL if this point is armed; otherwise do nothing."""
    if _armed is None or _armed != name:
        return
    once = os.environ.get("SHOP_CRASHPOINT_ONCE")
    if once:
        try:
            os.close(os.open(once, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
