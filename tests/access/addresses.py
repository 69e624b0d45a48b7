"""Every address of the shop: the rules of the URL map, with the parts of each taken from what stands in the database.

Whoever adds a route whose address has a part of a new kind says here where its values come from.
"""

from sqlalchemy import text
from werkzeug.routing import Rule

from shop.db import db
from shop.production.models import StepName
from shop.web.manager.reads.board import Column
from tests.world import World

MOST_ROWS = 14
# Where the values of an address's parts come from, by the part's name.
PARTS = {
    "task_id": "SELECT id FROM task",
    "payout_id": "SELECT id FROM payout",
    "advance_id": "SELECT id FROM advance",
    "run_id": "SELECT id FROM payout_run",
    "centre_id": "SELECT id FROM centre",
    "act_id": "SELECT id FROM cash_act",
    "question_id": "SELECT id FROM line_question",
    "slip_id": "SELECT id FROM slip",
    "deduction_id": "SELECT id FROM deduction",
    "return_id": "SELECT id FROM return_request",
    "refund_id": "SELECT id FROM refund",
    "dispute_id": "SELECT id FROM dispute",
    "attempt_id": "SELECT id FROM payment_attempt ORDER BY id DESC",
    "thanks_id": "SELECT id FROM thanks",
    "unit_id": "SELECT unit_id FROM return_piece",
    "scope": "SELECT slug FROM product",
    "order_id": "SELECT id FROM production_order",
    "event_id": "SELECT id FROM gateway_event ORDER BY id DESC",
    "review_id": "SELECT id FROM payment_review ORDER BY id DESC",
    "artisan_id": "SELECT id FROM artisan",
    "file_id": "SELECT id FROM payout_file",
    "line_id": "SELECT id FROM ledger_transfer ORDER BY id DESC",
    "number": "SELECT number FROM orders",
    "slug": "SELECT slug FROM product",
    "code": "SELECT code FROM ledger_account WHERE code LIKE '%:%' ORDER BY id DESC",
    "reference": "SELECT reference FROM ledger_entry ORDER BY id DESC",
    "story_id": "SELECT id FROM story",
    "address_id": "SELECT id FROM saved_address",
    "user_id": "SELECT id FROM user_account ORDER BY role <> 'customer', id DESC",
    "correction_id": "SELECT id FROM correction",
    "recount_id": "SELECT id FROM recount",
    "passkey_id": "SELECT id FROM passkey",
    "sign_in_id": "SELECT id FROM sign_in ORDER BY id DESC",
    "tag": "SELECT tag FROM unit ORDER BY id DESC",
    "manager.ticket number": "SELECT number FROM ticket",
    "manager.answer_ticket number": "SELECT number FROM ticket",
    "manager.close_ticket number": "SELECT number FROM ticket",
    "storefront.written number": "SELECT number FROM ticket",
    "storefront.story slug": "SELECT slug FROM story",
    "storefront.collection slug": "SELECT slug FROM collection",
    "manager.collection slug": "SELECT slug FROM collection",
}
# Parts that belong together, by their names.
TOGETHER = {
    ("act_id", "centre_id"): "SELECT id, centre_id FROM cash_act",
    ("key", "number"): "SELECT key, number FROM orders",
    ("key", "number", "paper"): "SELECT key, orders.number, 1 FROM orders JOIN invoice ON order_id = orders.id",
    ("number", "paper"): "SELECT orders.number, 1 FROM orders JOIN invoice ON order_id = orders.id",
    ("sku", "slug"): "SELECT sku, slug FROM variant JOIN product ON product.id = variant.product_id",
    ("picture_id", "slug"): "SELECT picture.id, slug FROM picture JOIN product ON product.id = picture.product_id",
    ("scope", "version"): "SELECT slug, r.version FROM share_rule r JOIN product p ON r.scope = 'product:' || p.id",
    ("slug", "version"): "SELECT slug, version FROM making JOIN product ON product.id = making.product_id",
    ("picture_id", "story_id"): "SELECT id, story_id FROM story_picture",
    ("piece", "task_id"): "SELECT i.number, p.task_id FROM task_piece p JOIN piece i ON i.id = p.piece_id",
    ("order_id", "step"): "SELECT o.id, s.name FROM production_order o JOIN making_step s ON s.making_id = o.making_id",
}
NAMED: dict[str, tuple[object, ...]] = {
    "column": tuple(column.value for column in Column),
    "way": ("india-standard",),
    "paper": (1,),
    "zone": ("home", "remote"),
    "storefront.house_page slug": ("terms", "privacy"),
    "storefront.sitemap_part part": (1,),
    "claim_id": ("india-ministry",),
    "storefront.change_line sku": ("MB-TOTE-IND",),
    "webhooks.receive name": ("stripe", "razorpay"),
    "static filename": ("css/tokens.css", "js/pad.js", "img/sign.svg"),
    "token": ("1-guessed",),
    "assets mark": ("0123456789",),
    "assets path": ("css/tokens.css", "js/pad.js"),
}


class Addresses:
    """The addresses of a world; what its rows say is asked once and remembered."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rows: dict[str, list[tuple[object, ...]]] = {}

    def paths(self, rule: Rule, *, guessed: bool) -> list[str]:
        """Return a rule's addresses, made of what stands in the database; KeyError for a part nobody knows.

        `guessed`: secret keys are as someone would guess them who does not hold the link.
        """
        names = tuple(sorted(rule.arguments))
        found = []
        for values in self._values(rule.endpoint, names):
            given = dict(zip(names, values, strict=True))
            if guessed and "key" in given:
                given["key"] = str(given["key"])[::-1]
            if "step" in given:
                given["step"] = StepName(str(given["step"]))
            with self.world.app.test_request_context():
                address = self.world.app.url_map.bind("localhost").build(rule.endpoint, given, append_unknown=False)
            found.append(str(address))
        return found

    def paths_of(self, endpoint: str) -> list[str]:
        """Return the addresses of a route by its name."""
        return [path for rule in self.world.app.url_map.iter_rules(endpoint) for path in self.paths(rule, guessed=True)]

    def never_asked_for(self) -> list[str]:
        """Return the routes for whose addresses the world has no row."""
        rules = self.world.app.url_map.iter_rules()
        return sorted({rule.endpoint for rule in rules if not self.paths(rule, guessed=True)})

    def _values(self, endpoint: str, names: tuple[str, ...]) -> list[tuple[object, ...]]:
        if not names:
            return [()]
        if endpoint == "media.rendition":
            return self._query("SELECT name FROM rendition")[:2]
        if names in TOGETHER and f"{endpoint} {names[-1]}" not in NAMED:
            return self._query(TOGETHER[names])[:MOST_ROWS]
        lists: list[list[object]] = []
        for name in names:
            fixed = NAMED.get(f"{endpoint} {name}") or NAMED.get(name)
            rows = () if fixed else self._query(PARTS.get(f"{endpoint} {name}") or PARTS[name])[:MOST_ROWS]
            lists.append(list(fixed or [row[0] for row in rows]))
        assert all(lists), f"nothing stands in the database for {endpoint}: {dict(zip(names, lists, strict=True))}"
        return list(zip(*(some * (max(map(len, lists)) // len(some) + 1) for some in lists), strict=False))[
            : max(map(len, lists))
        ]

    def _query(self, sql: str) -> list[tuple[object, ...]]:
        if sql not in self._rows:
            with self.world.reading():
                self._rows[sql] = [tuple(row) for row in db.session.execute(text(sql))]
        return self._rows[sql]
