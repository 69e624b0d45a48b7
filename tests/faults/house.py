"""The shop as it runs in earnest: granian, the worker and the sandbox as they are started in production.

Every process is armed to die at one crash point. The file `safe` holds the charge back; `arm()`
removes it, and the first process that comes to the point makes it again and dies by SIGKILL.
"""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from sandbox.server import SandboxThread
from sandbox.settings import SandboxSettings
from tests.world import ADDRESS

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
PATIENCE_S = 60.0
PAUSE_S = 0.05
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


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


def _end_all_of(process: subprocess.Popen[bytes]) -> None:
    """End a process with its children; granian's workers outlive a parent that was killed."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE_S)


@dataclass
class House:
    """A running shop: two real processes, restarted when they die, beside a sandbox of its own."""

    settings: Mapping[str, str]
    folder: Path
    point: str
    module: str = "wsgi"
    delivery_attempts: int = 5
    restart: bool = True
    port: int = field(default_factory=free_port)
    deaths: list[str] = field(default_factory=list)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _closing: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "House":
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox = SandboxThread(
            SandboxSettings(shop_url=self.url, delivery_attempts=self.delivery_attempts)
        ).start()
        self.control = self.sandbox.control
        self.safe.touch()
        for name in ("shop", "worker"):
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
        """End both processes and the sandbox."""
        self._closing.set()
        self._keeper.join(PATIENCE_S)
        for process in self._running.values():
            _end_all_of(process)
        self.sandbox.stop()

    @property
    def safe(self) -> Path:
        return self.folder / "safe"

    @property
    def environment(self) -> dict[str, str]:
        """The shop's settings, as the environment gives them."""
        return {
            **self.settings,
            "SHOP_URL": self.url,
            "SHOP_VAR": str(self.folder / "var"),
            "MAIL_FOLDER": str(self.folder / "var" / "mail"),
            "STRIPE_API_BASE": self.sandbox.stripe_base,
            "RAZORPAY_API_BASE": self.sandbox.razorpay_base,
        }

    def arm(self) -> None:
        """Let the next process that comes to the crash point die."""
        self.safe.unlink()

    @property
    def struck(self) -> bool:
        """Whether a process has died at the point since it was armed."""
        return self.safe.exists()

    def up(self) -> bool:
        try:
            return requests.get(self.url + "/healthz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def wait_until_up(self) -> None:
        until(self.up, "the shop is up again")

    def _commands(self, name: str) -> list[str]:
        if name == "worker":
            return [str(BIN / "flask"), "--app", self.module, "jobs", "run"]
        serve = [
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--workers",
            "1",
            "--blocking-threads",
            "4",
            "--no-ws",
        ]
        return [str(BIN / "granian"), "--interface", "wsgi", *serve, "--log-level", "critical", f"{self.module}:app"]

    def _start(self, name: str) -> None:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("SHOP_")}
        armed = {"SHOP_CRASHPOINT": self.point, "SHOP_CRASHPOINT_ONCE": str(self.safe)}
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._commands(name),
                cwd=ROOT,
                env={**inherited, **self.environment, **armed},
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def _keep(self) -> None:
        """Start again whatever has died, as an init system would."""
        while not self._closing.wait(PAUSE_S):
            for name, process in list(self._running.items()):
                if process.poll() is not None and (name not in self.deaths or self.restart):
                    self.deaths.append(name)
                    _end_all_of(process)
                    if self.restart:
                        self._start(name)


class Buyer:
    """A customer with a browser who does not give up while the shop is down."""

    def __init__(self, house: House, email: str, gateway: str) -> None:
        self.house, self.email, self.gateway = house, email, gateway
        self.session = requests.Session()
        self.session.headers["Sec-Fetch-Site"] = "same-origin"
        self.link: str | None = None

    def get(self, path: str) -> requests.Response:
        return self._ask("GET", path)

    def post(self, path: str, data: dict[str, str]) -> requests.Response:
        return self._ask("POST", path, data=data)

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self.session.request(method, self.house.url + path, allow_redirects=False, timeout=15, **more)
                if answer.status_code < 500:
                    return answer
            except requests.RequestException:
                pass
            assert time.monotonic() < deadline, f"{method} {path} got no answer"
            time.sleep(PAUSE_S)

    def place(self, sku: str) -> None:
        """Buy one piece as far as the gateway's page; a click that got no answer is clicked again."""
        self.post("/cart/lines", {"sku": sku, "quantity": "1", "currency": "INR"})
        page = self.get("/checkout?country=IN&shipping_method=india-standard").text
        form = {**dict(HIDDEN.findall(page)), **ADDRESS, "email": self.email, "payment_method": self.gateway}
        answer = self.post("/checkout", form)
        assert answer.status_code == 303, f"{self.email}: {answer.status_code}\n{answer.text[:2000]}"
        self.link = answer.headers["Location"].removesuffix("/pay")

    def cancel(self) -> None:
        """Cancel the order, which gives the money back."""
        assert self.post(f"{self.link}/cancellation", {}).status_code in (303, 409)


def pages(house: House) -> list[dict[str, str]]:
    """Return every pay page at both gateways, as the gateways themselves list them."""
    settings = house.sandbox.settings
    stripe = requests.get(
        house.sandbox.stripe_base + "/v1/checkout/sessions?limit=100",
        auth=HTTPBasicAuth(settings.stripe_key, ""),
        timeout=10,
    ).json()
    razorpay = requests.get(
        house.sandbox.razorpay_base + "/v1/payment_links",
        auth=HTTPBasicAuth(settings.razorpay_key_id, settings.razorpay_key_secret),
        timeout=10,
    ).json()
    found = [
        {"gateway": "stripe", "ref": s["id"], "email": s["customer_email"], "open": str(s["status"] == "open")}
        for s in stripe["data"]
    ]
    return found + [
        {"gateway": "razorpay", "ref": p["id"], "email": p["customer"]["email"], "open": str(p["status"] == "created")}
        for p in razorpay["payment_links"]
    ]
