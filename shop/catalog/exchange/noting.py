"""What is noted while one product of a file is planned: troubles with their place, changes cell by cell, and notes."""

from collections.abc import Mapping

from shop.catalog.exchange.headings import CLASSIC, OWN
from shop.catalog.exchange.plans import Change, Note, Terms
from shop.catalog.exchange.sheet import Sheet, Trouble
from shop.catalog.exchange.wanted import WantedProduct
from shop.catalog.models import Product


class Noting:
    """One product that a file asks for, the one that is here, and what there is to say of the two."""

    def __init__(
        self,
        sheet: Sheet,
        terms: Terms,
        troubles: list[Trouble],
        wanted: WantedProduct,
        product: Product | None,
        owners: Mapping[str, str],
    ) -> None:
        self.sheet, self.terms, self.wanted, self.product, self.owners = sheet, terms, wanted, product, owners
        self._troubles = troubles
        self.changes: list[Change] = []
        self.notes: list[Note] = []

    def trouble(self, row: int, key: str, message_id: str, **values: object) -> None:
        """Note what is wrong in a cell."""
        heading = self.sheet.headings.get(key) or CLASSIC.get(key) or OWN[key]
        self._troubles.append(Trouble(row, heading, message_id, values))

    def change(self, column: str, before: str, after: str, differs: bool, of: str = "") -> None:
        """Note a cell that would be written differently."""
        if differs:
            self.changes.append(Change(column, before, after, of))

    def compare(self, before: Mapping[str, str], after: Mapping[str, str], of: str = "") -> None:
        """Note every cell that would be written differently."""
        for key in dict.fromkeys((*after, *before)):
            old, new = before.get(key, ""), after.get(key, "")
            self.change(self.sheet.headings.get(key, key), old, new, old != new, of)
