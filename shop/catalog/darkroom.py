"""The room in which uploads are opened: a child process that is given bytes and gives back pixels.

Decoders are the part of a shop that a hostile file is written for. So none runs in the server: the child
(`decoding.py`) has an empty environment, no file, a limit of memory and of time, and may only answer with a
refusal or with as many bytes as it has pixels. If it dies or hangs, the upload is refused and the shop goes on.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from shop.catalog import decoding
from shop.errors import Invalid, Unavailable

MOST_SECONDS = 20  # by the clock, for one picture
WAIT_S = 20
MOST_AT_ONCE = 2
_room = threading.BoundedSemaphore(MOST_AT_ONCE)


@dataclass(frozen=True)
class Pixels:
    """A picture as nothing but pixels, red, green and blue in turn."""

    width: int
    height: int
    rgb: bytes
    said_where: bool


def develop(uploads: Sequence[bytes]) -> Iterator[Pixels]:
    """Yield each upload as pixels, all opened by one child; Invalid at the first that is not taken.

    What a stranger sends is given alone. Unavailable if too many others wait.
    """
    if not _room.acquire(timeout=WAIT_S):
        raise Unavailable("shop.busy")
    try:
        with _child(len(uploads)) as child:
            try:
                for upload in uploads:
                    yield _ask(child, upload)
            finally:
                _end(child)
    finally:
        _room.release()


def command(pictures: int) -> list[str]:
    """Return what starts the child: Python alone, blind to this folder and to the environment."""
    return [sys.executable, "-I", decoding.__file__, str(pictures)]


def _child(pictures: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command(pictures),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End the child, and let go of what it has not read."""
    child.kill()
    assert child.stdin
    with suppress(BrokenPipeError):
        child.stdin.close()


def _ask(child: "subprocess.Popen[bytes]", upload: bytes) -> Pixels:
    assert child.stdin and child.stdout
    late = threading.Timer(MOST_SECONDS, child.kill)
    late.start()
    try:
        child.stdin.write(decoding.LENGTH.pack(len(upload)) + upload)
        child.stdin.flush()
        return _answer(child.stdout)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise Invalid("picture.too_heavy") from error
    finally:
        late.cancel()


def _answer(stdout: IO[bytes]) -> Pixels:
    """Read one answer, believing none of it: a refusal we know, or exactly the pixels of a size we allow."""
    head = stdout.read(decoding.HEAD.size)
    if len(head) != decoding.HEAD.size:  # it died of its limits, or was ended
        raise Invalid("picture.too_heavy")
    refusal, width, height, said_where = decoding.HEAD.unpack(head)
    if refusal:
        known = decoding.REFUSALS[refusal] if refusal < len(decoding.REFUSALS) else decoding.REFUSALS[1]
        raise Invalid(known, least=decoding.LEAST_SIDE)
    if not (1 <= width <= decoding.LARGEST_SIDE and 1 <= height <= decoding.LARGEST_SIDE):
        raise Invalid("picture.unreadable")
    rgb = stdout.read(width * height * 3)
    if len(rgb) != width * height * 3:
        raise Invalid("picture.too_heavy")
    return Pixels(width, height, rgb, said_where)
