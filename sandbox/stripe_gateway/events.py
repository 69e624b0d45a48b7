"""Stripe's webhooks."""

from stripe._api_version import _ApiVersion

from sandbox.ids import new_id
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.stripe_gateway.lists import expanded

API_VERSION: str = _ApiVersion.CURRENT
"""The version the installed SDK pins, as an endpoint created with it would have."""


def emit(box: Sandbox, type: str, subject: Doc, moment: int, previous: Doc | None = None) -> None:
    """Queue one event about an object, within the transaction that changed it."""
    event_id = new_id("evt")
    data: Doc = {"object": expanded(box.store, subject, [])}
    if previous is not None:
        data["previous_attributes"] = previous
    body: Doc = {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": moment,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type,
    }
    box.outbox.add("stripe", event_id, type, body, moment)
