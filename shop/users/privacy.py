"""What the users' floor holds of a customer, for her own export: never a hash, never a token."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import or_, select

from shop.db import db
from shop.users.devices import DeviceUser
from shop.users.links import MailedLink
from shop.users.models import SignIn, User


def account_row(user: User) -> dict[str, Any]:
    """Return her account."""
    return {
        "name": user.name,
        "email": user.email,
        "email_proven_at": user.email_proven_at,
        "language": user.language,
        "has_password": user.password_set_at is not None,
        "password_set_at": user.password_set_at,
        "opened_at": user.created_at,
        "signed_in_at": user.signed_in_at,
        "signed_in_before_at": user.signed_in_before_at,
    }


def sign_in_rows(user: User) -> Iterator[dict[str, Any]]:
    """Yield her sign-ins that are still kept."""
    for row in db.session.scalars(select(SignIn).where(SignIn.user_id == user.id).order_by(SignIn.id)):
        yield {
            "began_at": row.began_at,
            "stands_until": row.idle_until,
            "confirmed_at": row.stepped_up_at,
            "ended_at": row.ended_at,
        }


def browser_rows(user: User) -> Iterator[dict[str, Any]]:
    """Yield when each browser that we know again last signed her in."""
    hers = select(DeviceUser).where(DeviceUser.user_id == user.id)
    for row in db.session.scalars(hers.order_by(DeviceUser.device_id)):
        yield {"signed_in_at": row.at}


def link_rows(user: User | None, email: str) -> Iterator[dict[str, Any]]:
    """Yield the links that were mailed to her and are still kept."""
    hers = or_(MailedLink.email == email, MailedLink.user_id == user.id) if user else MailedLink.email == email
    for link in db.session.scalars(select(MailedLink).where(hers).order_by(MailedLink.id)):
        yield {
            "purpose": link.purpose.value,
            "email": link.email,
            "name": link.name,
            "language": link.language,
            "leads_to": link.leads_to,
            "asked_at": link.asked_at,
            "ends_at": link.expires_at,
            "used_at": link.used_at,
        }
