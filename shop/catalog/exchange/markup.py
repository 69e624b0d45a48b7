"""Descriptions: plain text here, HTML in the file.

Paragraphs, line breaks and points of a list survive; other marks are read for their words alone. What we write we
read back to the letter: blanks that HTML would fold are written as references, and a reference is never folded.
"""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_BLOCKS = frozenset(
    (
        "p",
        "div",
        "section",
        "article",
        "blockquote",
        "pre",
        "ul",
        "ol",
        "table",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    )
)
_SILENT = frozenset(("script", "style", "template"))
_BLANKS = re.compile(r"[ \t\n\f\r]+")
_KEPT_BLANK = re.compile(r"[\t\f\r]|(?<![^ \n]) | (?![^ \n])")  # any but a single space between words
_FACTS = {"size": "size", "material": "materials", "materials": "materials", "care": "care"}


def to_html(text: str) -> str:
    """Return plain text as paragraphs of HTML."""
    return "".join(f"<p>{_escaped(paragraph)}</p>" for paragraph in text.split("\n\n"))


def _escaped(paragraph: str) -> str:
    marked = _KEPT_BLANK.sub(lambda found: f"\ue000{ord(found[0])};", paragraph.replace("\ue000", "\ue000\ue000"))
    escaped = html.escape(marked, quote=False).replace("\n", "<br>")
    return re.sub("\ue000(\ue000|[0-9]+;)", lambda f: f[1] if f[1] == "\ue000" else f"&#{f[1]}", escaped)


def to_text(given: str) -> tuple[str, dict[str, str]]:
    """Return HTML as plain text, and the size, materials and care that a paragraph of it names.

    Such a paragraph begins with one of these words in bold; text without any mark keeps its lines.
    """
    if not re.search(r"[<&]", given):
        return given.strip(), {}
    reader = _Reader()
    reader.feed(given)
    reader.close()
    words: list[str] = []
    facts: dict[str, str] = {}
    for paragraph in reader.paragraphs:
        found = paragraph.facts()
        facts |= found
        if not found:
            words.append(paragraph.text())
    return "\n\n".join(words).strip(), facts


@dataclass
class _Paragraph:
    """A run of pieces: words, whether they are taken to the letter, and whether they are bold."""

    opened: bool
    pieces: list[tuple[str, bool, bool]] = field(default_factory=list)

    def text(self) -> str:
        return _folded([(words, literal) for words, literal, _ in self.pieces])

    def facts(self) -> dict[str, str]:
        found: dict[str, list[tuple[str, bool]]] = {}
        name: str | None = None
        for words, literal, bold in self.pieces:
            label = _FACTS.get(words.strip(" :\n").casefold()) if bold else None
            if label:
                name = label
                found[name] = []
            elif name:
                found[name].append((words, literal))
            elif words.strip():
                return {}
        texts = {name: _folded(pieces).strip(" :") for name, pieces in found.items()}
        return {name: text if name == "care" else text.rstrip(".") for name, text in texts.items()}


def _folded(pieces: list[tuple[str, bool]]) -> str:
    """Fold blanks as a browser does, but for those that are taken to the letter."""
    out, loose = "", True  # loose: a blank here would be folded away
    for words, literal in pieces:
        if literal:
            out, loose = out + words, words == "\n"
            continue
        flat = _BLANKS.sub(" ", words)
        flat = flat.lstrip(" ") if loose else flat
        if flat:
            out, loose = out + flat, flat.endswith(" ")
    return out[:-1] if loose and out.endswith(" ") and not (pieces and pieces[-1][1]) else out


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.paragraphs: list[_Paragraph] = []
        self._open = False
        self._bold = 0
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _BLOCKS:
            self._open = tag == "p"
            if self._open:
                self.paragraphs.append(_Paragraph(opened=True))
        elif tag == "br":
            self._add("\n", literal=True)
        elif tag == "li":
            if self._open and self.paragraphs[-1].pieces:
                self._add("\n", literal=True)
            self._add("• ", literal=True)
        elif tag in ("b", "strong"):
            self._bold += 1
        elif tag in _SILENT:
            self._silent += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._open = False
        elif tag in ("b", "strong"):
            self._bold = max(0, self._bold - 1)
        elif tag in _SILENT:
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if self._open or data.strip(" \t\n\f\r"):
            self._add(data, literal=False)

    def handle_entityref(self, name: str) -> None:
        self._add(html.unescape(f"&{name};"), literal=True)

    def handle_charref(self, name: str) -> None:
        self._add(html.unescape(f"&#{name};"), literal=True)

    def _add(self, words: str, *, literal: bool) -> None:
        if self._silent:
            return
        if not self._open:
            self.paragraphs.append(_Paragraph(opened=False))
            self._open = True
        self.paragraphs[-1].pieces.append((words, literal, self._bold > 0))
