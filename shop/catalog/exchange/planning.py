"""What a file would change, without changing anything: the dry run, and the first half of an import."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from shop.catalog import products as catalogue
from shop.catalog.exchange import wanted as asking
from shop.catalog.exchange.cells import (
    picture_of,
    product_cells,
    source_of,
    status_of,
    text_of,
    variant_cells,
    variant_text_of,
)
from shop.catalog.exchange.headings import CLASSIC, HOME, KEPT, OWN
from shop.catalog.exchange.sheet import Sheet, Trouble
from shop.catalog.exchange.wanted import WantedPicture, WantedProduct, WantedVariant
from shop.catalog.models import Picture, Product, ProductStatus, Variant
from shop.catalog.products import ProductText, VariantText
from shop.db import db

DAYS_TO_MAKE = 7  # of a new product whose file does not say
MOST_PICTURE_BYTES = 12 * 1024 * 1024
AT_ONCE = 500
KEY_OF_KEPT = {CLASSIC[key]: key for key in KEPT}


class State(StrEnum):
    """What an import would do to a product."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Terms:
    """What the one who imports may write to: centres by code, the one that new products go to, pictures' folder."""

    centres: Mapping[str, int]
    default: str | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Change:
    """A cell that would be written differently; `of` is the variant or picture that it belongs to."""

    column: str
    before: str
    after: str
    of: str = ""


@dataclass(frozen=True)
class Note:
    """Something that the one who imports should know."""

    message_id: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass
class VariantPlan:
    """A variant as it will be; None stands for one that is not there yet."""

    wanted: WantedVariant
    variant: Variant | None
    text: VariantText


@dataclass
class PicturePlan:
    """A picture as it will be: a new one has the file it comes from."""

    wanted: WantedPicture
    picture: Picture | None
    file: Path | None
    sku: str | None
    alt: str


@dataclass
class ProductPlan:
    """A product as it will be."""

    wanted: WantedProduct
    product: Product | None
    text: ProductText
    centre_id: int
    carried: dict[str, dict[str, str]]
    status: str
    variants: list[VariantPlan] = field(default_factory=list)
    pictures: list[PicturePlan] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def state(self) -> State:
        """Return what an import would do to it."""
        if self.product is None:
            return State.NEW
        return State.CHANGED if self.changes or self.fresh else State.UNCHANGED

    @property
    def fresh(self) -> list[str]:
        """Return the variants and pictures that are not there yet, by sku and path."""
        skus = [each.text.sku for each in self.variants if each.variant is None]
        return skus + [each.wanted.source for each in self.pictures if each.picture is None]


@dataclass
class Plan:
    """What a file would do: product by product, what is wrong with it, and which columns have no effect here."""

    products: list[ProductPlan] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unknown: Sequence[str] = ()

    def count(self, state: State) -> int:
        """Return how many products are in a state."""
        return sum(1 for each in self.products if each.state is state)

    @property
    def fingerprint(self) -> str:
        """Return a hash of what would be done, to tell whether that is still what someone has looked at."""
        told = [(each.wanted.slug, each.state, each.changes, len(each.variants)) for each in self.products]
        return hashlib.sha256(repr((told, self.troubles)).encode()).hexdigest()


def plan(sheet: Sheet, terms: Terms) -> Plan:
    """Return what an import of a file would do now, on these terms."""
    products, troubles = asking.read(sheet)
    known, owners = _known(products)
    made = Plan(troubles=troubles, unknown=sheet.unknown)
    for wanted in products:
        planned = _Planning(sheet, terms, troubles, wanted, known.get(wanted.slug), owners).plan()
        if planned is not None:
            made.products.append(planned)
    used = {name for wanted in products for name, rows in wanted.carried.items() if any(rows.values())}
    made.kept = [sheet.headings[key] for key in KEPT if CLASSIC[key] in used and key in sheet.headings]
    troubles.sort(key=lambda trouble: trouble.row)
    return made


def _known(products: Sequence[WantedProduct]) -> tuple[dict[str, Product], dict[str, str]]:
    """Return the products that are here by address, and whose each sku is."""
    slugs = [wanted.slug for wanted in products]
    skus = [variant.sku for wanted in products for variant in wanted.variants]
    found: dict[str, Product] = {}
    owners: dict[str, str] = {}
    for start in range(0, len(slugs), AT_ONCE):
        found |= {each.slug: each for each in catalogue.by_slugs(slugs[start : start + AT_ONCE])}
    for start in range(0, len(skus), AT_ONCE):
        some = skus[start : start + AT_ONCE]
        rows = db.session.execute(select(Variant.sku, Product.slug).join(Product).where(Variant.sku.in_(some)))
        owners |= {row[0]: row[1] for row in rows}
    return found, owners


class _Planning:
    """Plans one product; what stands in its way goes to the troubles."""

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

    def plan(self) -> ProductPlan | None:
        """Return the plan, or None if it cannot be told what the product would be."""
        text, centre_id = self._text(), self._centre()
        if text is None or centre_id is None:
            return None
        carried = dict(self.product.carried) if self.product else {}
        carried = {name: rows for name, rows in (carried | self.wanted.carried).items() if rows}
        planned = ProductPlan(self.wanted, self.product, text, centre_id, carried, self._status())
        planned.changes, planned.notes = self.changes, self.notes
        if self.product is not None:
            self._compare(product_cells(text_of(self.product)), product_cells(text))
            for name in self.wanted.carried:
                before, after = self.product.carried.get(name, {}), carried.get(name, {})
                column = self.sheet.headings.get(KEY_OF_KEPT.get(name, ""), name)
                self._change(column, " · ".join(before.values()), " · ".join(after.values()), before != after)
        planned.variants = [made for each in self.wanted.variants if (made := self._variant(each, text)) is not None]
        self._check_options(planned)
        planned.pictures = self._pictures(planned)
        self._note(planned)
        return planned

    def _trouble(self, row: int, key: str, message_id: str, **values: object) -> None:
        heading = self.sheet.headings.get(key) or CLASSIC.get(key) or OWN[key]
        self._troubles.append(Trouble(row, heading, message_id, values))

    def _change(self, column: str, before: str, after: str, differs: bool, of: str = "") -> None:
        if differs:
            self.changes.append(Change(column, before, after, of))

    def _compare(self, before: Mapping[str, str], after: Mapping[str, str], of: str = "") -> None:
        for key in dict.fromkeys((*after, *before)):
            old, new = before.get(key, ""), after.get(key, "")
            self._change(self.sheet.headings.get(key, key), old, new, old != new, of)

    def _text(self) -> ProductText | None:
        words: dict[str, Any] = dict(self.wanted.words)
        if self.product is not None:
            if self.wanted.trade_guessed:
                words.pop("trade", None)
            return self._filled(replace(text_of(self.product), **words))
        if "trade" not in words:
            self._trouble(self.wanted.row, "trade", "csv.no_trade")
            return None
        plain = dict.fromkeys(("title", "description", "materials", "care", "size", "hsn"), "")
        return self._filled(ProductText(**(plain | {"finish_days": DAYS_TO_MAKE} | words)))

    def _filled(self, text: ProductText) -> ProductText:
        """Return the text with its translations, once it is known to have what every product needs."""
        for key, value in (("title", text.title), ("body", text.description)):
            if not value.strip():
                self._trouble(self.wanted.row, key, "csv.needed")
        if not text.hsn and self.product is not None and self.product.status is ProductStatus.PUBLISHED:
            self._trouble(self.wanted.row, "hsn", "csv.hsn")
        for (name, language), words in self.wanted.translations.items():
            given: dict[str, str] = {**getattr(text, name), language: words}
            filled: dict[str, Any] = {name: {code: word for code, word in given.items() if word}}
            text = replace(text, **filled)
        return text

    def _centre(self) -> int | None:
        code, ids = self.wanted.centre, self.terms.centres
        if self.product is not None:
            if self.product.centre_id not in ids.values():
                self._trouble(self.wanted.row, "handle", "csv.other_centre")
                return None
            if code and ids.get(code) != self.product.centre_id:
                self._trouble(self.wanted.row, "centre", "csv.centre_stays")
            return self.product.centre_id
        if (code or self.terms.default) not in ids:
            self._trouble(self.wanted.row, "centre", "csv.centre", centres=", ".join(sorted(ids)))
            return None
        return ids[code or self.terms.default or ""]

    def _status(self) -> str:
        asked, now = self.wanted.status, status_of(self.product) if self.product else "draft"
        if self.product is None or asked is None or asked == now:
            return asked or now
        if asked == "draft" and self.product.status is not ProductStatus.DRAFT:
            self.notes.append(
                Note("csv.note_status")
            )  # what is sold is taken off by hand, with its own row in the audit
            return now
        self._change(self.sheet.headings.get("status", CLASSIC["status"]), now, asked, True)
        return asked

    def _variant(self, wanted: WantedVariant, text: ProductText) -> VariantPlan | None:
        if self.owners.get(wanted.sku, self.wanted.slug) != self.wanted.slug:
            self._trouble(wanted.row, "sku", "csv.sku_elsewhere", sku=wanted.sku)
            return None
        found = next((each for each in self.product.variants if each.sku == wanted.sku), None) if self.product else None
        before = variant_text_of(found) if found else None
        base = before or VariantText(wanted.sku, "", "", 0, {}, made_to_order=False)
        prices = {**base.prices, **wanted.prices}
        after = replace(base, prices={code: minor for code, minor in prices.items() if minor}, **wanted.words)
        if not any(each.row == wanted.row for each in self._troubles):  # else it was told already
            if HOME not in after.prices:
                self._trouble(wanted.row, "price", "csv.price")
            if not after.grams:
                self._trouble(wanted.row, "grams", "csv.grams")
        if wanted.strange_colour and not (before and before.colour):
            self.notes.append(Note("csv.note_colour", {"colour": wanted.strange_colour}))
        if found and before and self.product:
            names = self.product.option_names
            self._compare(variant_cells(before, names), variant_cells(after, text.option_names), wanted.sku)
            free = found.stock.on_hand - found.stock.reserved
            if wanted.quantity is not None and wanted.quantity != free:
                self.notes.append(Note("csv.note_shelf", {"sku": wanted.sku, "file": wanted.quantity, "here": free}))
        return VariantPlan(wanted, found, after)

    def _check_options(self, planned: ProductPlan) -> None:
        """Every variant, those that the file leaves out too, needs its own value for each option."""
        named = {each.text.sku for each in planned.variants}
        left = [each for each in (self.product.variants if self.product else []) if each.sku not in named]
        if any(len(each.options) != len(planned.text.option_names) for each in left):
            self._trouble(self.wanted.row, "option1_name", "csv.options_rest", sku=left[0].sku)
        taken = {tuple(each.options): each.sku for each in left if each.options}
        for each in planned.variants:
            options = tuple(each.text.options)
            if len(options) != len(planned.text.option_names):
                self._trouble(each.wanted.row, "option1_value", "csv.options_rest", sku=each.text.sku)
            if options and options in taken:
                self._trouble(each.wanted.row, "option1_value", "csv.option_twice", other=taken[options])
            taken.setdefault(options, each.text.sku)
        if left:
            self.notes.append(Note("csv.note_left", {"count": len(left)}))

    def _pictures(self, planned: ProductPlan) -> list[PicturePlan]:
        known = {source_of(self.product, each): each for each in self.product.pictures} if self.product else {}
        made: list[PicturePlan] = []
        left_out = 0
        for wanted in sorted(self.wanted.pictures, key=lambda each: (each.position, each.row)):
            picture = known.get(wanted.source)
            file = None if picture else self._file(wanted)
            if picture is None and file is None:
                left_out += 1
                continue
            now = (
                next((e.sku for e in self.product.variants if e.id == picture.variant_id), "")
                if (self.product and picture)
                else ""
            )
            alt = wanted.alt if wanted.alt is not None else (picture.alt if picture else "")
            if not 3 <= len(alt) <= 200:
                self._trouble(wanted.row, "image_alt", "csv.alt")
            sku = self._shown(planned, wanted, now, new=picture is None)
            if picture is not None:
                self._compare(
                    {"image_alt": picture.alt, "image_sku": now}, {"image_alt": alt, "image_sku": sku}, wanted.source
                )
            made.append(PicturePlan(wanted, picture, file, sku, alt))
        if left_out:
            self.notes.append(Note("csv.note_pictures", {"count": left_out}))
        order = [each.picture for each in made if each.picture]
        if self.product and order != [each for each in self.product.pictures if each in order]:
            self._change(self.sheet.headings.get("image_position", CLASSIC["image_position"]), "", "", True)
        return made

    def _shown(self, planned: ProductPlan, wanted: WantedPicture, now: str, *, new: bool) -> str:
        """Return the sku that a picture is of, or nothing if it shows them all."""
        if wanted.sku is not None:
            here = {each.text.sku for each in planned.variants}
            here |= {each.sku for each in self.product.variants} if self.product else set()
            if wanted.sku and wanted.sku not in here:
                self._trouble(wanted.row, "image_sku", "csv.image_sku")
            return wanted.sku
        naming = [each for each in planned.variants if each.wanted.image == wanted.source]
        if not naming:
            return now
        if len({each.text.colour for each in naming}) > 1:
            return ""
        if not new and self.product is not None:
            shown = [picture_of(self.product, each.variant) for each in naming if each.variant]
            if all(each is not None and source_of(self.product, each) == wanted.source for each in shown):
                return now
        return naming[0].text.sku

    def _file(self, wanted: WantedPicture) -> Path | None:
        """Return the file of a new picture; None if none is to be brought. Nothing is ever fetched from a network."""
        if self.terms.folder is None or urlsplit(wanted.source).scheme or wanted.source.startswith("//"):
            return None
        home = self.terms.folder.resolve()
        path = (home / wanted.source).resolve()
        if not path.is_relative_to(home):
            self._trouble(wanted.row, "image", "csv.picture_outside")
        elif not path.is_file():
            self._trouble(wanted.row, "image", "csv.picture_missing")
        elif path.stat().st_size > MOST_PICTURE_BYTES:
            self._trouble(wanted.row, "image", "csv.picture_large", most=MOST_PICTURE_BYTES // 1024 // 1024)
        return path

    def _note(self, planned: ProductPlan) -> None:
        if self.product is None and self.wanted.trade_guessed:
            self.notes.append(Note("csv.note_trade", {"trade": planned.text.trade}))
        if not planned.text.hsn:
            self.notes.append(Note("csv.note_hsn"))
        sold = self.product is not None and self.product.status is ProductStatus.PUBLISHED
        if planned.status == "active" and not sold:
            self.notes.append(Note("csv.note_draft"))
