"""The demo's year, told day by day: first the office and the workshops, then the customers.

Days are written in one unit until a gateway is to be asked; what was paid begins the next one. What chance
decides is drawn from the stage's own seed; what has to be there is planned, by days before the last one.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from shop.catalog.models import Product, ProductStatus, Variant
from shop.db import db
from shop.demo import bank, drawing, letters, office, payday, putting_aside, shoppers, shopping
from shop.demo.catalogue import Catalogue
from shop.demo.stage import Stage
from shop.demo.workshop import Workshop, give_all_something
from shop.production import leadtime

QUIET, BUSY = 0.12, 0.42  # orders a day when the shop opens, and a year later
SUNDAY, MONDAY = 6, 0
PAYDAYS = range(2, 366, 30)
GIFTS = range(9, 366, 40)  # a firm orders gifts
ORDERED_TWICE = (23, 71, 148, 209, 288)
NEW_AT_ONCE = 3  # products
STORIES = {3: "one-block-for-each-colour", 6: "paper-that-was-cloth", 9: "a-tyre-has-four-skins"}  # by tenths
SENT_BACK = (9, 4, 0)  # someone asks, whatever chance says, so that a return is open in every state


class Year:
    """A year of the shop, or the last months of one."""

    def __init__(self, stage: Stage, catalogue: Catalogue) -> None:
        self.stage, self.catalogue = stage, catalogue
        self.workshop = Workshop(stage)
        self.skus: list[str] = []
        self.lapses = False
        self._new_every = max(7, stage.last // (catalogue.left // NEW_AT_ONCE + 2))
        self._stories = {stage.last * tenth // 10: slug for tenth, slug in STORIES.items()}

    def tell(self) -> None:
        """Tell every day up to the morning on which the demo is loaded."""
        with self.stage.told():
            for day in range(self.stage.last + 1):
                self.stage.day = day
                self._one_day()
        self.stage.day += 1

    def _one_day(self) -> None:
        stage = self.stage
        stage.clock.at = stage.morning()
        if (slug := self._stories.get(stage.day)) is not None:
            stage.commit()
            stage.desk.write(slug, stage.cast, at=stage.tick())
        if self.lapses:
            shopping.lapse(stage)
        bank.act(stage)
        stage.write()
        self._office()
        wishes = self._wishes()
        orders = shopping.place_all(stage, wishes)
        self.lapses = any(not wish.pays for wish in wishes)
        shopping.pay_all(stage, orders)
        office.send_refunds(stage)
        if orders and stage.last - stage.day in ORDERED_TWICE:
            stage.in_days(1, lambda at: office.give_back(stage, orders[0].order_id, "ordered twice by mistake"))

    def _office(self) -> None:
        if not self.skus or self._is_new_in_shop():
            self._widen()
        for act in self._acts(self.stage.last - self.stage.day):
            act()
        self._read_diary()
        self.workshop.take_on()
        self._read_diary()
        if self.stage.morning().weekday() != SUNDAY:
            office.send_parcels(self.stage)

    def _acts(self, before: int) -> list[Callable[[], None]]:
        stage, acts = self.stage, list[Callable[[], None]]()
        if stage.day % 3 == 0:
            acts.append(lambda: office.release_shares(stage))
        if stage.morning().weekday() == MONDAY:
            acts.append(lambda: self.workshop.refill(2))
            acts.append(lambda: leadtime.publish(as_of=stage.clock.now()))
        if before in PAYDAYS:
            fails = ("Jui",) if before == PAYDAYS[3] else ()
            acts.append(lambda: payday.pay_all(stage, fails=fails, question=before == PAYDAYS[0]))
        if before in SENT_BACK:
            acts.append(lambda: office.ask_back_latest(stage))
        if before == bank.SENT_AGAIN:
            acts.append(lambda: bank.send_again(stage))
        acts.append(partial(putting_aside.act, stage, before))
        acts.append(partial(drawing.act, stage))
        acts += [partial(letters.write, stage, letter) for letter in letters.on(before)]
        return acts

    def _read_diary(self) -> None:
        page = self.stage.diary[self.stage.day]
        while page:
            page.pop(0)(self.stage.clock.now())

    def _is_new_in_shop(self) -> bool:
        return self.catalogue.left > 0 and self.stage.day > 0 and self.stage.day % self._new_every == 0

    def _widen(self) -> None:
        if self.skus:
            self.catalogue.add(self.stage.cast, NEW_AT_ONCE, at=self.stage.tick())
            leadtime.publish(as_of=self.stage.clock.now())
        sold = select(Variant.sku).join(Product).where(Product.status == ProductStatus.PUBLISHED, Variant.on_sale)
        self.skus = list(db.session.scalars(sold.order_by(Variant.id)))

    def _wishes(self) -> list[shoppers.Wish]:
        """Draw who wants what on this day."""
        chance, before = self.stage.chance, self.stage.last - self.stage.day
        expected = QUIET + (BUSY - QUIET) * self.stage.day / self.stage.last
        count = int(expected + chance.random()) + (chance.random() < 0.06)
        wishes = [shoppers.draw(chance, self.skus) for _ in range(count)]
        if before in GIFTS:
            wishes.append(shoppers.draw(chance, self.skus, large=True))
        return [*wishes, *shoppers.PLANNED.get(before, ())]


def this_morning(year: Year, now: datetime) -> None:
    """Let everyone have something to do on the day the demo is loaded: what came in the two hours before it."""
    stage = year.stage
    stage.clock.at = now - timedelta(minutes=115)
    with stage.told():
        stage.write()
        give_all_something(year.workshop, stage.clock.now())
        payday.propose_one(stage)
        for letter in letters.on(-1):
            letters.write(stage, letter)
        stage.clock.at = now - timedelta(minutes=40)
        orders = shopping.place_all(stage, shoppers.THIS_MORNING)
        shopping.pay_all(stage, orders)
