"""The second step of signing in, and showing once more who one is before something that matters."""

from flask import Response as FlaskResponse
from flask import abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError
from shop.users import audit, halves, passkeys, second_factor, sessions, signin
from shop.users.models import User
from shop.web import auth, proof
from shop.web.access import enrols, public, requires
from shop.web.auth import blueprint
from shop.web.edge import HALF, now, signed_in, standing
from shop.web.paths import own_path
from shop.web.sentences import sentence, sentence_of

Answer = Response | tuple[str, int]


@blueprint.get("/login/second-step")
@public
def second_step() -> str | Response:
    """Ask for the second factor of one whose password was right."""
    user = _half_in()
    if user is None:
        return redirect(url_for("auth.sign_in"), 303)
    return _second_page(user, None)


def _second_page(user: User, error: str | None) -> str:
    return render_template("auth/second_step.html", factors=_factors(user.id), error=error)


def _factors(user_id: int) -> second_factor.Factors:
    found = second_factor.of(user_id)
    return found if proof.has_passkey_site() else second_factor.Factors(found.codes, 0)


@blueprint.post("/login/second-step")
@public
def second_step_post() -> Answer:
    """Take the second factor and sign her in."""
    user = _half_in()
    if user is None:
        over = sentence_of("signin.half_over")
        return render_template("auth/sign_in.html", email="", error=over), 422
    user_id, token = user.id, str(session[HALF])
    try:
        take = proof.counted(user_id)
        with writing() as unit:
            how = take()
            person = unit.get_one(User, user_id)
            if not halves.finish(token):
                abort(401)
            opened = auth.begin(person, proven=True)
            if how == "paper":
                audit.record("sign-in.use-paper", person.actor, by=person.actor, at=now())
            home = auth.home_of(person)
    except DomainError as error:
        again = _half_in()
        return (_second_page(again, sentence(error)) if again else sentence(error)), error.status
    opened.give()
    return redirect(own_path(request.args.get("next")) or home, 303)


@blueprint.post("/login/passkey")
@public
def second_step_passkey() -> FlaskResponse:
    """Say what one of her passkeys has to sign."""
    user = _half_in()
    if user is None:
        abort(401)
    return _asked(user.id)


def _half_in() -> User | None:
    token = session.get(HALF)
    return halves.find(token, at=now()) if isinstance(token, str) else None


def _asked(user_id: int) -> FlaskResponse:
    with writing():
        options = passkeys.ask_to_prove(user_id, proof.site(), at=now())
    return FlaskResponse(options, mimetype="application/json")


@blueprint.get("/step-up")
@requires("session.step-up")
@enrols
def step_up() -> str:
    """Ask once more who this is, before something that matters."""
    return _step_up_page(None)


def _step_up_page(error: str | None) -> str:
    user = signed_in()
    has_second = auth.has_second_factor(user)
    factors = _factors(user.id) if has_second else second_factor.Factors(False, 0)
    return render_template("auth/step_up.html", factors=factors, asks_code=has_second, error=error)


@blueprint.post("/step-up")
@requires("session.step-up")
@enrols
def step_up_post() -> Answer:
    """Take the second factor, or the password of one who has none; exchange the session's token, and go on."""
    row, user = standing(), signed_in()
    row_id, user_id = row.id if row else 0, user.id
    home = auth.home_of(user)
    try:
        if auth.has_second_factor(user):
            take = proof.counted(user_id)
            with writing():
                take()
                token = sessions.step_up(row_id, at=now())
        else:
            auth.checked_secret(user, request.form.get("password", "")[:200])
            with writing():
                signin.forget_tries(user_id)
                token = sessions.step_up(row_id, at=now())
    except DomainError as error:
        return _step_up_page(sentence(error)), error.status
    if token is None:
        abort(401)
    auth.carry(token)
    return redirect(own_path(request.args.get("next")) or home, 303)


@blueprint.post("/step-up/passkey")
@requires("own.sign-in")
@enrols
def step_up_passkey() -> FlaskResponse:
    """Say what one of her passkeys has to sign."""
    return _asked(signed_in().id)
