"""Numbers that move when a page would: what a kept copy of a page is compared with before it is shown again.

Every table that a public page reads is watched by triggers of the database, so no verb, command or
hand on the database can change what a page says and leave an old copy standing. A change of the
catalogue moves one number, a change of what may be shown of a person another; pieces that come and
go move only the number of their own product, unless they take the last one or bring the first.

On PostgreSQL the triggers wait for the end of the transaction: the row of a number is then the last
thing a checkout locks, so two checkouts can never wait for each other in a circle.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model

CATALOGUE, PUBLICATION = "catalogue", "publication"
_SLUG = "SELECT slug FROM product JOIN variant ON variant.product_id = product.id"
_SLUG_OF_STOCK = f"({_SLUG} WHERE variant.id = {{row}}.variant_id)"
_SLUG_OF_MAKER = f"({_SLUG} JOIN unit ON unit.variant_id = variant.id WHERE unit.id = {{row}}.unit_id)"
_PEOPLE = ("persona", "consent", "consent_withdrawal", "house_switch", "story", "story_text", "story_picture")
# What the list and the page of a product are made of; `listing` follows the shelf as it empties and fills.
_SOLD = (
    "product", "variant", "price", "picture", "rendition", "listing", "product_material", "collection",
    "collection_pick", "making", "share_rule", "cost", "actual_cost", "shipping_tariff",
)  # fmt: skip


class PageVersion(Model):
    """A number by scope: `catalogue`, `publication`, or `product:<slug>`. No row is as good as zero."""

    __tablename__ = "page_version"

    scope: Mapped[str] = mapped_column(String(100), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


def of_product(slug: str) -> str:
    """Return the scope of one product's pieces."""
    return f"product:{slug}"


@dataclass(frozen=True)
class Watch:
    """One event on a table that moves a number. `when` and `scope` are SQL; `{row}` is the row it is about."""

    table: str
    event: str
    scope: str
    when: str = ""

    @property
    def name(self) -> str:
        """Return the trigger's name."""
        return f"{self.table}_{self.event.lower()}_moves_pages"


def _all(table: str, scope: str, when_updated: str = "") -> list[Watch]:
    return [
        Watch(table, "INSERT", scope),
        Watch(table, "UPDATE", scope, when_updated),
        Watch(table, "DELETE", scope),
    ]


def _differs(*columns: str) -> str:
    return " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)


_HOUSE, _SHOWN = f"'{CATALOGUE}'", f"'{PUBLICATION}'"
WATCHES: tuple[Watch, ...] = (
    *(watch for table in _SOLD for watch in _all(table, _HOUSE)),
    *_all("availability", _HOUSE, _differs("ready_in_days")),
    *_all("stock", f"'product:' || {_SLUG_OF_STOCK}", _differs("on_hand", "reserved")),
    *_all("unit_maker", f"'product:' || {_SLUG_OF_MAKER}"),
    *(watch for table in _PEOPLE for watch in _all(table, _SHOWN)),
    *_all("artisan", _SHOWN, _differs("left_at", "adult_confirmed_on")),
)


def expected() -> list[str]:
    """Return the names of the triggers that must stand on either database."""
    return sorted(watch.name for watch in WATCHES)


def create(dialect: str, execute: Callable[[str], object], watches: tuple[Watch, ...] = WATCHES) -> None:
    """Create the triggers through `execute(sql)`."""
    for watch in watches:
        row = "OLD" if watch.event == "DELETE" else "NEW"
        for statement in (_sqlite if dialect == "sqlite" else _postgresql)(watch, watch.scope.format(row=row)):
            execute(statement)


def drop(dialect: str, execute: Callable[[str], object], watches: tuple[Watch, ...] = WATCHES) -> None:
    """Take the triggers away again."""
    for watch in watches:
        if dialect == "sqlite":
            execute(f"DROP TRIGGER IF EXISTS {watch.name}")  # SQLite drops them with a table that is made anew
        else:
            execute(f"DROP TRIGGER {watch.name} ON {watch.table}")
            execute(f"DROP FUNCTION {watch.name}()")


def _sqlite(watch: Watch, scope: str) -> list[str]:
    when = f" WHEN {watch.when}" if watch.when else ""
    return [
        f"CREATE TRIGGER {watch.name} AFTER {watch.event} ON {watch.table}{when} BEGIN "
        f"INSERT INTO page_version (scope, version) SELECT {scope}, 1 WHERE {scope} IS NOT NULL "
        "ON CONFLICT (scope) DO UPDATE SET version = version + 1; END"
    ]


def _postgresql(watch: Watch, scope: str) -> list[str]:
    when = f" WHEN ({watch.when})" if watch.when else ""
    return [
        f"CREATE FUNCTION {watch.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO page_version (scope, version) SELECT {scope}, 1 WHERE {scope} IS NOT NULL "
        "ON CONFLICT (scope) DO UPDATE SET version = page_version.version + 1 "
        # once a transaction is enough, and a catalogue read from a file would else move it ten thousand times
        "WHERE page_version.xmin <> pg_current_xact_id()::xid; RETURN NULL; END $$",
        f"CREATE CONSTRAINT TRIGGER {watch.name} AFTER {watch.event} ON {watch.table} "
        f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW{when} EXECUTE FUNCTION {watch.name}()",
    ]
