"""A shop that stays open over many tests.

Opening the shop takes as long as a small test does, and a new engine compiles every statement anew. So a
worker opens one shop for each database and hands it from test to test, each time over a fresh copy of the
database and with everything that a test may have bent put back.
"""

from typing import ClassVar

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from shop.db import db


class Compiled(BytecodeCache):
    """Templates compiled once a process, also for the shops of tests that have one of their own."""

    known: ClassVar[dict[tuple[str, str], bytes]] = {}  # the checksum is that of the source

    def load_bytecode(self, bucket: Bucket) -> None:
        if found := self.known.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


class House:
    """One open shop and how it stood when it was opened."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        app.jinja_env.bytecode_cache = Compiled()
        self._config = dict(app.config)
        self._extensions = dict(app.extensions)
        self._views = dict(app.view_functions)
        self._wsgi_app = app.wsgi_app

    def close(self) -> None:
        """Let go of its databases, so that other files may lie in their place."""
        with self.app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()

    def restore(self) -> None:
        """Put back its settings, extensions and views."""
        for holder, before in (
            (self.app.config, self._config),
            (self.app.extensions, self._extensions),
            (self.app.view_functions, self._views),
        ):
            holder.clear()
            holder.update(before)
        vars(self.app)["wsgi_app"] = self._wsgi_app
