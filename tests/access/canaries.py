"""How a planted value is known again, in whatever dress it is seen: HTML, URL, JSON, base64, hex, zlib, mail."""

import base64
import html
import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus

TOKEN = re.compile(r"zq[a-z]{6}qz")
FOURS = re.compile(r"(?<=[A-Z2-7]{4}) (?=[A-Z2-7]{4})")  # as a seed is shown to be typed
DECIMALS = {n: str(unicodedata.decimal(chr(n))) for n in range(128, 0x20000) if chr(n).isdecimal()}


@dataclass(frozen=True)
class Canary:
    """One private value: where it stands, whose it is, and how it reads."""

    column: str
    row: str
    value: str
    order: int | None = None
    person: int | None = None
    centres: frozenset[int] = frozenset()


@dataclass
class Planted:
    """All canaries, by token, by digits, and by their whole text."""

    tokens: dict[str, Canary] = field(default_factory=dict)
    digits: dict[str, Canary] = field(default_factory=dict)
    texts: dict[str, Canary] = field(default_factory=dict)
    _seen: dict[int, frozenset[Canary]] = field(default_factory=dict)

    def all(self) -> list[Canary]:
        """Return every canary."""
        return [*self.tokens.values(), *self.digits.values(), *self.texts.values()]

    def columns(self) -> set[str]:
        """Return the columns that hold one."""
        return {canary.column for canary in self.all()}

    def of(self, column: str) -> list[Canary]:
        """Return the canaries of a column."""
        return [canary for canary in self.all() if canary.column == column]

    def in_bytes(self, raw: bytes) -> frozenset[Canary]:
        """Return the canaries that can be read out of some bytes, however they are written there."""
        mark = hash(raw)
        if mark not in self._seen:
            self._seen[mark] = frozenset(found for dress in dresses(raw) for found in self._plain(dress))
        return self._seen[mark]

    def _plain(self, said: str) -> Iterator[Canary]:
        folded = said.casefold()
        for token in set(TOKEN.findall(folded)):
            if token in self.tokens:
                yield self.tokens[token]
        together = FOURS.sub("", said)
        for value, canary in self.texts.items():
            if value in said or value in together:
                yield canary
        close = _close_digits(folded)
        for digits, canary in self.digits.items():
            if digits in close:
                yield canary


def _of_html(said: str) -> str:
    return (
        html.unescape(re.sub(r"(?<=[;\d#&])\r?\n(?=[;\d#&])", "", said)) if "&" in said else said
    )  # a letter is wrapped


def _of_url(said: str) -> str:
    return unquote_plus(unquote_plus(said)) if "%" in said else said


def _of_path(said: str) -> str:
    return unquote(unquote(said)) if "%" in said else said  # where a plus is a plus


def _of_json(said: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), said) if "\\u" in said else said


def _of_mail(said: str) -> str:
    if "=\n" not in said and "=\r\n" not in said and "=E" not in said:
        return said
    return re.sub(r"=([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), re.sub(r"=\r?\n", "", said))


UNDOING = (_of_html, _of_url, _of_path, _of_json, _of_mail)


def dresses(raw: bytes, depth: int = 2) -> Iterator[str]:
    """Yield what some bytes may say: as they are, and undone of HTML, URL, JSON, base64, hex, zlib, mail."""
    said = raw.decode("utf-8", "replace")
    yield said
    for undo in UNDOING:
        if (once := undo(said)) != said:
            yield once
            for other in UNDOING:  # a cookie or a letter wraps what was dressed before
                if other is not undo and (twice := other(once)) != once:
                    yield twice
    if not depth:
        return
    for run in re.findall(r"[A-Za-z0-9+/_-]{16,}", said):
        yield from _decoded(run, depth)
    for run in re.findall(r"(?:[0-9a-fA-F]{2}){9,}", said):
        yield bytes.fromhex(run).decode("utf-8", "replace")


def _decoded(run: str, depth: int) -> Iterator[str]:
    """Yield what a run of base64 says, if it is one; a signed cookie may be packed as well."""
    flat = run.replace("-", "+").replace("_", "/")
    try:
        found = base64.b64decode(flat[: len(flat) // 4 * 4 if len(flat) % 4 == 1 else None] + "=" * (-len(flat) % 4))
    except ValueError:
        return
    if found[:1] == b"\x78":
        try:
            found = zlib.decompress(found)
        except zlib.error:
            return
    if b"zq" in found.lower() or sum(32 <= b < 127 for b in found) > len(found) * 0.9:
        yield from dresses(found, depth - 1)


def _close_digits(said: str) -> str:
    """Return a text with digits of every script as ASCII, and digits that stand apart put together."""
    if not said.isascii():
        said = said.translate(DECIMALS)
    return re.sub(r"(?<=\d)[ \-().\u00a0\u202f/]{1,3}(?=\d)", "", said)
