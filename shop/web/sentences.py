"""What the domain's refusals say to people: one short, exact sentence each, in the reader's language."""

from collections.abc import Callable

from flask_babel import gettext as _

from shop.errors import DomainError
from shop.web.format import digits

SENTENCES: dict[str, Callable[[], str]] = {
    "shop.busy": lambda: _("The shop is very busy just now. Nothing was lost; please try again in a moment."),
    "ledger.below_zero": lambda: _("There is not that much on the account."),
    "ledger.reversed": lambda: _("This entry was taken back already."),
    "ledger.in_flight": lambda: _("This is being done at this very moment. Please look again."),
    "signin.wrong": lambda: _("That did not match. Please try again."),
    "signin.locked": lambda: _("Too many tries. Please wait %(minutes)s minutes, or ask at your centre."),
    "signin.pin_shape": lambda: _("The PIN must be %(digits)s digits."),
    "signin.pin_easy": lambda: _("That PIN is too easy to guess. Please choose another."),
    "signin.password_short": lambda: _("The password must have at least %(characters)s characters."),
    "centre.incomplete": lambda: _("A centre needs a short code, a name and a region."),
    "centre.capacity": lambda: _("Say how many minutes of work the centre has in a day."),
    "centre.exists": lambda: _("There is already a centre with the code %(code)s."),
    "centre.unknown": lambda: _("There is no such centre."),
    "user.incomplete": lambda: _("Please give a name and a working e-mail address."),
    "user.manager_needs_centre": lambda: _("A manager belongs to a centre. Please choose one."),
    "user.email_taken": lambda: _("Someone already signs in with this address."),
    "user.card_shape": lambda: _("A card number has 4 to 12 digits, and a work name is needed."),
    "user.card_taken": lambda: _("Card %(card)s is already given."),
    "artisan.emblem": lambda: _("Please choose one of the emblems."),
    "artisan.adult_date": lambda: _("The day on which her age was confirmed cannot lie in the future."),
    "artisan.adult": lambda: _("Someone has to have seen that she is an adult."),
    "artisan.pin_differs": lambda: _("The two PINs are not the same."),
    "artisan.unknown": lambda: _("There is no such person at your centre."),
    "payout.amount": lambda: _("The amount must be above zero and no more than she can take now."),
    "payout.one_open": lambda: _("A payout to her is already under way."),
    "payout.two_people": lambda: _("You proposed this payout, so someone else has to approve it."),
    "payout.bank_reference": lambda: _("Please give the reference of the bank or UPI payment."),
    "payout.bank_reference_used": lambda: _("This reference was already used for another payout."),
    "payout.answer": lambda: _("Please choose one of the three answers."),
    "payout.reason": lambda: _("Please say why it did not reach her."),
    "payout.moved_on": lambda: _("This payout has moved on meanwhile. Please look again."),
    "payout.unknown": lambda: _("There is no such payout."),
    "vault.unavailable": lambda: _(
        "The identity vault cannot be opened just now. Nothing was written down, here or anywhere. The shop goes on."
    ),
    "vault.nothing": lambda: _("Nothing is on file for her."),
    "vault.empty": lambda: _("Please fill in at least one field."),
    "vault.bank": lambda: _("An account needs its holder, its number and its IFSC."),
    "vault.adult": lambda: _("By this date she would not be an adult. Please look again."),
    "vault.account_number": lambda: _("An account number has 6 to 18 digits."),
    "vault.ifsc": lambda: _("An IFSC looks like ABCD0123456."),
    "vault.upi": lambda: _("A UPI id looks like name@bank."),
    "vault.phone_taken": lambda: _("This phone number is on file for another maker. Please ask safeguarding."),
    "vault.moved_on": lambda: _("Someone changed this at the same moment. Please look again."),
    "vault.looks": lambda: _("You have looked %(most)s times today. That is the limit for one day."),
    "payout_file.nothing": lambda: _("There is nothing to pay by bank or UPI with details on file."),
    "payout_file.two_people": lambda: _("You proposed this file, so someone else has to release it."),
    "payout_file.moved_on": lambda: _("This file has moved on meanwhile. Please look again."),
    "payout_file.unknown": lambda: _("There is no such payout file."),
    "product.slug": lambda: _("An address has small letters, digits and hyphens: kalka-tote."),
    "product.slug_taken": lambda: _("There is already a product at this address."),
    "product.incomplete": lambda: _("A product needs a title and a description."),
    "product.hsn": lambda: _("An HSN has 4, 6 or 8 digits."),
    "product.finish_days": lambda: _("The days to make one must be between 0 and 365."),
    "product.sku": lambda: _("A SKU has capital letters, digits and hyphens: MB-TOTE-KALKA-IND."),
    "product.sku_taken": lambda: _("There is already a variant with the SKU %(sku)s."),
    "product.grams": lambda: _("The weight must be above zero."),
    "product.price": lambda: _("A price in rupees is needed, and every price must be above zero."),
    "product.not_ready": lambda: _("Before it can be published a product needs a variant and a picture."),
    "product.unknown": lambda: _("There is no such product here."),
    "picture.moving": lambda: _("Moving pictures are not taken. Please send a still one."),
    "picture.size": lambda: _("The picture is too small or far too large: at least %(least)s pixels a side."),
    "picture.unreadable": lambda: _("This is not a picture we can read. Please send a JPEG, PNG or WebP."),
    "picture.too_heavy": lambda: _("This file takes too much to open. Please send a smaller JPEG, PNG or WebP."),
    "picture.more_inside": lambda: _(
        "This file holds more than one still picture. Please send a plain photo, or a screenshot of it."
    ),
    "mail.address": lambda: _("This is not an e-mail address that we can write to."),
    "event.too_old": lambda: _("What the gateway sent is no longer kept after 90 days, so it cannot be tried again."),
    "picture.alt": lambda: _("Say in a few words what the picture shows, for those who cannot see it."),
    "picture.unknown": lambda: _("There is no such picture."),
    "picture.last": lambda: _("A product on sale needs a picture. Add another before you take this one away."),
    "stock.short": lambda: _("Only %(left)s are left. Please take fewer."),
    "stock.adjustment": lambda: _("Give a number other than zero and a reason."),
    "stock.promised": lambda: _("These pieces are promised to orders, so they cannot be taken off."),
    "making.steps": lambda: _("A making needs at least one step, each only once."),
    "making.step": lambda: _("Each step needs minutes and a piece rate above zero."),
    "making.missing": lambda: _("Nobody has written down yet how this is made."),
    "production.quantity": lambda: _("Say how many pieces, from 1 to 500."),
    "production.unknown": lambda: _("There is no such production order at your centre."),
    "production.closed": lambda: _("This production order is finished or called off."),
    "task.own": lambda: _("You cannot offer work to yourself."),
    "task.rate": lambda: _("The rate may be higher than the agreed one, never lower."),
    "task.too_many": lambda: _("Only %(left)s pieces are left to give at this step."),
    "task.unknown": lambda: _("There is no such task."),
    "task.moved_on": lambda: _("This task has moved on meanwhile. Please look again."),
    "task.step_before": lambda: _("%(pieces)s pieces still wait for the step before."),
    "check.own": lambda: _("Nobody checks her own work. Please ask a colleague."),
    "check.count": lambda: _("Passed, to mend and lost must add up to the %(pieces)s pieces handed in."),
    "check.cause": lambda: _("Please say why pieces were sent back or lost."),
    "cart.currency": lambda: _("We do not sell in that currency."),
    "cart.quantity": lambda: _("Please ask for 1 to %(most)s pieces."),
    "cart.full": lambda: _("The bag is full: at most %(most)s different things."),
    "cart.unknown_sku": lambda: _("We do not sell this, or no longer."),
    "cart.no_price": lambda: _("This is not sold in %(currency)s."),
    "cart.not_sold": lambda: _("Something in your bag is no longer sold. Please look at your bag again."),
    "cart.other_currency": lambda: _("Your bag is in %(currency)s. Empty it first to change the currency."),
    "cart.empty": lambda: _("Your bag is empty."),
    "checkout.shipping_method": lambda: _("Please choose how to send it."),
    "checkout.payment_method": lambda: _("Please choose how to pay."),
    "checkout.total_changed": lambda: _(
        "The total has changed since you saw it. Please look at it again; nothing was charged."
    ),
    "checkout.cart_changed": lambda: _(
        "Your bag has changed since you saw it. Please look at it again; nothing was charged."
    ),
    "cart.quantity_number": lambda: _("Please give the number of pieces as a whole number above zero."),
    "address.required": lambda: _("Please fill this in."),
    "address.long": lambda: _("This is too long."),
    "address.unserved": lambda: _("We do not send there yet."),
    "address.email": lambda: _("Please check the e-mail address: it should look like name@example.com."),
    "address.phone": lambda: _("Please check the phone number, with the country code if it is abroad."),
    "address.state": lambda: _("Please choose the state as the post writes it."),
    "address.postcode": lambda: _("This does not look like a postcode of that state or country."),
    "address.city": lambda: _("Please check the town."),
    "address.line1": lambda: _("Please check the address."),
    "tax.unknown_hsn": lambda: _("We cannot sell this yet: its tax is not settled."),
    "order.unknown": lambda: _("There is no such order, or the link is not complete."),
    "order.moved_on": lambda: _("This order has moved on meanwhile. Please look at it again."),
    "order.not_ready": lambda: _("Not every piece of this order is ready to leave."),
    "order.work_started": lambda: _(
        "Someone is already making this, so it cannot be cancelled here. Please write to us."
    ),
    "shipment.incomplete": lambda: _("Please give the carrier and the tracking number."),
    "refund.amount": lambda: _("Please give an amount and a reason."),
    "refund.too_much": lambda: _("This was refunded already, or is on its way back."),
    "refund.nothing_captured": lambda: _("Nothing was paid for this order, so there is nothing to give back."),
    "refund.whole_only": lambda: _("After shipping only the whole amount can be given back for now."),
    "books.unknown": lambda: _("There is nothing under this name in the books."),
    "event.unknown": lambda: _("Nobody has to look at this any more."),
    "event.note": lambda: _("Say in a few words what you found."),
    "refund.unknown": lambda: _("There is no such refund."),
    "form.whole_number": lambda: _("Please give a whole number."),
    "form.amount": lambda: _("Please give an amount such as 1250.50."),
    "form.date": lambda: _("Please give a day such as 2026-11-30."),
    "form.past_day": lambda: _("This day has passed. Please choose one to come."),
    "form.choice": lambda: _("Please choose one of the options."),
    "form.once": lambda: _("The form came with a field twice. Please load the page again."),
}


def sentence(error: DomainError) -> str:
    """Return the sentence of a refusal in the page's language."""
    return sentence_of(error.message_id, **error.values)


def sentence_of(message_id: str, **values: object) -> str:
    """Return the sentence of a message id; numbers come in the page's digits."""
    words = SENTENCES[message_id]()
    shown = {name: digits(value) if isinstance(value, int) else value for name, value in values.items()}
    return words % shown if shown else words
