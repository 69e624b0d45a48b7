"""The people of the office, for an admin: invited, moved, shut out, let in again. Nobody changes herself."""

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop import mail
from shop.db import writing
from shop.errors import DomainError, Invalid
from shop.users import enrolment, invitations, signin
from shop.users import staff as domain
from shop.users.models import STAFF, Role, User
from shop.web.access import fresh, requires
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms, words
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import staff as reads

Answer = Response | tuple[str, int]


@blueprint.get("/staff")
@requires("users.edit")
def staff() -> str:
    """List the people of the office and offer to invite one."""
    return _staff_page(Filled())


def _staff_page(form: Filled) -> str:
    return render_template("manager/staff.html", page=reads.staff_page(), form=form, **_choices())


def _choices() -> dict[str, list[tuple[str, str]]]:
    roles = [(role.value, words.role(role)) for role in Role if role in STAFF]
    centres = [("", _("the house")), *((str(each.id), each.name) for each in enrolment.centres())]
    return {"roles": roles, "centres": centres}


@blueprint.post("/staff")
@requires("users.edit")
@fresh
def invite() -> Answer:
    """Add a member of staff, who sets her own password by a link that is mailed to her."""
    try:
        role, name, email = forms.choice(Role, "role"), forms.needed("name", 60), forms.needed("email", 254)
        with writing():
            made = enrolment.add_staff(role, name, email, signin.nobodys(), centre_id=_centre_id(role), at=now())
            _mail_invitation(made)
    except DomainError as error:
        return _staff_page(refused(error)), error.status
    flash(_("%(name)s was invited. The link in her mail works once, for a day.", name=name))
    return redirect(url_for("manager.staff"), 303)


def _mail_invitation(user: User) -> None:
    made = invitations.invite(user, at=now(), by=signed_in())
    values = {"invitation_id": made.id}
    mail.enqueue("invitation", f"invitation:{made.id}", user.email or "", values, at=now())


def _centre_id(role: Role) -> int | None:
    if not forms.text("centre"):
        if role is Role.MANAGER:
            raise Invalid("user.manager_needs_centre")
        return None
    return enrolment.get_centre(forms.whole("centre")).id


@blueprint.get("/staff/<int:user_id>")
@requires("users.edit")
@fresh
def person(user_id: int) -> str:
    """Show one person of the office and what can be changed."""
    return _person_page(user_id, Filled())


def _person_page(user_id: int, form: Filled) -> str:
    page = reads.person_page(user_id, signed_in())
    return render_template("manager/person.html", page=page, form=form, **_choices())


@blueprint.post("/staff/<int:user_id>/role")
@requires("users.edit")
@fresh
def change_role(user_id: int) -> Answer:
    """Give a person another role or centre."""

    def change() -> None:
        role = forms.choice(Role, "role")
        domain.change_role(user_id, role, _centre_id(role), at=now(), by=signed_in())

    return _done(user_id, change, _("Changed. She signs in again."))


@blueprint.post("/staff/<int:user_id>/closing")
@requires("users.edit")
@fresh
def disable(user_id: int) -> Answer:
    """Shut a person out, at once."""
    return _done(user_id, lambda: domain.disable(user_id, at=now(), by=signed_in()), _("She is shut out from now on."))


@blueprint.post("/staff/<int:user_id>/opening")
@requires("users.edit")
@fresh
def enable(user_id: int) -> Answer:
    """Let a person in again."""
    return _done(user_id, lambda: domain.enable(user_id, at=now(), by=signed_in()), _("She can sign in again."))


@blueprint.post("/staff/<int:user_id>/second-factor")
@requires("users.edit")
@fresh
def reset_second_factor(user_id: int) -> Answer:
    """Take a person's lost second factor away."""
    said = _("Her phone, passkeys and paper are worth nothing any more. She sets up new ones when she signs in.")
    return _done(user_id, lambda: domain.reset_second_factor(user_id, at=now(), by=signed_in()), said)


@blueprint.post("/staff/<int:user_id>/invitation")
@requires("users.edit")
@fresh
def invite_again(user_id: int) -> Answer:
    """Mail a person a new link, with which she sets a new password."""
    return _done(user_id, lambda: _mail_invitation(domain.other(user_id, signed_in())), _("A new link is on its way."))


def _done(user_id: int, act: Callable[[], None], said: str) -> Answer:
    try:
        with writing():
            act()
    except DomainError as error:
        if error.status == 404:
            raise
        return _person_page(user_id, refused(error)), error.status
    flash(said)
    return redirect(url_for("manager.person", user_id=user_id), 303)
