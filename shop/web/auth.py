"""Signing in and out. The try is counted and committed before any secret is looked at."""

from urllib.parse import urlsplit

from flask import Blueprint, Flask, redirect, render_template, request, session, url_for
from flask_login import LoginManager, login_user, logout_user
from werkzeug.wrappers import Response

from shop.db import db, writing
from shop.errors import DomainError, Invalid
from shop.users import enrolment, signin
from shop.users.models import Role, User
from shop.web.access import public, requires
from shop.web.edge import now, signed_in
from shop.web.sentences import sentence

blueprint = Blueprint("auth", __name__)
login = LoginManager()


def init_app(app: Flask) -> None:
    """Let Flask-Login find who is signed in."""
    login.init_app(app)
    login.session_protection = "basic"  # a phone changes its address all day

    def load(user_id: str) -> User | None:
        number, _, version = user_id.partition(":")
        if not number.isdigit() or not version.isdigit():
            return None
        user = db.session.get(User, int(number))
        fits = user is not None and user.is_active and user.sign_in_version == int(version)
        return user if fits else None

    login.user_loader(load)


def sign_in_as(user: User | None, secret: str) -> User:
    """Sign a person in if the secret fits; Invalid or TooMany otherwise, the same for an unknown name."""
    if user is not None:
        user_id = user.id
        with writing():
            counted = signin.count_try(user_id, at=now())
        signin.refuse_locked(counted)
        user = db.session.get_one(User, user_id)
    if not signin.secret_fits(user, secret) or user is None:
        raise Invalid("signin.wrong")
    with writing() as unit:
        signin.forget_tries(user.id)
        user = unit.get_one(User, user.id)
    session.clear()
    login_user(user)
    return user


@blueprint.get("/login")
@public
def sign_in() -> str:
    """Show the sign-in of the office."""
    return render_template("auth/sign_in.html", email="", error=None)


@blueprint.post("/login")
@public
def sign_in_post() -> Response | tuple[str, int]:
    """Sign a member of staff in and go where she wanted to."""
    email = request.form.get("email", "")
    try:
        user = sign_in_as(signin.find_by_email(email), request.form.get("password", "")[:200])
    except DomainError as error:
        return render_template("auth/sign_in.html", email=email, error=sentence(error)), error.status
    return redirect(_own_path(request.args.get("next")) or home_of(user), 303)


@blueprint.post("/logout")
@requires("session.end")
def sign_out() -> Response:
    """End every session of this person and forget the page."""
    user = signed_in()
    was = user.role
    user_id = user.id
    with writing():
        enrolment.end_sessions(user_id)
    logout_user()
    session.clear()
    response = redirect(url_for("artisan.sign_in") if was is Role.ARTISAN else url_for("auth.sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def home_of(user: User) -> str:
    """Return the first page of a person's audience."""
    return url_for("artisan.home") if user.role is Role.ARTISAN else url_for("manager.today")


def _own_path(target: str | None) -> str | None:
    """Return a path on this shop, or None: a `next` never leads elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None
