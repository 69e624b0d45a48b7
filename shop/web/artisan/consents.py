"""What is shown of her: each thing with its state, and one tap to take it down."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.artisans import consents as verbs
from shop.artisans import people, stories
from shop.artisans.consent_models import Consent, Item
from shop.artisans.models import Artisan
from shop.clock import india_date
from shop.db import writing
from shop.errors import Invalid
from shop.web import consent_words
from shop.web.access import requires
from shop.web.artisan import blueprint
from shop.web.edge import now, signed_in
from shop.web.language import language

ALWAYS = (Item.CARD, Item.ALIAS)


@dataclass(frozen=True)
class Thing:
    """One thing of hers: shown until a day, or not shown."""

    item: Item
    about: str
    title: str
    until: date | None

    @property
    def icon(self) -> str:
        """Return the drawing that stands for it."""
        return consent_words.PICTURED[self.item]

    @property
    def words(self) -> str:
        """Return what it is called to her."""
        return consent_words.HERS[self.item]()


@blueprint.get("/consents")
@requires("own.consents")
def consents() -> str:
    """Show her what of her is shown, and what is not."""
    artisan = people.get_own(signed_in())
    return render_template(
        "artisan/consents.html",
        artisan=artisan,
        things=_things(artisan),
        explanation=consent_words.explanation(),
        audio=_audio(),
    )


@blueprint.post("/consents/withdrawal")
@requires("own.consents")
def withdraw_consent() -> Response:
    """Take one thing of hers down, or everything, at once."""
    item, about = _asked()
    with writing():
        user = signed_in()
        verbs.withdraw(people.get_own(user), item=item, about=about, at=now(), by=user)
    return redirect(url_for("artisan.consents"), 303)


def _asked() -> tuple[Item | None, str | None]:
    """Return what is to be taken down: one thing, or (None, None) for everything."""
    asked = request.form.get("item", "")
    if asked == "everything":
        return None, None
    if asked not in list(Item):
        raise Invalid("form.choice")
    return Item(asked), request.form.get("about", "")[:40]


def _things(artisan: Artisan) -> list[Thing]:
    """Return what stands, a thing for each story; her card and her name stand there even when they are not shown."""
    standing = verbs.standing(artisan, at=now())
    kinds = dict.fromkeys([*((item, "") for item in ALWAYS), *((each.item, each.about) for each in standing)])
    titles = {story.about: (story.text_in(language()) or story.texts[0]).title for story in stories.told_by(artisan)}
    return [
        Thing(item, about, titles.get(about, ""), _until(each for each in standing if _is(each, item, about)))
        for item, about in kinds
    ]


def _is(consent: Consent, item: Item, about: str) -> bool:
    return (consent.item, consent.about) == (item, about)


def _until(standing: Iterable[Consent]) -> date | None:
    days = [india_date(consent.expires_at) for consent in standing]
    return max(days, default=None)


def _audio() -> str | None:
    """Return the file in which the explanation is spoken, or None while nobody has recorded it."""
    name = f"audio/consent-{verbs.EXPLANATION}-{language()}.mp3"
    return name if (Path(str(current_app.static_folder)) / name).is_file() else None
