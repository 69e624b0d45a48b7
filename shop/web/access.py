"""Every route is public by name or names the action it needs; anything else is a programming error.

`tests/test_routes.py` walks the URL map and fails on a route that says neither.
"""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from shop.users.policy import ACTIONS, may

View = TypeVar("View", bound=Callable[..., object])


def public(view: View) -> View:
    """Mark a view that anyone may see."""
    view.__dict__["action"] = None
    return view


def requires(action: str) -> Callable[[View], View]:
    """Mark a view with the action of the policy that it needs."""
    if action not in ACTIONS:
        raise KeyError(action)

    def mark(view: View) -> View:
        view.__dict__["action"] = action
        return view

    return mark


def action_of(app: Flask, endpoint: str) -> str | None:
    """Return the action a route needs, None if it is public; KeyError if it says neither."""
    if endpoint == "static":
        return None
    action: str | None = app.view_functions[endpoint].__dict__["action"]
    return action


def init_app(app: Flask) -> None:
    """Hold every request to the policy."""

    @app.before_request
    def enforce() -> Response | None:
        if request.endpoint is None:
            return None
        action = action_of(app, request.endpoint)
        if action is None:
            return None
        if not current_user.is_authenticated:
            own = request.path.startswith("/artisan")
            if request.method != "GET":
                abort(401)
            return redirect(url_for("artisan.sign_in") if own else url_for("auth.sign_in", next=request.path))
        if not may(current_user.role, action):
            abort(403)
        return None
