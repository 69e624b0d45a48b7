"""What the form of each route is filled with, about the records of a side of `tests/two_centres.py`.

Whoever adds a route whose form has to be filled writes it into `FORMS` here.
"""

import io
from collections.abc import Callable
from typing import Any

from shop.artisans.story_reviews import CHECKLIST
from shop.artisans.vault.looks import LookReason
from shop.artisans.wordlist import Excuse
from tests.cast import PASSWORD, a_picture
from tests.two_shown import PLACE
from tests.world import ADDRESS

Records = dict[str, object]
LOOK, EXCUSE = next(iter(LookReason)).value, next(iter(Excuse)).value
NEW_PASSWORD = {"password": "jute-and-marigold", "password_again": "jute-and-marigold"}
PIN = {"pin": "482915", "pin_again": "482915"}
WORDS = {
    "title": "Lotus purse", "description": "A purse.", "materials": "cotton", "care": "Wash.", "size": "9 cm",
    "hsn": "420222", "trade": "kantha", "finish_days": "5",
}  # fmt: skip
STORY = {"craft": "kantha", "title_en": "Three threads", "body_en": "The needle goes under three threads."}
VARIANT = {"option": "Sand", "colour": "", "grams": "90", "price_INR": "450", "made_to_order": "yes"}
# endpoint -> what its form is filled with, given the records of a side
FORMS: dict[str, Callable[[Records], dict[str, Any]]] = {
    "account.add_address": lambda _: dict(PLACE),
    "account.change_address": lambda _: {**PLACE, "line1": "14 Invented Lane"},
    "account.change_details": lambda _: {"name": "Asha", "language": "bn"},
    "account.change_email": lambda _: {"email": "asha.sen@test.example"},
    "account.erase_now": lambda _: {"sure": "yes"},
    "account.export": lambda _: {"kind": "json"},
    "account.mail_link": lambda _: {"email": "asha@test.example"},
    "account.new_post": lambda _: {"email": "new@test.example"},
    "account.set_password": lambda _: {"password": "jute-and-marigold"},
    "auth.join_post": lambda _: dict(NEW_PASSWORD),
    "auth.step_up_post": lambda _: {"password": PASSWORD},
    "artisan.answer": lambda _: {"said": "yes"},
    "artisan.say_received": lambda _: {"amount": "0.01"},
    "artisan.answer_advance": lambda _: {"said": "yes"},
    "artisan.ask": lambda _: {"asked": "not-clear"},
    "artisan.repay": lambda _: {"amount": "1", "once": "a" * 16},
    "artisan.save": lambda _: {"amount": "1", "once": "a" * 16},
    "artisan.take_back": lambda _: {"amount": "1", "once": "a" * 16},
    "artisan.choose_language": lambda _: {"language": "en"},
    "artisan.hide_amounts": lambda _: {"hide": "1"},
    "artisan.switch_thanks": lambda _: {"thanks": "off"},
    "artisan.withdraw_consent": lambda _: {"item": "everything"},
    "manager.add_centre": lambda _: {
        "code": "HILL",
        "name": "Hill centre",
        "region": "Hills",
        "hours_per_day": "20",
        "organisation": "Test trust",
    },
    "manager.add_picture": lambda _: {"picture": (io.BytesIO(a_picture()), "p.png"), "alt": "The inside"},
    "manager.add_story_picture": lambda _: {
        "picture": (io.BytesIO(a_picture()), "p.png"),
        "alt": "Three cloths",
        "kind": "work",
    },
    "manager.add_variant": lambda _: {"sku": "MB-NEW", **VARIANT},
    "manager.adjust_stock": lambda of: {"sku": of["sku"], "change": "+2", "reason": "found", "once": "a" * 16},
    "manager.allow_story_words": lambda _: {"excuse": EXCUSE},
    "manager.change_password": lambda _: {"password_now": PASSWORD, **NEW_PASSWORD},
    "manager.change_rate": lambda _: {
        "version": "0",
        "grams_0": "1000",
        "INR_0": "90",
        "least_days": "3",
        "most_days": "5",
    },
    "manager.change_reach": lambda _: {
        "version": "0",
        "packing_grams": "90",
        "piece_grams": "10",
        "unserved": "900000-999999",
        "remote": "744101",
        "countries_saarc": "NP",
        "countries_europe": "GB",
        "countries_world": "US",
    },
    "manager.change_role": lambda _: {"role": "auditor", "centre": ""},
    "manager.check_post": lambda _: {"passed": "1", "rework": "0", "rejected": "0"},
    "manager.choose_persona": lambda _: {"name_en": "Aparajita", "emblem": "lotus", "not_her_own": "yes"},
    "manager.close_review": lambda _: {"note": "the bank's own fee"},
    "manager.close_event": lambda _: {"note": "ours after all"},
    "manager.close_unwitnessed": lambda _: {"note": "she was asked and has it"},
    "manager.customer_post": lambda _: {"purpose": "delivery"},
    "manager.enter_identity": lambda _: {"address": "9 Lane"},
    "manager.grant_consent": lambda of: {
        "item": "persona-card",
        "channel": "packaging",
        "language": "en",
        "told": "read",
        "days": "30",
        "witness": of["witness"],
        "witness_password": PASSWORD,
    },
    "manager.import_products": lambda of: {"seen": of["seen"]},
    "manager.invite": lambda _: {"name": "Asmani", "email": "asmani@test.example", "role": "finance", "centre": ""},
    "manager.note_looks": lambda _: {"last": "0"},
    "manager.reveal_identity": lambda _: {"reason": LOOK},
    "manager.answer_return": lambda _: {"answer": "agree"},
    "manager.answer_share": lambda _: {"answer": "approve"},
    "manager.propose_design": lambda of: {
        "royalty": "12",
        "agreed_on": "2026-01-01",
        "designer_1": of["artisan_id"],
        "part_1": "100",
    },
    "manager.propose_share": lambda _: {"rupees": "50", "percent": ""},
    "manager.receive_return": lambda of: {"piece": of["unit_id"]},
    "manager.send_exchange": lambda _: {"carrier": "India Post", "tracking": "EX100000001IN"},
    "manager.set_cost": lambda _: {"kind": "material", "rupees": "165", "percent": ""},
    "manager.settle_piece": lambda _: {"outcome": "restocked"},
    "storefront.answer_late": lambda _: {"answer": "give-back"},
    "manager.note_dispute": lambda _: {"note": "proof of sending"},
    "storefront.ask_return": lambda _: {"pieces_1": "1", "reason": "size"},
    "manager.decline_correction": lambda _: {"note": "she did make it"},
    "manager.decline_making": lambda _: {"reason": "too little for the stitching"},
    "manager.new_artisan_post": lambda _: {
        "work_name": "Lata",
        "card_number": "3001",
        "emblem": "leaf",
        "adult_confirmed_on": "2026-01-02",
        "adult": "yes",
        "centre": "1",
        **PIN,
    },
    "manager.new_collection_post": lambda _: {"slug": "gifts", "title": "Gifts", "kind": "ruled"},
    "manager.new_product_post": lambda _: {"slug": "lotus-purse", "centre": "1", **WORDS},
    "manager.new_story_post": lambda _: {"slug": "three-threads", "centre": "1", **STORY},
    "manager.new_work_post": lambda of: {"sku": of["sku"], "quantity": "2", "due_on": "2027-01-31", "once": "b" * 16},
    "manager.upload_products": lambda _: {"file": (io.BytesIO(b"Handle,Title\na,b\n"), "a.csv")},
    "manager.offer_post": lambda of: {
        "artisan": of["artisan_id"],
        "quantity": "1",
        "due_on": "2027-01-31",
        "rate": "9.50",
    },
    "manager.approve_run": lambda of: {f"payout-{of['payout_id']}": "yes"},
    "manager.send_run": lambda of: {f"reference-{of['payout_id']}": "UTR-8"},
    "manager.begin_run": lambda of: {"centre": of["centre_id"], "first_on": "2026-01-01", "last_on": "2026-01-02"},
    "manager.propose_run": lambda of: {
        "once": "c" * 16,
        f"amount-{of['artisan_id']}": "1.50",
        f"method-{of['artisan_id']}": "cash",
    },
    "manager.write_cash": lambda _: {"kind": "open", "amount": "5"},
    "manager.propose": lambda of: {"artisan": of["artisan_id"], "amount": "1", "method": "cash"},
    "manager.propose_correction": lambda _: {"reason": "not-done", "note": "the piece was never made"},
    "manager.answer_question": lambda _: {"answer": "talked"},
    "manager.close_month": lambda of: {"month": of.get("month", "")},
    "manager.propose_advance": lambda of: {
        "artisan": of["artisan_id"],
        "amount": "500",
        "instalment": "100",
        "agreed_on": "2026-01-05",
        "reason": "festival",
        "method": "cash",
    },
    "artisan.answer_deduction": lambda _: {"said": "yes"},
    "manager.propose_deduction": lambda of: {
        "artisan": of["artisan_id"],
        "amount": "5",
        "due_on": "2027-01-31",
        "reason": "tool-lost",
    },
    "manager.uphold_deduction": lambda _: {"decision": "the tool was signed for"},
    "manager.record_advance": lambda _: {"bank_reference": "UTR-78"},
    "manager.write_back": lambda of: {"returned_on": of.get("sent_on", ""), "bank_reference": "RET-9"},
    "manager.record_failed": lambda _: {"reason": "the account is closed"},
    "manager.record_sent": lambda _: {"bank_reference": "UTR-77"},
    "manager.refund_post": lambda _: {"reason": "ordered twice"},
    "manager.reset_pin": lambda _: dict(PIN),
    "manager.review_story": lambda of: {"answer": "approve", "revision": of["revision"], "ticked": list(CHECKLIST)},
    "manager.rewrite_collection": lambda _: {"title": "Gifts", "kind": "ruled"},
    "manager.rewrite_product": lambda _: dict(WORDS),
    "manager.answer_thanks": lambda _: {"answer": "pass"},
    "manager.answer_ticket": lambda _: {"answer": "It left today."},
    "manager.rename_product": lambda of: {"slug": of["slug"]},
    "storefront.thank": lambda _: {"thanks_text": "Fine stitches.", "thanks_name": "Asha"},
    "storefront.write": lambda _: {"topic": "order", "name": "Asha", "email": "asha@test.example", "text": "Where?"},
    "manager.rewrite_story": lambda of: {**STORY, "artisan": of["artisan_id"]},
    "manager.rewrite_variant": lambda _: dict(VARIANT),
    "manager.second_factor_on": lambda of: {"code": of.get("phone_code", "")},
    "manager.ship": lambda _: {"carrier": "India Post", "tracking": "EB123456789IN"},
    "manager.switch_faces": lambda _: {"faces": "on"},
    "manager.withdraw_consent": lambda _: {"item": "everything"},
    "manager.write_making": lambda _: {"step_1": "cut", "minutes_1": "10", "rate_1": "12"},
    "storefront.add_line": lambda of: {"sku": of["sku"], "quantity": "1"},
    "storefront.pay_again": lambda _: {"payment_method": "stripe"},
    "storefront.place_order": lambda _: dict(ADDRESS),
}
QUERIES: dict[str, Callable[[Records], dict[str, Any]]] = {"manager.find": lambda of: {"q": of["number"]}}
