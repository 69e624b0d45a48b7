"""Mails: HTML rendered from templates in the language of the order or of the account, with absolute links, and
the text form that is read off it."""

from collections.abc import Mapping, Sequence
from datetime import date
from email.message import Message
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
from shop.clock import india_date
from shop.db import db, writing
from shop.orders import invoices, lifecycle
from shop.orders.invoice_models import Invoice
from shop.orders.models import Order, OrderLine, OrderStatus
from shop.orders.return_models import Return, Wish
from shop.orders.tickets import ANSWER_WITHIN, Ticket
from shop.payments import late
from shop.users import links
from shop.users.invitations import Invitation
from shop.web import plain
from shop.web.edge import now
from shop.web.language import LOCALES


def write_letter(template: str, to: str, values: Mapping[str, Any]) -> Message | None:
    """Return the mail of a template; its title is the subject. None if it has nothing to say any more."""
    words = _about(template, values)
    if template == "order_placed" and words["order"].status is not OrderStatus.PLACED:
        db.session.rollback()
        return None
    if template == "order_late" and words["late"] is None:  # she has answered, or the order is cancelled
        db.session.rollback()
        return None
    g.language = words["language"]
    with force_locale(LOCALES[g.language]):
        html = render_template(f"email/{template}.html", values=values, **words)
    db.session.rollback()
    subject, text = plain.read(html)
    host = urlsplit(current_app.config["SHOP_URL"]).hostname or "localhost"
    return mail.compose(
        sender=current_app.config["MAIL_FROM"],
        to=to,
        subject=subject,
        text=text,
        html=html,
        message_id=make_msgid(domain=host),
        at=now(),
    )


def _about(template: str, values: Mapping[str, Any]) -> dict[str, Any]:
    if "invitation_id" in values:
        return _of_invitation(values)
    if "ticket_id" in values:
        return _of_ticket(template, values)
    if "centre_id" in values:
        link = _address("en", f"/manager/cash/{values['centre_id']}")
        return {"language": "en", "link": link}
    return _of_order(template, values) if "order_id" in values else _of_account(values)


def _of_invitation(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an invitation's mail says; its token is made here and lies nowhere."""
    invitation = db.session.get_one(Invitation, values["invitation_id"])
    return {"language": "en", "invitation": invitation, "link": _address("en", f"/invitation/{invitation.token}")}


def _of_ticket(template: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a mail about a letter says; the office reads it in English, behind its own sign-in."""
    ticket = db.session.get_one(Ticket, values["ticket_id"])
    language = "en" if template == "ticket_new" else ticket.language
    link = _address("en", f"/manager/tickets/{ticket.number}") if template == "ticket_new" else _address(language, "/")
    return {"language": language, "ticket": ticket, "link": link, "within": ANSWER_WITHIN.days}


def _of_order(template: str, values: Mapping[str, Any]) -> dict[str, Any]:
    order = db.session.get_one(Order, values["order_id"])
    link = _address(order.language, f"/orders/{order.number}/{order.key}")
    lines = lifecycle.lines_of(order)
    makers = _makers(lines, order.language) if template == "order_shipped" else []
    invoice = list(filter(None, [invoices.find_of_sale(order)])) if template == "order_shipped" else []
    told = {
        "language": order.language,
        "order": order,
        "lines": lines,
        "link": link,
        "makers": makers,
        "invoice": invoice,
        "today": india_date(now()),
    }
    if "expected_on" in values:
        told["expected_on"] = date.fromisoformat(values["expected_on"])
    if values.get("paper_id"):
        told["paper"] = db.session.get_one(Invoice, values["paper_id"])
    if template == "order_late":
        told["late"] = late.find_open(order)
    if "return_id" in values:
        told["returned"] = _of_return(values["return_id"])
    return told


def _of_return(return_id: int) -> dict[str, Any]:
    """Return what a mail about a return says beside its order: what came, what is given for it, why it was refused."""
    found = db.session.get_one(Return, return_id)
    said = {"lines": found.lines, "came": found.came(), "minor": found.refund_minor, "why": found.why}
    return {**said, "exchanges": found.wish is Wish.EXCHANGE, "exchange": found.exchange}


def _of_account(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a mail about an account says; the token of its link is made here and stands nowhere else."""
    language, token = values["language"], None
    if "link_id" in values:
        with writing():
            token = links.mint(values["link_id"], at=now())
    link = _address(language, f"/account/link/{token}" if token else "/login")
    return {"language": language, "link": link, "minutes": links.LASTS.seconds // 60}


def _address(language: str, path: str) -> str:
    prefix = "" if language == "en" else f"/{language}"
    return f"{current_app.config['SHOP_URL']}{prefix}{path}"


def _makers(lines: Sequence[OrderLine], language: str) -> list[Card]:
    """Return who may be named in a mail as it is being sent; what was agreed when it was asked for counts nothing."""
    pieces = (
        select(UnitMaker.artisan_id)
        .join(Unit, Unit.id == UnitMaker.unit_id)
        .join(Reservation, Reservation.id == Unit.reservation_id)
        .where(Reservation.reference.in_([line.reference for line in lines]))
    )
    return publication.cards(pieces, [Item.CARD], Channel.MAIL, language, at=now())
