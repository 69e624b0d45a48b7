"""Stories in the office: written by one, read by two others, one of them for the makers' safety."""

from collections.abc import Callable
from enum import StrEnum

from flask import Response as Answered
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop import storage
from shop.artisans import consents, people, publication, stories, story_reviews
from shop.artisans.consent_models import Language
from shop.artisans.models import Artisan
from shop.artisans.story_models import PictureKind, Story
from shop.artisans.wordlist import Excuse
from shop.catalog import pictures, whole_pictures
from shop.catalog.models import Trade
from shop.db import writing
from shop.errors import DomainError, NotFound
from shop.money import Money
from shop.users.models import User
from shop.web import story_words
from shop.web.access import requires
from shop.web.edge import now, signed_in
from shop.web.limits import takes_a_file
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.pictures import warn_of_place
from shop.web.manager.reads import publication as reads

Answer = Response | tuple[str, int]
LONGEST_BODY = 12_000


class FaceSwitch(StrEnum):
    """What the switch of the house is set to."""

    ON = "on"
    OFF = "off"


@blueprint.get("/stories")
@requires("stories.read")
def story_list() -> str:
    """List the stories of the centre, and whether the house shows faces."""
    found = stories.of(signed_in())
    return render_template("manager/stories.html", stories=found, faces=publication.shows_faces())


@blueprint.get("/stories/new")
@requires("stories.write")
def new_story() -> str:
    """Show an empty story."""
    return _new_page(Filled())


def _new_page(form: Filled) -> str:
    centres = forms.centres_for(signed_in(), "stories.write")
    return render_template(
        "manager/new_story.html", form=form, centres=centres, trades=list(Trade), languages_of_story=list(Language)
    )


@blueprint.post("/stories")
@requires("stories.write")
def new_story_post() -> Answer:
    """Begin a story."""
    try:
        with writing():
            made = stories.write(
                forms.needed("slug", 80),
                forms.choice(Trade, "craft"),
                _words(),
                centre_id=forms.centre_of(signed_in(), "stories.write"),
                at=now(),
                by=signed_in(),
            )
            story_id = made.id
    except DomainError as error:
        return _new_page(refused(error)), error.status
    flash(_("A draft. Say whose it is, add pictures, then hand it to the readers."))
    return _there(story_id)


@blueprint.get("/stories/<int:story_id>")
@requires("stories.read")
def story(story_id: int) -> str:
    """Show a story to its writer and its readers."""
    return _page(story_id, {})


def _page(story_id: int, filled: dict[str, Filled]) -> str:
    view = reads.story_view(signed_in(), story_id, at=now())
    return render_template(
        "manager/story.html",
        view=view,
        story=view.story,
        trades=list(Trade),
        languages_of_story=list(Language),
        kinds=[kind for kind in PictureKind if kind is not PictureKind.FACE or view.faces],
        checklist=[(code, story_words.CHECKS[code]()) for code in story_reviews.CHECKLIST],
        excuses=[(excuse.value, story_words.EXCUSES[excuse]()) for excuse in Excuse],
        why=lambda found: story_words.REASONS[found.reason](),
        kind_name=lambda kind: story_words.KINDS[kind](),
        fee=current_app.config["STORY_FEE_MINOR"],
        form=lambda name: filled.get(name, Filled(_kept(view.story)) if name == "words" else Filled()),
        ticked=request.form.getlist,
    )


def _kept(story: Story) -> dict[str, str]:
    values = {"craft": story.craft, "shows_persona": "yes" if story.shows_persona else ""}
    values["artisan"] = str(story.artisan_id or "")
    for text in story.texts:
        values |= {f"title_{text.language}": text.title, f"lead_{text.language}": text.lead}
        values[f"body_{text.language}"] = text.body
    return values


@blueprint.post("/stories/<int:story_id>/words")
@requires("stories.write")
def rewrite_story(story_id: int) -> Answer:
    """Replace what a story says; it comes down until it has been read again."""

    def rewrite(found: Story, user: User) -> None:
        craft, teller = forms.choice(Trade, "craft"), _teller(user)
        shows = forms.ticked("shows_persona")
        stories.rewrite(found, craft, _words(), artisan=teller, shows_persona=shows, at=now(), by=user)

    return _do(story_id, "stories.write", "words", rewrite, _("Saved. Nobody has read it as it is now."))


@blueprint.post("/stories/<int:story_id>/pictures")
@requires("stories.write")
@takes_a_file
def add_story_picture(story_id: int) -> Answer:
    """Add a picture of hands or of work."""
    try:
        # Someone else’s is a 404 before anything is drawn.
        stories.get_of(signed_in(), story_id, action="stories.write")
        kind, content = forms.choice(PictureKind, "kind"), forms.uploaded("picture")
        alt = pictures.checked_alt(forms.text("alt"))
        drawn = whole_pictures.draw(content, media=current_app.config["MEDIA_URL"])
    except DomainError as error:
        return _again(story_id, "picture", error)
    answer = _do(
        story_id,
        "stories.write",
        "picture",
        lambda found, user: stories.add_picture(found, kind, drawn.name, alt, drawn.size, at=now(), by=user),
        _("The picture was added."),
    )
    if drawn.said_where:
        warn_of_place()
    return answer


@blueprint.post("/stories/<int:story_id>/pictures/<int:picture_id>/removal")
@requires("stories.write")
def remove_story_picture(story_id: int, picture_id: int) -> Answer:
    """Take a picture out of a story."""
    return _do(
        story_id,
        "stories.write",
        "picture",
        lambda found, user: stories.remove_picture(found, picture_id, at=now(), by=user),
        _("The picture was taken away."),
    )


@blueprint.get("/stories/<int:story_id>/pictures/<int:picture_id>")
@requires("stories.read")
def story_picture(story_id: int, picture_id: int) -> Answered:
    """Show a picture of a story to those who read it before it is out."""
    found = stories.get_picture(stories.get_of(signed_in(), story_id, action="stories.read"), picture_id)
    files = pictures.files_of(found.name, (found.width, found.height), pictures.WIDTHS[:1])
    content = storage.find(current_app.config["MEDIA_URL"], next(file.name for file in files if file.format == "jpeg"))
    if content is None:
        raise NotFound("picture.unknown")
    return Answered(content, mimetype="image/jpeg")


@blueprint.post("/stories/<int:story_id>/submission")
@requires("stories.write")
def submit_story(story_id: int) -> Answer:
    """Hand a story to its readers."""
    return _do(
        story_id,
        "stories.write",
        "submission",
        lambda found, user: story_reviews.submit(found, at=now(), by=user),
        _("Two others read it now, one of them for the makers’ safety."),
    )


@blueprint.post("/stories/<int:story_id>/review")
@requires("stories.review")
def review_story(story_id: int) -> Answer:
    """Approve a story as it was read, or send it back."""
    if forms.text("answer") == "back":
        note = forms.text("note", 300)
        return _do(
            story_id,
            "stories.review",
            "review",
            lambda found, user: story_reviews.send_back(found, note, at=now(), by=user),
            _("Sent back to its writer."),
        )
    fee = Money(current_app.config["STORY_FEE_MINOR"], "INR")
    ticked = request.form.getlist("ticked")[:50]

    def approve(found: Story, user: User) -> None:
        story_reviews.approve(found, ticked, revision=forms.whole("revision"), fee=fee, at=now(), by=user)

    return _do(story_id, "stories.review", "review", approve, _("You have approved it as it stands."))


@blueprint.post("/stories/<int:story_id>/words-allowed")
@requires("stories.allow-words")
def allow_story_words(story_id: int) -> Answer:
    """Let a word stand that would stop the story, for a reason."""
    return _do(
        story_id,
        "stories.allow-words",
        "allowed",
        lambda found, user: story_reviews.allow_words(found, forms.choice(Excuse, "excuse"), at=now(), by=user),
        _("These words may stand in this version."),
    )


@blueprint.post("/stories/<int:story_id>/taking-down")
@requires("stories.write")
def take_story_down(story_id: int) -> Answer:
    """Take a story off every surface."""
    return _do(
        story_id,
        "stories.write",
        "submission",
        lambda found, user: story_reviews.take_down(found, at=now(), by=user),
        _("Taken down everywhere, from this moment on."),
    )


@blueprint.post("/faces")
@requires("faces.enable")
def switch_faces() -> Response:
    """Let the house show faces, or stop it."""
    wanted = forms.choice(FaceSwitch, "faces")
    with writing():
        consents.switch_faces(wanted is FaceSwitch.ON, at=now(), by=signed_in())
    flash(
        _("Faces may be shown now, each with a consent of its own.")
        if wanted is FaceSwitch.ON
        else _("No face is shown any more.")
    )
    return redirect(url_for("manager.story_list"), 303)


def _do(story_id: int, action: str, form: str, act: Callable[[Story, User], object], done: str) -> Answer:
    try:
        with writing():
            user = signed_in()
            act(stories.get_of(user, story_id, action=action), user)
    except DomainError as error:
        return _again(story_id, form, error)
    flash(done)
    return _there(story_id)


def _teller(user: User) -> Artisan | None:
    if not forms.text("artisan"):
        return None
    return people.get_of(user, forms.whole("artisan"), action="stories.write")


def _words() -> dict[Language, stories.Words]:
    return {
        language: stories.Words(
            forms.text(f"title_{language}", 120),
            forms.text(f"lead_{language}", 300),
            forms.text(f"body_{language}", LONGEST_BODY),
        )
        for language in Language
    }


def _again(story_id: int, form: str, error: DomainError) -> Answer:
    if error.status == 404:
        raise error
    return _page(story_id, {form: refused(error)}), error.status


def _there(story_id: int) -> Response:
    return redirect(url_for("manager.story", story_id=story_id), 303)
