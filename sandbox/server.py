"""Runs the sandbox: from the command line, or in a thread of a test process."""

import logging
import signal
import threading
from dataclasses import replace
from types import FrameType, TracebackType

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.app import create_sandbox
from sandbox.client import SandboxControl
from sandbox.settings import Deliver, SandboxSettings
from sandbox.state import Sandbox
from sandbox.store import Store


class _QuietHandler(WSGIRequestHandler):
    """Logs nothing for what goes well; connections cut on purpose are no news either."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class RunningSandbox:
    """An app with its server and courier, started and stopped together."""

    def __init__(self, settings: SandboxSettings, host: str, port: int) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        app = create_sandbox(settings)
        self.box: Sandbox = app.extensions["sandbox"]
        self.server: BaseWSGIServer = make_server(host, port, app, threaded=True, request_handler=_QuietHandler)

    def run(self) -> None:
        """Serve until `ask_to_stop`."""
        self.box.courier.start()
        self.server.serve_forever(poll_interval=0.02)

    def ask_to_stop(self) -> None:
        """End `run`; from any thread but the one that runs."""
        self.box.courier.stopping.set()
        self.server.shutdown()

    def close(self) -> None:
        """Give back the port and the file."""
        self.box.courier.stop()
        self.server.server_close()
        self.box.store.close()


def serve(settings: SandboxSettings, host: str = "127.0.0.1", port: int = 8001) -> None:
    """Serve in the main thread until SIGINT or SIGTERM, then return."""
    running = RunningSandbox(settings, host, port)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # `shutdown` waits for the loop, which waits for this handler: hence another thread.
        threading.Thread(target=running.ask_to_stop, daemon=True).start()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    print(f"Sandbox of Stripe and Razorpay on http://{host}:{running.server.port}", flush=True)
    running.run()
    running.close()


class SandboxThread:
    """`with SandboxThread(settings) as sandbox:` serves on a free port and offers `base_url` and `control`."""

    def __init__(
        self,
        settings: SandboxSettings | None = None,
        port: int = 0,
        *,
        deliver: Deliver | None = None,
        synchronous: bool | None = None,
    ) -> None:
        settings = settings or SandboxSettings()
        if deliver is not None:
            settings = replace(settings, deliver=deliver)
        if synchronous is not None:
            settings = replace(settings, synchronous=synchronous)
        self._running = RunningSandbox(settings, "127.0.0.1", port)
        self._thread = threading.Thread(target=self._running.run, name="sandbox", daemon=True)
        self.settings = settings
        self.base_url = f"http://127.0.0.1:{self._running.server.port}"
        self.control = SandboxControl(self.base_url)

    @property
    def store(self) -> Store:
        """What the gateways know, for a test that goes back to it."""
        return self._running.box.store

    @property
    def stripe_base(self) -> str:
        """For StripeClient(base_addresses={"api": ...})."""
        return f"{self.base_url}/stripe"

    @property
    def razorpay_base(self) -> str:
        """For razorpay.Client(base_url=...)."""
        return f"{self.base_url}/razorpay"

    def start(self) -> "SandboxThread":
        """Begin to serve."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and wait for it."""
        self._running.ask_to_stop()
        self._thread.join(timeout=10)
        self._running.close()

    def __enter__(self) -> "SandboxThread":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
