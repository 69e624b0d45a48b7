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
    "signin.locked_short": lambda: _("Too many tries. Please wait %(minutes)s minutes."),
    "signin.second_needed": lambda: _("A second factor is needed here. Set up another before you remove this one."),
    "signin.no_second": lambda: _("Codes on paper only help together with a phone or a passkey. Set one up first."),
    "signin.half_over": lambda: _("That took too long. Please begin again with your password."),
    "signin.code_wrong": lambda: _("That code did not fit, or was used already. Wait for the next one."),
    "signin.password_differs": lambda: _("The two passwords are not the same."),
    "signin.password_same": lambda: _("This is the password you have. Please choose another."),
    "signin.password_wrong": lambda: _("This is not your password."),
    "passkey.wrong": lambda: _("That passkey did not work here. Please try again, or use a code."),
    "passkey.most": lambda: _("You have as many passkeys as can be kept. Remove one first."),
    "invitation.over": lambda: _("This link is no longer good. Please ask for a new one."),
    "user.unknown": lambda: _("There is no such person in the office."),
    "user.not_yourself": lambda: _("Nobody changes her own account here. Please ask another admin."),
    "user.last_admin": lambda: _("This is the last admin. Make someone else an admin first."),
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
    "payout.note": lambda: _("Say in a few words what you found."),
    "payout.reset_pin": lambda: _("You gave her a new PIN within the last seven days, so someone else has to pay her."),
    "payout.reset_pin_look": lambda: _("You had given her a new PIN, so someone else has to look at this."),
    "payout.unknown": lambda: _("There is no such payout."),
    "correction.note": lambda: _("Please say in a few words what happened."),
    "correction.kept": lambda: _("She has been paid this already. She keeps what she was paid."),
    "correction.promised": lambda: _("A payout has promised this to her. Take that back first, or leave it hers."),
    "correction.one_standing": lambda: _("Someone has proposed to correct this entry already."),
    "correction.two_people": lambda: _("You proposed this correction, so someone else decides it."),
    "correction.not_yours": lambda: _("Only the one who proposed a correction takes it back."),
    "correction.moved_on": lambda: _("This correction has been decided meanwhile. Please look again."),
    "correction.unknown": lambda: _("There is nothing here that you could correct."),
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
    "product.options": lambda: _("Every variant needs a value for each option, such as its colour and its size."),
    "product.options_twice": lambda: _("Two variants would be alike. Each needs its own choice of options."),
    "csv.too_large": lambda: _("The file is larger than %(most)s MB. Please send it in parts."),
    "csv.encoding": lambda: _("The file is not in UTF-8. Save it again as “CSV UTF-8 (comma delimited)”."),
    "csv.empty": lambda: _("There is no product in this file."),
    "csv.not_commas": lambda: _(
        "The columns are not divided by commas. Save it again as “CSV UTF-8 (comma delimited)”."
    ),
    "csv.too_many_rows": lambda: _("The file has more than %(most)s rows. Please send it in parts."),
    "csv.too_many_cells": lambda: _(
        "Row %(row)s has more cells than there are headings. Look for a comma without quotes."
    ),
    "csv.long_cell": lambda: _(
        "A cell of row %(row)s is longer than %(most)s characters. Is a quote missing before it?"
    ),
    "csv.quotes": lambda: _("The quotes of row %(row)s do not close. A quote inside a text is written twice."),
    "csv.heading_twice": lambda: _("The heading %(heading)s stands there twice. Take one of the two columns out."),
    "csv.heading_missing": lambda: _("A column has no heading. Give it one, or take it out."),
    "csv.no_heading": lambda: _("The column %(heading)s is missing; nothing can be told without it."),
    "csv.centre_needed": lambda: _("There is no such centre. There are: %(centres)s."),
    "csv.no_folder": lambda: _("There is no such folder."),
    "csv.troubles": lambda: _("Nothing was changed. Put right what is named below, and send the file again."),
    "csv.moved_on": lambda: _(
        "The shop has changed since you looked. Nothing was done; please look at the list again."
    ),
    "csv.no_file": lambda: _("No file waits for you. Please choose one again."),
    "csv.handle": lambda: _("An address has small letters, digits and hyphens: kalka-tote. Every row needs one."),
    "csv.differs": lambda: _("This is written in row %(first)s already. Leave it empty here, or write the same."),
    "csv.sku": lambda: _("Every variant needs a SKU of letters, digits and hyphens: MB-TOTE-KALKA-IND."),
    "csv.sku_twice": lambda: _("This SKU stands in row %(other)s already. Give each variant its own."),
    "csv.sku_elsewhere": lambda: _("%(sku)s belongs to another product. Give this variant a SKU of its own."),
    "csv.too_long": lambda: _("This has %(has)s characters; at most %(longest)s fit. Please shorten it."),
    "csv.whole": lambda: _("Write a whole number from %(least)s to %(most)s."),
    "csv.amount": lambda: _("Write an amount above zero such as 1250.50, without a sign and without commas."),
    "csv.truth": lambda: _("Write TRUE or FALSE."),
    "csv.policy": lambda: _("Write continue (it is made to order when the shelf is empty) or deny."),
    "csv.status": lambda: _("Write one of: %(statuses)s."),
    "csv.hsn": lambda: _("An HSN has 4, 6 or 8 digits. What is in the shop cannot be without one."),
    "csv.trade": lambda: _("Write one of the crafts: %(trades)s."),
    "csv.no_trade": lambda: _("We cannot tell its craft. Add a column Trade, or a tag such as block print or kantha."),
    "csv.needed": lambda: _("A product cannot be without this. Please fill it in."),
    "csv.price": lambda: _("A variant needs a price in rupees. Please fill it in."),
    "csv.grams": lambda: _("A variant needs its weight in grams, packed; post is reckoned by it."),
    "csv.other_centre": lambda: _("There is a product at this address which is not yours. Choose another address."),
    "csv.centre_stays": lambda: _(
        "A product stays with its centre. Leave this empty, or write the centre that it has."
    ),
    "csv.centre": lambda: _("Say which centre makes it: %(centres)s."),
    "csv.option_missing": lambda: _("Every variant needs a value here: its %(option)s."),
    "csv.options_rest": lambda: _("%(sku)s needs as many option values as the product has options."),
    "csv.option_twice": lambda: _("%(other)s has the same options. Each variant needs its own choice."),
    "csv.picture_twice": lambda: _("This product has this picture already, in a row above. Take one of them out."),
    "csv.alt_alone": lambda: _(
        "The words are here, but not the picture that they are about. Name its file, or empty both."
    ),
    "csv.alt": lambda: _("Say in 3 to 200 characters what the picture shows, for those who cannot see it."),
    "csv.image_sku": lambda: _("No variant has this SKU. Write one of this product’s, or leave it empty."),
    "csv.picture_outside": lambda: _(
        "This leads out of the folder of pictures. Put the file inside, and write its name."
    ),
    "csv.picture_missing": lambda: _(
        "There is no such file in the folder of pictures. Look at its name, or put it there."
    ),
    "csv.picture_large": lambda: _("This picture is larger than %(most)s MB. Save it smaller."),
    "csv.gift_card": lambda: _("Gift cards cannot be sold here yet. Write FALSE, or take the product out."),
    "csv.no_parcel": lambda: _("What we sell is sent by post. Write TRUE, or take the product out."),
    "csv.no_tax": lambda: _("Tax follows the HSN here; a product cannot be left untaxed. Write TRUE."),
    "csv.note_status": lambda: _("It stays as it is: what is in the shop is taken off on its page, not by a file."),
    "csv.note_colour": lambda: _("%(colour)s is not a colour of the palette, so lists cannot be narrowed by it."),
    "csv.note_shelf": lambda: _(
        "The shelf of %(sku)s stays at %(here)s (%(file)s in the file): it is counted, not written."
    ),
    "csv.note_left": lambda: _("Variants that are not in the file: %(count)s. They stay."),
    "csv.note_pictures": lambda: _(
        "New pictures left out: %(count)s. They come from a folder named to the command, never from a network."
    ),
    "csv.note_trade": lambda: _("The craft is not in the file. By its tags it is: %(trade)s."),
    "csv.note_hsn": lambda: _("It has no HSN yet, and cannot be sold before it has one."),
    "csv.note_draft": lambda: _(
        "It is wanted in the shop. It stays a draft until its making is approved and someone puts it there."
    ),
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
    "making.one_open": lambda: _("A new version already waits for a second person. It is approved or declined first."),
    "making.not_approved": lambda: _(
        "How this is made is written down, but nobody else has approved its rates yet. Ask someone to look at them."
    ),
    "making.two_people": lambda: _("You wrote this version, so someone else has to approve it."),
    "making.own": lambda: _("You wrote this version. You can take it back; someone else declines it."),
    "making.not_yours": lambda: _("Only the one who wrote this version takes it back. You can decline it."),
    "making.reason": lambda: _("Please say why, so that the writer can put it right."),
    "making.moved_on": lambda: _("This version has been decided meanwhile. Please look again."),
    "making.unknown": lambda: _("There is no such version."),
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
    "order.other_centre": lambda: _("Another centre makes a part of this order, so finance gives it back."),
    "order.no_label": lambda: _("An address is shown only while a parcel is ready to leave."),
    "shipment.incomplete": lambda: _("Please give the carrier and the tracking number."),
    "refund.amount": lambda: _("Please give an amount and a reason."),
    "refund.too_much": lambda: _("This was refunded already, or is on its way back."),
    "refund.nothing_captured": lambda: _("Nothing was paid for this order, so there is nothing to give back."),
    "refund.whole_only": lambda: _("After shipping only the whole amount can be given back for now."),
    "books.unknown": lambda: _("There is nothing under this name in the books."),
    "event.unknown": lambda: _("Nobody has to look at this any more."),
    "event.note": lambda: _("Say in a few words what you found."),
    "refund.unknown": lambda: _("There is no such refund."),
    "link.over": lambda: _("This link is over or was used already. Please ask for a new one where you sign in."),
    "account.same_email": lambda: _("This is your address already."),
    "account.no_address": lambda: _("There is no such address among yours."),
    "account.addresses_full": lambda: _("We keep up to %(most)s addresses. Please take one away first."),
    "privacy.nobody": lambda: _("We hold nothing under this address."),
    "privacy.unpaid": lambda: _(
        "A pay page of order %(number)s is still open. Please try again in half an hour; nothing was changed."
    ),
    "privacy.open": lambda: _(
        "Order %(number)s is still being made or packed. Once it has arrived, or is cancelled, this can be done."
    ),
    "privacy.on-its-way": lambda: _(
        "The parcel of order %(number)s is on its way. Once it has arrived, this can be done."
    ),
    "privacy.may-return": lambda: _(
        "Order %(number)s may still be sent back. Two weeks after its arrival this can be done."
    ),
    "privacy.refund-due": lambda: _(
        "Money of order %(number)s is on its way back. Once it has arrived, this can be done."
    ),
    "persona.name": lambda: _("Please write the name she wants to be known by."),
    "persona.work_name": lambda: _("This is her work name, which stays inside. Please choose another."),
    "persona.word": lambda: _("This name has a word in it that may mark her. Please choose another."),
    "persona.real_name": lambda: _("This looks like a name on papers. Tick that it is neither hers nor her family’s."),
    "consent.nothing": lambda: _("Choose what she agrees to, where, and in which language."),
    "consent.days": lambda: _("A consent lasts for one day at least and three years at most."),
    "consent.not_now": lambda: _("She does not work with us now, so nothing of her can be shown."),
    "consent.two_people": lambda: _("You write it down, so someone else has to be the witness."),
    "consent.witness_manager": lambda: _("A manager cannot be the witness."),
    "consent.witness_reset": lambda: _("Whoever gave her a new PIN in the last seven days cannot be her witness."),
    "consent.witness_unknown": lambda: _("Please choose the witness."),
    "consent.witness_password": lambda: _("The password of the witness did not match."),
    "consent.no_persona": lambda: _("She has not chosen a name and an emblem yet."),
    "consent.faces_off": lambda: _("The house shows no faces."),
    "consent.faces_who": lambda: _("Only those who care for the makers’ safety decide about faces."),
    "consent.which_story": lambda: _("Say which story this is about."),
    "story.slug": lambda: _("An address has small letters, digits and hyphens: how-kantha-holds."),
    "story.slug_taken": lambda: _("There is already a story at this address."),
    "story.no_words": lambda: _("A story needs a title and a text, in one language at least."),
    "story.no_persona": lambda: _("Her name can stand there once she has chosen one."),
    "story.pictures_many": lambda: _("A story has %(most)s pictures at most."),
    "story.hands_are_someones": lambda: _("Hands are someone’s: say first whose story this is."),
    "story.writer_only": lambda: _("Only the one who wrote it changes it. Send it back with a word instead."),
    "story.harsh_words": lambda: _("A word in it marks her. Take it out, or ask safeguarding to look at it."),
    "story.safeguarding_only": lambda: _("Only safeguarding may let such a word stand, and not in her own text."),
    "story.work_name": lambda: _("Her work name stands in it. It has to be taken out."),
    "story.own": lambda: _("You wrote this, so two others have to read it."),
    "story.checklist": lambda: _("Please go through every point and tick it."),
    "story.read_already": lambda: _("You have approved this already."),
    "story.note": lambda: _("Say in a few words what has to change."),
    "story.moved_on": lambda: _("This story has moved on meanwhile. Please read it again."),
    "story.gone": lambda: _("This was taken down."),
    "story.unknown": lambda: _("There is no such story here."),
    "tag.unknown": lambda: _("This tag leads nowhere. Please look at it again, or write to us."),
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
