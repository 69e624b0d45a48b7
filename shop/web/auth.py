"""Signing in and out. The try is counted and committed before any secret is looked at."""

from flask import Blueprint, Flask, Request, abort, g, redirect, render_template, request, session, url_for
from flask_login import LoginManager
from werkzeug.wrappers import Response

from shop.db import db, writing
from shop.errors import DomainError, Invalid
from shop.users import sessions, signin
from shop.users.models import Role, User
from shop.web.access import idle_limit, public, requires
from shop.web.edge import SIGN_IN, now, signed_in, standing
from shop.web.paths import own_path
from shop.web.sentences import sentence

blueprint = Blueprint("auth", __name__)
login = LoginManager()


def init_app(app: Flask) -> None:
    """Let Flask-Login find who is signed in: the cookie's token, and our row of it."""
    login.init_app(app)

    def load(request: Request) -> User | None:
        row = standing()
        return row.user if row else None

    login.request_loader(load)


def sign_in_as(user: User | None, secret: str) -> User:
    """Sign a person in if the secret fits; Invalid or TooMany otherwise, the same for an unknown name."""
    checked = checked_secret(user, secret)
    with writing() as unit:
        signin.forget_tries(checked.id)
        checked = unit.get_one(User, checked.id)
        token = sessions.begin(checked, idle=idle_limit(checked.role, None), at=now())
    carry(token)
    return checked


def checked_secret(user: User | None, secret: str) -> User:
    """Return the person whose secret this is; Invalid or TooMany otherwise. The try is counted first."""
    if user is not None:
        user_id = user.id
        with writing():
            counted = signin.count_try(user_id, at=now())
        signin.refuse_locked(counted)
        user = db.session.get_one(User, user_id)
    if not signin.secret_fits(user, secret) or user is None:
        raise Invalid("signin.wrong")
    return user


def carry(token: str) -> None:
    """Put a sign-in's token into the cookie, and nothing of an earlier visitor beside it."""
    session.clear()
    session[SIGN_IN] = token
    g.pop("standing", None)


@blueprint.get("/login")
@public
def sign_in() -> str:
    """Show the sign-in of customers and of the office."""
    return render_template("auth/sign_in.html", email="", error=None)


@blueprint.post("/login")
@public
def sign_in_post() -> Response | tuple[str, int]:
    """Sign a customer or a member of staff in and go where she wanted to."""
    email = request.form.get("email", "")
    try:
        user = sign_in_as(signin.find_by_email(email), request.form.get("password", "")[:200])
    except DomainError as error:
        return render_template("auth/sign_in.html", email=email, error=sentence(error)), error.status
    return redirect(own_path(request.args.get("next")) or home_of(user), 303)


@blueprint.post("/logout")
@requires("session.end")
def sign_out() -> Response:
    """End every session of this person and forget the page."""
    user = signed_in()
    was = user.role
    user_id = user.id
    with writing():
        sessions.end_all(user_id, at=now())
    session.clear()
    response = redirect(url_for("artisan.sign_in") if was is Role.ARTISAN else url_for("auth.sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.get("/step-up")
@requires("session.step-up")
def step_up() -> str:
    """Ask once more who this is, before something that matters."""
    return render_template("auth/step_up.html", error=None)


@blueprint.post("/step-up")
@requires("session.step-up")
def step_up_post() -> Response | tuple[str, int]:
    """Take the answer, exchange the session's token, and go on."""
    row = standing()
    try:
        user = checked_secret(signed_in(), request.form.get("password", "")[:200])
    except DomainError as error:
        return render_template("auth/step_up.html", error=sentence(error)), error.status
    with writing():
        signin.forget_tries(user.id)
        token = sessions.step_up(row.id, at=now()) if row else None
    if token is None:
        abort(401)
    carry(token)
    return redirect(own_path(request.args.get("next")) or home_of(user), 303)


def home_of(user: User) -> str:
    """Return the first page of a person's audience."""
    if user.role is Role.CUSTOMER:
        return url_for("account.home")
    return url_for("artisan.home") if user.role is Role.ARTISAN else url_for("manager.today")
