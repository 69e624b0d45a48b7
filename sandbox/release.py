"""Releases held webhooks the way a bad day would: late, twice, out of order, wrongly signed or never."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sandbox.delivery import Courier
from sandbox.ids import new_id
from sandbox.outbox import Outbox, Signed, State
from sandbox.store import Doc


@dataclass(frozen=True)
class Release:
    """What to send and how; the defaults send every held event once, oldest first."""

    ids: list[str] | None = None
    """Events to send, also ones already delivered; None means all that are held."""
    order: str = "fifo"
    """fifo, reverse or shuffle; with ids, fifo means the order of the ids."""
    seed: int = 1
    copies: int = 1
    signed: Signed = Signed.CURRENT
    stale: bool = False
    fresh_ids: bool = False
    """A new Razorpay event id for each copy: its signature does not cover the id."""
    parallel: int = 1
    limit: int | None = None
    drop: bool = False

    @classmethod
    def from_json(cls, body: Doc) -> "Release":
        """Read a control request; unknown names are an error, since a typing slip would test nothing."""
        fields: dict[str, Any] = dict(body)
        fields["signed"] = Signed(fields.get("signed", Signed.CURRENT))
        release = cls(**fields)
        if release.order not in {"fifo", "reverse", "shuffle"}:
            raise ValueError(f"unknown order {release.order!r}")
        return release


def run_release(outbox: Outbox, courier: Courier, release: Release) -> list[Doc]:
    """Send as asked and answer one row per attempt: {"id", "type", "status"}."""
    entries = _plan(outbox, release)
    if release.drop:
        outbox.drop([entry["id"] for entry in entries])
        return [_row(entry, None) for entry in entries]
    if release.parallel <= 1:
        return [_send(outbox, courier, release, entry) for entry in entries]
    with ThreadPoolExecutor(release.parallel) as pool:
        return list(pool.map(lambda entry: _send(outbox, courier, release, entry), entries))


def _plan(outbox: Outbox, release: Release) -> list[Doc]:
    known = outbox.held() if release.ids is None else list(filter(None, map(outbox.get, release.ids)))
    entries = [entry for entry in known for _ in range(release.copies)]
    if release.order == "reverse":
        entries.reverse()
    elif release.order == "shuffle":
        random.Random(release.seed).shuffle(entries)
    return entries[: release.limit]


def _send(outbox: Outbox, courier: Courier, release: Release, entry: Doc) -> Doc:
    event_id = new_id("evt", 14) if release.fresh_ids else None
    status = courier.send_once(entry, release.signed, stale=release.stale, event_id=event_id)
    # A refused event stays where it was, so that the right secret can still be tried.
    state = State.DELIVERED if 200 <= status < 300 else None
    outbox.note(entry["id"], status=status, signed=release.signed, at=int(time.time()), state=state)
    return _row(entry, status)


def _row(entry: Doc, status: int | None) -> Doc:
    return {"id": entry["id"], "type": entry["type"], "status": status}
