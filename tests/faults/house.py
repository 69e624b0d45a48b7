"""The shop as it runs in earnest: granian, the worker and the sandbox as they are started in production.

Each is a process of its own, started again when it dies. All watch one file: `arm()` writes the name of a crash
point into it, and the first process that comes to the point takes the file away and dies by SIGKILL.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import requests
from requests.auth import HTTPBasicAuth

from sandbox.client import SandboxControl
from sandbox.settings import SandboxSettings

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
PATIENCE_S = 60.0
PAUSE_S = 0.05
KEYS = SandboxSettings()


def until(true: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
    """Look again and again until something holds; fail with its name if it never does."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(PAUSE_S)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def end_all_of(process: subprocess.Popen[bytes]) -> None:
    """End a process with its children; granian's workers outlive a parent that was killed."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE_S)


@dataclass
class House:
    """A running shop: its server, its workers and the gateways, real processes that are restarted when they die."""

    settings: Mapping[str, str]
    folder: Path
    module: str = "wsgi"
    workers: int = 1
    delivery_attempts: int = 5
    restart: bool = True
    port: int = field(default_factory=free_port)
    sandbox_port: int = field(default_factory=free_port)
    deaths: list[str] = field(default_factory=list)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    _closing: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "House":
        self.url = f"http://127.0.0.1:{self.port}"
        self.gateways = f"http://127.0.0.1:{self.sandbox_port}"
        self.control = SandboxControl(self.gateways)
        for name in ("sandbox", "shop", *(f"worker-{number}" for number in range(1, self.workers + 1))):
            self._start(name)
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()
        self.wait_until_up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process."""
        self._closing.set()
        self._keeper.join(PATIENCE_S)
        for process in self.running.values():
            end_all_of(process)

    @property
    def armed(self) -> Path:
        """The file that holds the name of the crash point."""
        return self.folder / "crashpoint"

    @property
    def environment(self) -> dict[str, str]:
        """The shop's settings, as the environment gives them."""
        return {
            **self.settings,
            "SHOP_URL": self.url,
            "SHOP_VAR": str(self.folder / "var"),
            "MAIL_FOLDER": str(self.folder / "var" / "mail"),
            "STRIPE_API_BASE": f"{self.gateways}/stripe",
            "RAZORPAY_API_BASE": f"{self.gateways}/razorpay",
        }

    def arm(self, point: str) -> None:
        """Let the next process that comes to a crash point die."""
        whole = self.armed.with_suffix(".new")
        whole.write_text(point)
        whole.rename(self.armed)

    @property
    def struck(self) -> bool:
        """Whether a process has died at the point since it was armed."""
        return not self.armed.exists()

    def kill(self, *names: str) -> None:
        """End some processes at one moment, whatever they are doing."""
        for name in names:
            with suppress(ProcessLookupError):
                os.killpg(self.running[name].pid, signal.SIGKILL)

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """End some processes and start none of them again for the while: one that stood still might hold a lock."""
        self.away |= {*names}
        self.kill(*names)
        for name in names:
            self.running[name].wait(PATIENCE_S)
        try:
            yield
        finally:
            self.away -= {*names}

    def up(self) -> bool:
        try:
            return requests.get(self.url + "/healthz", timeout=2).status_code == 200 and self.control.healthy()
        except requests.RequestException:
            return False

    def wait_until_up(self) -> None:
        until(self.up, "the shop and the gateways are up again")

    def _commands(self, name: str) -> list[str]:
        if name == "sandbox":
            given = {
                "--port": self.sandbox_port,
                "--shop-url": self.url,
                "--store": self.folder / "sandbox.db",
                "--attempts": self.delivery_attempts,
            }
            return [sys.executable, "-m", "sandbox", *(str(part) for pair in given.items() for part in pair)]
        if name.startswith("worker"):
            return [str(BIN / "flask"), "--app", self.module, "jobs", "run"]
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1", "--blocking-threads", "4"]
        quietly = ["--no-ws", "--log-level", "critical"]
        return [str(BIN / "granian"), "--interface", "wsgi", *where, *quietly, f"{self.module}:app"]

    def _start(self, name: str) -> None:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("SHOP_")}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self._commands(name),
                cwd=ROOT,
                env={**inherited, **self.environment, "SHOP_CRASHPOINT_FILE": str(self.armed)},
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def _keep(self) -> None:
        """Start again whatever has died, as an init system would."""
        while not self._closing.wait(PAUSE_S):
            for name, process in list(self.running.items()):
                if name not in self.away and process.poll() is not None and (name not in self.deaths or self.restart):
                    self.deaths.append(name)
                    end_all_of(process)
                    if self.restart:
                        self._start(name)


def open_pages(house: House) -> list[tuple[str, str]]:
    """Return (gateway, ref) of the pay pages that stand open, as the gateways themselves list them."""
    stripe = requests.get(
        f"{house.gateways}/stripe/v1/checkout/sessions?limit=100", auth=HTTPBasicAuth(KEYS.stripe_key, ""), timeout=10
    ).json()
    razorpay = requests.get(
        f"{house.gateways}/razorpay/v1/payment_links?count=100",
        auth=HTTPBasicAuth(KEYS.razorpay_key_id, KEYS.razorpay_key_secret),
        timeout=10,
    ).json()
    found = [("stripe", session["id"]) for session in stripe["data"] if session["status"] == "open"]
    return found + [("razorpay", link["id"]) for link in razorpay["payment_links"] if link["status"] == "created"]
