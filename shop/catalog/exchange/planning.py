"""What a file would change, without changing anything: the dry run, and the first half of an import."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from shop.catalog import products as catalogue
from shop.catalog.exchange import wanted as asking
from shop.catalog.exchange.cells import product_cells, status_of, text_of, variant_cells, variant_text_of
from shop.catalog.exchange.headings import CLASSIC, HOME, KEPT
from shop.catalog.exchange.noting import Noting
from shop.catalog.exchange.picturing import pictures_of
from shop.catalog.exchange.plans import Note, Plan, ProductPlan, Terms, VariantPlan
from shop.catalog.exchange.sheet import Sheet
from shop.catalog.exchange.wanted import WantedProduct, WantedVariant
from shop.catalog.models import Product, ProductStatus, Variant
from shop.catalog.products import ProductText, VariantText
from shop.db import db

DAYS_TO_MAKE = 7  # of a new product whose file does not say
AT_ONCE = 500
KEY_OF_KEPT = {CLASSIC[key]: key for key in KEPT}


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


class _Planning(Noting):
    """Plans one product; what stands in its way goes to the troubles."""

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
            self.compare(product_cells(text_of(self.product)), product_cells(text))
            for name in self.wanted.carried:
                before, after = self.product.carried.get(name, {}), carried.get(name, {})
                column = self.sheet.headings.get(KEY_OF_KEPT.get(name, ""), name)
                self.change(column, " · ".join(before.values()), " · ".join(after.values()), before != after)
        planned.variants = [made for each in self.wanted.variants if (made := self._variant(each, text)) is not None]
        self._check_options(planned)
        planned.pictures = pictures_of(self, planned)
        self._note(planned)
        return planned

    def _text(self) -> ProductText | None:
        words: dict[str, Any] = dict(self.wanted.words)
        if self.product is not None:
            if self.wanted.trade_guessed:
                words.pop("trade", None)
            return self._filled(replace(text_of(self.product), **words))
        if "trade" not in words:
            self.trouble(self.wanted.row, "trade", "csv.no_trade")
            return None
        plain = dict.fromkeys(("title", "description", "materials", "care", "size", "hsn"), "")
        return self._filled(ProductText(**(plain | {"finish_days": DAYS_TO_MAKE} | words)))

    def _filled(self, text: ProductText) -> ProductText:
        """Return the text with its translations, once it is known to have what every product needs."""
        for key, value in (("title", text.title), ("body", text.description)):
            if not value.strip():
                self.trouble(self.wanted.row, key, "csv.needed")
        if not text.hsn and self.product is not None and self.product.status is ProductStatus.PUBLISHED:
            self.trouble(self.wanted.row, "hsn", "csv.hsn")
        for (name, language), words in self.wanted.translations.items():
            given: dict[str, str] = {**getattr(text, name), language: words}
            filled: dict[str, Any] = {name: {code: word for code, word in given.items() if word}}
            text = replace(text, **filled)
        return text

    def _centre(self) -> int | None:
        code, ids = self.wanted.centre, self.terms.centres
        if self.product is not None:
            if self.product.centre_id not in ids.values():
                self.trouble(self.wanted.row, "handle", "csv.other_centre")
                return None
            if code and ids.get(code) != self.product.centre_id:
                self.trouble(self.wanted.row, "centre", "csv.centre_stays")
            return self.product.centre_id
        if (code or self.terms.default) not in ids:
            self.trouble(self.wanted.row, "centre", "csv.centre", centres=", ".join(sorted(ids)))
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
        self.change(self.sheet.headings.get("status", CLASSIC["status"]), now, asked, True)
        return asked

    def _variant(self, wanted: WantedVariant, text: ProductText) -> VariantPlan | None:
        if self.owners.get(wanted.sku, self.wanted.slug) != self.wanted.slug:
            self.trouble(wanted.row, "sku", "csv.sku_elsewhere", sku=wanted.sku)
            return None
        found = next((each for each in self.product.variants if each.sku == wanted.sku), None) if self.product else None
        before = variant_text_of(found) if found else None
        base = before or VariantText(wanted.sku, "", "", 0, {}, made_to_order=False)
        prices = {**base.prices, **wanted.prices}
        after = replace(base, prices={code: minor for code, minor in prices.items() if minor}, **wanted.words)
        if not any(each.row == wanted.row for each in self._troubles):  # else it was told already
            if HOME not in after.prices:
                self.trouble(wanted.row, "price", "csv.price")
            if not after.grams:
                self.trouble(wanted.row, "grams", "csv.grams")
        if wanted.strange_colour and not (before and before.colour):
            self.notes.append(Note("csv.note_colour", {"colour": wanted.strange_colour}))
        if found and before and self.product:
            names = self.product.option_names
            self.compare(variant_cells(before, names), variant_cells(after, text.option_names), wanted.sku)
            free = found.stock.on_hand - found.stock.reserved
            if wanted.quantity is not None and wanted.quantity != free:
                self.notes.append(Note("csv.note_shelf", {"sku": wanted.sku, "file": wanted.quantity, "here": free}))
        return VariantPlan(wanted, found, after)

    def _check_options(self, planned: ProductPlan) -> None:
        """Every variant, those that the file leaves out too, needs its own value for each option."""
        named = {each.text.sku for each in planned.variants}
        left = [each for each in (self.product.variants if self.product else []) if each.sku not in named]
        if any(len(each.options) != len(planned.text.option_names) for each in left):
            self.trouble(self.wanted.row, "option1_name", "csv.options_rest", sku=left[0].sku)
        taken = {tuple(each.options): each.sku for each in left if each.options}
        for each in planned.variants:
            options = tuple(each.text.options)
            if len(options) != len(planned.text.option_names):
                self.trouble(each.wanted.row, "option1_value", "csv.options_rest", sku=each.text.sku)
            if options and options in taken:
                self.trouble(each.wanted.row, "option1_value", "csv.option_twice", other=taken[options])
            taken.setdefault(options, each.text.sku)
        if left:
            self.notes.append(Note("csv.note_left", {"count": len(left)}))

    def _note(self, planned: ProductPlan) -> None:
        if self.product is None and self.wanted.trade_guessed:
            self.notes.append(Note("csv.note_trade", {"trade": planned.text.trade}))
        if not planned.text.hsn:
            self.notes.append(Note("csv.note_hsn"))
        sold = self.product is not None and self.product.status is ProductStatus.PUBLISHED
        if planned.status == "active" and not sold:
            self.notes.append(Note("csv.note_draft"))
