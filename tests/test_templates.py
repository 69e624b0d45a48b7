"""What templates take from each other, and what the style sheets are written for, is there to be used."""

import re
from pathlib import Path

from jinja2 import Environment, nodes

SHOP = Path(__file__).resolve().parent.parent / "shop"
TEMPLATES = sorted((SHOP / "templates").rglob("*.html"))
STYLES = sorted((SHOP / "static" / "css").glob("*.css"))
READERS = [*TEMPLATES, *(SHOP / "web").rglob("*.py"), *(SHOP / "static" / "js").glob("*.js")]
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SELECTOR, CLASS = re.compile(r"([^{}]*)\{"), re.compile(r"\.([a-zA-Z][\w-]*)")
TOKEN, TAKEN = re.compile(r"(?<![\w-])(--[\w-]+)\s*:"), re.compile(r"var\((--[\w-]+)")
WORD = re.compile(r"[\w-]+")


def test_templates_import_only_what_they_use() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"])
    unused = [
        f"{path.relative_to(SHOP)}: {name}"
        for path in TEMPLATES
        for name in unused_in(environment.parse(path.read_text("utf-8")))
    ]

    assert unused == []
    planted = "{% from 'a.html' import kept, spare as other %}{{ kept() }}"
    assert unused_in(environment.parse(planted)) == ["other"]


def test_style_sheets_are_written_for_classes_that_are_used() -> None:
    """A class whose end a template fills in (`tag--{{ x }}`, `size__{{ x }}`) counts where its beginning stands."""
    used = {word for path in READERS for word in WORD.findall(path.read_text("utf-8"))}
    styled = {name for path in STYLES for name in classes_of(path.read_text("utf-8"))}

    assert len(styled) > 300
    assert sorted(name for name in styled if not used & {name, *beginnings(name)}) == []


def test_every_token_is_taken_somewhere() -> None:
    sheets = [COMMENT.sub("", path.read_text("utf-8")) for path in STYLES]
    drawn = [path.read_text("utf-8") for path in (SHOP / "static" / "img").rglob("*.svg")]
    given = {name for sheet in sheets for name in TOKEN.findall(sheet)}
    taken = {name for text in (*sheets, *drawn) for name in TAKEN.findall(text)}

    assert sorted(given - taken) == []


def beginnings(name: str) -> set[str]:
    """Return what stands in a template of a class whose end is filled in."""
    return {name.rpartition(mark)[0] + mark for mark in ("--", "__") if mark in name}


def classes_of(sheet: str) -> set[str]:
    """Return the classes that the selectors of a style sheet name."""
    return {name for selector in SELECTOR.findall(COMMENT.sub("", sheet)) for name in CLASS.findall(selector)}


def unused_in(template: nodes.Template) -> list[str]:
    """Return the names that a template imports and does not read itself: each imports its own."""
    given = [name for each in template.find_all(nodes.FromImport) for name in each.names]
    imported = [name if isinstance(name, str) else name[1] for name in given]
    imported += [each.target for each in template.find_all(nodes.Import)]
    read = {each.name for each in template.find_all(nodes.Name) if each.ctx == "load"}
    return [name for name in imported if name not in read]
