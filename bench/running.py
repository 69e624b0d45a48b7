"""How long the two commands take: `make run` in a clean clone, cold and warm, and `make test`."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.measured import ROOT, Measured

PATIENCE_S = 600.0
LOADED = b"The demo"
WARM_ROUNDS = 5


def measure_run() -> Iterator[Measured]:
    """Yield the time of a cold and of a warm `make run`; the warm one is the best of five."""
    with clean_clone() as clone:
        yield Measured("make_run_cold_s", round(start_once(clone), 1))
        warm = [start_once(clone) for _ in range(WARM_ROUNDS)]
        yield Measured("make_run_warm_s", round(min(warm), 1), WARM_ROUNDS)


def measure_test() -> Iterator[Measured]:
    """Yield the time of `make test`; nothing if it fails."""
    began = time.monotonic()
    run = subprocess.run(["make", "test"], cwd=ROOT, env=of_its_own(), capture_output=True, text=True)
    if run.returncode != 0:
        print((run.stdout + run.stderr)[-4000:], file=sys.stderr)
        return
    yield Measured("make_test_s", round(time.monotonic() - began, 1))


def of_its_own() -> dict[str, str]:
    """Return the environment without what belongs to this run: the outer make's words, and the shop's settings."""
    ours = ("SHOP_", "VIRTUAL_ENV", "MAKE", "MFLAGS", "ONLY", "SCALE")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@contextmanager
def clean_clone() -> Iterator[Path]:
    """Give a clone with nothing installed, of the files as they stand in the working tree."""
    with tempfile.TemporaryDirectory(prefix="clean-clone-") as folder:
        clone = Path(folder) / "shop"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, clone / name)
        subprocess.run(["git", "init", "-q"], cwd=clone, check=True)
        yield clone


def start_once(clone: Path) -> float:
    """Start everything, wait until it is ready and the demo is loaded, end it by SIGINT; return the seconds."""
    port, sandbox_port = free_port(), free_port()
    log = clone.parent / "run.log"
    began = time.monotonic()
    with log.open("wb") as out:
        running = subprocess.Popen(
            ["make", "run", f"PORT={port}", f"SANDBOX_PORT={sandbox_port}"],
            cwd=clone,
            env=of_its_own(),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while not (_ready(port) and LOADED in log.read_bytes()):
                if running.poll() is not None or time.monotonic() > began + PATIENCE_S:
                    raise RuntimeError(f"make run did not come up:\n{log.read_text()[-3000:]}")
                time.sleep(0.05)
            return time.monotonic() - began
        finally:
            _end(running)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return json.load(answer)["ready"] is True
    except (OSError, ValueError):
        return False


def _end(running: "subprocess.Popen[bytes]") -> None:
    """End make and all it started, as Ctrl-C does."""
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGINT)
    try:
        running.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
