"""What is private, and who may be shown it on which page: written by hand, held against every column there is.

Each column that can hold words stands either in `PRIVATE`, with the roles and routes that may show it, or in `OPEN`,
with why nothing in it could harm anyone. A column in neither fails the test, so whoever adds one has to think.
What the column of a person's own row may show to that person is said by `whose`: `own` is one's own row or the order
whose link one holds, `centre` a row of one's own centre, `house` any row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import JSON, LargeBinary, String, Table
from sqlalchemy.types import TypeDecorator

from shop.db import StatusType, db


class Whose(IntEnum):
    """How far a showing reaches."""

    OWN = 1
    CENTRE = 2
    HOUSE = 3


OWN, CENTRE, HOUSE = Whose.OWN, Whose.CENTRE, Whose.HOUSE


@dataclass(frozen=True)
class Showing:
    """A column may be shown to a role on some routes, as far as `whose` reaches."""

    role: str
    whose: Whose
    routes: frozenset[str]

    def covers(self, route: str) -> bool:
        """Say whether a route is among these, by its name or by its blueprint (`manager.*`)."""
        return route in self.routes or f"{route.split('.')[0]}.*" in self.routes


def to(roles: str, whose: Whose, routes: str) -> tuple[Showing, ...]:
    """Return the showings of a column to each of some roles, all written as words."""
    return tuple(Showing(role, whose, frozenset(routes.split())) for role in roles.split())


HOUSE_ROLES = "finance safeguarding auditor admin"
READERS = "finance auditor admin"
HER_PAGES = "account.* auth.step_up auth.step_up_post storefront.checkout_form storefront.place_order"
LINK_LETTERS = "mail:account_sign_in mail:account_open mail:account_change_email mail:account_no_link"
STORY_PAGES = (
    "manager.story_list manager.story manager.story_picture manager.rewrite_story manager.add_story_picture "
    "manager.remove_story_picture manager.submit_story manager.review_story manager.allow_story_words "
    "manager.take_story_down"
)
QUESTION_PAGES = "manager.questions manager.answer_question"
CONSENT_PAGES = "manager.consents manager.grant_consent manager.choose_persona manager.withdraw_consent"
HER_ORDER = (
    "storefront.order storefront.paper storefront.pay storefront.come_back storefront.pay_again storefront.cancel "
    "storefront.ask_return storefront.call_off_return storefront.thank storefront.answer_late"
)
LETTERS = (
    "mail:order_placed mail:order_paid mail:order_making mail:order_shipped mail:order_delivered mail:order_delayed "
    "mail:order_refunded mail:order_return mail:order_late mail:order_refund_came_back mail:order_changed "
    "mail:order_exchange mail:order_lost"
)
ORDER_PAGES = (
    "manager.order manager.refund manager.deliver manager.ship manager.refund_post "
    "manager.return_page manager.answer_return manager.receive_return manager.settle_piece "
    "manager.end_exchange manager.send_exchange manager.deliver_exchange"
)
MATTERS = (
    "manager.exceptions manager.close_event manager.give_event_back manager.take_event_in manager.refund_again "
    "manager.send_refund_again manager.note_dispute"
)
FIGURE_PAGES = "manager.figures manager.set_cost manager.propose_share manager.answer_share manager.withdraw_share"
PAYOUT_PAGES = (
    "manager.payouts manager.payout manager.propose manager.approve manager.record_sent manager.record_failed "
    "manager.withdraw manager.payout_file_page manager.release_payout_file manager.withdraw_payout_file "
    "manager.advances manager.propose_advance manager.approve_advance manager.record_advance manager.return_advance "
    "manager.withdraw_advance manager.payout_run manager.propose_run manager.approve_run manager.send_run "
    "manager.run_cash_list manager.cash manager.cash_book_file manager.write_cash manager.see_cash "
    "manager.withdraw_cash manager.write_back manager.see_back manager.withdraw_back manager.settle_short "
    "manager.deductions manager.propose_deduction manager.approve_deduction "
    "manager.uphold_deduction manager.withdraw_deduction manager.give_deduction_back"
)
WORK_PAGES = (
    "manager.today manager.board manager.task manager.propose_recount manager.check manager.check_post manager.work "
    "manager.offer manager.offer_post manager.people manager.artisan manager.pin manager.reset_pin manager.new_work "
    "manager.identity manager.enter_identity manager.reveal_identity manager.identity_erasure manager.erase_identity "
    "manager.looks manager.note_looks"
)
CORRECTION_PAGES = (
    "manager.corrections manager.approve_correction manager.decline_correction manager.withdraw_correction "
    "manager.propose_correction manager.approve_recount manager.close_recount"
)
STAFF_ROLES = f"manager {HOUSE_ROLES}"
STAFF_PAGES = (
    "manager.staff manager.invite manager.invite_again manager.person manager.change_role manager.disable "
    "manager.enable manager.reset_second_factor"
)
MY_SIGN_IN = (
    "manager.me manager.second_factor_page manager.begin_second_factor manager.second_factor_on manager.new_codes "
    "manager.passkey_options manager.add_passkey manager.remove_passkey manager.change_password "
    "auth.step_up auth.step_up_post auth.step_up_passkey auth.second_step auth.second_step_post "
    "auth.second_step_passkey"
)
PRODUCT_PAGES = (
    "manager.product manager.rewrite_product manager.add_picture manager.put_picture_first manager.remove_picture "
    "manager.adjust_stock manager.write_making manager.publish_product manager.retire_product manager.rename_product "
    "manager.propose_design manager.approve_design manager.withdraw_design"
)

PRIVATE: dict[str, tuple[Showing, ...]] = {}
OPEN: dict[str, str] = {}


def plain(why: str, *columns: str) -> None:
    """Say of some columns why they are not private."""
    OPEN.update(dict.fromkeys(columns, why))


plain(
    "codes and surrogate ids only; users/audit.py refuses anything else",
    "audit_record.act",
    "audit_record.subject",
    "audit_record.by",
    "audit_record.reason",
)
plain(
    "a hash of codes and ids",
    "audit_record.chain",
    "audit_head.chain",
    "ledger_seal.chain",
    "ledger_seal.fingerprints",
    "gateway_event.body_sha256",
)
plain(
    "a code of three letters",
    "cart.currency",
    "ledger_account.currency",
    "orders.currency",
    "payment_attempt.currency",
    "capture.currency",
    "payment_review.currency",
    "settlement.currency",
    "settlement_line.currency",
    "dispute.currency",
    "dispute.fee_currency",
    "price.currency",
)
plain(
    "a code out of a short list",
    "gateway_event.gateway",
    "payment_comparison.gateway",
    "payment_review.gateway",
    "settlement.gateway",
    "settlement_line.gateway",
    "gateway_event.kind",
    "ledger_entry.kind",
    "outbox.kind",
    "orders.language",
    "thanks.language",
    "orders.country",
    "orders.shipping_method",
    "orders.zone",
    "shipping_tariff.document",
    "invoice_series.series",
    "invoice_series.year",
    "invoice.series",
    "invoice.year",
    "shipping_tariff.what",
    "shipping_tariff.mark",
    "payment_attempt.gateway",
    "capture.gateway",
    "dispute.gateway",
    "user_account.language",
    "artisan.emblem",
    "persona.dye",
    "rendition.format",
    "house_switch.name",
    "mailed_link.language",
    "passkey_challenge.asked",
    "saved_address.country",
    "story.craft",
    "story.allowed_words",
    "story_review.ticked",
    "consent.explanation",
    "unit_maker.step",
    "shipment.carrier",
)
plain(
    "surrogate ids of rows",
    "ledger_account.book",
    "ledger_period.book",
    "ledger_account.code",
    "ledger_entry.reference",
    "earning.reference",
    "earning.source",
    "saving.reference",
    "advance_repayment.reference",
    "cash_line.reference",
    "bank_reference.stands_for",
    "payout_run_line.mark",
    "production_order.reference",
    "reservation.reference",
    "design.product",
    "royalty.month",
    "royalty_line.line",
    "share.unit",
    "share.line",
    "unit_off.line",
    "share_rule.scope",
    "cost.scope",
    "stock_movement.reference",
    "unit.reference",
    "outbox.reference",
    "release_hold.reference",
    "invoice.reference",
    "consent.about",
)
plain(
    "user:<id>, gateway:<name> or worker: never a name",
    "ledger_entry.actor",
    "order_event.by",
    "payment_attempt_event.by",
    "shipment.shipped_by",
    "invoice.issued_by",
    "shipping_tariff.made_by",
    "making.made_by",
    "refund.requested_by",
    "order_reduction.by",
    "payment_review.owner",
    "payment_review_event.by",
    "payout.proposed_by",
    "payout.approved_by",
    "payout_event.by",
    "payout_run.proposed_by",
    "payout_run.approved_by",
    "cash_act.written_by",
    "cash_act.seen_by",
    "cash_line.by",
    "payout_came_back.written_by",
    "payout_file.recalled_by",
    "payout_file.withdrawn_by",
    "payout_came_back.seen_by",
    "advance.proposed_by",
    "advance.approved_by",
    "advance_event.by",
    "line_question.answered_by",
    "line_question_event.by",
    "month_close.by",
    "deduction.proposed_by",
    "deduction.approved_by",
    "deduction.decided_by",
    "deduction_event.by",
    "design.proposed_by",
    "design.approved_by",
    "design_event.by",
    "ledger_period.closed_by",
    "verification_run.asked_by",
    "production_order.asked_by",
    "refund_event.by",
    "dispute_event.by",
    "stock_movement.by",
    "task.offered_by",
    "task_check.by",
    "task_event.by",
    "consent_withdrawal.by",
    "correction.proposed_by",
    "correction.approved_by",
    "correction_event.by",
    "recount.proposed_by",
    "recount.decided_by",
    "house_switch.by",
    "invitation.made_by",
    "making.approved_by",
    "making_event.by",
    "persona.chosen_with",
    "story.allowed_words_by",
    "story_event.by",
    "unwitnessed_answer.closed_by",
    "share_rule.written_by",
    "share_rule.approved_by",
    "share_rule_event.by",
    "cost.set_by",
    "return_event.by",
    "exchange_event.by",
    "return_piece.settled_by",
    "thanks.decided_by",
)
plain("the mark of a pepper: it opens nothing without the setting that it marks", "user_account.pepper")
plain("the colour on which a picture loads", "picture.ground", "story_picture.ground")
plain(
    "what the shop shows of what it sells",
    "product.slug",
    "product.materials",
    "product.care",
    "product.size",
    "product.hsn",
    "variant.sku",
    "variant.option",
    "variant.colour",
    "picture.alt",
    "picture.name",
    "rendition.name",
    "order_line.sku",
    "refund_part.sku",
    "order_reduction.sku",
    "order_line.title",
    "order_line.option",
    "order_line.hsn",
    "tax_line.hsn",
    "listing.colours",
    "listing.materials",
    "collection.slug",
    "collection.title",
    "collection.titles",
    "collection.lead",
    "collection.leads",
    "collection.rule",
    "product.descriptions",
    "product.materials_translated",
    "product.care_translated",
    "product.vendor",
    "product.category",
    "product.product_type",
    "product.tags",
    "product.seo_title",
    "product.seo_description",
    "product.option_names",
    "variant.options",
    "variant.barcode",
)
plain(
    "what a file of products says, for the office that sent it: it is about things, and holds nobody",
    "product.carried",
    "picture.source",
    "catalogue_file.content",
)
plain("a word of what is on sale, as search folds it; never of a draft", "search_word.word", "search_slip.slip")
plain(
    "money without whose it is, of what is on sale",
    "listing_price.currency",
    "invoice.currency",
)
plain("the tag that is sewn on for the public to follow", "unit.tag")
plain(
    "the name under which an order is spoken of; its page needs the key as well",
    "orders.number",
    "payment_attempt.key",
    "refund.key",
)
plain(
    "a gateway's number of a payment or refund, or our attempt's key: judged where those themselves stand",
    "gateway_event.about",
    "payment_review.about",
    "settlement_line.about",
    "settlement_line.ref",
)
plain("a number of what is on sale, and the standard parts of a price", "page_version.scope", "order_line.breakdown")
plain("who sells, as every page's foot says", "invoice_series.seller", "invoice.seller", "orders.seller_gstin")
plain("a hash of bytes", "invoice_file.sha256", "product_change.sha256", "slip_file.sha256")
plain("a link of the chain, kept where a month was closed", "ledger_period.chain")
plain("a link of the chain, kept where the books were verified", "verification_run.chain")
plain(
    "what does not hold, by the numbers and references of the books, for those who read the books",
    "verification_break.floor",
    "verification_break.row",
    "verification_break.rule",
)
plain("the language of a paper", "slip_file.language")
plain(
    "counted, and what was sold under it: who received it stands in the file alone",
    "invoice.number",
    "invoice.document",
)
plain("the region that the public may read", "centre.region")


def office(routes: str, house: str = HOUSE_ROLES) -> tuple[Showing, ...]:
    """Return what the office may see: a manager of her centre, others of the whole house."""
    return (*to("manager", CENTRE, routes), *to(house, HOUSE, routes))


# Customers: the order's own page, its mails, the gateway's page, the parcel's label; nothing else in the house.
_HERS = to("customer", OWN, f"{HER_ORDER} {LETTERS} account.order account.export")
_TOLD = to("customer", OWN, "gateway")  # their pay page shows who pays, and their receipt needs an address
_CONTACT = to("finance admin", HOUSE, "manager.customer_post")  # for a stated reason, and written down
_LABEL = (
    *to("manager", CENTRE, "manager.label manager.exchange_label manager.paper"),
    *to("admin", HOUSE, "manager.label manager.exchange_label manager.paper"),
    *to("finance", HOUSE, "manager.paper"),
)
for _name in ("line1", "line2", "city", "state", "postcode"):
    PRIVATE[f"orders.{_name}"] = (*_HERS, *_LABEL, *_CONTACT)
PRIVATE["orders.name"] = (*_HERS, *_LABEL, *_TOLD, *_CONTACT)
PRIVATE["orders.phone"] = (*_HERS, *_LABEL, *_TOLD, *_CONTACT)
PRIVATE["orders.email"] = (*_HERS, *_TOLD, *_CONTACT)
PRIVATE["orders.key"] = (*_HERS, *_TOLD)  # the gateway and her account lead back to the order's page
PRIVATE["orders.place_of_supply"] = (*_HERS, *office(ORDER_PAGES, READERS))  # the state that the tax goes by
PRIVATE["orders.note"] = (*_HERS, *_LABEL, *office(ORDER_PAGES, READERS))
_THANKED = (
    *to("customer", OWN, f"{HER_ORDER} account.order account.export"),
    *to("manager", CENTRE, "manager.thanks manager.answer_thanks"),
    *to("safeguarding admin", HOUSE, "manager.thanks manager.answer_thanks"),
)
PRIVATE["thanks.text"] = (*_THANKED, *to("artisan", OWN, "artisan.thanks"))  # whose piece it is about
PRIVATE["thanks.name"] = (*_THANKED, *to("artisan", OWN, "artisan.thanks artisan.home"))
PRIVATE["cart.key"] = ()
PRIVATE["shipment.tracking"] = (*_HERS, *office(ORDER_PAGES, READERS))

# Money at the gateways.
PRIVATE["payment_attempt.page_url"] = to("customer", OWN, "storefront.pay")
PRIVATE["payment_attempt.page_ref"] = to("customer", OWN, "storefront.pay gateway")
PRIVATE["capture.payment_ref"] = (
    *office(ORDER_PAGES, READERS),
    *to(READERS, HOUSE, "manager.entry manager.account manager.books"),
    *to("finance admin", HOUSE, MATTERS),
    *to(
        READERS,
        HOUSE,
        "manager.payment manager.rupee manager.gateways manager.close_review manager.give_review_back "
        "manager.take_review_in",
    ),
    *to("customer", OWN, "account.export"),  # what the gateway calls her payment stands on her own receipt
)
PRIVATE["refund.gateway_ref"] = to(  # what its line in a settlement is called in the books
    READERS,
    HOUSE,
    "manager.entry manager.account manager.books manager.payment manager.rupee manager.gateways manager.close_review "
    "manager.give_review_back manager.take_review_in",
)
# What the office wrote about her order and money is data about her: the copy of it that she takes away holds both.
PRIVATE["refund.reason"] = (
    *office(ORDER_PAGES, READERS),
    *to(READERS, HOUSE, "manager.payment manager.rupee"),
    *to("customer", OWN, "account.export"),
)
PRIVATE["order_event.note"] = (*office(ORDER_PAGES, READERS), *to("customer", OWN, "account.export"))
PRIVATE["payment_attempt_event.note"] = to(READERS, HOUSE, "manager.payment")
PRIVATE["gateway_event.event_id"] = to("finance admin", HOUSE, MATTERS)
PRIVATE["gateway_event.note"] = (
    *to("finance admin", HOUSE, f"{MATTERS} manager.today"),
    *to(READERS, HOUSE, "manager.payment"),
)
_BETWEEN = (
    "manager.gateways manager.payment manager.take_review manager.close_review manager.give_review_back "
    "manager.take_review_in"
)
for _name in ("ref", "why", "note"):
    PRIVATE[f"payment_review.{_name}"] = to(READERS, HOUSE, _BETWEEN)
# The gateway's own number, by which it is asked before a person settles it: of no order, so the crawl knows no owner.
PRIVATE["payment_review.ref"] += to("customer", HOUSE, "gateway")
PRIVATE["payment_review_event.note"] = to(READERS, HOUSE, "manager.payment")
PRIVATE["settlement.ref"] = to(READERS, HOUSE, _BETWEEN)
PRIVATE["settlement.bank_ref"] = to(READERS, HOUSE, _BETWEEN)
# A bank's question about a payment is for whoever gives money back; the customer knows it from her bank.
PRIVATE["dispute.dispute_ref"] = (
    *office(ORDER_PAGES, READERS),
    *office(MATTERS, "finance admin"),
    *to(READERS, HOUSE, "manager.payment"),
)
PRIVATE["dispute.reason"] = office(ORDER_PAGES, READERS)
PRIVATE["dispute_event.note"] = (*office(ORDER_PAGES, READERS), *to(READERS, HOUSE, "manager.payment"))
PRIVATE["gateway_event.body"] = ()

# The makers: work name and card number in the office and on her own pages, and nothing of them outside.
PRIVATE["artisan.work_name"] = (
    *to("artisan", OWN, "artisan.home artisan.mine artisan.tasks artisan.task artisan.passbook artisan.line"),
    *office(f"{WORK_PAGES} {PAYOUT_PAGES} {PRODUCT_PAGES}"),
    *office(
        f"manager.entry manager.refund manager.refund_post manager.rupee {CORRECTION_PAGES} {QUESTION_PAGES}", READERS
    ),
    *to("manager", CENTRE, f"{CONSENT_PAGES} {STORY_PAGES}"),
    *to("safeguarding", HOUSE, f"{CONSENT_PAGES} {STORY_PAGES}"),
    *to("admin", HOUSE, STORY_PAGES),  # whose story it is, for its readers
)
PRIVATE["user_account.name@artisan"] = (
    *office(f"{WORK_PAGES} {PAYOUT_PAGES}"),
    *office(f"manager.entry {QUESTION_PAGES}", READERS),  # as the one who answered her payout
)
PRIVATE["user_account.card_number"] = (
    *to("artisan", OWN, "artisan.mine artisan.statement"),
    *office(f"{WORK_PAGES} {PAYOUT_PAGES} {PRODUCT_PAGES}"),
    *office(f"manager.rupee {CORRECTION_PAGES} {QUESTION_PAGES}", READERS),
    *to("manager", CENTRE, CONSENT_PAGES),
    *to("safeguarding", HOUSE, CONSENT_PAGES),
)
PRIVATE["payout.bank_reference"] = office(PAYOUT_PAGES, READERS)
PRIVATE["cash_act.bank_reference"] = office(PAYOUT_PAGES, READERS)
PRIVATE["bank_reference.reference"] = ()  # as it is compared; what was typed stands with its payment
PRIVATE["payout_came_back.bank_reference"] = office(PAYOUT_PAGES, READERS)
PRIVATE["cash_act.note"] = office(PAYOUT_PAGES, READERS)
PRIVATE["advance.bank_reference"] = ()  # stands on no page: the bank's statement has it
PRIVATE["deduction.decision"] = (
    *office(PAYOUT_PAGES, READERS),
    *to("artisan", OWN, "artisan.deduction artisan.answer_deduction"),
)
PRIVATE["payout_event.note"] = office(PAYOUT_PAGES, READERS)
PRIVATE["task_check.note"] = office("manager.task", READERS)

# The house: who works in the office is known there, drafts and notes of the shelf as well.
PRIVATE["user_account.name"] = (*office("manager.* auth.*"), *to(STAFF_ROLES, OWN, "mail:invitation"))
PRIVATE["user_account.email"] = (
    *to("admin", HOUSE, STAFF_PAGES),
    *to(STAFF_ROLES, OWN, f"{MY_SIGN_IN} mail:invitation auth.join auth.sign_in_post"),
)
PRIVATE["user_account.secret_hash"] = ()
PRIVATE["sign_in.token_hash"] = ()
PRIVATE["stock_movement.note"] = office(PRODUCT_PAGES)
PRIVATE["organisation.name"] = ()
PRIVATE["centre.code"] = (
    *to("admin", HOUSE, "manager.centres manager.add_centre"),
    *office("manager.export_products"),  # the file of products says which centre makes what
)
PRIVATE["centre.name"] = office("manager.* auth.*")
PRIVATE["product.title"] = office("manager.*")  # of drafts, as the two below
PRIVATE["product.titles"] = office("manager.*")
PRIVATE["product.description"] = office("manager.*")

# The vault: one record at a look, for a stated reason; what a bank needs, in the one file that two people let out.
_LOOK = (*to("manager", CENTRE, "manager.reveal_identity"), *to("safeguarding", HOUSE, "manager.reveal_identity"))
_FILE = to("finance admin", HOUSE, "manager.release_payout_file")
for _name in ("legal_name", "phone", "address", "birth_date"):
    PRIVATE[f"identity.{_name}"] = _LOOK
for _name in ("account_holder", "account_number", "ifsc", "upi"):
    PRIVATE[f"identity.{_name}"] = (*_LOOK, *_FILE)
PRIVATE["identity.phone_index"] = ()
plain("sealed, or the name of a key: it opens nothing without VAULT_KEY", "identity.wrapped_key", "identity.key_id")
plain(
    "user:<id>",
    "identity_looks_of_day.by",
    "identity_look.by",
    "identity_look.noted_by",
    "payout_file.proposed_by",
    "payout_file.released_by",
)

# How the makers are known outside, where they have not agreed to it (or not any more); what they agreed to is public.
_CARERS = (*to("manager", CENTRE, CONSENT_PAGES), *to("safeguarding", HOUSE, CONSENT_PAGES))
for _name in ("public_name", "name_bn", "name_hi", "emblem"):
    PRIVATE[f"persona.{_name}"] = (*to("artisan", OWN, "artisan.consents"), *_CARERS)
PRIVATE["persona.public_id"] = ()

# Stories that are not out: drafts, those that are being read, and those of whoever took her consent back.
_READERS = (*to("manager", CENTRE, STORY_PAGES), *to("safeguarding admin", HOUSE, STORY_PAGES))
for _name in ("story.slug", "story_text.title", "story_text.lead", "story_text.body", "story_picture.alt"):
    PRIVATE[_name] = _READERS
PRIVATE["story_text.title"] = (*_READERS, *_CARERS)  # what she is asked to agree to
PRIVATE["story_picture.name"] = ()
PRIVATE["story_event.note"] = _READERS

# What was said about work and pay.
PRIVATE["correction.note"] = office(CORRECTION_PAGES, READERS)
PRIVATE["correction_event.note"] = office(CORRECTION_PAGES, READERS)
PRIVATE["recount.note"] = office(f"manager.today {CORRECTION_PAGES} manager.propose_recount", READERS)
PRIVATE["recount.answer"] = ()
PRIVATE["making_event.note"] = office(PRODUCT_PAGES)
PRIVATE["product.note"] = office(f"{PRODUCT_PAGES} manager.export_products manager.catalogue")
PRIVATE["share_rule_event.note"] = office(FIGURE_PAGES)
PRIVATE["return_event.note"] = (*office(ORDER_PAGES, READERS), *_HERS)
PRIVATE["month_close.note"] = to(READERS, HOUSE, "manager.months manager.close_month")
PRIVATE["unwitnessed_answer.note"] = office(PAYOUT_PAGES, READERS)

# Customers' accounts: hers alone.
for _name in ("name", "phone", "line1", "line2", "city", "state", "postcode"):
    PRIVATE[f"saved_address.{_name}"] = to("customer", OWN, HER_PAGES)
# A letter to the shop: read by those who answer it.
LETTER_PAGES = "manager.ticket manager.answer_ticket manager.close_ticket"
for _name in ("name", "email", "text", "answer"):
    PRIVATE[f"ticket.{_name}"] = (
        *to("finance admin", HOUSE, LETTER_PAGES),
        *to("customer", OWN, f"{HER_PAGES} account.export mail:ticket_answer mail:ticket_received"),
    )
plain("a number that opens nothing, a language, ids", "ticket.number", "ticket.language", "ticket.answered_by")
plain(
    "the shop's own definitions of what it says of itself",
    "claim.id", "claim.numerator", "claim.denominator", "claim.source", "claim.checked_by", "product_address.slug",
)  # fmt: skip
PRIVATE["user_account.name@customer"] = to("customer", OWN, HER_PAGES)
PRIVATE["user_account.email@customer"] = to("customer", OWN, f"{HER_PAGES} mail:account_notice")
PRIVATE["mailed_link.email"] = to("customer", OWN, f"account.link account.export {LINK_LETTERS}")
PRIVATE["mailed_link.name"] = to("customer", OWN, "account.export")
PRIVATE["mailed_link.leads_to"] = to("customer", OWN, "account.export")

# What opens a door: nobody is shown any of it, but for what her own browser or phone needs.
for _name in (
    "mailed_link.token_hash", "mailed_link.secret_hash", "mailed_link.browser_hash", "link_allowance.email_hash",
    "sign_in_tries.key", "device.token_hash", "half_sign_in.token_hash", "recovery_code.code_hash",
    "passkey.public_key", "passkey_challenge.challenge_hash", "invitation.nonce",
):  # fmt: skip
    PRIVATE[_name] = ()
PRIVATE["second_factor.seed"] = to(STAFF_ROLES, OWN, "manager.second_factor_page manager.second_factor_on")  # once
PRIVATE["passkey.credential_id"] = to(
    STAFF_ROLES, OWN, "auth.second_step_passkey auth.step_up_passkey manager.passkey_options"
)
PRIVATE["passkey.name"] = to(STAFF_ROLES, OWN, MY_SIGN_IN)

# What waits for the worker.
PRIVATE["outbox.payload"] = ()
PRIVATE["outbox.token"] = ()
PRIVATE["outbox.last_error"] = ()


def tables() -> Iterable[Table]:
    """Yield every table of both databases."""
    for metadata in db.metadatas.values():
        yield from metadata.sorted_tables


def columns() -> set[str]:
    """Return every column that can hold words, bytes or a document, as table.column."""
    found = set()
    for table in tables():
        for column in table.columns:
            kind = column.type
            if isinstance(kind, StatusType) or column.foreign_keys:
                continue  # a status is one of a CHECKed list; what refers to another column is that column
            base = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
            if isinstance(base, String | LargeBinary | JSON):
                found.add(f"{table.name}.{column.name}")
    return found
