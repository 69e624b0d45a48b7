"""Every route is public by name or names the action it needs; anything else is a programming error.

`tests/test_routes.py` walks the URL map and fails on a route that says neither. A view that is
`fresh` is opened only within five minutes of a step-up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from flask import Flask, abort, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from shop.db import writing
from shop.users import sessions
from shop.users.models import Role
from shop.users.policy import POLICY, may
from shop.web.edge import now, standing, stepped_up
from shop.web.paths import own_path

View = TypeVar("View", bound=Callable[..., object])

# How long a page may lie untouched before its reader is signed out: a phone is shared, an office is not alone.
IDLE: dict[str, timedelta] = {"own.money": timedelta(minutes=3), "own.consents": timedelta(minutes=3)}
IDLE_OF: dict[Role, timedelta] = {
    Role.ARTISAN: timedelta(minutes=10),
    Role.CUSTOMER: timedelta(hours=12),
    **dict.fromkeys((Role.MANAGER, Role.FINANCE, Role.SAFEGUARDING, Role.AUDITOR, Role.ADMIN), timedelta(minutes=15)),
}


def public(view: View) -> View:
    """Mark a view that anyone may see."""
    view.__dict__["action"] = None
    return view


def requires(action: str) -> Callable[[View], View]:
    """Mark a view with the action of the policy that it needs."""
    if action not in POLICY:
        raise KeyError(action)

    def mark(view: View) -> View:
        view.__dict__["action"] = action
        return view

    return mark


def enrols(view: View) -> View:
    """Mark a view that is open to one who has to set up a second factor before anything else."""
    view.__dict__["enrols"] = True
    return view


def fresh(view: View) -> View:
    """Mark a view that asks for a step-up if the last one is older than five minutes."""
    view.__dict__["fresh"] = True
    return view


def action_of(app: Flask, endpoint: str) -> str | None:
    """Return the action a route needs, None if it is public; KeyError if it says neither."""
    if endpoint == "static":
        return None
    action: str | None = app.view_functions[endpoint].__dict__["action"]
    return action


def idle_limit(role: Role, action: str | None) -> timedelta:
    """Return how long a page of an action may lie untouched."""
    return IDLE.get(action or "", IDLE_OF[role])


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
            return _sign_in_first()
        if not may(current_user.role, action):
            abort(403)
        marks = app.view_functions[request.endpoint].__dict__
        row = standing()
        if row is not None and row.enrol_first and not marks.get("enrols"):
            return redirect(url_for("manager.second_factor_page"), 303)
        if marks.get("fresh") and not stepped_up():
            return redirect(url_for("auth.step_up", next=_page_asked_for()), 303)
        idle = idle_limit(current_user.role, _page_kept_open() if action == "session.keep" else action)
        keep_signed_in(idle)
        g.idle = Idle(action, idle, current_user.role)
        return None

    @app.context_processor
    def idle() -> dict[str, object]:
        return {"idle": g.get("idle")}


@dataclass(frozen=True)
class Idle:
    """How long the page that is being answered may lie untouched, and for which action."""

    action: str
    limit: timedelta
    role: Role

    @property
    def seconds(self) -> int:
        """Return the limit in seconds."""
        return int(self.limit.total_seconds())

    @property
    def is_watched(self) -> bool:
        """Say whether the page warns before it closes; a customer's own phone does not."""
        return self.role is not Role.CUSTOMER


def keep_signed_in(idle: timedelta) -> None:
    """Let the sign-in stand for a while from now; written only when that moves it noticeably."""
    row = standing()
    if row is None or not sessions.needs_keeping(row, idle=idle, at=now()):
        return
    with writing():
        sessions.keep(row.id, idle=idle, at=now())


def _sign_in_first() -> Response:
    own = request.path.startswith("/artisan")
    if request.method != "GET":
        abort(401)
    return redirect(
        url_for("artisan.sign_in") if own else url_for("auth.sign_in", next=request.script_root + request.path)
    )


def _page_kept_open() -> str | None:
    """Return the action of the page whose reader says that she is still there: its limit begins anew, no longer one."""
    asked = request.form.get("page", "")
    return asked if asked in POLICY else "own.money"


def _page_asked_for() -> str:
    """Return the page to come back to after a step-up: this one, or the one whose form was sent."""
    if request.method == "GET":
        return request.script_root + request.path
    home = "/account" if current_user.role is Role.CUSTOMER else "/manager/"
    return own_path(request.referrer, request.host) or home
