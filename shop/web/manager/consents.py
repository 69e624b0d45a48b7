"""What a maker lets the shop show: her persona, her consents, and the way to end them for her."""

from itertools import product

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.artisans import consents as verbs
from shop.artisans import people as artisans
from shop.artisans import persona as personas
from shop.artisans.consent_models import Channel, Item, Language, Told
from shop.artisans.consents import Wish
from shop.artisans.models import Artisan
from shop.artisans.people import EMBLEMS
from shop.db import writing
from shop.errors import DomainError, Invalid
from shop.users.models import User
from shop.users.policy import covers
from shop.web import consent_words
from shop.web.access import requires
from shop.web.auth import checked_secret
from shop.web.edge import now, signed_in
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import publication as reads
from shop.web.manager.words import role

Answer = Response | tuple[str, int]


@blueprint.context_processor
def for_templates() -> dict[str, object]:
    """Give the office's templates the words of consent."""
    return {
        "item_name": consent_words.item,
        "channel_name": consent_words.channel,
        "tongue": consent_words.tongue,
        "witness_options": lambda found: [(str(user.id), f"{user.name}, {role(user.role)}") for user in found],
        "shown_of": lambda artisan: reads.summary(artisan, at=now()),
    }


@blueprint.get("/people/<int:artisan_id>/consents")
@requires("consents.read")
def consents(artisan_id: int) -> str:
    """Show a maker's persona and what she agreed to."""
    return _page(artisan_id, {})


def _page(artisan_id: int, filled: dict[str, Filled]) -> str:
    page = reads.consents_page(signed_in(), _hers(artisan_id, "consents.read"), at=now())
    chosen = page.persona
    kept = Filled({"name_en": chosen.public_name, "name_bn": chosen.name_bn, "name_hi": chosen.name_hi,
                   "emblem": chosen.emblem} if chosen else {})  # fmt: skip
    return render_template(
        "manager/consents.html",
        page=page,
        emblems=EMBLEMS,
        items=list(Item),
        channels=list(Channel),
        languages_of_consent=list(Language),
        explanation=consent_words.explanation(),
        persona_form=filled.get("persona", kept),
        form=filled.get("consent", Filled()),
        ticked=request.form.getlist,
    )


@blueprint.post("/people/<int:artisan_id>/persona")
@requires("consents.grant")
def choose_persona(artisan_id: int) -> Answer:
    """Keep the name and emblem she chose for the world outside."""
    names = {code: forms.text(f"name_{code}", personas.LONGEST) for code in ("en", "bn", "hi")}
    try:
        with writing():
            artisan, own = _hers(artisan_id, "consents.grant"), forms.ticked("not_her_own")
            personas.choose(artisan, names, forms.needed("emblem", 24), not_her_own=own, at=now(), by=signed_in())
    except DomainError as error:
        return _again(artisan_id, "persona", error)
    flash(_("This is how she is known outside. Nothing of it is shown until she agrees to it."))
    return _there(artisan_id)


@blueprint.post("/people/<int:artisan_id>/consents")
@requires("consents.grant")
def grant_consent(artisan_id: int) -> Answer:
    """Write down what she agrees to, before a witness who types a password of her own."""
    try:
        user_id, wishes, told = signed_in().id, _wishes(), forms.choice(Told, "told")
        _hers(artisan_id, "consents.grant")
        witness_id = _witness_who_is_here().id
        with writing() as unit:
            by = unit.get_one(User, user_id)
            verbs.grant(
                _hers(artisan_id, "consents.grant"),
                wishes,
                told=told,
                witness=verbs.get_witness(witness_id, by),
                at=now(),
                by=by,
                days=forms.whole("days", least=1),
            )
    except DomainError as error:
        return _again(artisan_id, "consent", error)
    flash(_("Written down. It holds from now on, and ends by itself."))
    return _there(artisan_id)


@blueprint.post("/people/<int:artisan_id>/withdrawal")
@requires("consents.withdraw")
def withdraw_consent(artisan_id: int) -> Response:
    """Take down what she told someone to take down: one thing, or everything."""
    asked = forms.text("item")
    item = None if asked == "everything" else forms.choice(Item, "item")
    about = None if item is None else forms.text("about", 40)
    with writing():
        artisan = _hers(artisan_id, "consents.withdraw")
        ended = verbs.withdraw(artisan, item=item, about=about, at=now(), by=signed_in())
    flash(_("Taken down everywhere, from this moment on.") if ended else _("Nothing of it was shown."))
    user = signed_in()
    there = "manager.consents" if covers(user, "consents.read", artisan.centre_id) else "manager.artisan"
    return redirect(url_for(there, artisan_id=artisan_id), 303)


def _hers(artisan_id: int, action: str) -> Artisan:
    return artisans.get_of(signed_in(), artisan_id, action=action)


def _wishes() -> list[Wish]:
    """Return what was ticked: each thing on each channel in each language. A story's thing comes as item|story:3."""
    things = []
    for each in dict.fromkeys(request.form.getlist("item")):
        item, _bar, about = each.partition("|")
        if item not in list(Item):
            raise Invalid("form.choice", field="item")
        things.append((Item(item), about[:40]))
    channels, languages = forms.chosen(Channel, "channel"), forms.chosen(Language, "language")
    return [Wish(item, where, tongue, about) for (item, about), where, tongue in product(things, channels, languages)]


def _witness_who_is_here() -> User:
    """Return the witness, who has typed her own password just now; Invalid otherwise. Her try is counted."""
    witness = verbs.get_witness(forms.whole("witness") if forms.text("witness") else 0, signed_in())
    try:
        return checked_secret(witness, request.form.get("witness_password", "")[:200])
    except Invalid:
        raise Invalid("consent.witness_password") from None


def _again(artisan_id: int, form: str, error: DomainError) -> Answer:
    if error.message_id in ("artisan.unknown", "story.unknown"):
        raise error
    return _page(artisan_id, {form: refused(error)}), 422 if error.status == 404 else error.status


def _there(artisan_id: int) -> Response:
    return redirect(url_for("manager.consents", artisan_id=artisan_id), 303)
