"""Razorpay's webhooks: the event id travels in a header only, outside the signature."""

from sandbox.ids import new_id
from sandbox.razorpay_gateway.lists import public
from sandbox.state import Sandbox
from sandbox.store import Doc


def emit(box: Sandbox, event: str, moment: int, **subjects: Doc) -> None:
    """Queue one event about the named entities, within the transaction that changed them."""
    body: Doc = {
        "account_id": box.settings.razorpay_account_id,
        "contains": list(subjects),
        "created_at": moment,
        "entity": "event",
        "event": event,
        "payload": {name: {"entity": public(entity)} for name, entity in subjects.items()},
    }
    box.outbox.add("razorpay", new_id("evt", 14), event, body, moment)
