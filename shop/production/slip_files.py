"""The file of a statement: drawn by Typst in each language when its month is closed, kept under the hash of its bytes.

The words stand beside the template and not with those of the pages: a paper that was given out says for ever what it
said, whatever a page says tomorrow. Whoever draws it a second time gets the same bytes.
"""

import json
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency
from sqlalchemy import select

from shop import documents
from shop.artisans.slip_models import Slip, SlipFile
from shop.db import db
from shop.production.slip_facts import Facts, Paid, Row

FOLDER = "slips"  # in the store
LOCALES = {"bn": "bn_IN", "hi": "hi_IN", "en": "en_IN"}
BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
NO_BREAK = "\u00a0"


def draw(facts: Facts, language: str) -> bytes:
    """Return a statement in a language as a PDF."""
    return documents.draw("slip.typ", slip=_Words(language).of(facts))


def find(slip: Slip, language: str, *, papers: str) -> bytes | None:
    """Return the stored bytes of a statement, or None if it is not drawn yet; Unavailable if they have changed."""
    query = select(SlipFile.sha256).where(SlipFile.slip_id == slip.id, SlipFile.language == language)
    sha256 = db.session.scalar(query)
    return documents.get(sha256, FOLDER, papers=papers, lost="slip.lost") if sha256 is not None else None


@cache
def words() -> dict[str, dict[str, str]]:
    """Return every word of a statement in every language."""
    table: dict[str, dict[str, str]] = json.loads(
        documents.DOCUMENTS.joinpath("slip_words.json").read_text(encoding="utf-8")
    )
    return table


class _Words:
    """A statement as text in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def of(self, facts: Facts) -> dict[str, Any]:
        """Return everything that stands on a statement, as text."""
        say = self._say
        advance, aside = facts.advance, facts.savings
        return {
            "language": self.language,
            "title": say("title"),
            "under": say("under"),
            "month": self._month(facts.month),
            "day": [facts.closed_on.year, facts.closed_on.month, facts.closed_on.day],
            "facts": [
                [say("card"), self._digits(facts.card)],
                *([[say("employer"), facts.employer]] if facts.employer else []),
                [say("centre"), facts.centre],
                [say("closed"), self._day(facts.closed_on)],
            ],
            "earned": self._part("earned", "work", [self._row(row) for row in facts.earned]),
            "columns": [say("count"), say("rate"), say("money")],
            "gross": [say("gross"), self._money(facts.gross)],
            "taken": self._part("taken", "reason", [self._line(row) for row in facts.taken]),
            "deductions": [say("deductions"), self._money(facts.deductions)],
            "paid": self._part("paid", "how", [self._paid(each) for each in facts.paid]),
            "net": [say("net"), self._money(facts.net)],
            "accounts": [
                self._account("yours", [
                    ("opening", facts.opening), ("gross", facts.gross), ("deductions", -facts.deductions),
                    ("put", -aside.more), ("back_out", aside.less), ("net", -facts.net), ("closing", facts.closing),
                ]),
                self._account("savings", [
                    ("opening", aside.opening), ("put", aside.more), ("back_out", -aside.less),
                    ("closing", aside.closing),
                ]),
                self._account("advance", [
                    ("opening", advance.opening), ("given", advance.more), ("back_on", -advance.less),
                    ("left", advance.closing),
                ]),
            ],
            "beside": [
                [say(word), self._money(minor)]
                for word, minor in (("on_the_way", facts.on_the_way), ("coming", facts.coming))
                if minor
            ],
            "ask": say("ask"),
            "kept": say("kept"),
            "head": facts.head,
        }  # fmt: skip

    def _part(self, title: str, first: str, rows: list[list[str]]) -> dict[str, Any]:
        return {
            "title": self._say(title), "first": self._say(first), "money": self._say("money"), "rows": rows,
            "nothing": self._say("nothing"),
        }  # fmt: skip

    def _account(self, title: str, lines: list[tuple[str, int]]) -> dict[str, Any]:
        """Return an account's lines; what is nothing is left out but for its first and last."""
        ends = (0, len(lines) - 1)
        rows = [[self._say(word), self._money(minor)] for place, (word, minor) in enumerate(lines)
                if minor or place in ends]  # fmt: skip
        return {"title": self._say(title), "rows": rows}

    def _row(self, row: Row) -> list[str]:
        """Return what it was, a note, how many, at which rate, and its sum."""
        kind = f"{self._kind(row)}: {row.item}" if row.item else self._kind(row)
        what = f"{row.item}, {self._say(row.step.value)}" if row.step else kind
        notes = self._notes(row)
        if row.word in ("back", "right", "moved_in", "moved_out", "mended") and row.step:
            notes.insert(0, self._say(row.word))
        count = self._digits(str(row.count)) if row.step or row.word == "share" else ""
        rate = self._money(row.rate) if row.rate is not None else ""
        return [what, "; ".join(notes), count, rate, self._money(row.minor)]

    def _line(self, row: Row) -> list[str]:
        return [self._kind(row), "; ".join(self._notes(row)), self._money(-row.minor)]

    def _paid(self, paid: Paid) -> list[str]:
        notes = [self._say("reference").format(end=paid.end)] if paid.end else []
        if paid.came_back:
            notes.append(self._say("came_back"))
        what = f"{self._day(paid.on)}, {self._say(paid.method.value)}"
        return [what, "; ".join(notes), self._money(-paid.minor)]

    def _kind(self, row: Row) -> str:
        word, _colon, kind = row.word.partition(":")
        return f"{self._say(word)} ({kind})" if kind else self._say(word)

    def _notes(self, row: Row) -> list[str]:
        told = (("counted_on", row.taken_back), ("late", row.happened_on))
        return [self._say(word).format(day=self._day(on)) for word, on in told if on]

    def _say(self, word: str) -> str:
        return words()[word][self.language]

    def _money(self, minor: int) -> str:
        amount = format_currency(Decimal(abs(minor)).scaleb(-2), "INR", "¤#,##,##0.00", locale=LOCALES[self.language])
        return self._digits(("−" if minor < 0 else "") + str(amount))

    def _month(self, month: date) -> str:
        return self._digits(format_date(month, "MMMM y", locale=LOCALES[self.language]))

    def _day(self, on: date) -> str:
        written = self._digits(format_date(on, "d MMMM y", locale=LOCALES[self.language]))
        return written.replace(" ", NO_BREAK)

    def _digits(self, text: str) -> str:
        return text.translate(BENGALI) if self.language == "bn" else text
