"""Axe finds nothing serious on any page, for anyone, in light and in dark, in any language, nor where something was
filled in wrong.

By itself this looks at a visitor's pages in English and at what their forms say to nothing;
AXE=all goes through every role and all languages, for `make figures`: English with its dark and its forms in one
process, the other languages in another, so that no page is looked at twice.
"""

import os
from dataclasses import dataclass, field
from functools import partial

import pytest
from playwright.sync_api import Browser

from shop.web.language import PREFIXES
from tests.browser.looking import ASKING, SEND_EMPTY, Findings
from tests.browser.test_every_page_in_chromium import Walk, a_lived_in_shop, odd_pages, paths, signed_in
from tests.faults.figures import note
from tests.test_routes import PERSON_OF, Role
from tests.world import World

ALL = os.environ.get("AXE") == "all"
PEOPLE: tuple[Role | None, ...] = (None, *PERSON_OF) if ALL else (None,)
ENGLISH, OTHERS = ("",), tuple(f"/{code}" for code in PREFIXES)
SHARES = (ENGLISH, OTHERS) if ALL else (ENGLISH,)
FEWEST_LOOKS = 400 if ALL else 60


@dataclass
class LookingWalk(Walk):
    """A walk on which axe looks at every page, and at what its forms answer to nothing."""

    findings: Findings = field(default_factory=Findings)

    def look(self) -> None:
        super().look()
        self.findings.look(self.page)

    def open_and_ask(self, path: str) -> None:
        """Open a page, and send each of its forms that asks for something with nothing in it."""
        answer = self.open(path)
        if answer is None or "html" not in answer.headers.get("content-type", ""):
            return
        for index in self.page.evaluate(ASKING):
            with self.page.expect_navigation():
                self.page.evaluate(SEND_EMPTY, index)
            self.look()
            self.open(path)


@pytest.mark.parametrize("languages", SHARES, ids=["english", "others"][: len(SHARES)])
def test_axe_finds_nothing_serious_on_any_page(
    world: World, served: str, chromium: Browser, languages: tuple[str, ...]
) -> None:
    parts, findings = a_lived_in_shop(world), Findings()
    for person in PEOPLE:
        walk = signed_in(world, chromium, served, person, partial(LookingWalk, findings=findings))
        assert isinstance(walk, LookingWalk)
        for path in paths(world, parts, person):
            for language in languages:
                walk.open(language + path) if language else walk.open_and_ask(path)
        if person is None and languages is ENGLISH:
            odd_pages(walk)
        walk.context.close()
        findings.tell()
    if ALL:
        note("window.axe_serious", len(findings.bad), n=findings.looks, seed=0)

    assert findings.bad == []
    assert findings.looks >= FEWEST_LOOKS


def test_control_axe_sees_pale_words_in_the_dark_and_a_field_without_a_name(
    world: World, served: str, chromium: Browser
) -> None:
    walk = signed_in(world, chromium, served, None, LookingWalk)
    assert isinstance(walk, LookingWalk)
    walk.open("/search")
    assert walk.findings.bad == []

    walk.page.evaluate("""() => {
      document.querySelector("main label").remove();
      const pale = new CSSStyleSheet();
      pale.replaceSync("@media (prefers-color-scheme: dark) { main h1 { color: #333 !important } }");
      document.adoptedStyleSheets = [pale];
    }""")
    walk.look()

    seen = " ".join(walk.findings.bad)
    assert all(kind in seen for kind in ("dark: color-contrast", "light: label")), seen
    assert "light: color-contrast" not in seen
    walk.context.close()
