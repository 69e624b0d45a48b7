"""Stripe's lists: newest first, cursors, date filters; and `expand[]`."""

from dataclasses import dataclass

from sandbox.store import Doc, Store
from sandbox.stripe_gateway.errors import StripeFault, no_such
from sandbox.stripe_gateway.params import whole

SESSION, INTENT, CHARGE, REFUND = "stripe.session", "stripe.intent", "stripe.charge", "stripe.refund"
TRANSACTION = "stripe.transaction"
_EXPANDABLE = {
    "payment_intent": INTENT, "latest_charge": CHARGE, "charge": CHARGE, "failure_balance_transaction": TRANSACTION,
}  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """What to list."""

    kind: str
    url: str
    key: str | None = None
    status: str | None = None


def list_page(store: Store, listing: Listing, params: Doc) -> Doc:
    """One page in Stripe's list shape."""
    limit = whole(params.get("limit", 10), "limit", 1)
    if limit > 100:
        raise StripeFault("Invalid integer: limit may be at most 100", param="limit")
    if "ending_before" in params:
        raise StripeFault("The sandbox does not page backwards.", param="ending_before")
    since, until = _created(params.get("created"))
    after = None
    if cursor := params.get("starting_after"):
        after = store.position(listing.kind, str(cursor))
        if after is None:
            raise no_such(listing.kind, str(cursor), "starting_after")
    found = store.newest(
        listing.kind, limit=limit + 1, key=listing.key, status=listing.status, since=since, until=until, after=after
    )
    paths = [path.removeprefix("data.") for path in expand_paths(params) if path.startswith("data.")]
    return {
        "object": "list",
        "url": listing.url,
        "has_more": len(found) > limit,
        "data": [expanded(store, doc, paths) for doc in found[:limit]],
    }


def expand_paths(params: Doc) -> list[str]:
    """The paths under `expand[]`."""
    asked = params.get("expand", [])
    return [str(path) for path in asked] if isinstance(asked, list) else [str(asked)]


def expanded(store: Store, doc: Doc, paths: list[str]) -> Doc:
    """A public copy of a document with ids replaced by objects where asked."""
    shown = {name: value for name, value in doc.items() if not name.startswith("_")}
    for path in paths:
        head, _, rest = path.partition(".")
        if head == "line_items" and "_line_items" in doc:
            shown[head] = {
                "object": "list",
                "data": doc["_line_items"],
                "has_more": False,
                "url": f"/v1/checkout/sessions/{doc['id']}/line_items",
            }
        elif head not in _EXPANDABLE or head not in doc:
            raise StripeFault(f"This property cannot be expanded ({path}).", param="expand")
        elif isinstance(doc[head], str) and (found := store.get(_EXPANDABLE[head], doc[head])):
            shown[head] = expanded(store, found, [rest] if rest else [])
    return shown


def _created(value: object) -> tuple[int | None, int | None]:
    if value is None:
        return None, None
    if not isinstance(value, dict):
        exact = whole(value, "created")
        return exact, exact
    bounds = {name: whole(bound, f"created[{name}]") for name, bound in value.items()}
    lows = [bounds["gte"]] if "gte" in bounds else []
    lows += [bounds["gt"] + 1] if "gt" in bounds else []
    highs = [bounds["lte"]] if "lte" in bounds else []
    highs += [bounds["lt"] - 1] if "lt" in bounds else []
    return max(lows, default=None), min(highs, default=None)
