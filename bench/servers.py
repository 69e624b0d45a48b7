"""Which server: granian beside gunicorn's threads, on our own pages, in interleaved rounds (decision 18).

    uv pip install gunicorn; .venv/bin/python -m bench.servers

gunicorn is no dependency of the shop: install it for this run. Both serve with as many workers and threads.
"""

import sys
from contextlib import ExitStack

from bench import rig, serving

ROUNDS = 5


def main() -> None:
    """Print requests a second of each page on each server, and their ratio."""
    with ExitStack() as open_now:
        settings = open_now.enter_context(rig.sqlite())
        slug = serving.fill(settings)
        pages = {
            "hello": ("bench.yardsticks:hello", {}, "/"),
            "kept list": ("wsgi:app", settings, serving.LIST),
            "kept product": ("wsgi:app", settings, serving.PRODUCT.format(slug=slug)),
            "made list": ("wsgi:app", {**settings, "KEPT_PAGES_MB": "0"}, serving.LIST),
            "made bag": ("wsgi:app", settings, "/cart"),
        }
        for page, (app, given, path) in pages.items():
            with ExitStack() as pair:
                addresses = {by: pair.enter_context(rig.server(app, given, by=by)) + path for by in rig.SERVERS}
                found = serving.rates(addresses, rounds=ROUNDS)
            print(f"{page:<14}" + "".join(f"{by} {rate:>8.0f}   " for by, rate in found.items()), end="")
            print(f"granian / gunicorn {found['granian'] / found['gunicorn']:.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
