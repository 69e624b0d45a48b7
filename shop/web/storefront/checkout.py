"""Checkout on one page: where to send, how to send, how to pay, and the total with all that is in it.

The form is that of the address's country, and its charges are those of the way there. Both are made
here: a press on "show" sends the form as it stands, places nothing, and brings the page back for what
was typed. The script only presses it by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import reading, writing
from shop.errors import DomainError
from shop.orders.address import AS_WRITTEN, LONGEST, Address, FormField, ascii_digits, check, clean, complete, form_of
from shop.orders.shipping import HOME, WAYS, Destination, Unsent
from shop.payments import checkout
from shop.payments.offers import Offer, offers
from shop.phases import open_page
from shop.web.access import public
from shop.web.edge import counter, now
from shop.web.house import seller
from shop.web.language import language
from shop.web.sentences import sentence, sentence_of
from shop.web.storefront import bag_reads, blueprint, saved
from shop.web.storefront.cart import cart_key
from shop.web.storefront.words import address_sentences, field_name

FIELDS = (*LONGEST, "country", AS_WRITTEN)
SHOWN = "total_"  # hidden inputs: the total that the page showed for each way of sending
PLACE = ("country", "state", "postcode")  # what an address may bring along, and what decides the charges
LONGEST_NOTE = 300


@dataclass(frozen=True)
class Filled:
    """A checkout form that can be acted on."""

    address: Address
    shipping_method: str
    gateway: str
    shown_minor: int
    seen: str
    note: str


def offered(currency: str, country: str) -> list[Offer]:
    """Return how a customer may pay, the fitting way first."""
    return offers(counter().gateways, currency, country)


@blueprint.get("/checkout")
@public
def checkout_form() -> Response:
    """Show the checkout of a bag that has something in it; a customer's own address stands in it already."""
    return _page(None, {}, 200)


@blueprint.post("/checkout")
@public
def place_order() -> Response:
    """Place the order of the bag, once, and lead to the gateway's page; or only show the form for an address."""
    if "show" in request.form:
        return _page(request.form, {}, 200)
    filled, errors = _read(request.form)
    if filled is None:
        return _page(request.form, errors, 422)
    wish = checkout.Wish(
        filled.address,
        filled.shipping_method,
        filled.gateway,
        filled.shown_minor,
        language(),
        filled.seen,
        filled.note,
    )
    config, key = current_app.config, cart_key()
    try:
        with reading():
            reckoned = checkout.reckon(key, wish, seller=seller(), at=now())
        with writing():
            prepared = checkout.prepare(
                key,
                wish,
                reckoned=reckoned,
                hold=timedelta(minutes=config["HOLD_MINUTES"]),
                seller=seller(),
                at=now(),
            )
            number, order_key = prepared.order.number, prepared.order.key
    except DomainError as error:
        return _page(request.form, _beside(error), error.status)
    if prepared.fresh:
        open_page(counter(), prepared.attempt_id, shop_url=config["SHOP_URL"], by="customer")
    return redirect(url_for("storefront.pay", number=number, key=order_key), 303)


def _beside(error: DomainError) -> dict[str, str]:
    """Return a refusal at its field, so that it is read where it can be put right."""
    return {"shipping_method" if error.message_id == "checkout.shipping_method" else "form": sentence(error)}


def _read(form: Mapping[str, str]) -> tuple[Filled | None, dict[str, str]]:
    """Return the form's wish, or field -> sentence for all that has to be put right."""
    given = {name: form.get(name, "") for name in FIELDS}
    address, wrong = check(given)  # whether a parcel goes there, the quote knows
    errors = address_sentences(wrong, given)
    method, note = form.get("shipping_method", ""), clean(form.get("note", ""))
    shown = form.get(SHOWN + method, "")
    fits = method in WAYS and (HOME in WAYS[method]) == (form.get("country", "").strip().upper() == "IN")
    if not fits and "country" not in errors:
        errors["shipping_method"] = sentence_of("checkout.shipping_method")
    elif not shown.isdecimal():
        errors.setdefault("form", sentence_of("checkout.total_changed"))
    if len(note) > LONGEST_NOTE:
        errors["note"] = sentence_of("address.long")
    if form.get("payment_method") not in counter().gateways:
        errors["payment_method"] = sentence_of("checkout.payment_method")
    if errors or address is None:
        return None, errors
    return Filled(address, method, form["payment_method"], int(shown[:13]), form.get("seen", ""), note), {}


def _page(sent: Mapping[str, str] | None, errors: dict[str, str], status: int) -> Response:
    known = saved.known()
    asked = {name: request.args[name] for name in PLACE if name in request.args}
    form = {**known.fields, **asked} if sent is None else dict(sent)
    form["country"] = clean(form.get("country", "")).upper() or "IN"
    complete(form)
    to = Destination(form["country"], clean(form.get("state", "")), ascii_digits(clean(form.get("postcode", ""))))
    page = bag_reads.checkout_page(cart_key(), to, seller=seller(), at=now())
    if page is None:
        return redirect(url_for("storefront.cart"), 303)
    if page.order is not None and sent is None:
        return redirect(url_for("storefront.order", number=page.order.number, key=page.order.key), 303)
    labels = _labels(form["country"], page.served)
    response = make_response(
        render_template(
            "storefront/checkout.html",
            page=page,
            form=form,
            errors=_as_they_stand(_with_unsent(errors, page) if sent is not None else errors, labels),
            fields=_fields(form["country"], page.served),
            offers=offered(page.currency, form["country"]),
            known=known,
            labels=labels,
            chosen=_chosen(form.get("shipping_method", ""), page),
            longest_note=LONGEST_NOTE,
        ),
        status,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _fields(country: str, served: Sequence[str]) -> Sequence[FormField]:
    return form_of(country if country in served else "IN")


def _labels(country: str, served: Sequence[str]) -> dict[str, str]:
    """Return what the fields are called, for themselves and for the summary of errors."""
    return {
        "name": _("Name"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "country": _("Country"),
        **{each.name: field_name(each.called) for each in _fields(country, served)},
        "shipping_method": _("How to send it"),
        "payment_method": _("How to pay"),
        "note": _("A note about this order"),
    }


def _as_they_stand(errors: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """Return the errors in the order of the fields on the page; what belongs to none comes last."""
    places = list(labels)
    return dict(sorted(errors.items(), key=lambda pair: places.index(pair[0]) if pair[0] in labels else len(places)))


def _chosen(wished: str, page: bag_reads.CheckoutPage) -> str:
    """Return the way that is ticked: the one chosen before if it goes there, else the cheapest."""
    codes = [way.method.code for way in page.ways]
    return wished if wished in codes else next(iter(codes), "")


def _with_unsent(errors: dict[str, str], page: bag_reads.CheckoutPage) -> dict[str, str]:
    """Return the errors with the reason why nothing goes there, said at the field that decides it."""
    if page.unsent is None:
        return errors
    field = {Unsent.COUNTRY: "country", Unsent.PIN_CODE: "postcode"}.get(page.unsent, "form")
    said = sentence_of(page.unsent.value, kg=page.most_grams // 1000)
    return {field: said} | {name: text for name, text in errors.items() if name != "shipping_method"}
