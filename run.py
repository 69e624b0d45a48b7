"""Runs the whole demo on one machine: sandbox gateways, the shop, its worker. Ctrl-C ends all three.

Each child has a session of its own (so that Ctrl-C reaches it once, from here) and dies with this
process. The worker is asked by SIGINT and finishes what it is doing.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PORT = int(os.environ.get("PORT", "8000"))
SANDBOX_PORT = int(os.environ.get("SANDBOX_PORT", "8001"))
SHOP = f"http://127.0.0.1:{PORT}"
SANDBOX = f"http://127.0.0.1:{SANDBOX_PORT}"
BIN = Path(sys.executable).parent
VAR = Path(os.environ.get("SHOP_VAR", "var"))
FLASK = [str(BIN / "flask"), "--app", "wsgi"]

os.environ.update(
    SHOP_URL=SHOP,
    STRIPE_API_BASE=f"{SANDBOX}/stripe",
    RAZORPAY_API_BASE=f"{SANDBOX}/razorpay",
    SHOP_ENV="development",
)
COMMANDS = {
    "sandbox": [
        sys.executable, "-m", "sandbox", "--port", str(SANDBOX_PORT), "--shop-url", SHOP,
        "--store", str(VAR / "sandbox.db"),
    ],
    "shop": [
        str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(PORT), "--workers", "2",
        "--blocking-threads", "4", "--no-ws", "--workers-kill-timeout", "5", "--log-level", "warning", "wsgi:app",
    ],
    "worker": [*FLASK, "jobs", "run"],
}  # fmt: skip
running: dict[str, subprocess.Popen[bytes]] = {}


def die_with_parent() -> None:
    """Ask Linux to end a child when this process ends, however it ends; elsewhere nothing is done.

    By SIGTERM, so that the server can end its own workers too.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def start(name: str) -> None:
    running[name] = subprocess.Popen(COMMANDS[name], start_new_session=True, preexec_fn=die_with_parent)


def refuse_taken_ports() -> None:
    for port, variable in ((PORT, "PORT"), (SANDBOX_PORT, "SANDBOX_PORT")):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                sys.exit(f"Port {port} is taken. End what uses it, or choose another: make run {variable}={port + 100}")


def wait_for(address: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if any(child.poll() is not None for child in running.values()):
            return
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{address} did not answer within {seconds:.0f} seconds")


def stop_all() -> None:
    for child in running.values():
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
    deadline = time.monotonic() + 15
    for child in running.values():
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)


def interrupt(number: int, frame: object) -> None:
    """Stop once: make passes the same Ctrl-C on, and a second one must not cut the stopping short."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    refuse_taken_ports()
    VAR.mkdir(parents=True, exist_ok=True)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, interrupt)
    try:
        start("sandbox")
        wait_for(f"{SANDBOX}/_sandbox/healthz")
        load = [*FLASK, "demo", "load", "--upgrade"]
        told = subprocess.run(load, check=True, capture_output=True, text=True).stdout
        start("shop")
        start("worker")
        wait_for(f"{SHOP}/readyz")
        print(told, "\nCtrl-C ends everything.", flush=True)
        while all(child.poll() is None for child in running.values()):
            time.sleep(0.2)
        stopped = next(name for name, child in running.items() if child.poll() is not None)
        print(f"The {stopped} stopped by itself, so the rest is stopped too.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    except subprocess.CalledProcessError as error:
        print(error.stderr or "", file=sys.stderr)
        return 1
    finally:
        stop_all()


if __name__ == "__main__":
    sys.exit(main())
