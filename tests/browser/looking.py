"""Axe's opinion of the page that a walk has open: what hinders people, how badly, in light and in dark."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

BAD = {"serious", "critical"}
PAGE = (
    "() => [document.documentElement.outerHTML, document.documentElement.matches('[lang=en]:not([data-theme=light])')]"
)
LOOK = "async options => (await axe.run(options)).violations"
WHOLE: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS: dict[str, Any] = {**WHOLE, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
CHANGES = re.compile(r'(name="(?:csrf_token|seen)"[^>]*value="|value=")[^"]*"|Flask-[^"]*')
# Every form that asks for something, sent with nothing in it: each answers with what is wrong beside its fields.
ASKING = """() => [...document.querySelectorAll("main form[method=post]")]
  .map((form, index) => [index, form.querySelector("[required]:is(input:not([type=radio], [type=file]), textarea)")])
  .filter(([, field]) => field).map(([index]) => index)"""
SEND_EMPTY = """index => {
  const form = document.querySelectorAll("main form[method=post]")[index];
  form.noValidate = true;
  for (const field of form.querySelectorAll("input:not([type=hidden], [type=radio], [type=checkbox]), textarea"))
    field.value = "";
  form.requestSubmit();
}"""


@dataclass
class Findings:
    """What axe found, each once a page and theme; pages that are byte by byte alike are looked at once."""

    bad: list[str] = field(default_factory=list)
    moderate: Counter[str] = field(default_factory=Counter)
    looks: int = 0
    known: set[int] = field(default_factory=set)

    def look(self, page: Page) -> None:
        """Look at a page in light, and if it has one in its dark too, where only colours differ.

        Colours are the same in every language, so the dark is looked at in English alone.
        """
        html, has_a_dark = page.evaluate(PAGE)
        content = hash(CHANGES.sub("", html))
        if content in self.known:
            return
        self.known.add(content)
        page.evaluate(AXE_SCRIPT)  # half a megabyte, so once a page: the theme changes under it
        self._note(page, "light", WHOLE)
        if has_a_dark:
            page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # colours that fade in are no colours yet
            self._note(page, "dark", COLOURS)
            page.emulate_media(color_scheme="light")

    def tell(self) -> None:
        """Print what was found."""
        print(*self.bad, *sorted(self.moderate.items()), f"{self.looks} looks", sep="\n", flush=True)

    def _note(self, page: Page, theme: str, options: dict[str, Any]) -> None:
        self.looks += 1
        for found in page.evaluate(LOOK, options):
            where = f"{page.url} {theme}: {found['id']}"
            if found["impact"] in BAD:
                node = found["nodes"][0]
                self.bad.append(f"{where} ×{len(found['nodes'])} {node['html'][:160]} {_why(node)}")
            else:
                self.moderate[f"{found['id']} ({found['impact']})"] += 1


def _why(node: dict[str, Any]) -> str:
    told = [check["message"] for kind in ("any", "all") for check in node[kind]]
    return told[0][:160] if told else ""
