"""The cells of one row, read as what they should hold; what cannot be read is noted with its place."""

import re

from shop.catalog.exchange.headings import CLASSIC, OWN
from shop.catalog.exchange.sheet import Row, Sheet, Trouble
from shop.catalog.models import Trade
from shop.catalog.products import HSN

_AMOUNT = re.compile(r"([0-9]{1,8})(?:\.([0-9]{1,2}))?")
_WHOLE = re.compile(r"([0-9]{1,9})(?:\.0+)?")  # 260.0 is how some tools write 260
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
STATUSES = ("active", "draft", "archived")


class Cells:
    """The cells of one row; every reader returns something usable and notes what was not."""

    def __init__(self, sheet: Sheet, row: Row, troubles: list[Trouble]) -> None:
        self.sheet, self.row, self._troubles = sheet, row, troubles

    def trouble(self, key: str, message_id: str, **values: object) -> None:
        """Note what is wrong with a cell."""
        heading = self.sheet.headings.get(key) or CLASSIC.get(key) or OWN[key]
        self._troubles.append(Trouble(self.row.number, heading, message_id, values))

    def has(self, key: str) -> bool:
        """Say whether the file has this column at all."""
        return key in self.sheet.headings

    def cell(self, key: str) -> str:
        """Return a cell's text."""
        return self.row.cell(key)

    def text(self, key: str, longest: int) -> str:
        """Return a cell's text of at most so many characters."""
        return self.fitting(key, self.cell(key), longest)

    def fitting(self, key: str, text: str, longest: int) -> str:
        """Return a text that came of a cell if it is not too long."""
        text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
        if len(text) > longest:
            self.trouble(key, "csv.too_long", longest=longest, has=len(text))
        return text[:longest]

    def whole(self, key: str, least: int, most: int) -> int:
        """Return a cell's whole number within bounds."""
        found = _WHOLE.fullmatch(self.cell(key))
        if not found or not least <= int(found[1]) <= most:
            self.trouble(key, "csv.whole", least=least, most=most)
            return max(least, 0)
        return int(found[1])

    def amount(self, key: str) -> int | None:
        """Return a cell's amount in minor units, or None if it is empty."""
        if not self.cell(key):
            return None
        found = _AMOUNT.fullmatch(self.cell(key))
        minor = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else 0
        if not 0 < minor < 10**10:
            self.trouble(key, "csv.amount")
            return None
        return minor

    def truth(self, key: str) -> bool | None:
        """Return a cell's yes or no, or None if it is empty."""
        word = self.cell(key).casefold()
        if word and word not in _TRUE + _FALSE:
            self.trouble(key, "csv.truth")
        return word in _TRUE if word else None

    def policy(self) -> bool:
        """Say whether a variant is made to order when the shelf is empty."""
        word = self.cell("policy").casefold()
        if word not in ("", "deny", "continue"):
            self.trouble("policy", "csv.policy")
        return word == "continue"

    def status(self) -> str | None:
        """Return the status that the row asks for: not to be seen is a draft."""
        word, shown = self.cell("status").casefold(), self.truth("published")
        if word and word not in STATUSES:
            self.trouble("status", "csv.status", statuses=", ".join(STATUSES))
            return None
        if not word:
            return None if shown is None else "active" if shown else "draft"
        return "draft" if word == "active" and shown is False else word

    def hsn(self) -> str:
        """Return a tax heading, or nothing yet."""
        code = self.cell("hsn").replace(" ", "")
        if code and not HSN.fullmatch(code):
            self.trouble("hsn", "csv.hsn")
            return ""
        return code

    def trade(self) -> Trade | None:
        """Return the craft, or None if the row does not say."""
        word = self.cell("trade").casefold()
        if word and word not in list(Trade):
            self.trouble("trade", "csv.trade", trades=", ".join(Trade))
            return None
        return Trade(word) if word else None
