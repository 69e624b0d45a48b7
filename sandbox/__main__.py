"""`python -m sandbox`: both gateways on one port."""

import argparse
from pathlib import Path

from sandbox.server import serve
from sandbox.settings import SandboxSettings


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--shop-url", help="where webhooks go, such as http://127.0.0.1:8000")
    parser.add_argument("--public-url", help="address of the pay pages, if not the one of the request")
    parser.add_argument("--store", type=Path, help="SQLite file; without it the books live in memory")
    parser.add_argument("--seed", type=int, default=1, help="of the scripted faults")
    parser.add_argument("--couriers", type=int, default=1, help="events that go out at a time; one keeps their order")
    parser.add_argument("--attempts", type=int, default=5, help="how often an event is tried before it is given up")
    given = parser.parse_args()
    shop_url = given.shop_url.rstrip("/") if given.shop_url else None
    serve(
        SandboxSettings(
            store=given.store,
            shop_url=shop_url,
            public_url=given.public_url,
            seed=given.seed,
            couriers=given.couriers,
            delivery_attempts=given.attempts,
        ),
        given.host,
        given.port,
    )


if __name__ == "__main__":
    main()
