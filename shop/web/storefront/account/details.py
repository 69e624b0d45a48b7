"""How she is called, her e-mail address, her password, and where she is signed in."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import db, writing
from shop.errors import DomainError, Invalid
from shop.users import customers
from shop.users.models import User
from shop.web import auth
from shop.web.access import fresh, requires
from shop.web.edge import now, signed_in, standing
from shop.web.language import LANGUAGES
from shop.web.sentences import sentence
from shop.web.storefront.account import blueprint, reads
from shop.web.storefront.account.door import asking

Page = str | tuple[str, int] | Response


@blueprint.get("/account/details")
@requires("own.account")
def details() -> str:
    """Show her details and where she is signed in."""
    return _page({})


@blueprint.post("/account/details")
@requires("own.account")
def change_details() -> Page:
    """Keep her name and the language of her mails."""
    try:
        spoken = request.form.get("language", "")
        if spoken not in LANGUAGES:
            raise Invalid("form.choice")
        with writing():
            customers.describe(signed_in(), request.form.get("name", ""), spoken)
    except DomainError as error:
        return _page({"details": sentence(error)}), error.status
    flash(_("Kept."), "good")
    return redirect(url_for("account.details"), 303)


@blueprint.post("/account/email")
@requires("own.account")
@fresh
def change_email() -> Page:
    """Mail a link to the new address; nothing changes before it is opened."""
    try:
        with writing():
            customers.ask_to_change_email(signed_in(), request.form.get("email", ""), asking(), at=now())
    except DomainError as error:
        return _page({"email": sentence(error)}), error.status
    return redirect(url_for("account.mailed"), 303)


@blueprint.get("/account/password")
@requires("own.account")
@fresh
def password() -> str:
    """Show the form of a new password."""
    return render_template("account/password.html", user=signed_in(), error=None)


@blueprint.post("/account/password")
@requires("own.account")
@fresh
def set_password() -> Page:
    """Set or change her password; other browsers are signed out."""
    try:
        with writing():
            user = signed_in()
            customers.set_password(user, request.form.get("password", ""), at=now())
            opened = _begin_again(user)
    except DomainError as error:
        return render_template("account/password.html", user=signed_in(), error=sentence(error)), error.status
    opened.give()
    flash(_("Your password is set. Other browsers are signed out."), "good")
    return redirect(url_for("account.details"), 303)


@blueprint.post("/account/password/removal")
@requires("own.account")
@fresh
def remove_password() -> Page:
    """Go back to mailed links alone; other browsers are signed out."""
    with writing():
        user = signed_in()
        customers.remove_password(user, at=now())
        opened = _begin_again(user)
    opened.give()
    flash(_("You have no password any more. We mail you a link when you sign in."), "good")
    return redirect(url_for("account.details"), 303)


def _begin_again(user: User) -> auth.Opened:
    db.session.refresh(user)
    return auth.begin(user, proven=True)


def _page(errors: dict[str, str]) -> str:
    page = reads.details(signed_in(), standing())
    return render_template("account/details.html", page=page, errors=errors, form=request.form)
