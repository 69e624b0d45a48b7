"""Customers: an account is opened only by whoever reads the mail of its address.

Asking for a link does the same work and says the same whether an account stands there or not; the
mail alone tells. A password that was typed before the address was proven is kept only if the link
is opened in the browser where it was typed: nobody can put a password on someone else's address.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from shop import mail
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound
from shop.users import devices, halves, links, passkeys, sessions, signin, tokens, tries
from shop.users.enrolment import EMAIL
from shop.users.links import LinkPurpose, MailedLink
from shop.users.models import Role, User
from shop.users.signin import Kept, checked_password, find_by_email, hash_secret, keep_password

LONGEST_EMAIL, LONGEST_NAME = 254, 60
TEMPLATES = {
    LinkPurpose.SIGN_IN: "account_sign_in",
    LinkPurpose.OPEN: "account_open",
    LinkPurpose.CHANGE_EMAIL: "account_change_email",
    LinkPurpose.NOTHING: "account_no_link",
}


@dataclass(frozen=True)
class Asking:
    """Who asks for a link: the browser's mark, the page to go to afterwards, the language of the mail."""

    browser: str
    leads_to: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Entered:
    """What came of opening a link."""

    user: User
    purpose: LinkPurpose
    leads_to: str
    same_browser: bool
    password_dropped: bool


def checked_email(text: str) -> str:
    """Return an address in small letters; Invalid if it does not look like one."""
    address = text.strip().lower()
    if len(address) > LONGEST_EMAIL or not EMAIL.fullmatch(address):
        raise Invalid("address.email")
    return address


def checked_name(text: str) -> str:
    """Return a name on one line; Invalid if it is too long."""
    name = " ".join(text.split())
    if len(name) > LONGEST_NAME:
        raise Invalid("address.long")
    return name


def ask_for_link(email: str, asking: Asking, *, name: str = "", password: str = "", at: datetime) -> None:
    """Mail a link that signs in, or opens an account where there is none; silent beyond what an hour allows."""
    address, called = checked_email(email), checked_name(name)
    secret_hash = hash_secret(checked_password(password)) if password else None
    user = find_by_email(address)
    if user is None:
        purpose = LinkPurpose.OPEN
    else:
        may_enter = user.role is Role.CUSTOMER and user.is_active
        purpose = LinkPurpose.SIGN_IN if may_enter else LinkPurpose.NOTHING
    _mail_link(purpose, address, user, asking, name=called, secret_hash=secret_hash, at=at)


def ask_to_change_email(user: User, email: str, asking: Asking, *, at: datetime) -> None:
    """Mail a link to a new address; following it shows that the address is hers, and changes it."""
    address = checked_email(email)
    if address == user.email:
        raise Invalid("account.same_email")
    taken = find_by_email(address) is not None
    purpose = LinkPurpose.NOTHING if taken else LinkPurpose.CHANGE_EMAIL
    _mail_link(purpose, address, None if taken else user, asking, name="", secret_hash=None, at=at)


def _mail_link(
    purpose: LinkPurpose,
    email: str,
    user: User | None,
    asking: Asking,
    *,
    name: str,
    secret_hash: str | None,
    at: datetime,
) -> None:
    if not links.allow(email, at=at):
        return
    link = MailedLink(
        purpose=purpose,
        user_id=user.id if user else None,
        email=email,
        name=name,
        secret_hash=secret_hash,
        browser_hash=tokens.hash_of(asking.browser),
        language=asking.language,
        leads_to=asking.leads_to[:200],
        asked_at=at,
    )
    db.session.add(link)
    db.session.flush()
    values = {"link_id": link.id, "language": asking.language}
    mail.enqueue(TEMPLATES[purpose], f"link:{link.user_id or 0}:{link.id}", email, values, at=at)


def enter(token: str, *, browser: str, at: datetime) -> Entered:
    """Use a link up: sign-in, new account or new address; NotFound if it is over."""
    link = links.use(token, at=at)
    if link is None:
        raise NotFound("link.over")
    same = bool(browser) and link.browser_hash == tokens.hash_of(browser)
    dropped = False
    if link.purpose is LinkPurpose.CHANGE_EMAIL:
        user = _move_to(link, at=at)
    else:
        user, dropped = _open_or_find(link, same_browser=same, at=at)
    if user.role is not Role.CUSTOMER or not user.is_active:
        raise NotFound("link.over")
    return Entered(user, link.purpose, link.leads_to, same, dropped)


def _open_or_find(link: MailedLink, *, same_browser: bool, at: datetime) -> tuple[User, bool]:
    """Return the account of a link's address, opened now if need be, and whether a typed password was left out."""
    known = find_by_email(link.email)
    if known is not None:
        return known, False
    kept = link.secret_hash if same_browser else None
    user = _add(link.email, link.name, kept, language=link.language, at=at)
    return user, link.secret_hash is not None and kept is None


def _move_to(link: MailedLink, *, at: datetime) -> User:
    user = db.session.get_one(User, link.user_id)
    if find_by_email(link.email) is not None:
        raise Conflict("user.email_taken")
    before = user.email
    user.email, user.email_proven_at = link.email, at
    db.session.flush()
    links.drop_of(user.id, at=at)
    assert before is not None
    _tell(user, "email", before, at=at)
    return user


def add(email: str, name: str, password: str | Kept, *, at: datetime) -> User:
    """Add a customer whose address is known to be hers."""
    address = checked_email(email)
    if find_by_email(address) is not None:
        raise Conflict("user.email_taken")
    secret_hash = keep_password(password).secret_hash if password else None
    return _add(address, checked_name(name), secret_hash, language="en", at=at)


def _add(email: str, name: str, secret_hash: str | None, *, language: str, at: datetime) -> User:
    user = User(
        role=Role.CUSTOMER,
        name=name,
        email=email,
        secret_hash=secret_hash or _nobodys_secret(),
        password_set_at=at if secret_hash else None,
        email_proven_at=at,
        language=language,
        created_at=at,
    )
    db.session.add(user)
    db.session.flush()
    return user


def set_password(user: User, password: str, *, at: datetime) -> None:
    """Set or change a customer's password; every sign-in she has ends, and she is told by mail."""
    user.secret_hash, user.password_set_at = hash_secret(checked_password(password)), at
    _after_change(user, "password", at=at)


def remove_password(user: User, *, at: datetime) -> None:
    """Go back to mailed links alone; every sign-in she has ends, and she is told by mail."""
    user.secret_hash, user.password_set_at = _nobodys_secret(), None
    _after_change(user, "no-password", at=at)


def _after_change(user: User, what: str, *, at: datetime) -> None:
    db.session.flush()
    signin.forget_tries(user.id)
    sessions.end_all(user.id, at=at)
    db.session.refresh(user)
    assert user.email is not None
    _tell(user, what, user.email, at=at)


def _tell(user: User, what: str, to: str, *, at: datetime) -> None:
    """Tell by mail of a change that only she should have made."""
    reference = f"account:{user.id}:{what}:{at.isoformat()}"
    mail.enqueue("account_notice", reference, to, {"what": what, "language": user.language}, at=at)


def describe(user: User, name: str, language: str) -> None:
    """Keep how a customer is called and the language of her mails."""
    user.name, user.language = checked_name(name), language
    db.session.flush()


def close(user: User, *, at: datetime) -> None:
    """Close an account for good: nothing of her stays in it, and nothing can open it again."""
    assert user.email is not None
    links.forget_of(user.id, user.email)
    sessions.forget_of(user.id)
    halves.forget_of(user.id)
    passkeys.forget_asked(user.id)
    signin.forget_counts(user.id, user.email, devices.of(user.id))
    devices.forget_of(user.id)
    user.name, user.email, user.language = "", f"erased-{secrets.token_hex(16)}@invalid", "en"
    user.secret_hash, user.password_set_at, user.email_proven_at = "none", None, None
    user.signed_in_at, user.signed_in_before_at, user.disabled_at = None, None, at
    user.sign_in_version += 1
    db.session.flush()


def forget_guest(email: str) -> None:
    """Delete the links that were mailed to an address without an account, and the tries under its name."""
    links.forget_of(None, email)
    tries.forget("name", email)


def find_customer(email: str) -> User | None:
    """Return the open account of an address that was proven, or None."""
    return db.session.scalars(
        select(User).where(
            User.email == email.strip().lower(), User.role == Role.CUSTOMER, User.email_proven_at.is_not(None)
        )
    ).one_or_none()


def _nobodys_secret() -> str:
    return hash_secret(signin.nobodys())
