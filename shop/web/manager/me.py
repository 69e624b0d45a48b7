"""My sign-in: her password, her second factor, and where she is signed in."""

from flask import Response as FlaskResponse
from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import Conflict, DomainError, Invalid
from shop.users import audit, passkeys, recovery, second_factor, sessions, signin, totp
from shop.users.models import User
from shop.users.passkeys import Asked
from shop.web import auth, proof
from shop.web.access import enrols, fresh, requires
from shop.web.edge import now, signed_in, standing
from shop.web.invitation import new_password
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import me as reads

Answer = Response | tuple[str, int]


@blueprint.get("/me")
@requires("own.sign-in")
@enrols
def me() -> str:
    """Show how she signs in and where she is signed in."""
    return _me_page(Filled())


def _me_page(form: Filled) -> str:
    return render_template("manager/me.html", page=reads.me(signed_in(), _row_id(), at=now()), form=form)


def _row_id() -> int:
    row = standing()
    return row.id if row else 0


@blueprint.post("/me/password")
@requires("own.sign-in")
def change_password() -> Answer:
    """Change her password; every other sign-in of hers ends."""
    try:
        given = request.form.get("password_now", "")[:200]
        user = _knows_her_password(given)
        password = new_password()
        if password == given:
            raise Invalid("signin.password_same")
        user_id, row_id, was, hashed = user.id, _row_id(), user.secret_hash, signin.hash_secret(password)
        with writing():
            signin.forget_tries(user_id)
            signin.keep_anew(user_id, was, {"secret_hash": hashed})
            token = sessions.end_others(user_id, row_id, at=now())
            _record("sign-in.change-password", user_id)
    except DomainError as error:
        return _me_page(refused(error)), error.status
    return _here(token, _("Your new password holds from now on. Every other sign-in of yours has ended."))


def _knows_her_password(given: str) -> User:
    try:
        return auth.checked_secret(signed_in(), given)
    except Invalid:
        raise Invalid("signin.password_wrong") from None


def _record(act: str, user_id: int) -> None:
    audit.record(act, f"user:{user_id}", by=f"user:{user_id}", at=now())


def _here(token: str | None, said: str) -> Response:
    if token is not None:
        auth.carry(token)
    flash(said)
    return redirect(url_for("manager.me"), 303)


@blueprint.get("/me/second-factor")
@requires("own.sign-in")
@enrols
@fresh
def second_factor_page() -> str:
    """Show how a second factor is set up, step by step."""
    return _factor_page(Filled())


def _factor_page(form: Filled) -> str:
    page = reads.second_factor(signed_in(), has_site=proof.has_passkey_site())
    return render_template("manager/second_factor.html", page=page, form=form)


@blueprint.post("/me/second-factor/seed")
@requires("own.sign-in")
@enrols
@fresh
def begin_second_factor() -> Response:
    """Make a seed for her phone; it counts once she has shown a code of it."""
    user_id = signed_in().id
    with writing():
        totp.begin(user_id, at=now())
    return redirect(url_for("manager.second_factor_page"), 303)


@blueprint.post("/me/second-factor")
@requires("own.sign-in")
@enrols
@fresh
def second_factor_on() -> Answer:
    """Take the first code of her phone; from now on she is asked for one."""
    user_id, code = signed_in().id, signin.canonical_digits(request.form.get("code", "")[:40])
    try:
        with writing():
            if not totp.confirm(user_id, code, at=now()):
                raise Invalid("signin.code_wrong")
            codes, token = _enrolled(user_id, "sign-in.add-phone")
    except DomainError as error:
        return _factor_page(refused(error)), error.status
    return _with_codes(codes, token)


def _enrolled(user_id: int, act: str) -> tuple[list[str], str | None]:
    """Note a new factor in the caller's unit: other sign-ins end, and codes on paper are made with the first."""
    row_id = _row_id()
    sessions.is_enrolled(row_id, at=now())
    token = sessions.end_others(user_id, row_id, at=now())
    _record(act, user_id)
    return (recovery.make(user_id) if not recovery.left(user_id) else []), token


def _with_codes(codes: list[str], token: str | None) -> Response | tuple[str, int]:
    if token is not None:
        auth.carry(token)
    if codes:
        return render_template("manager/codes.html", codes=codes), 200
    flash(_("Done. You are asked for it when you sign in."))
    return redirect(url_for("manager.me"), 303)


@blueprint.post("/me/second-factor/removal")
@requires("own.sign-in")
@fresh
def second_factor_off() -> Response:
    """Take her phone off; refused where a second factor is required and this is her last."""
    user_id = signed_in().id
    with writing():
        totp.remove(user_id)
        _keep_one(user_id)
        _record("sign-in.remove-phone", user_id)
    flash(_("Your phone is not asked for any more."))
    return redirect(url_for("manager.me"), 303)


def _keep_one(user_id: int) -> None:
    if current_app.config["SECOND_FACTOR"] == "required" and not second_factor.of(user_id).any:
        raise Conflict("signin.second_needed")
    second_factor.tidy(user_id)


@blueprint.post("/me/codes")
@requires("own.sign-in")
@fresh
def new_codes() -> Answer:
    """Make ten new codes for the paper; those of the old paper are worth nothing any more."""
    user_id = signed_in().id
    with writing():
        if not second_factor.of(user_id).any:
            raise Conflict("signin.no_second")
        codes = recovery.make(user_id)
        _record("sign-in.make-paper", user_id)
    return render_template("manager/codes.html", codes=codes), 200


@blueprint.post("/me/passkeys/options")
@requires("own.sign-in")
@enrols
@fresh
def passkey_options() -> FlaskResponse:
    """Say what a browser needs to make a passkey."""
    with writing():
        options = passkeys.ask_to_add(signed_in(), proof.site(), at=now())
    return FlaskResponse(options, mimetype="application/json")


@blueprint.post("/me/passkeys")
@requires("own.sign-in")
@enrols
@fresh
def add_passkey() -> Answer:
    """Keep a new passkey of hers."""
    user_id, answer = signed_in().id, request.form.get("credential", "")[:64_000]
    try:
        with writing():
            challenge = passkeys.use_challenge(user_id, answer, Asked.ADD, at=now())
        with writing():
            passkeys.add(user_id, answer, challenge, proof.site(), forms.text("name", 60), at=now())
            codes, token = _enrolled(user_id, "sign-in.add-passkey")
    except DomainError as error:
        return _factor_page(refused(error)), error.status
    return _with_codes(codes, token)


@blueprint.post("/me/passkeys/<int:passkey_id>/removal")
@requires("own.sign-in")
@fresh
def remove_passkey(passkey_id: int) -> Response:
    """Forget one of her passkeys."""
    user_id = signed_in().id
    with writing():
        if not passkeys.remove(user_id, passkey_id):
            abort(404)
        _keep_one(user_id)
        _record("sign-in.remove-passkey", user_id)
    flash(_("That passkey opens nothing here any more."))
    return redirect(url_for("manager.me"), 303)


@blueprint.post("/me/sign-ins/<int:sign_in_id>/end")
@requires("own.sign-in")
def end_sign_in(sign_in_id: int) -> Response:
    """End one of her sign-ins, on whatever browser it is."""
    user_id = signed_in().id
    with writing():
        if not sessions.end_own(user_id, sign_in_id, at=now()):
            abort(404)
    flash(_("That sign-in has ended."))
    return redirect(url_for("manager.me"), 303)


@blueprint.post("/me/sign-ins/end")
@requires("own.sign-in")
def end_other_sign_ins() -> Response:
    """End every sign-in of hers but this one."""
    user_id, row_id = signed_in().id, _row_id()
    with writing():
        token = sessions.end_others(user_id, row_id, at=now())
    return _here(token, _("You are signed in here alone."))
