"""Mails: text rendered from templates in the language of the order, with absolute links."""

from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, render_template
from flask_babel import force_locale

from shop import mail
from shop.db import db
from shop.orders import lifecycle
from shop.orders.models import Order
from shop.users.invitations import Invitation
from shop.web.language import LOCALES


def write_letter(template: str, to: str, values: Mapping[str, Any]) -> EmailMessage:
    """Return the mail of a template; its first line is the subject."""
    words = _of_invitation(values) if "invitation_id" in values else _of_order(values)
    with force_locale(LOCALES[g.language]):
        text = render_template(f"email/{template}.txt", values=values, **words)
    db.session.rollback()
    subject, _, body = text.strip().partition("\n")
    host = urlsplit(current_app.config["SHOP_URL"]).hostname or "localhost"
    return mail.compose(
        sender=current_app.config["MAIL_FROM"],
        to=to,
        subject=subject,
        text=body.strip() + "\n",
        message_id=make_msgid(domain=host),
    )


def _of_order(values: Mapping[str, Any]) -> dict[str, object]:
    order = db.session.get_one(Order, values["order_id"])
    g.language = order.language
    prefix = "" if order.language == "en" else f"/{order.language}"
    link = f"{current_app.config['SHOP_URL']}{prefix}/orders/{order.number}/{order.key}"
    return {"order": order, "lines": lifecycle.lines_of(order), "link": link}


def _of_invitation(values: Mapping[str, Any]) -> dict[str, object]:
    """Return what an invitation's mail says; its token is made here and lies nowhere."""
    invitation = db.session.get_one(Invitation, values["invitation_id"])
    g.language = "en"
    link = f"{current_app.config['SHOP_URL']}/invitation/{invitation.token}"
    return {"invitation": invitation, "link": link}
