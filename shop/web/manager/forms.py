"""What the office's forms send, read field by field, and which field a refusal is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask import request

from shop.errors import DomainError, Invalid
from shop.money import decimal
from shop.users import enrolment
from shop.users.models import Centre, User
from shop.users.policy import whole_house
from shop.users.signin import canonical_digits
from shop.web import edge
from shop.web.language import PREFIXES
from shop.web.sentences import sentence

Choice = TypeVar("Choice", bound=StrEnum)

FIELD_OF = {
    "advance.agreed_on": "agreed_on",
    "advance.amount": "amount",
    "advance.instalment": "instalment",
    "deduction.amount": "amount",
    "deduction.due_on": "due_on",
    "artisan.adult_date": "adult_confirmed_on",
    "artisan.emblem": "emblem",
    "cash.amount": "amount",
    "cash.bank_reference": "bank_reference",
    "cash.difference": "note",
    "centre.capacity": "hours_per_day",
    "centre.exists": "code",
    "check.cause": "cause",
    "check.count": "passed",
    "check.mend": "mend",
    "collection.newest": "newest",
    "collection.pick_unknown": "picks",
    "collection.picks": "picks",
    "collection.slug_taken": "slug",
    "collection.title": "title",
    "consent.days": "days",
    "consent.nothing": "item",
    "consent.witness_manager": "witness",
    "consent.witness_password": "witness_password",
    "consent.witness_reset": "witness",
    "consent.witness_unknown": "witness",
    "csv.empty": "file",
    "csv.encoding": "file",
    "csv.heading_missing": "file",
    "csv.heading_twice": "file",
    "csv.long_cell": "file",
    "csv.no_heading": "file",
    "csv.not_commas": "file",
    "csv.quotes": "file",
    "csv.too_large": "file",
    "csv.too_many_cells": "file",
    "csv.too_many_rows": "file",
    "design.agreed_on": "agreed_on",
    "design.royalty": "royalty",
    "event.note": "note",
    "review.note": "note",
    "closing.unanswered": "note",
    "correction.note": "note",
    "correction.rate": "right",
    "correction.woman": "credit",
    "recount.note": "note",
    "making.reason": "reason",
    "payout.amount": "amount",
    "payout.bank_reference": "bank_reference",
    "payout.bank_reference_used": "bank_reference",
    "payout.note": "note",
    "payout.reason": "reason",
    "persona.name": "name_en",
    "persona.real_name": "not_her_own",
    "picture.alt": "alt",
    "picture.moving": "picture",
    "picture.size": "picture",
    "picture.unreadable": "picture",
    "product.finish_days": "finish_days",
    "product.grams": "grams",
    "product.hsn": "hsn",
    "product.price": "price_INR",
    "product.sku": "sku",
    "product.sku_taken": "sku",
    "product.slug": "slug",
    "product.slug_taken": "slug",
    "production.quantity": "quantity",
    "refund.amount": "reason",
    "run.overlaps": "first_on",
    "run.period": "last_on",
    "return.reason": "why",
    "share_rule.reason": "reason",
    "signin.code_wrong": "code",
    "signin.password_differs": "password_again",
    "signin.password_same": "password",
    "signin.password_short": "password",
    "signin.password_wrong": "password_now",
    "signin.pin_easy": "pin",
    "signin.pin_shape": "pin",
    "stock.adjustment": "change",
    "stock.promised": "change",
    "story.note": "note",
    "story.slug": "slug",
    "story.slug_taken": "slug",
    "task.rate": "rate",
    "task.too_many": "quantity",
    "ticket.answer": "answer",
    "ticket.answered": "answer",
    "user.card_shape": "card_number",
    "came_back.day": "returned_on",
    "user.card_taken": "card_number",
    "user.email_taken": "email",
    "user.manager_needs_centre": "centre",
}


SECRETS = {
    "csrf_token", "pin", "pin_again", "password", "password_again", "password_now", "code", "credential",
    "witness_password",
}  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """A form as it is shown: what stands in its fields and what has to be put right."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        return self.values.get(name, "")

    def error(self, name: str) -> str | None:
        """Return what is wrong with a field, or None."""
        return self.errors.get(name)

    @property
    def about_all(self) -> str | None:
        """Return what is wrong with the form as a whole, or None."""
        return self.errors.get("form")


def refused(error: DomainError) -> Filled:
    """Return the form as it was typed, with the refusal beside the field that it is about."""
    named = error.values.get("field") or FIELD_OF.get(error.message_id, "form")
    return Filled(typed().values, {str(named): sentence(error)})


def typed() -> Filled:
    """Return the form as it was typed, without what is secret."""
    return Filled({name: " ".join(values) for name, values in request.form.lists() if name not in SECRETS})


def text(name: str, longest: int = 200) -> str:
    """Return a field's text, cut where nobody would type on."""
    return request.form.get(name, "").strip()[:longest]


def texts(names: Iterable[str], longest: int) -> dict[str, str]:
    """Return the texts of several fields as they were sent, cut where nobody would type on."""
    return {name: request.form.get(name, "")[:longest] for name in names}


def listed(name: str, longest: int, apart: str = ",") -> list[str]:
    """Return what a field lists between commas, or what else keeps its parts apart, or on lines; each once."""
    parts = text(name, longest).replace("\n", apart).split(apart)
    return list(dict.fromkeys(word for part in parts if (word := part.strip())))


def translated(name: str, longest: int) -> dict[str, str]:
    """Return language -> text of the fields that stand beside an English one, those with a text."""
    given = {language: text(f"{name}_{language}", longest) for language in PREFIXES}
    return {language: words for language, words in given.items() if words}


def needed(name: str, longest: int = 200) -> str:
    """Return a field's text; Invalid if it is empty."""
    given = text(name, longest)
    if not given:
        raise Invalid("address.required", field=name)
    return given


def whole(name: str, *, least: int = 0) -> int:
    """Return a field's whole number in any digits; Invalid otherwise."""
    try:
        return edge.whole(request.form.get(name), least=least)
    except Invalid as error:
        raise Invalid(error.message_id, field=name) from None


def signed(name: str) -> int:
    """Return a field's whole number, which may begin with a minus; Invalid otherwise."""
    given = text(name).replace("−", "-")
    sign = -1 if given.startswith("-") else 1
    try:
        return sign * edge.whole(given.lstrip("+-"))
    except Invalid as error:
        raise Invalid(error.message_id, field=name) from None


def amount(name: str) -> int:
    """Return a field's amount in minor units; Invalid otherwise."""
    try:
        return edge.rupees(request.form.get(name))
    except Invalid as error:
        raise Invalid(error.message_id, field=name) from None


def day(name: str) -> date:
    """Return a field's day; Invalid otherwise."""
    try:
        return date.fromisoformat(canonical_digits(request.form.get(name, "")))
    except ValueError:
        raise Invalid("form.date", field=name) from None


def choice(kind: type[Choice], name: str) -> Choice:
    """Return the option chosen in a field; Invalid for any other text."""
    try:
        return kind(request.form.get(name, ""))
    except ValueError:
        raise Invalid("form.choice", field=name) from None


def chosen(kind: type[Choice], name: str) -> list[Choice]:
    """Return every option ticked in a field, each once; Invalid for any other text."""
    try:
        return [kind(each) for each in dict.fromkeys(request.form.getlist(name))]
    except ValueError:
        raise Invalid("form.choice", field=name) from None


def find_choice(kind: type[Choice], name: str) -> Choice | None:
    """Return the option chosen in a field, or None if none was; Invalid for any other text."""
    return choice(kind, name) if text(name) else None


def uploaded(name: str) -> bytes:
    """Return the file that was chosen in a field; Invalid if none was."""
    file = request.files.get(name)
    if file is None or not file.filename:
        raise Invalid("address.required", field=name)
    content: bytes = file.read()
    return content


def centres_for(user: User, action: str) -> Sequence[Centre]:
    """Return the centres to choose from in a form, none where a person does this for her own alone."""
    return enrolment.centres() if whole_house(user, action) else ()


def centre_of(user: User, action: str) -> int:
    """Return the centre that a form is about: her own, or for the whole house the one chosen; Invalid if none was."""
    if user.centre_id is not None and not whole_house(user, action):
        return user.centre_id
    if not text("centre"):
        raise Invalid("form.choice", field="centre")
    return enrolment.get_centre(whole("centre")).id


def ticked(name: str) -> bool:
    """Say whether a box was ticked."""
    return request.form.get(name) == "yes"


def plain(minor: int) -> str:
    """Return an amount as it stands in a field: 1250 or 1250.50."""
    return str(minor // 100) if minor % 100 == 0 else decimal(minor)


def options(kind: Iterable[StrEnum], words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (value, words) for a list of choices."""
    return [(each.value, words.get(each.value, each.value)) for each in kind]
