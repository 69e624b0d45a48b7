"""Static files by a name that carries their content's hash, so that browsers may keep them for good."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, abort, send_from_directory
from werkzeug.wrappers import Response

from shop.web import kept
from shop.web.access import public


def init_app(app: Flask) -> None:
    """Serve `/assets/<hash>/<path>` and give templates `asset(path)`."""
    folder = Path(app.static_folder or "")

    @cache
    def stamp(path: str) -> str:
        return hashlib.sha256((folder / path).read_bytes()).hexdigest()[:10]

    def asset(path: str) -> str:
        mark = stamp.__wrapped__(path) if app.debug else stamp(path)
        return f"/assets/{mark}/{path}"

    @public
    def serve(mark: str, path: str) -> Response:
        if len(mark) != 10:
            abort(404)
        response = send_from_directory(folder, path, max_age=31_536_000)
        response.cache_control.immutable = True
        response.cache_control.public = True
        kept.for_good()
        return response

    app.add_url_rule("/assets/<mark>/<path:path>", "assets", serve)
    app.add_template_global(asset, "asset")
