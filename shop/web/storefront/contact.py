"""Writing to the shop: a form without an account, its number, and nothing that a machine could abuse for long."""

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from shop import mail
from shop.db import writing
from shop.errors import DomainError, Invalid, TooMany
from shop.orders import tickets
from shop.orders.tickets import Topic
from shop.users import tries
from shop.web.access import public
from shop.web.edge import client_address, now
from shop.web.language import language
from shop.web.sentences import sentence
from shop.web.storefront import blueprint

HONEYPOT = "website"  # a person does not see it; what fills it is a machine
PER_ADDRESS, PER_EMAIL = 8, 3  # letters in a quarter of an hour
FIELDS = ("topic", "name", "email", "text")
FIELD_OF = {f"ticket.{name}": name for name in FIELDS}


def topic_name(topic: Topic) -> str:
    """Return what a letter is about, in words."""
    names: dict[Topic, str] = {
        Topic.ORDER: _("An order"),
        Topic.PRODUCT: _("Something you make"),
        Topic.COMPLAINT: _("A complaint"),
        Topic.PRIVACY: _("My data"),
        Topic.OTHER: _("Something else"),
    }
    return names[topic]


@blueprint.get("/contact")
@public
def contact() -> str:
    """Show how to reach the shop, with a form."""
    return _page({}, {})


@blueprint.post("/contact")
@public
def write() -> WerkzeugResponse | tuple[str, int]:
    """Keep a letter and show its number."""
    sent = {name: request.form.get(name, "")[: tickets.LONGEST + 1] for name in FIELDS}
    try:
        number = _keep(sent)
    except DomainError as error:
        return _page(sent, {FIELD_OF.get(error.message_id, "text"): sentence(error)}), error.status
    return redirect(url_for("storefront.written", number=number), 303)


@blueprint.get("/contact/<number>")
@public
def written(number: str) -> Response:
    """Show the number of a letter and nothing of what it says."""
    response = make_response(render_template("storefront/written.html", ticket=tickets.get(number[:12])))
    response.headers["Cache-Control"] = "no-store"
    return response


def _keep(sent: dict[str, str]) -> str:
    """Return the number of a letter that was kept; a machine's is refused."""
    if sent["topic"] not in list(Topic):
        raise Invalid("ticket.topic")
    with writing():
        counted = tries.count("contact-from", client_address(), PER_ADDRESS, at=now())
        email = sent["email"].strip().lower()
        if mail.ADDRESS.fullmatch(email):  # what is no address is nobody's, and would be counted for everybody
            counted = tries.count("contact-as", email, PER_EMAIL, at=now()) and counted
    if not counted:
        raise TooMany("ticket.too_many")
    if request.form.get(HONEYPOT):
        raise Invalid("ticket.text")
    with writing():
        ticket = tickets.write(
            Topic(sent["topic"]), sent["name"], sent["email"], sent["text"],
            language=language(), seller=current_app.config["SELLER_EMAIL"], at=now(),
        )  # fmt: skip
        return ticket.number


def _page(sent: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "storefront/contact.html", sent=sent, errors=errors, topics=[(each.value, topic_name(each)) for each in Topic],
        honeypot=HONEYPOT, days=tickets.ANSWER_WITHIN.days,
    )  # fmt: skip
