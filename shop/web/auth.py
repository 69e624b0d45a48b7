"""Signing in and out. The try is counted and committed before any secret is looked at."""

from dataclasses import dataclass
from functools import cache

from flask import (
    Blueprint,
    Flask,
    Request,
    after_this_request,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask import (
    Response as FlaskResponse,
)
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from shop.db import db, writing
from shop.errors import DomainError, Invalid
from shop.users import devices, halves, second_factor, sessions, signin
from shop.users.models import Role, User
from shop.users.policy import may
from shop.web.access import enrols, idle_limit, public, requires
from shop.web.edge import DEVICE, HALF, SIGN_IN, client_address, cookie_name, device_token, now, signed_in, standing
from shop.web.paths import own_path
from shop.web.sentences import sentence

blueprint = Blueprint("auth", __name__)
login = LoginManager()


class OneSigner(SecureCookieSessionInterface):
    """Flask's own signed cookie, whose signer is put together once: Flask does it anew for every request, cookie or
    none."""

    def __init__(self) -> None:
        self._signer = cache(super().get_signing_serializer)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the signer of an app, whose secrets do not change while it runs."""
        return self._signer(app)


def init_app(app: Flask) -> None:
    """Let Flask-Login find who is signed in: the cookie's token, and our row of it."""
    login.init_app(app)
    app.session_interface = OneSigner()

    def load(request: Request) -> User | None:
        row = standing()
        return row.user if row else None

    login.request_loader(load)


def sign_in_as(user: User | None, secret: str, *, typed: str) -> str:
    """Sign a person in, or as far as her second factor, and return the page she goes to.

    Invalid or TooMany if the secret does not fit: the same statements and words for a name that
    nobody bears (`typed`) as for one that is known.
    """
    checked, known = _knock(user, secret, typed)
    kept = None if signin.is_kept_well(checked) else signin.kept_anew(checked, secret)
    was, user_id = checked.secret_hash, checked.id
    with writing() as unit:
        person = unit.get_one(User, user_id)
        if person.secret_hash != was or not person.is_active:
            raise Invalid("signin.wrong")
        signin.forget_knock(user_id, known, client_address())
        if kept:
            signin.keep_anew(user_id, was, kept)
        has_second = has_second_factor(person)
        half = halves.begin(person, at=now()) if has_second else None
        opened = None if has_second else begin(person)
        home = home_of(person)
    if half is not None:
        carry(half, HALF)
        return url_for("auth.second_step", next=own_path(request.args.get("next")))
    if opened is not None:
        opened.give()
    return home


def has_second_factor(user: User) -> bool:
    """Say whether a person shows a second factor when she signs in: only those who keep a sign-in of the office can."""
    return may(user.role, "own.sign-in") and second_factor.of(user.id).any


def _knock(user: User | None, secret: str, typed: str) -> tuple[User, devices.Known | None]:
    """Return the person whose secret this is, and what we know of her browser; the try is counted first."""
    user_id = user.id if user else 0
    known, address = devices.find(device_token(), user_id), client_address()
    with writing():
        counted = signin.count_knock(user_id, typed, known, address, at=now())
    signin.refuse_locked(counted)
    found = db.session.get(User, user_id)  # asked for nobody as well
    if not signin.secret_fits(found, secret) or found is None:
        raise Invalid("signin.wrong")
    return found, known


def checked_secret(user: User, secret: str) -> User:
    """Return the one signed in if the secret is hers; Invalid or TooMany otherwise. The try is counted first."""
    user_id = user.id
    with writing():
        counted = signin.count_try(user_id, at=now())
    signin.refuse_locked(counted)
    found = db.session.get_one(User, user_id)
    if not signin.secret_fits(found, secret):
        raise Invalid("signin.wrong")
    return found


@dataclass(frozen=True)
class Opened:
    """A sign-in that was begun: its token and that of the browser, to be given once it is committed."""

    token: str
    device: str

    def give(self) -> None:
        """Put both into the answer's cookies."""
        carry(self.token)
        remember_browser(self.device)


def begin(person: User, *, proven: bool = False) -> Opened:
    """Begin a sign-in in the caller's writing unit; `proven` if she showed more than a password."""
    enrol_first = may(person.role, "own.sign-in") and not proven and current_app.config["SECOND_FACTOR"] == "required"
    token = sessions.begin(
        person,
        idle=idle_limit(person.role, None),
        at=now(),
        stepped_up=proven or enrol_first,
        enrol_first=enrol_first,
    )
    return Opened(token, devices.note(device_token(), person, at=now()))


def carry(token: str, name: str = SIGN_IN) -> None:
    """Put a sign-in's token into the cookie, and nothing of an earlier visitor beside it."""
    session.clear()
    session[name] = token
    g.pop("standing", None)


def remember_browser(token: str) -> None:
    """Let the answer set the cookie by which we know this browser again."""

    @after_this_request
    def set_cookie(response: FlaskResponse) -> FlaskResponse:
        response.set_cookie(
            cookie_name(DEVICE),
            token,
            max_age=devices.KEPT,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return response


@blueprint.get("/login")
@public
def sign_in() -> str:
    """Show the sign-in of customers and of the office."""
    return render_template("auth/sign_in.html", email="", error=None)


@blueprint.post("/login")
@public
def sign_in_post() -> Response | tuple[str, int]:
    """Sign a customer or a member of staff in and go where she wanted to, or to her second factor."""
    email = request.form.get("email", "")[:254]
    try:
        page = sign_in_as(signin.find_by_email(email), request.form.get("password", "")[:200], typed=email)
    except DomainError as error:
        return render_template("auth/sign_in.html", email=email, error=sentence(error)), error.status
    wanted = own_path(request.args.get("next")) if SIGN_IN in session else None
    return redirect(wanted or page, 303)


@blueprint.post("/logout")
@requires("session.end")
@enrols
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


def home_of(user: User) -> str:
    """Return the first page of a person's audience."""
    if user.role is Role.CUSTOMER:
        return url_for("account.home")
    return url_for("artisan.home") if user.role is Role.ARTISAN else url_for("manager.today")
