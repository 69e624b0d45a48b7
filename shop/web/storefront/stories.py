"""Stories of the craft, and what the tag of a piece tells."""

from flask import Response, render_template

from shop.artisans import publication
from shop.web.access import public
from shop.web.edge import now
from shop.web.kept import kept, until
from shop.web.language import LANGUAGES
from shop.web.publishing import remembered
from shop.web.storefront import blueprint, story_reads
from shop.web.storefront.machine import absolute


@blueprint.get("/stories")
@public
@kept
def stories() -> str:
    """List the stories that may be read now."""
    until(publication.next_change(at=now()))
    return render_template("storefront/stories.html", stories=story_reads.listed(at=now()))


@blueprint.get("/stories/<slug>")
@public
@kept
def story(slug: str) -> str:
    """Show one story; what was taken down says so and nothing else."""
    page = story_reads.story_page(slug, at=now())
    languages = [
        (code, absolute(story_reads.story_path(slug, code))) for code in LANGUAGES if code in page.told.languages
    ]
    not_told_here = {code: story_reads.stories_path(code) for code in LANGUAGES if code not in page.told.languages}
    until(publication.next_change(at=now()))
    return render_template(
        "storefront/story.html",
        page=page,
        text=page.told.text,
        languages=languages,
        not_told_here=not_told_here,
    )


@blueprint.get("/made/<tag>")
@public
def made(tag: str) -> Response:
    """Tell what the tag of a piece leads to: a group of makers, or the region, and no one who did not agree."""
    return remembered(render_template("storefront/made.html", page=story_reads.made_page(tag[:16], at=now())))
