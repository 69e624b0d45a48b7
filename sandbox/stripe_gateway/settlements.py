"""Stripe's payouts, and the balance transactions that are in them, told in the currency that is paid out."""

from collections.abc import Iterator

from sandbox.ids import new_id
from sandbox.razorpay_gateway.params import RATES
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.stripe_gateway.disputes import DISPUTE, paid_in
from sandbox.stripe_gateway.errors import StripeFault, no_such
from sandbox.stripe_gateway.lists import CHARGE, REFUND, TRANSACTION, Listing, expand_paths, expanded, list_page
from sandbox.wire import Call

PAYOUT = "stripe.payout"
_SOURCES = {"ch": CHARGE, "re": REFUND}


def send(box: Sandbox, moment: int, adjustment: int, short: int, by_hand: int) -> Doc:
    """Pay out what is not paid out yet, or a sum that the merchant asked for.

    What was sent by hand since, and what came back, is in it as well, so that it sends the balance.
    """
    payout_id = new_id("po")
    before = box.store.all(TRANSACTION)
    known, paid_out = {row["source"] for row in before}, {row["id"] for row in before}
    if by_hand:
        return _send_by_hand(box, moment, by_hand)
    rows = [_of_charge(each, moment) for each in box.store.all(CHARGE) if each["paid"] and each["id"] not in known]
    refunds = [each for each in box.store.all(REFUND) if each["status"] == "succeeded" and each["id"] not in known]
    rows += [_of_refund(each, moment) for each in refunds]
    rows += [row for each in box.store.all(DISPUTE) for row in _of_dispute(each, moment) if row["id"] not in paid_out]
    rows += [row | {"_of": None, "_is_left": False} for row in before if row.get("_is_left")]
    if adjustment:
        rows.append(_row("adjustment", new_id("dp"), adjustment, "inr", 0, moment) | {"_of": None})
    amount = sum(row["net"] for row in rows) - short
    payout = _payout(payout_id, amount, moment, automatic=True)
    if amount <= 0:
        return payout
    own = _row("payout", payout_id, -amount, "inr", 0, moment) | {"_of": None}
    for row in [*rows, own]:
        box.store.put(TRANSACTION, row["id"], row, created=moment, key=payout_id)
    box.store.put(PAYOUT, payout_id, payout, created=moment)
    return payout | {"lines": len(rows)}


def _payout(payout_id: str, amount: int, moment: int, *, automatic: bool) -> Doc:
    return {
        "id": payout_id,
        "object": "payout",
        "amount": amount,
        "arrival_date": moment,
        "automatic": automatic,
        "created": moment,
        "currency": "inr",
        "failure_balance_transaction": None,
        "failure_code": None,
        "livemode": False,
        "reconciliation_status": "completed" if automatic else "not_applicable",
        "status": "paid",
        "trace_id": {"status": "supported", "value": f"{moment}trace{payout_id[-4:]}"},
        "type": "bank_account",
    }


def _send_by_hand(box: Sandbox, moment: int, amount: int) -> Doc:
    """Pay out a sum: nothing says which payments are in it."""
    payout = _payout(new_id("po"), amount, moment, automatic=False)
    _leave(box, _row("payout", payout["id"], -amount, "inr", 0, moment))
    box.store.put(PAYOUT, payout["id"], payout, created=moment)
    return payout | {"lines": 0}


def fail(box: Sandbox, payout_id: str, moment: int) -> Doc:
    """The bank sends a payout back days after it was told as paid: it is in the balance again."""
    payout = box.store.get(PAYOUT, payout_id)
    if payout is None:
        raise no_such(PAYOUT, payout_id, "payout")
    if payout["status"] != "paid":
        raise StripeFault(f"This payout is already {payout['status']}.")
    back = _leave(box, _row("payout_failure", payout_id, payout["amount"], "inr", 0, moment))
    payout |= {"status": "failed", "failure_code": "account_closed", "failure_balance_transaction": back["id"]}
    box.store.put(PAYOUT, payout_id, payout, created=payout["created"])
    return payout


def _leave(box: Sandbox, row: Doc) -> Doc:
    """Write down what moves the balance by itself, for the next automatic payout to hold."""
    row |= {"_of": ["INR", -row["amount"]], "_is_left": True}
    box.store.put(TRANSACTION, row["id"], row, created=row["created"])
    return row


def list_payouts(call: Call) -> Doc:
    """GET /v1/payouts, by status and date of arrival."""
    params = {name: value for name, value in call.params.items() if name != "arrival_date"}
    if "arrival_date" in call.params:
        params["created"] = call.params["arrival_date"]
    return list_page(call.box.store, Listing(PAYOUT, call.path, None, call.params.get("status")), params)


def list_transactions(call: Call) -> Doc:
    """GET /v1/balance_transactions of one payout; `data.source` may be expanded."""
    params = {name: value for name, value in call.params.items() if name != "expand"}
    page = list_page(call.box.store, Listing(TRANSACTION, call.path, call.params.get("payout")), params)
    if "data.source" in expand_paths(call.params):
        for row in page["data"]:
            kind = _SOURCES.get(row["source"].partition("_")[0])
            found = call.box.store.get(kind, row["source"]) if kind else None
            row["source"] = expanded(call.box.store, found, []) if found else row["source"]
    return page


def lines(box: Sandbox) -> Iterator[tuple[str, int]]:
    """Yield (currency, minor units) of every payment, refund and dispute that has been paid out."""
    for row in box.store.all(TRANSACTION):
        if row["_of"] is not None:
            yield row["_of"][0], row["_of"][1]
        yield "INR", -row.get("_dispute_fee", 0)


def _of_charge(charge: Doc, moment: int) -> Doc:
    gross = _in_rupees(charge["amount_captured"], charge["currency"])
    fee = gross * 3 // 100
    return _row("charge", charge["id"], gross, charge["currency"], fee, moment) | {
        "_of": [charge["currency"].upper(), charge["amount_captured"]]
    }


def _of_refund(refund: Doc, moment: int) -> Doc:
    gross = -_in_rupees(refund["amount"], refund["currency"])
    return _row("refund", refund["id"], gross, refund["currency"], 0, moment) | {
        "_of": [refund["currency"].upper(), -refund["amount"]]
    }


def _of_dispute(dispute: Doc, moment: int) -> Iterator[Doc]:
    """Yield what a bank took, with the fee, and what it put back."""
    for moved in dispute["balance_transactions"]:
        fee = moved["fee"]
        row = _row("adjustment", dispute["id"], moved["amount"], dispute["currency"], 0, moment)
        row |= {"id": moved["id"], "fee": fee, "net": moved["net"], "_dispute_fee": fee}
        yield row | {"_of": [dispute["currency"].upper(), paid_in(dispute, moved)]}


def _row(kind: str, source: str, gross: int, paid_in: str, fee: int, moment: int) -> Doc:
    tax = fee * 18 // 100
    details = [
        {"amount": fee, "currency": "inr", "type": "stripe_fee"},
        {"amount": tax, "currency": "inr", "type": "tax"},
    ]
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": gross,
        "available_on": moment,
        "created": moment,
        "currency": "inr",
        "exchange_rate": None if paid_in == "inr" else RATES[paid_in.upper()],
        "fee": fee + tax,
        "fee_details": details if fee else [],
        "net": gross - fee - tax,
        "source": source,
        "status": "available",
        "type": kind,
    }


def _in_rupees(minor: int, currency: str) -> int:
    return int(minor * RATES[currency.upper()])
