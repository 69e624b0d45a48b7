"""What the shop holds of a customer, column by column, and every table that holds nothing of hers: written by hand.

`HELD` is every column of every table that can hold something of a customer, whether she gets it, and what becomes of
it once she is erased. Every other table is judged too, in the lists below it: a new column or a new table that stands
nowhere fails in `tests/orders/test_privacy.py`.
"""

# What becomes of a column: "gone" with its row, "neutral" replaced or emptied, "stays" because the books,
# the tax office or the gateway need it and it names nobody. A "+" means that she gets it in her export.
HELD = {
    "user_account": {
        "id": "stays", "role": "stays", "name": "+neutral", "email": "+neutral", "card_number": "stays",
        "secret_hash": "neutral", "password_set_at": "+neutral", "email_proven_at": "+neutral", "language": "+neutral",
        "centre_id": "stays", "pepper": "stays", "sign_in_version": "stays", "created_at": "+stays",
        "disabled_at": "stays", "signed_in_at": "+neutral", "signed_in_before_at": "+neutral",
    },
    "sign_in": {
        "id": "gone", "token_hash": "gone", "user_id": "gone", "version": "gone", "began_at": "+gone",
        "idle_until": "+gone", "stepped_up_at": "+gone", "ended_at": "+gone",
        "enrol_first": "gone",
    },
    "half_sign_in": dict.fromkeys(("id", "token_hash", "user_id", "version", "until"), "gone"),
    "sign_in_tries": dict.fromkeys(("key", "tries", "until"), "gone"),
    "device": dict.fromkeys(("id", "token_hash", "seen_at", "staff_at"), "gone"),
    "device_user": {"device_id": "gone", "user_id": "gone", "at": "+gone"},
    "passkey_challenge": dict.fromkeys(("challenge_hash", "user_id", "asked", "until"), "gone"),
    "mailed_link": {
        "id": "gone", "purpose": "+gone", "token_hash": "gone", "user_id": "gone", "email": "+gone", "name": "+gone",
        "secret_hash": "gone", "browser_hash": "gone", "language": "+gone", "leads_to": "+gone", "asked_at": "+gone",
        "expires_at": "+gone", "used_at": "+gone",
    },
    "link_allowance": {"email_hash": "gone", "asked": "gone", "until": "gone"},
    "saved_address": {
        "id": "gone", "customer_id": "gone", "phone": "+gone", "name": "+gone", "line1": "+gone", "line2": "+gone",
        "city": "+gone", "state": "+gone", "postcode": "+gone", "country": "+gone", "added_at": "+gone",
    },
    "orders": {
        "id": "stays", "customer_id": "neutral", "number": "+stays", "key": "neutral", "cart_id": "stays",
        "status": "+stays", "currency": "+stays", "items_minor": "+stays", "shipping_minor": "+stays",
        "total_minor": "+stays", "tax_minor": "+stays", "shipping_method": "+stays", "place_of_supply": "+stays",
        "seller_gstin": "stays",
        "promised_on": "+stays", "language": "+stays", "email": "+neutral", "phone": "+neutral", "name": "+neutral",
        "line1": "+neutral", "line2": "+neutral", "city": "+neutral", "state": "+neutral", "postcode": "+neutral",
        "country": "+stays", "placed_at": "+stays", "paid_at": "+stays", "note": "+neutral", "zone": "stays",
        "grams": "+stays", "tariff_version": "stays", "arrives_from": "+stays", "arrives_by": "+stays",
    },
    "order_line": {
        "id": "stays", "order_id": "stays", "position": "stays", "variant_id": "stays", "making_id": "stays",
        "sku": "+stays", "title": "+stays", "option": "+stays", "hsn": "stays", "quantity": "+stays",
        "unit_minor": "+stays", "total_minor": "+stays", "ready_in_days": "stays", "share_minor": "stays",
        "breakdown": "stays",
    },
    "tax_line": dict.fromkeys(
        ("id", "order_id", "order_line_id", "kind", "hsn", "rate_bp", "rate_from", "taxable_minor", "amount_minor"),
        "stays",
    ),
    "order_event": {
        "id": "stays", "order_id": "stays", "status": "+stays", "at": "+stays", "by": "stays", "note": "+neutral",
    },
    "return_request": {
        "id": "stays", "order_id": "stays", "status": "stays", "reason": "stays", "asked_at": "stays",
        "refund_minor": "stays", "wish": "stays",
    },
    "exchange": dict.fromkeys(("id", "return_id", "status", "round", "promised_on"), "stays"),
    "exchange_event": dict.fromkeys(("id", "exchange_id", "status", "at", "by"), "stays"),
    "return_line": {"return_id": "stays", "order_line_id": "stays", "quantity": "stays"},
    "return_piece": dict.fromkeys(
        ("return_id", "unit_id", "order_line_id", "outcome", "settled_at", "settled_by"), "stays"
    ),
    "return_event": {
        "id": "stays", "return_id": "stays", "status": "stays", "at": "stays", "by": "stays", "note": "stays",
    },
    "return_refund": dict.fromkeys(("refund_id", "return_id"), "stays"),
    "thanks": {
        "id": "gone", "order_id": "gone", "status": "+gone", "name": "+gone", "text": "+gone", "language": "+gone",
        "written_at": "+gone", "decided_at": "+gone", "decided_by": "gone",
    },
    "thanks_for": dict.fromkeys(("thanks_id", "artisan_id", "variant_id"), "gone"),
    "refund_again": dict.fromkeys(("refund_id", "again_of_id"), "stays"),
    "dispute": dict.fromkeys(
        ("id", "capture_id", "gateway", "dispute_ref", "status", "reason", "amount_minor", "currency",
         "is_inquiry", "reserved_minor", "advance_minor", "fee_minor", "fee_currency", "fee_back_minor", "due_at",
         "opened_at", "heard_at", "taken_at", "returned_at", "closed_at"), "stays",
    ),
    "dispute_event": dict.fromkeys(("id", "dispute_id", "status", "at", "by", "note"), "stays"),
    "late_question": dict.fromkeys(
        ("id", "order_id", "status", "ready_on", "asked_at", "answer_by", "answered_at"), "stays"
    ),
    "release_hold": dict.fromkeys(("id", "order_id", "reference", "held_at", "ended_at"), "stays"),
    "refund_part": dict.fromkeys(("refund_id", "sku", "quantity", "minor"), "stays"),
    "shipment": {
        "id": "stays", "order_id": "stays", "carrier": "+stays", "tracking": "+neutral", "shipped_at": "+stays",
        "shipped_by": "stays", "delivered_at": "+stays", "exchange_id": "stays",
    },
    "invoice": {  # what it says names nobody; its file is kept for the tax office as long as the law wants
        "id": "stays", "kind": "+stays", "number": "+stays", "seller": "stays", "series": "stays", "year": "stays",
        "seq": "stays", "reference": "stays", "order_id": "stays", "credits_id": "stays", "issued_on": "+stays",
        "issued_at": "stays", "issued_by": "stays", "currency": "stays", "total_minor": "+stays",
        "tax_minor": "+stays", "document": "stays",
    },
    "invoice_file": dict.fromkeys(("invoice_id", "sha256", "size", "drawn_at"), "stays"),
    "cart": dict.fromkeys(("id", "key", "currency", "created_at", "touched_at"), "stays"),
    "cart_line": dict.fromkeys(("id", "cart_id", "variant_id", "quantity"), "stays"),
    "payment_attempt": {
        "id": "stays", "order_id": "stays", "number": "stays", "gateway": "+stays", "key": "stays", "status": "+stays",
        "amount_minor": "+stays", "currency": "+stays", "captured_minor": "stays", "refund_reserved_minor": "stays",
        "page_ref": "stays", "page_url": "neutral", "expires_at": "stays", "created_at": "+stays",
        "looked_at": "stays",
    },
    "payment_attempt_event": {
        "id": "stays", "attempt_id": "stays", "status": "stays", "at": "stays", "by": "stays", "note": "neutral",
    },
    "capture": {
        "id": "stays", "attempt_id": "stays", "gateway": "stays", "payment_ref": "+stays", "amount_minor": "+stays",
        "currency": "stays", "captured_at": "+stays",
    },
    "refund": {
        "id": "stays", "capture_id": "stays", "key": "stays", "amount_minor": "+stays", "status": "+stays",
        "reason": "+neutral", "gateway_ref": "stays", "requested_at": "+stays", "requested_by": "stays",
        "processed_at": "+stays", "reduces": "stays",
    },
    "order_reduction": {
        "id": "stays", "order_id": "stays", "sku": "+stays", "number": "stays", "quantity": "+stays", "minor": "+stays",
        "quantity_left": "stays", "minor_left": "stays", "at": "+stays", "by": "stays",
    },
    "refund_event": dict.fromkeys(("id", "refund_id", "status", "at", "by"), "stays"),
    "ticket": {
        "id": "gone", "number": "+gone", "topic": "+gone", "name": "+gone", "email": "+gone", "text": "+gone",
        "language": "+gone", "written_at": "+gone", "answer": "+gone", "answered_at": "+gone", "answered_by": "gone",
        "closed_at": "+gone",
    },
    "outbox": {
        "id": "stays", "kind": "stays", "reference": "stays", "payload": "+neutral", "due_at": "+stays",
        "lease_until": "stays", "token": "stays", "tries": "stays", "done_at": "+stays", "gave_up_at": "stays",
        "last_error": "neutral",
    },
}  # fmt: skip
COUNTS = {"link_allowance", "sign_in_tries"}  # keyed hashes and nothing else: looked at by themselves in the tests
GOES_WITH_TIME = {"gateway_event"}  # what a gateway sent is emptied by the sweep; her page says so
# Tables that hold nothing of a customer. One that points at a person points at staff or at a maker.
OF_STAFF = {"invitation", "second_factor", "recovery_code", "passkey", "house_switch", "catalogue_file"}
OF_MAKERS = {
    "artisan", "artisan_number", "pin_reset", "availability", "identity_look", "identity_looks_of_day",
    "identity_tombstone", "persona", "consent", "consent_withdrawal", "earning", "correction", "correction_event",
    "payout", "payout_event", "payout_file", "payout_file_line", "unwitnessed_answer", "payout_came_back",
    "bank_reference", "story", "story_text", "story_picture", "story_review", "story_event", "share", "share_part",
    "saving", "advance", "advance_event", "advance_repayment",
    "payout_run", "payout_run_line", "cash_box", "cash_act", "cash_line",
    "line_question", "line_question_event", "slip", "slip_file", "deduction", "deduction_event",
    "design", "design_part", "design_event", "royalty", "royalty_line",
}  # fmt: skip
OF_THE_HOUSE = {  # the audit and the books name people and orders by surrogate ids alone
    "shipping_tariff", "invoice_series",
    "payment_comparison", "payment_review", "payment_review_event",  # payments, by the gateways' numbers
    "settlement", "settlement_line",
    "claim", "product_address", "product_change", "month_close",
    "organisation", "centre", "audit_head", "audit_record", "ledger_account", "ledger_balance", "ledger_entry",
    "ledger_period", "ledger_period_balance",
    "verification_run", "verification_break",
    "ledger_seal", "ledger_transfer", "product", "variant", "price", "picture", "rendition", "stock",
    "product_material", "listing", "listing_price", "search_word", "search_slip", "search_posting", "collection",
    "collection_pick", "stock_movement", "reservation", "unit", "unit_maker", "unit_off", "page_version",
    "making", "making_event", "making_step", "piece",
    "production_order", "task", "task_check", "task_event", "task_piece", "recount", "mending",
    "share_rule", "share_rule_event", "cost", "actual_cost",
}  # fmt: skip
NOT_HERS = OF_STAFF | OF_MAKERS | OF_THE_HOUSE
