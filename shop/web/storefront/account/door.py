"""Coming in: a new account, a mailed link asked for, and the link opened.

Every answer is the same whether an account stands at an address or not; the mail alone tells. A link
is opened by a button, so that a mail scanner which follows it does not use it up.
"""

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import DomainError, NotFound
from shop.orders import customers as theirs
from shop.users import customers, links, tokens
from shop.users.customers import Asking, Entered
from shop.users.links import LinkPurpose
from shop.web import auth
from shop.web.access import public, requires
from shop.web.edge import now, signed_in
from shop.web.language import language
from shop.web.paths import own_path
from shop.web.sentences import sentence
from shop.web.storefront.account import blueprint

MARK = "mark"  # where the session cookie keeps what tells the browser that asked from another


def asking(leads_to: str | None = None) -> Asking:
    """Return who asks for a link from this browser, giving it a mark that the link is compared with."""
    mark = session.get(MARK)
    if not isinstance(mark, str):
        mark = session[MARK] = tokens.make()
    return Asking(mark, own_path(leads_to) or "", language())


@blueprint.get("/account/new")
@public
def new() -> str | Response:
    """Ask for what an account needs: an address, nothing more."""
    if current_user.is_authenticated:
        return redirect(auth.home_of(current_user))
    return render_template("account/new.html", form={}, error=None)


@blueprint.post("/account/new")
@public
def new_post() -> Response | tuple[str, int]:
    """Mail a link that opens the account, or signs in where there is one."""
    form = request.form
    try:
        with writing():
            customers.ask_for_link(
                form.get("email", ""), asking(), name=form.get("name", ""), password=form.get("password", ""), at=now()
            )
    except DomainError as error:
        return render_template("account/new.html", form=form, error=sentence(error)), error.status
    return redirect(url_for("account.mailed"), 303)


@blueprint.post("/login/link")
@public
def mail_link() -> Response | tuple[str, int]:
    """Mail a link that signs in."""
    email = request.form.get("email", "")
    try:
        with writing():
            customers.ask_for_link(email, asking(request.args.get("next")), at=now())
    except DomainError as error:
        return render_template("auth/sign_in.html", email=email, error=sentence(error)), error.status
    return redirect(url_for("account.mailed"), 303)


@blueprint.post("/account/step-up-link")
@requires("own.account")
def mail_step_up() -> Response:
    """Mail her a link that shows who she is, instead of a password."""
    with writing():
        customers.ask_for_link(signed_in().email or "", asking(request.args.get("next")), at=now())
    return redirect(url_for("account.mailed"), 303)


@blueprint.get("/account/mailed")
@public
def mailed() -> str:
    """Say that a mail is on its way, if it is."""
    return render_template("account/mailed.html", minutes=links.LASTS.seconds // 60, most=links.MOST_LINKS)


@blueprint.get("/account/link/<token>")
@public
def link(token: str) -> str:
    """Show what the link does, with the button that does it; looking uses nothing up.

    Referrers stay within the shop as everywhere: with none at all, browsers without Sec-Fetch-Site could
    not press the button.
    """
    found = links.find(token, at=now())
    if found is None:
        raise NotFound("link.over")
    here = found.browser_hash == tokens.hash_of(session.get(MARK, ""))
    return render_template("account/link.html", link=found, same_browser=here)


@blueprint.post("/account/link/<token>")
@public
def link_post(token: str) -> Response:
    """Use the link up: sign in, open the account, or take the new address."""
    here = current_user.id if current_user.is_authenticated else None
    with writing():
        entered = theirs.enter(token, browser=session.get(MARK, ""), at=now())
        signs_in = here != entered.user.id or entered.purpose is not LinkPurpose.CHANGE_EMAIL
        opened = auth.begin(entered.user, proven=True) if signs_in else None
    if opened:
        opened.give()
    _tell(entered)
    return redirect(own_path(entered.leads_to) or url_for("account.home"), 303)


def _tell(entered: Entered) -> None:
    if entered.purpose is LinkPurpose.CHANGE_EMAIL:
        flash(_("This is your address now. We have told the old one."), "good")
    if entered.purpose is LinkPurpose.OPEN:
        flash(_("Your account is open."), "good")
    if entered.password_dropped:
        flash(_("You came by another browser, so the password typed there was not kept. Choose one here."), "good")
