"""Razorpay's settlements and its report of what is in them, told by days in India and always in rupees."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from sandbox.ids import new_id
from sandbox.razorpay_gateway.disputes import DISPUTE
from sandbox.razorpay_gateway.lists import PAYMENT, REFUND, collection
from sandbox.razorpay_gateway.params import RATES, whole
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.wire import Call

SETTLEMENT, ROW = "razorpay.settlement", "razorpay.settlement_row"
_INDIA = timezone(timedelta(hours=5, minutes=30))


def send(box: Sandbox, moment: int, adjustment: int, short: int, by_hand: int) -> Doc:
    """Settle what is not settled yet; nobody asks for a sum by hand here."""
    if by_hand:
        raise ValueError("Razorpay settles by itself")
    settlement_id = new_id("setl", 14)
    asked_back = {each["payment_id"]: each["id"] for each in box.store.all(DISPUTE)}
    captured = [each for each in box.store.all(PAYMENT) if each["captured"]]
    rows = [_of_payment(each) | {"dispute_id": asked_back.get(each["id"])} for each in captured]
    taken = {each["id"] for each in captured}  # what was never captured went back without touching the account
    given = [each for each in box.store.all(REFUND) if each["status"] == "processed" and each["payment_id"] in taken]
    rows += [_of_refund(each) for each in given]
    rows += [row for each in box.store.all(DISPUTE) if (row := _of_dispute(box, each)) is not None]
    rows = [row for row in rows if box.store.get(ROW, row["entity_id"]) is None]
    if adjustment:
        rows.append(_row("adjustment", new_id("adj", 14), adjustment, "INR", 0, 0) | {"_of": None})
    amount = sum(row["credit"] - row["debit"] for row in rows) - short
    settlement: Doc = {
        "id": settlement_id,
        "entity": "settlement",
        "amount": amount,
        "status": "processed",
        "fees": 0,
        "tax": 0,
        "utr": f"{moment}utr{settlement_id[-4:]}",
        "created_at": moment,
    }
    if amount <= 0:
        return settlement
    for row in rows:
        row |= {"settlement_id": settlement_id, "settlement_utr": settlement["utr"], "settled_at": moment}
        box.store.put(ROW, row["entity_id"], row, created=moment, key=_day(moment))
    box.store.put(SETTLEMENT, settlement_id, settlement, created=moment)
    return settlement | {"lines": len(rows)}


def report(call: Call) -> Doc:
    """GET /v1/settlements/recon/combined: the rows of a day, or of a whole month."""
    year, month, day = (whole(call.params, name) for name in ("year", "month", "day"))
    key = f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}"
    page = {name: value for name, value in call.params.items() if name in ("count", "skip")}
    return collection(call.box.store, ROW, page, key=key)


def lines(box: Sandbox) -> Iterator[tuple[str, int]]:
    """Yield (currency, minor units) of every payment, refund and dispute that has been settled."""
    for row in box.store.all(ROW):
        if row["_of"] is not None:
            yield row["_of"][0], row["_of"][1]


def _of_payment(payment: Doc) -> Doc:
    row = _row("payment", payment["id"], payment["base_amount"], "INR", payment["fee"], payment["tax"])
    return row | {"_of": [payment["currency"], payment["amount"]]}


def _of_refund(refund: Doc) -> Doc:
    row = _row("refund", refund["id"], -refund["amount"] * RATES[refund["currency"]], "INR", 0, 0)
    return row | {"payment_id": refund["payment_id"], "_of": [refund["currency"], -refund["amount"]]}


def _of_dispute(box: Sandbox, dispute: Doc) -> Doc | None:
    """What a bank took since the last settlement, or put back: an adjustment that names its dispute."""
    settled = [row for row in box.store.all(ROW) if row["type"] == "adjustment" and row["dispute_id"] == dispute["id"]]
    rate = RATES[dispute["currency"]]
    change = sum(row["debit"] - row["credit"] for row in settled) - dispute["amount_deducted"] * rate
    if not change:
        return None
    row = _row("adjustment", new_id("adj", 14), change, "INR", 0, 0)
    return row | {
        "dispute_id": dispute["id"],
        "payment_id": dispute["payment_id"],
        "_of": [dispute["currency"], change // rate],
    }


def _row(kind: str, entity_id: str, gross: int, currency: str, fee: int, tax: int) -> Doc:
    net = gross - fee
    return {
        "entity_id": entity_id,
        "type": kind,
        "debit": max(-net, 0),
        "credit": max(net, 0),
        "amount": abs(gross),
        "currency": currency,
        "fee": fee,
        "tax": tax,
        "on_hold": False,
        "settled": True,
        "payment_id": None,
        "dispute_id": None,
    }


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(_INDIA).date().isoformat()
