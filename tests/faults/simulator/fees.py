"""What a maker earns beside pieces and sales: a royalty for what she drew, a fee for a story that she told."""

from datetime import date, datetime, time, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition

from shop import duties
from shop.artisans import designs, story_reviews
from shop.money import Money
from shop.orders.designed import named
from tests.artisans import publishing
from tests.cast import MESSENGER, TOTE, TOTE_RED
from tests.faults.simulator.buying import WHICH
from tests.faults.simulator.model import INDIA, parts_of
from tests.faults.simulator.purse import STAFF
from tests.faults.simulator.records import Bought, Design, Row
from tests.faults.simulator.stage import Stage, rule, user
from tests.faults.simulator.workshop import NAME
from tests.workshop import variant

PRODUCTS = {TOTE: "tote", TOTE_RED: "tote", MESSENGER: "messenger"}
SHOWN = {"tote": TOTE, "messenger": MESSENGER}
MOST_RATE, MOST_STORIES = 1_000_000, 2
STORY = 50_000


class Fees(Stage):
    """Rules of designs and stories. No return and no refund takes any of it back."""

    stories = 0

    @rule(product=st.sampled_from(sorted(SHOWN)), part=st.integers(1, 9_999), ago=st.sampled_from((0, 0, 3, -1)),
          rate=st.sampled_from((0, 333, 1_201, 1_201, MOST_RATE + 1)))  # fmt: skip
    def write_down_a_design(self, product: str, part: int, rate: int, ago: int) -> None:
        one, other = (woman.number for woman in self.model.women.values())
        parts, agreed_on = {one: part, other: 10_000 - part}, self.today() - timedelta(days=ago)
        mine = [it for it in self.model.designs if it.product == product]
        refused = rate > MOST_RATE or ago < 0 or any(it.status == "proposed" for it in mine)
        refused = refused or any(it.status == "approved" and it.agreed_on >= agreed_on for it in mine)

        def act() -> int:
            more = {"agreed_on": agreed_on, "at": self.world.clock.now(), "by": user("Meera")}
            return designs.propose(self._named(product), parts, Money(rate, "INR"), **more).version

        version = self.unit(act, refused=refused)
        if version is not None:
            self.model.designs.append(Design(product, version, parts, rate, agreed_on))

    @staticmethod
    def _named(product: str) -> str:
        return named(variant(SHOWN[product]).product_id)

    @precondition(lambda self: any(it.status == "proposed" for it in self.model.designs))
    @rule(which=WHICH, by=STAFF, no=st.integers(0, 6))
    def approve_a_design(self, which: int, by: str, no: int) -> None:
        it = self.pick([each for each in self.model.designs if each.status == "proposed"], which)

        def act() -> None:
            found = designs.get(self._named(it.product), it.version)
            (designs.approve if no else designs.withdraw)(found, at=self.world.clock.now(), by=user(by))

        refused = no > 0 and by == "Meera"
        self.unit(act, refused=refused)
        if not refused:
            it.status = "approved" if no else "withdrawn"

    @precondition(lambda self: any(it.status == "approved" for it in self.model.designs))
    @rule()
    def credit_royalties(self) -> None:
        """Of the month that has ended: what stayed sold until then and was not counted before."""

        def sweep() -> None:
            with self.world.app.app_context():
                duties.credit_royalties()

        self.asked(sweep)
        begins = self.today().replace(day=1)
        ends, month = datetime.combine(begins, time(), INDIA), (begins - timedelta(days=1)).replace(day=1)
        for it in [each for each in self.model.designs if each.status == "approved"]:
            rows = [(order, row) for order, row in self._sold(it, ends) if month not in it.months]
            pieces = sum(row.pieces - len(order.came_back[row.sku]) for order, row in rows)
            if not pieces or not it.rate:
                continue
            it.months.add(month)
            for _, row in rows:
                row.is_counted = True
            for number, minor in parts_of(pieces * it.rate, it.parts).items():
                self.model.move("fees", f"artisan:{number}:payable", minor)

    def _sold(self, design: Design, ends: datetime) -> list[tuple[Bought, Row]]:
        """The rows of its product whose time for sending back ended before a moment, sold under this version."""
        found = []
        for order in self.orders("shipped", "delivered"):
            is_open = order.disputed is not None and order.disputed.told == "opened"
            if order.ends_at is None or order.ends_at >= ends or order.coming or is_open:
                continue
            for row in order.rows.values():
                mine = PRODUCTS[row.sku] == design.product and self._in_force(design.product, order.placed_on) is design
                if mine and not row.is_counted and row.pieces > len(order.came_back[row.sku]):
                    found.append((order, row))
        return found

    def _in_force(self, product: str, on: date) -> Design | None:
        held = [it for it in self.model.designs if (it.product, it.status) == (product, "approved")]
        return max((it for it in held if it.agreed_on <= on), key=lambda it: it.agreed_on, default=None)

    @precondition(lambda self: self.stories < MOST_STORIES)
    @rule(name=NAME)
    def she_tells_a_story(self, name: str) -> None:
        """Two read it, and the second one's "yes" pays her fee; who wrote it does not read it."""
        self.stories += 1
        story_id = publishing.draft(self.world, teller=name, picture=False, slug=f"told-{self.step}")
        with self.world.writing() as at:
            story_reviews.submit(publishing.story_of(user("Meera"), story_id), at=at, by=user("Meera"))

        def read(by: str) -> None:
            story = publishing.story_of(user(by), story_id)
            told = {"revision": story.revision, "fee": Money(STORY, "INR"), "at": self.world.clock.now()}
            story_reviews.approve(story, list(story_reviews.CHECKLIST), by=user(by), **told)

        self.unit(lambda: read("Meera"), refused=True)
        for by in ("Nasrin", "Anita"):
            self.unit(lambda by=by: read(by))
        self.model.move("fees", self.model.women[name].account("payable"), STORY)
