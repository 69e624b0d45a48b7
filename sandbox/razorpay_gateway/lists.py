"""Razorpay's collections: newest first, count and skip, from and to."""

from sandbox.razorpay_gateway.errors import RazorpayFault
from sandbox.razorpay_gateway.params import whole
from sandbox.store import Doc, Store

LINK, PAYMENT, REFUND, ORDER = "razorpay.link", "razorpay.payment", "razorpay.refund", "razorpay.order"


def public(doc: Doc) -> Doc:
    """A document without what only the sandbox knows."""
    return {name: value for name, value in doc.items() if not name.startswith("_")}


def collection(store: Store, kind: str, params: Doc, key: str | None = None) -> Doc:
    """One page; `from` and `to` include their own second."""
    items = _page(store, kind, params, key)
    return {"entity": "collection", "count": len(items), "items": items}


def link_list(store: Store, params: Doc) -> Doc:
    """Payment Links have a list shape of their own, and leave `payments` empty in it."""
    if payment_id := params.get("payment_id"):
        payment = store.get(PAYMENT, str(payment_id))
        found = [link] if payment and (link := store.get(LINK, payment["_link"])) else []
        links = [public(link) for link in found]
    else:
        links = _page(store, LINK, params, str(params["reference_id"]) if params.get("reference_id") else None)
    return {"payment_links": [link | {"payments": []} for link in links]}


def _page(store: Store, kind: str, params: Doc, key: str | None) -> list[Doc]:
    count = whole(params, "count")
    if count is not None and not 1 <= count <= 100:
        raise RazorpayFault("The count must be between 1 and 100.", field="count")
    found = store.newest(
        kind,
        limit=count or 10,
        skip=whole(params, "skip") or 0,
        key=key,
        since=whole(params, "from"),
        until=whole(params, "to"),
    )
    return [public(doc) for doc in found]
