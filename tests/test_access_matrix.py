"""Who gets what answer where: a table written by hand, and real requests on real records that are held against it.

Every endpoint of the shop has its line, or the test says which one is not in the table. The records are those of
`tests/two_centres.py`: a person's own, and another's. Whoever adds a route adds its line here, and, where its
address or form needs something new, a record there or a form in `tests/two_forms.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from shop.artisans import payouts
from shop.orders import lifecycle
from shop.users.models import Role, User
from shop.users.policy import HOUSE, POLICY
from shop.web.access import action_of
from tests.faults.figures import note
from tests.two_before import BEFORE
from tests.two_centres import COLLEAGUE, OWN, PERSON_OF, RIVER, House, build, rules
from tests.world import World

# y answered (2xx, or on to the next page)   n refused (403)   h hidden: not there for this person (404)
# s sent to a sign-in, or 401                .  the same question as the column before: nothing here is anyone's
# u let in, but the form brings nothing that could be taken (422): a passkey is made by a device, in tests/browser
# `public`: answered to everyone alike, signed in or not. `link`: to whoever has the order's or mailed link, else 404.
#
# A column with ' asks about what is another's: a customer's, a colleague's, another centre's.
TABLE = """
                              anon  cus cus' art art' mgr mgr' fin fin' saf saf' aud aud' adm adm'
account.add_address             s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.address                 s    y   h    n   n    n   n    n   n    n   n    n   n    n   n
account.addresses               s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.change_address          s    y   h    n   n    n   n    n   n    n   n    n   n    n   n
account.change_details          s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.change_email            s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.closed                public
account.data                    s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.details                 s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.erase                   s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.erase_again             s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.erase_now               s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.export                  s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.home                    s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.link                  link
account.link_post             link
account.mail_link             public
account.mail_step_up            s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.mailed                public
account.new                   public
account.new_address             s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.new_post              public
account.order                   s    y   h    n   n    n   n    n   n    n   n    n   n    n   n
account.password                s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.remove_address          s    y   h    n   n    n   n    n   n    n   n    n   n    n   n
account.remove_password         s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.set_password            s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.sign_out                s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
account.sign_out_everywhere     s    y   .    n   .    n   .    n   .    n   .    n   .    n   .
artisan.accept                  s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.answer                  s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.choose_language         s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.consents                s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.hide_amounts            s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.home                    s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.leave                 public
artisan.line                    s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.mine                    s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.passbook                s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.refuse                  s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.sign_in               public
artisan.sign_in_post          public
artisan.start                   s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.submit                  s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.task                    s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.tasks                   s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.withdraw_consent        s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
assets                        public
auth.join                     link
auth.join_post                link
auth.second_step                s    s   .    s   .    s   .    s   .    s   .    s   .    s   .
auth.second_step_passkey        s    s   .    s   .    s   .    s   .    s   .    s   .    s   .
auth.second_step_post         public
auth.sign_in                  public
auth.sign_in_post             public
auth.sign_out                   s    y   .    y   .    y   .    y   .    y   .    y   .    y   .
auth.signed_out               public
auth.stay                       s    y   .    y   .    y   .    y   .    y   .    y   .    y   .
auth.step_up                    s    y   .    n   .    y   .    y   .    y   .    y   .    y   .
auth.step_up_passkey            s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
auth.step_up_post               s    y   .    n   .    y   .    y   .    y   .    y   .    y   .
health.alive                  public
health.metrics                public
health.ready                  public
manager.account                 s    n   n    n   n    n   n    y   y    n   n    y   y    y   y
manager.add_centre              s    n   .    n   .    n   .    n   .    n   .    n   .    y   .
manager.add_passkey             s    n   .    n   .    u   .    u   .    u   .    u   .    u   .
manager.add_picture             s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.add_story_picture       s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.add_variant             s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.adjust_stock            s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.allow_story_words       s    n   n    n   n    n   n    n   n    y   y    n   n    n   n
manager.answer_return           s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.answer_share            s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.answer_ticket           s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.approve                 s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.approve_correction      s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.approve_making          s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.artisan                 s    n   n    n   n    y   h    y   y    y   y    y   y    y   y
manager.audit                   s    n   .    n   .    n   .    n   .    y   .    y   .    y   .
manager.begin_second_factor     s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.board                   s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.books                   s    n   .    n   .    n   .    y   .    n   .    y   .    y   .
manager.catalogue               s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.change_rate             s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.change_reach            s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.centres                 s    n   .    n   .    n   .    n   .    n   .    n   .    y   .
manager.change_password         s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.change_role             s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.check                   s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.check_claim             s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.check_post              s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.choose_persona          s    n   n    n   n    y   h    n   n    y   y    n   n    n   n
manager.claims                  s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.close_event             s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.close_ticket            s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.close_unwitnessed       s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.collection              s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.collections             s    n   .    n   .    n   .    n   .    n   .    n   .    y   .
manager.consents                s    n   n    n   n    y   h    n   n    y   y    n   n    n   n
manager.corrections             s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.customer                s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.customer_post           s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.decline_correction      s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.decline_making          s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.deliver                 s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.delivery                s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.delivery_rate           s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.disable                 s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.drop_products_file      s    n   .    n   .    y   .    n   .    n   .    n   .    y   .
manager.enable                  s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.end_other_sign_ins      s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.end_sign_in             s    n   n    n   n    y   h    y   h    y   h    y   h    y   h
manager.enter_identity          s    n   n    n   n    y   h    n   n    y   y    n   n    n   n
manager.entry                   s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.erase_identity          s    n   n    n   n    n   n    n   n    y   y    n   n    n   n
manager.events                  s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.export_products         s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.figures                 s    n   n    n   n    y   h    y   y    y   y    y   y    y   y
manager.find                    s    n   n    n   n    y   y    y   y    n   n    y   y    y   y
manager.grant_consent           s    n   n    n   n    y   h    n   n    y   y    n   n    n   n
manager.identity                s    n   n    n   n    y   h    n   n    y   y    n   n    n   n
manager.identity_erasure        s    n   n    n   n    n   n    n   n    y   y    n   n    n   n
manager.import_products         s    n   .    n   .    y   .    n   .    n   .    n   .    y   .
manager.invite                  s    n   .    n   .    n   .    n   .    n   .    n   .    y   .
manager.invite_again            s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.label                   s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.looks                   s    n   .    n   .    y   .    n   .    y   .    n   .    n   .
manager.me                      s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.new_artisan             s    n   .    n   .    y   .    n   .    n   .    n   .    y   .
manager.new_artisan_post        s    n   .    n   .    y   .    n   .    n   .    n   .    y   .
manager.new_codes               s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.new_collection          s    n   .    n   .    n   .    n   .    n   .    n   .    y   .
manager.new_collection_post     s    n   .    n   .    n   .    n   .    n   .    n   .    y   .
manager.new_product             s    n   .    n   .    y   .    n   .    n   .    n   .    y   .
manager.new_product_post        s    n   .    n   .    y   .    n   .    n   .    n   .    y   .
manager.new_story               s    n   .    n   .    y   .    n   .    y   .    n   .    y   .
manager.new_story_post          s    n   .    n   .    y   .    n   .    y   .    n   .    y   .
manager.new_variant             s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.new_work                s    n   .    n   .    y   .    n   .    n   .    n   .    y   .
manager.new_work_post           s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.note_looks              s    n   .    n   .    y   .    n   .    y   .    n   .    n   .
manager.offer                   s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.offer_post              s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.order                   s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.orders                  s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.paper                   s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.passkey_options         s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.payout                  s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.payout_file_page        s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.payout_files            s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.payouts                 s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.people                  s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.person                  s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.pin                     s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.product                 s    n   n    n   n    y   h    y   y    y   y    y   y    y   y
manager.products                s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.propose                 s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.propose_correction      s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.propose_payout_file     s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.propose_share           s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.publish_product         s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.put_picture_first       s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.receive_return          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.record_failed           s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.record_sent             s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.refund                  s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.refund_post             s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.release_payout_file     s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.remove_passkey          s    n   n    n   n    y   h    y   h    y   h    y   h    y   h
manager.remove_picture          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.remove_story_picture    s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.rename_product          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.reset_pin               s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.reset_second_factor     s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.retire_product          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.return_page             s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.reveal_identity         s    n   n    n   n    y   h    n   n    y   y    n   n    n   n
manager.review_story            s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.rewrite_collection      s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.rewrite_product         s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.rewrite_story           s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.rewrite_variant         s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.second_factor_off       s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.second_factor_on        s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.second_factor_page      s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.set_cost                s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.settle_piece            s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.ship                    s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.staff                   s    n   .    n   .    n   .    n   .    n   .    n   .    y   .
manager.story                   s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.story_list              s    n   .    n   .    y   .    n   .    y   .    n   .    y   .
manager.story_picture           s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.submit_story            s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.switch_faces            s    n   .    n   .    n   .    n   .    y   .    n   .    n   .
manager.take_story_down         s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.task                    s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.ticket                  s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.tickets                 s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.today                   s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.try_event_again         s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.upload_products         s    n   .    n   .    y   .    n   .    n   .    n   .    y   .
manager.variant                 s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.verification            s    n   .    n   .    n   .    y   .    n   .    y   .    y   .
manager.withdraw                s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.withdraw_consent        s    n   n    n   n    y   h    y   y    y   y    y   y    y   y
manager.withdraw_correction     s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.withdraw_making         s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.withdraw_payout_file    s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.withdraw_share          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.withdraw_task           s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.work                    s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.write_making            s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
media.rendition               public
static                        public
storefront.add_line           public
storefront.ask_return         link
storefront.call_off_return    link
storefront.cancel             link
storefront.cart               public
storefront.change_currency    public
storefront.centres            public
storefront.change_line        public
storefront.checkout_form      public
storefront.collection         public
storefront.come_back          link
storefront.contact            public
storefront.google             public
storefront.home               public
storefront.house_page         public
storefront.impact             public
storefront.made               public
storefront.money_flows        public
storefront.order              link
storefront.paper              link
storefront.pay                link
storefront.pay_again          public
storefront.place_order        public
storefront.product            public
storefront.products           public
storefront.robots             public
storefront.search             public
storefront.sitemap            public
storefront.sitemap_part       public
storefront.stories            public
storefront.story              public
storefront.suggestions        public
storefront.why_buy            public
storefront.write              public
storefront.written            public
webhooks.receive              public
"""
ROLE_OF = {
    "cus": Role.CUSTOMER, "art": Role.ARTISAN, "mgr": Role.MANAGER, "fin": Role.FINANCE,
    "saf": Role.SAFEGUARDING, "aud": Role.AUDITOR, "adm": Role.ADMIN,
}  # fmt: skip
WORDS = {"y": "answered", "n": "refused", "h": "hidden", "s": "sent to sign in", "u": "let in with nothing to take"}
ENDS_AT_SIGN_IN = ("auth.sign_out", "auth.join_post")  # which have done what they were asked for by then
SIGN_INS = ("/login", "/artisan/sign-in", "/step-up")


@dataclass(frozen=True)
class Cell:
    """One question: a route, who asks, about whose records, and the answer that the table gives."""

    endpoint: str
    column: str
    expected: str

    @property
    def person(self) -> str | None:
        """Return who asks, None for a stranger."""
        return None if self.column == "anon" else PERSON_OF[ROLE_OF[self.column.rstrip("'")]]

    @property
    def side(self) -> str:
        """Return whose records it is about."""
        if not self.column.endswith("'"):
            return OWN
        return COLLEAGUE if self.column == "art'" else RIVER


def table() -> dict[str, str | list[Cell]]:
    """Return endpoint -> its cells, or the word `public` or `link`."""
    head, *lines = (line for line in TABLE.strip("\n").splitlines())
    columns = head.split()
    found: dict[str, str | list[Cell]] = {}
    for line in lines:
        endpoint, *cells = line.split()
        assert endpoint not in found, f"{endpoint} is in the table twice"
        if cells in (["public"], ["link"]):
            found[endpoint] = cells[0]
        else:
            pairs = zip(columns, cells, strict=True)
            found[endpoint] = [Cell(endpoint, column, expected) for column, expected in pairs]
    return found


def strangers(app: Flask) -> list[str]:
    """Return every endpoint that has no line in the table, and every line that has no endpoint."""
    known, there = table().keys(), {rule.endpoint for rule in app.url_map.iter_rules()}
    missing = [f"{endpoint} is not in the table" for endpoint in sorted(there - known)]
    return missing + [f"{endpoint} is in the table and not in the shop" for endpoint in sorted(known - there)]


def unexpected(house: House, only: set[str] | None = None) -> tuple[list[str], int]:
    """Return every cell that answers otherwise than the table says, and how many were asked."""
    known, wrong, asked = table(), strangers(house.world.app), 0
    for rule, method in rules(house):
        if rule.endpoint not in known or (only is not None and rule.endpoint not in only):
            continue
        for what, found in _answers(house, rule, method, known[rule.endpoint]):
            asked += 1
            wrong += [f"{method} {rule.rule} ({rule.endpoint}), {what}: {found}"] if found else []
    return wrong, asked


def _answers(house: House, rule: Rule, method: str, line: str | list[Cell]) -> Iterator[tuple[str, str]]:
    """Yield each question of a route, and what is wrong with its answer ("" if nothing is)."""
    if isinstance(line, str):
        yield from _open_to_all(house, rule, method, line)
        return
    for cell in line:
        if cell.expected == ".":
            if _question(house, rule, method, OWN) != _question(house, rule, method, cell.side):
                yield cell.column, "the table says `.`, but this asks about another's record"
            continue
        found = _answer(house, rule, method, cell.person, cell.side, ready=cell.expected in "yh")
        wrong = "" if found == cell.expected else f"{WORDS.get(found, found)}, not {WORDS[cell.expected]}"
        yield cell.column, wrong


def _open_to_all(house: House, rule: Rule, method: str, word: str) -> Iterator[tuple[str, str]]:
    """A public route refuses nobody for who she is; one with a key answers its holder and is not there for others."""
    for name in (None, *PERSON_OF.values()):
        found = _answer(house, rule, method, name, OWN)
        if word == "public":
            yield str(name), f"{WORDS[found]}, though it is public" if found in ("n", "s") else ""
            continue
        yield str(name), "" if found == "y" else f"{WORDS.get(found, found)}, with the right key"
        named = f"{rule.endpoint}:token" if f"{rule.endpoint}:token" in house.sides[OWN] else "token"
        secret = named if "token" in rule.arguments else "key"
        wrong = house.sides[RIVER]["key"] if secret == "key" else "0" * 43
        whose = "another order's key" if secret == "key" else "no one's token"
        right = house.sides[OWN][secret]
        house.sides[OWN][secret] = wrong
        found = _answer(house, rule, method, name, OWN)
        house.sides[OWN][secret] = right
        yield str(name), "" if found == "h" else f"{WORDS.get(found, found)}, with {whose}"


def _question(house: House, rule: Rule, method: str, side: str) -> tuple[str, dict[str, str]]:
    form = house.form(rule.endpoint, side) if method == "POST" else {}
    return house.path(rule, side), {name: str(value) for name, value in form.items() if isinstance(value, str | int)}


def _answer(house: House, rule: Rule, method: str, name: str | None, side: str, *, ready: bool = True) -> str:
    """Send one request and return its answer as a letter of the table, or its status."""
    answer = house.ask(rule, method, name, side, ready=ready)
    answer.close()
    if (method != "GET" or rule.endpoint in BEFORE) and answer.status_code not in (401, 403):
        house.put_back()
    status, where = answer.status_code, answer.location or ""
    leads_to_sign_in = status in (302, 303) and where.startswith(SIGN_INS) and rule.endpoint not in ENDS_AT_SIGN_IN
    if status == 401 or leads_to_sign_in:
        return "s" if rule.endpoint not in ("auth.sign_in_post", "artisan.sign_in_post") else str(status)
    return {403: "n", 404: "h", 422: "u"}.get(status, "y" if 200 <= status < 400 else str(status))


@pytest.fixture
def house(world: World, tmp_path: Path) -> House:
    """The house with two of everything."""
    return build(world, tmp_path)


def without_policy(app: Flask) -> list[str]:
    """Return every endpoint that is neither public by name nor names an action of the policy."""
    bare = []
    for endpoint in {rule.endpoint for rule in app.url_map.iter_rules()}:
        try:
            action = action_of(app, endpoint)
        except KeyError:
            bare.append(endpoint)
            continue
        if action is not None and action not in POLICY:
            bare.append(endpoint)
    return sorted(bare)


def test_everyone_gets_the_answer_that_the_table_gives(house: House) -> None:
    wrong, asked = unexpected(house)

    note("access.matrix_unexpected", len(wrong), n=asked, seed=0)
    assert not wrong, "\n".join(wrong)


def test_a_right_too_many_a_right_too_few_and_a_fetch_that_ignores_the_centre_are_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(endpoint: str) -> list[str]:
        return [each.split("), ")[1] for each in unexpected(house, {endpoint})[0]]

    with monkeypatch.context() as changed:
        changed.setitem(POLICY, "orders.refund", {**POLICY["orders.refund"], Role.AUDITOR: HOUSE})
        assert {each[:3] for each in found("manager.refund")} == {"aud"}
    with monkeypatch.context() as changed:
        changed.setitem(POLICY, "audit.read", {Role.ADMIN: HOUSE})
        assert found("manager.audit") == ["saf: refused, not answered", "aud: refused, not answered"]
    with monkeypatch.context() as changed:
        changed.setattr(payouts, "covers", lambda *_: True)
        assert found("manager.payout") == ["mgr': answered, not hidden"]
    with monkeypatch.context() as changed:
        changed.setattr(lifecycle, "get_for_customer", lambda number, _key: lifecycle.get_of(house_wide(house), number))
        assert {each.split(": ")[1] for each in found("storefront.order")} == {"answered, with another order's key"}
    assert found("manager.payout") == found("manager.audit") == found("manager.refund") == []


def house_wide(house: House) -> User:
    """Return someone whom every order is open to."""
    return house.world.user("Anita")


def test_a_route_that_nobody_wrote_into_the_table_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for line in TABLE.splitlines() if not line.startswith("manager.audit ")]
    monkeypatch.setattr("tests.test_access_matrix.TABLE", "\n".join([*lines, "manager.diary public"]))

    assert strangers(app) == ["manager.audit is not in the table", "manager.diary is in the table and not in the shop"]


def test_every_route_is_public_by_name_or_names_an_action_of_the_policy(app: Flask) -> None:
    bare = without_policy(app)

    note("access.routes_without_policy", len(bare), n=len(app.view_functions), seed=0)
    assert bare == []


def test_a_route_that_says_neither_is_found(app: Flask) -> None:
    app.view_functions["storefront.home"] = lambda: "open to all, by mistake"
    app.view_functions["manager.audit"].__dict__["action"] = "audit.write"

    assert without_policy(app) == ["manager.audit", "storefront.home"]
    app.view_functions["manager.audit"].__dict__["action"] = "audit.read"
