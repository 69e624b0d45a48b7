"""The demo's thank-you notes: customers of parcels that arrived write to the makers; one waits to be read."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from shop.db import db
from shop.orders import thanks
from shop.orders.models import Order, OrderStatus, Shipment

NOTES = (
    ("The stitches on the inside are as neat as those outside. I keep turning it to look.", "en"),
    ("It carries a laptop, lunch and an umbrella to work every day, and gets a question in every train.", "en"),
    ("মায়ের জন্য কিনেছিলাম, এখন মা কাউকে ছুঁতে দেন না। এত সুন্দর কাজ!", "bn"),
    ("कपड़े की छपाई बहुत साफ़ है। धन्यवाद, बहुत मन से बना है।", "hi"),
    ("I gave it to my sister and had to order a second one for myself. Thank you.", "en"),
    ("বইমেলায় সারাদিন কাঁধে ছিল। সেলাই একটুও টলেনি।", "bn"),
    ("The colour is warmer than in the picture, and the lining a surprise each time I open it.", "en"),
    ("टायर इतना सुंदर हो सकता है, सोचा न था।", "hi"),
)


def load(*, at: datetime, by: str) -> None:
    """Let the customers of the newest parcels that arrived thank for them, most of them two days later."""
    arrived = (
        select(Order)
        .join(Order.shipments)
        .options(contains_eager(Order.shipments))
        .where(Order.status == OrderStatus.DELIVERED, Shipment.delivered_at < at - timedelta(days=3))
        .where(Shipment.exchange_id.is_(None))
        .order_by(Shipment.delivered_at.desc(), Order.id)
    )
    found = list(db.session.scalars(arrived).unique())[: len(NOTES)]
    for order, (text, language) in zip(found, NOTES, strict=False):
        came, name = order.shipments[0].delivered_at or at, order.name.split()[0]
        if order is found[-1]:
            thanks.write(order, name, text, language=language, at=at - timedelta(hours=20))
        else:
            note = thanks.write(order, name, text, language=language, at=came + timedelta(days=2))
            thanks.pass_on(note, at=came + timedelta(days=3), by=by)
