"""Who gets what answer where: a table written by hand, of every endpoint and everyone who may ask.

Each column of a person has a second beside it for what is another's. Whoever adds a route adds its line here, and,
where its address or form needs something new, a record in `tests/two_centres.py` or a form in `tests/two_forms.py`.
"""

from dataclasses import dataclass

from shop.users.models import Role
from tests.two_centres import COLLEAGUE, OWN, PERSON_OF, RIVER

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
artisan.advance                 s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.answer                  s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.answer_advance          s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.ask                     s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.answer_deduction        s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.choose_language         s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.consents                s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.deduction               s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.hide_amounts            s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.home                    s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.leave                 public
artisan.line                    s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.mine                    s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.passbook                s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.refuse                  s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.repay                   s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.say_received            s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.save                    s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.savings                 s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.sign_in               public
artisan.sign_in_post          public
artisan.start                   s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.statement               s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.statements              s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.submit                  s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.switch_thanks           s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.take_back               s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.take_question_back      s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.task                    s    n   n    y   h    n   n    n   n    n   n    n   n    n   n
artisan.tasks                   s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
artisan.thanks                  s    n   .    y   .    n   .    n   .    n   .    n   .    n   .
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
manager.advances                s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.allow_story_words       s    n   n    n   n    n   n    n   n    y   y    n   n    n   n
manager.answer_question         s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.answer_return           s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.answer_share            s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.answer_thanks           s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.answer_ticket           s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.approve                 s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.approve_advance         s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.approve_correction      s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.approve_deduction       s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.approve_design          s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.approve_making          s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.approve_recount         s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.approve_run             s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.artisan                 s    n   n    n   n    y   h    y   y    y   y    y   y    y   y
manager.ask_for_verification    s    n   .    n   .    n   .    y   .    n   .    y   .    y   .
manager.audit                   s    n   .    n   .    n   .    n   .    y   .    y   .    y   .
manager.begin_run               s    n   n    n   n    y   y    y   y    n   n    n   n    y   y
manager.begin_second_factor     s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.board                   s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.books                   s    n   .    n   .    n   .    y   .    n   .    y   .    y   .
manager.cash                    s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.cash_book_file          s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.cash_boxes              s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
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
manager.close_month             s    n   n    n   n    n   n    y   y    n   n    n   n    n   n
manager.close_recount           s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.close_review            s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
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
manager.deductions              s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.deliver                 s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.deliver_exchange        s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.delivery                s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.delivery_rate           s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.disable                 s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.drop_products_file      s    n   .    n   .    y   .    n   .    n   .    n   .    y   .
manager.enable                  s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.end_exchange            s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.end_other_sign_ins      s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.end_sign_in             s    n   n    n   n    y   h    y   h    y   h    y   h    y   h
manager.enter_identity          s    n   n    n   n    y   h    n   n    y   y    n   n    n   n
manager.entry                   s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.erase_identity          s    n   n    n   n    n   n    n   n    y   y    n   n    n   n
manager.exceptions              s    n   .    n   .    y   .    y   .    n   .    n   .    y   .
manager.exchange_label          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.export_products         s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.figures                 s    n   n    n   n    y   h    y   y    y   y    y   y    y   y
manager.find                    s    n   n    n   n    y   y    y   y    n   n    y   y    y   y
manager.gateways                s    n   .    n   .    n   .    y   .    n   .    y   .    y   .
manager.give_deduction_back     s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.give_event_back         s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.give_review_back        s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.grant_consent           s    n   n    n   n    y   h    n   n    y   y    n   n    n   n
manager.identity                s    n   n    n   n    y   h    n   n    y   y    n   n    n   n
manager.identity_erasure        s    n   n    n   n    n   n    n   n    y   y    n   n    n   n
manager.import_products         s    n   .    n   .    y   .    n   .    n   .    n   .    y   .
manager.invite                  s    n   .    n   .    n   .    n   .    n   .    n   .    y   .
manager.invite_again            s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.label                   s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.look_at_attempt         s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.looks                   s    n   .    n   .    y   .    n   .    y   .    n   .    n   .
manager.me                      s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.months                  s    n   .    n   .    n   .    y   .    n   .    y   .    y   .
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
manager.note_dispute            s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.note_looks              s    n   .    n   .    y   .    n   .    y   .    n   .    n   .
manager.offer                   s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.offer_post              s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.order                   s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.orders                  s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.paper                   s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.passkey_options         s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.payment                 s    n   n    n   n    n   n    y   y    n   n    y   y    y   y
manager.payout                  s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.payout_file_page        s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.payout_files            s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.payout_run              s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.payout_runs             s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.payouts                 s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.people                  s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.person                  s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.pin                     s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.product                 s    n   n    n   n    y   h    y   y    y   y    y   y    y   y
manager.products                s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.propose                 s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.propose_advance         s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.propose_correction      s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.propose_deduction       s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.propose_design          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.propose_payout_file     s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.propose_recount         s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.propose_run             s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.propose_share           s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.publish_product         s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.put_picture_first       s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.questions               s    n   .    n   .    y   .    y   .    n   .    y   .    y   .
manager.receive_return          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.record_advance          s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.record_failed           s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.record_sent             s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.refund                  s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.refund_again            s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.refund_post             s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.release_payout_file     s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.remove_passkey          s    n   n    n   n    y   h    y   h    y   h    y   h    y   h
manager.remove_picture          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.remove_story_picture    s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.rename_product          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.reset_pin               s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.reset_second_factor     s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.retire_product          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.return_advance          s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.return_page             s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.reveal_identity         s    n   n    n   n    y   h    n   n    y   y    n   n    n   n
manager.review_story            s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.rewrite_collection      s    n   n    n   n    n   n    n   n    n   n    n   n    y   y
manager.rewrite_product         s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.rewrite_story           s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.rewrite_variant         s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.rupee                   s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.run_cash_list           s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.second_factor_off       s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.second_factor_on        s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.second_factor_page      s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.see_back                s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.see_cash                s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.send_exchange           s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.send_refund_again       s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.send_run                s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.set_cost                s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.settle_piece            s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.settle_short            s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.ship                    s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.staff                   s    n   .    n   .    n   .    n   .    n   .    n   .    y   .
manager.story                   s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.story_list              s    n   .    n   .    y   .    n   .    y   .    n   .    y   .
manager.story_picture           s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.submit_story            s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.switch_faces            s    n   .    n   .    n   .    n   .    y   .    n   .    n   .
manager.take_event_in           s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.take_review             s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.take_review_in          s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.take_story_down         s    n   n    n   n    y   h    n   n    y   y    n   n    y   y
manager.task                    s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.thanks                  s    n   .    n   .    y   .    n   .    y   .    n   .    y   .
manager.ticket                  s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.tickets                 s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.today                   s    n   .    n   .    y   .    y   .    y   .    y   .    y   .
manager.try_event_again         s    n   n    n   n    n   n    y   y    n   n    n   n    y   y
manager.uphold_deduction        s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.upload_products         s    n   .    n   .    y   .    n   .    n   .    n   .    y   .
manager.variant                 s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.verification            s    n   .    n   .    n   .    y   .    n   .    y   .    y   .
manager.withdraw                s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.withdraw_advance        s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.withdraw_back           s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.withdraw_cash           s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.withdraw_consent        s    n   n    n   n    y   h    y   y    y   y    y   y    y   y
manager.withdraw_correction     s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.withdraw_deduction      s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.withdraw_design         s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.withdraw_making         s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.withdraw_payout_file    s    n   .    n   .    n   .    y   .    n   .    n   .    y   .
manager.withdraw_share          s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.withdraw_task           s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
manager.work                    s    n   n    n   n    y   h    y   y    n   n    y   y    y   y
manager.write_back              s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.write_cash              s    n   n    n   n    y   h    y   y    n   n    n   n    y   y
manager.write_making            s    n   n    n   n    y   h    n   n    n   n    n   n    y   y
media.rendition               public
static                        public
storefront.add_line           public
storefront.answer_late         link
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
storefront.thank              link
storefront.why_buy            public
storefront.write              public
storefront.written            public
webhooks.receive              public
"""
ROLE_OF = {
    "cus": Role.CUSTOMER, "art": Role.ARTISAN, "mgr": Role.MANAGER, "fin": Role.FINANCE,
    "saf": Role.SAFEGUARDING, "aud": Role.AUDITOR, "adm": Role.ADMIN,
}  # fmt: skip


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
