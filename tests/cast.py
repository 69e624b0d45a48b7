"""The cast of every test, by name: Asha buys and Kabir is another customer; Meera manages the north
centre and Ruma the river centre; Farida does finance, Anita runs the house, Nasrin is for safeguarding,
Bina audits; Rina and Mala are artisans of the north (Mala must never see Rina's work or earnings),
Shila of the river."""

import io
from datetime import UTC, date, datetime

from flask import Flask
from PIL import Image

from shop.artisans import people
from shop.catalog import pictures, products, stock
from shop.catalog.models import Trade
from shop.catalog.products import ProductText, VariantText
from shop.db import writing
from shop.orders.seller import Seller
from shop.production import leadtime, making
from shop.production.making import Step
from shop.production.models import StepName
from shop.users import customers, enrolment
from shop.users.models import Role

PASSWORD = "kantha-and-indigo"
SELLER = Seller("Test trust", "4 Invented Road", "West Bengal", gstin="19AAAAA0000A1Z5", lut="AD1900000")
STAFF = {
    "Meera": (Role.MANAGER, "NORTH"),
    "Ruma": (Role.MANAGER, "RIVER"),
    "Farida": (Role.FINANCE, None),
    "Anita": (Role.ADMIN, None),
    "Nasrin": (Role.SAFEGUARDING, None),
    "Bina": (Role.AUDITOR, None),
}
ARTISANS = {
    "Rina": ("1001", "270518", "lotus", "NORTH"),
    "Mala": ("1002", "604182", "boat", "NORTH"),
    "Shila": ("2001", "350726", "fish", "RIVER"),
}
BEGAN = datetime(2026, 1, 5, 6, tzinfo=UTC)

TOTE, TOTE_RED, WALLET, MESSENGER = "MB-TOTE-IND", "MB-TOTE-MAD", "MB-WALLET", "MB-MSGR"
# sku -> (pieces on the shelf, made to order, prices in minor units)
SHELF = {
    TOTE: (5, True, {"INR": 74_900, "USD": 1_900, "EUR": 1_700, "GBP": 1_500}),
    TOTE_RED: (0, True, {"INR": 74_900, "USD": 1_900}),
    WALLET: (1, False, {"INR": 99_000, "USD": 2_400}),
    MESSENGER: (0, True, {"INR": 169_000, "USD": 3_900}),
}
# slug -> (title, trade, hsn, finishing days, skus, steps)
PRODUCTS = {
    "kalka-tote": (
        "Kalka tote", Trade.BLOCK_PRINT, "420222", 7, (TOTE, TOTE_RED), (("cut", 8, 800), ("stitch", 36, 3_900)),
    ),
    "tyre-wallet": ("Tyre wallet", Trade.TYRE, "420239", 6, (WALLET,), (("cut", 14, 1_350), ("stitch", 44, 4_800))),
    "messenger": (
        "Hibiscus messenger", Trade.BLOCK_PRINT, "420222", 12, (MESSENGER,),
        (("stitch", 78, 8_450), ("finish", 14, 1_350)),
    ),
}  # fmt: skip


def a_picture(size: tuple[int, int] = (240, 300), kind: str = "PNG") -> bytes:
    """Return a small picture's bytes."""
    buffer = io.BytesIO()
    Image.new("RGB", size, "#d9a02b").save(buffer, kind)
    return buffer.getvalue()


def seed(app: Flask) -> None:
    """Fill an empty database with the cast, three products and what lies on the shelf."""
    with writing():
        centres = {
            code: enrolment.add_centre(
                code, name, "Sundarbans, West Bengal", minutes_per_day=1_200, organisation="Test trust"
            ).id
            for code, name in (("NORTH", "North centre"), ("RIVER", "River centre"))
        }
        for name, (role, code) in STAFF.items():
            centre_id = centres[code] if code else None
            enrolment.add_staff(role, name, f"{name.lower()}@test.example", PASSWORD, centre_id=centre_id, at=BEGAN)
        for name, (card, pin, emblem, code) in ARTISANS.items():
            people.enrol(
                name, card, pin, emblem, centre_id=centres[code], adult_confirmed_on=date(2026, 1, 2), at=BEGAN
            )
        customers.add("asha@test.example", "Asha", PASSWORD, at=BEGAN)
        for position, slug in enumerate(PRODUCTS):
            _add_product(slug, position, centres["NORTH"], app.config["MEDIA_URL"])
        leadtime.publish(as_of=BEGAN)


def _add_product(slug: str, position: int, centre_id: int, media: str) -> None:
    title, trade, hsn, days, skus, steps = PRODUCTS[slug]
    words = ProductText(
        title=title,
        titles={"bn": f"{title} (বাংলা)"},
        description=f"The {title.lower()}, made by hand.",
        materials="cotton",
        care="Wash by hand.",
        size="36 × 40 × 9 cm",
        hsn=hsn,
        trade=trade,
        finish_days=days,
    )
    product = products.create(slug, words, centre_id=centre_id, position=position, at=BEGAN)
    for sku in skus:
        shelf, to_order, prices = SHELF[sku]
        option = {"MB-TOTE-IND": "Indigo", "MB-TOTE-MAD": "Madder"}.get(sku, "")
        variant = products.add_variant(product, VariantText(sku, option, option.lower(), 260, prices, to_order))
        if shelf:
            stock.adjust(variant.id, shelf, "opening stock", f"opening:{sku}", at=BEGAN, by="user:1")
    [drawn] = pictures.draw_known([a_picture()], media=media)
    pictures.add(product, drawn, f"{title} from the front", variant=None, at=BEGAN)
    written = making.write(product, [Step(StepName(n), m, r) for n, m, r in steps], at=BEGAN, by="user:1")
    making.approve(written, at=BEGAN, by="user:3")
    products.publish(product, at=BEGAN, by="user:1")
