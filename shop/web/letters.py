"""Mails: text rendered from templates in the language of the order, with absolute links."""

from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, render_template
from flask_babel import force_locale
from sqlalchemy import select

from shop import mail
from shop.artisans import publication
from shop.artisans.consent_models import Channel, Item
from shop.artisans.publication import Card
from shop.catalog.models import Reservation, Unit, UnitMaker
from shop.db import db
from shop.orders import lifecycle
from shop.orders.models import Order, OrderLine
from shop.web.edge import now
from shop.web.language import LOCALES


def write_letter(template: str, to: str, values: Mapping[str, Any]) -> EmailMessage:
    """Return the mail of a template; its first line is the subject."""
    order = db.session.get_one(Order, values["order_id"])
    g.language = order.language
    prefix = "" if order.language == "en" else f"/{order.language}"
    link = f"{current_app.config['SHOP_URL']}{prefix}/orders/{order.number}/{order.key}"
    lines = lifecycle.lines_of(order)
    makers = _makers(lines, order.language) if template == "order_shipped" else []
    with force_locale(LOCALES[order.language]):
        text = render_template(
            f"email/{template}.txt", order=order, lines=lines, link=link, values=values, makers=makers
        )
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


def _makers(lines: Sequence[OrderLine], language: str) -> list[Card]:
    """Return who may be named in a mail as it is being sent; what was agreed when it was asked for counts nothing."""
    pieces = (
        select(UnitMaker.artisan_id)
        .join(Unit, Unit.id == UnitMaker.unit_id)
        .join(Reservation, Reservation.id == Unit.reservation_id)
        .where(Reservation.reference.in_([line.reference for line in lines]))
    )
    return publication.cards(pieces, [Item.CARD], Channel.MAIL, language, at=now())
