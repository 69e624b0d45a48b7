"""Her pages carry the few drawings they use inside themselves: a phone on a weak network waits for no
sprite of forty."""

import re
from functools import cache
from pathlib import Path

from flask import current_app
from markupsafe import Markup

SYMBOL = re.compile(r'<symbol id="([^"]+)"([^>]*)>(.*?)</symbol>', re.S)
LINE = ' fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'


def icon(name: str) -> Markup:
    """Return an icon of the house; the style of `.icon` draws its line."""
    attributes, drawing = _symbols(str(current_app.static_folder), "icons")[name]
    attributes = attributes.replace(LINE, "")
    return Markup(f'<svg class="icon"{attributes} aria-hidden="true">{drawing}</svg>')


def emblem(name: str, size: int) -> Markup:
    """Return the emblem that is printed on a card."""
    attributes, drawing = _symbols(str(current_app.static_folder), "emblems")[name]
    named = f'class="emblem" data-emblem="{name}" width="{size}" height="{size}"'
    return Markup(f'<svg {named}{attributes} aria-hidden="true">{drawing}</svg>')


@cache
def _symbols(folder: str, sprite: str) -> dict[str, tuple[str, str]]:
    text = (Path(folder) / "img" / f"{sprite}.svg").read_text()
    return {name: (attributes, drawing) for name, attributes, drawing in SYMBOL.findall(text)}
