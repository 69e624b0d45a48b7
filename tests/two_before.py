"""What is brought about before a route is asked, so that its act may be done: an order shipped, a payout approved.

`House.ask` of `tests/two_centres.py` does what `BEFORE` says of an endpoint, and then sends its request.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from shop import documents
from shop.artisans import came_back, payouts
from shop.artisans.cash_models import CashAct
from shop.artisans.models import Correction, Payout
from shop.artisans.story_models import Story, StoryStatus
from shop.artisans.vault import payout_file
from shop.catalog import figures, stock
from shop.clock import india_date
from shop.db import db
from shop.money import Money
from shop.orders import exchanges, invoice_files, invoices, lifecycle, returns, thanks
from shop.orders.models import Order
from shop.orders.return_models import Return, ReturnReason, Wish
from shop.orders.window import Window
from shop.production.models import Making, MakingStatus
from tests.cast import SELLER
from tests.two_advances import acknowledged, approved, no_advance, paid, put_aside
from tests.two_deductions import noticed, taken
from tests.two_designs import a_design
from tests.two_months import a_month_to_close, a_paper
from tests.two_odd import (
    asked_to_wait,
    attempt_of,
    disputed,
    given_back_elsewhere,
    given_back_unheard,
    refund_failed,
    refund_given_up,
    wrong_sum,
    wrong_sum_unheard,
)
from tests.two_signed_in import a_phone, a_phone_that_waits, a_yes_that_may_not_be_hers, hers_on_her_own_side
from tests.workshop import user, variant

if TYPE_CHECKING:
    from tests.two_centres import House


def _no_proposal(_house: "House", _side: str, _name: str | None) -> None:
    db.session.execute(update(Making).where(Making.status == MakingStatus.PROPOSED).values(status="withdrawn"))


def _no_payout(house: "House", side: str, _name: str | None) -> None:
    db.session.execute(update(Payout).where(Payout.id == house.sides[side]["payout_id"]).values(status="withdrawn"))


def _nothing_written(house: "House", side: str, _name: str | None) -> None:
    db.session.execute(update(CashAct).values(status="withdrawn"))


def _approved(house: "House", side: str, _name: str | None) -> None:
    # by one who is signed in nowhere here, so that everyone who may is asked
    payout = db.session.get_one(Payout, house.sides[side]["payout_id"])
    payouts.approve(
        payout, at=house.world.clock.now(), by=user("Rupa" if payout.proposed_by == user("Mina").actor else "Mina")
    )


def _advance_approved(house: "House", side: str, name: str | None) -> None:
    approved(house, side, name)


def _advance_paid(house: "House", side: str, name: str | None) -> None:
    paid(house, side, name)


def _sent(house: "House", side: str, name: str | None) -> None:
    _approved(house, side, name)
    payout = db.session.get_one(Payout, house.sides[side]["payout_id"])
    payouts.record_sent(payout, bank_reference="UTR-1", at=house.world.clock.now(), by=user("Mina"))


def _settled(house: "House", side: str, name: str | None) -> None:
    _sent(house, side, name)
    payout = db.session.get_one(Payout, house.sides[side]["payout_id"])
    payouts.answer(payout, "yes", at=house.world.clock.now(), by=payout.artisan.user)
    house.sides[side]["sent_on"] = india_date(house.world.clock.now()).isoformat()


def _written_back(house: "House", side: str, name: str | None) -> None:
    _settled(house, side, name)
    payout, at = db.session.get_one(Payout, house.sides[side]["payout_id"]), house.world.clock.now()
    came_back.write(payout, india_date(at), "RET-1", at=at, by=user("Mina"))


def _questioned(house: "House", side: str, name: str | None) -> None:
    _sent(house, side, name)
    payout, at = db.session.get_one(Payout, house.sides[side]["payout_id"]), house.world.clock.now()
    payouts.answer(payout, "less", at=at, by=payout.artisan.user)
    payouts.say_received(payout, Money(1, "INR"), at=at, by=payout.artisan.user)


def _to_be_filed(house: "House", side: str, name: str | None) -> None:
    _approved(house, side, name)
    payout_file.propose(None, at=house.world.clock.now(), by=user("Mina"))


def _shipped(house: "House", side: str, _name: str | None) -> None:
    order = db.session.scalars(select(Order).where(Order.number == house.sides[side]["number"])).one()
    lifecycle.ship(order, "India Post", "EB1", at=house.world.clock.now(), by=user("Mina").actor, seller=SELLER)


def _sent_back(house: "House", side: str, name: str | None) -> None:
    _shipped(house, side, name)
    order = db.session.scalars(select(Order).where(Order.number == house.sides[side]["number"])).one()
    lines, at = {lifecycle.lines_of(order)[0].id: 1}, house.world.clock.now()
    house.sides[side]["return_id"] = returns.ask(order, lines, ReturnReason.SIZE, Window(), at=at, by="customer").id
    house.sides[side]["unit_id"] = min(returns.units_out(order.id))


def _agreed(house: "House", side: str, name: str | None) -> None:
    _sent_back(house, side, name)
    found = db.session.get_one(Return, house.sides[side]["return_id"])
    returns.agree(found, at=house.world.clock.now(), by=user("Mina").actor)


def _back(house: "House", side: str, name: str | None) -> None:
    _agreed(house, side, name)
    found, unit_id = db.session.get_one(Return, house.sides[side]["return_id"]), house.sides[side]["unit_id"]
    assert isinstance(unit_id, int)
    returns.receive(found, [unit_id], at=house.world.clock.now(), by=user("Mina").actor)


def _exchanged(house: "House", side: str, name: str | None) -> None:
    """Let another of the same be set aside for what came back; one lies on the shelf."""
    _sent_back(house, side, name)
    found, unit_id = db.session.get_one(Return, house.sides[side]["return_id"]), house.sides[side]["unit_id"]
    assert isinstance(unit_id, int)
    at, by = house.world.clock.now(), user("Mina").actor
    found.wish = Wish.EXCHANGE
    returns.agree(found, at=at, by=by)
    if not stock.free([found.lines[0].line.variant_id])[found.lines[0].line.variant_id]:
        stock.adjust(found.lines[0].line.variant_id, 1, "found", f"found:{found.id}", at=at, by=by)
    exchanges.receive(found, [unit_id], at=at, by=by)


def _sent_anew(house: "House", side: str, name: str | None) -> None:
    _exchanged(house, side, name)
    found = db.session.get_one(Return, house.sides[side]["return_id"])
    assert found.exchange is not None
    exchanges.send(found.exchange, "India Post", "EX1IN", at=house.world.clock.now(), by=user("Mina").actor)


def _delivered(house: "House", side: str, name: str | None) -> None:
    _shipped(house, side, name)
    order = db.session.scalars(select(Order).where(Order.number == house.sides[side]["number"])).one()
    lifecycle.deliver(order, at=house.world.clock.now(), by=user("Mina").actor)


def _thanked(house: "House", side: str, name: str | None) -> None:
    _delivered(house, side, name)
    order = db.session.scalars(select(Order).where(Order.number == house.sides[side]["number"])).one()
    words = f"A thank-you for {side}’s side."
    note = thanks.write(order, "Someone", words, language="en", at=house.world.clock.now())
    house.sides[side]["thanks_id"] = note.id


def _share_proposed(house: "House", side: str, _name: str | None, *, by: str = "Mina") -> None:
    scope = figures.product_scope(variant(str(house.sides[side]["sku"])).product_id)
    made = figures.propose_rule(scope, minor=1_000, at=house.world.clock.now(), by=user(by).actor)
    house.sides[side]["manager.answer_share:version"] = made.version
    house.sides[side]["manager.withdraw_share:version"] = made.version


def _share_of_the_one_who_asks(house: "House", side: str, name: str | None) -> None:
    _share_proposed(house, side, name, by=name or "Mina")


def _with_a_paper(house: "House", side: str, _name: str | None) -> None:
    order = db.session.scalars(select(Order).where(Order.number == house.sides[side]["number"])).one()
    at, who = house.world.clock.now(), user("Mina").actor
    lifecycle.ship(order, "India Post", "EB1", at=at, by=who, seller=SELLER)
    (invoice,) = invoices.papers_of(order)
    sha256, size = documents.keep(b"%PDF-", invoice_files.FOLDER, papers=house.world.app.config["PAPERS_URL"])
    invoice_files.record(invoice.id, sha256, size, at=at)


def _written_by_the_one_who_asks(_house: "House", _side: str, name: str | None) -> None:
    if name:
        actor = user(name).actor
        db.session.execute(update(Making).where(Making.status == MakingStatus.PROPOSED).values(made_by=actor))
        db.session.execute(update(Correction).values(proposed_by=actor))


def _a_story_of_the_one_who_asks(_house: "House", _side: str, name: str | None) -> None:
    if name:
        db.session.execute(update(Story).where(Story.status == StoryStatus.DRAFT).values(written_by=user(name).id))


def _nothing_under_way(_house: "House", _side: str, _name: str | None) -> None:
    db.session.execute(update(Order).where(Order.email == "asha@test.example").values(email="guest@test.example"))


# endpoint -> what is brought about first, so that the act may be done
BEFORE: dict[str, Callable[["House", str, str | None], None]] = {
    "account.erase_again": _nothing_under_way,
    "account.erase_now": _nothing_under_way,
    "artisan.answer": _sent,
    "artisan.answer_advance": _advance_paid,
    "artisan.repay": acknowledged,
    "artisan.statement": a_paper,
    "manager.close_month": a_month_to_close,
    "artisan.take_back": put_aside,
    "artisan.deduction": noticed,
    "artisan.answer_deduction": noticed,
    "manager.uphold_deduction": noticed,
    "manager.give_deduction_back": taken,
    "manager.propose_advance": no_advance,
    "manager.record_advance": _advance_approved,
    "manager.return_advance": _advance_paid,
    "manager.add_story_picture": _a_story_of_the_one_who_asks,
    "manager.close_unwitnessed": a_yes_that_may_not_be_hers,
    "manager.deliver": _shipped,
    "manager.deliver_exchange": _sent_anew,
    "manager.end_exchange": _exchanged,
    "manager.exchange_label": _exchanged,
    "manager.send_exchange": _exchanged,
    "manager.give_event_back": wrong_sum,
    "manager.give_review_back": wrong_sum_unheard,
    "manager.take_review_in": given_back_unheard,
    "manager.look_at_attempt": attempt_of,
    "manager.note_dispute": disputed,
    "manager.refund_again": refund_failed,
    "manager.send_refund_again": refund_given_up,
    "manager.take_event_in": given_back_elsewhere,
    "storefront.answer_late": asked_to_wait,
    "manager.answer_return": _sent_back,
    "manager.answer_share": _share_proposed,
    "manager.approve_design": a_design,
    "manager.withdraw_design": a_design,
    "manager.answer_thanks": _thanked,
    "manager.thanks": _thanked,
    "storefront.thank": _delivered,
    "manager.receive_return": _agreed,
    "manager.return_page": _sent_back,
    "manager.settle_piece": _back,
    "manager.withdraw_share": _share_of_the_one_who_asks,
    "storefront.ask_return": _shipped,
    "storefront.call_off_return": _sent_back,
    "manager.paper": _with_a_paper,
    "storefront.paper": _with_a_paper,
    "manager.end_sign_in": hers_on_her_own_side,
    "manager.new_codes": a_phone,
    "manager.remove_passkey": hers_on_her_own_side,
    "manager.second_factor_off": a_phone,
    "manager.second_factor_on": a_phone_that_waits,
    "manager.payout_file_page": _to_be_filed,
    "manager.propose_payout_file": _approved,
    "manager.release_payout_file": _to_be_filed,
    "manager.withdraw_payout_file": _to_be_filed,
    "manager.propose": _no_payout,
    "manager.propose_run": _no_payout,
    "manager.send_run": _approved,
    "manager.write_cash": _nothing_written,
    "manager.record_failed": _sent,
    "manager.settle_short": _questioned,
    "artisan.say_received": _questioned,
    "manager.write_back": _settled,
    "manager.see_back": _written_back,
    "manager.withdraw_back": _written_back,
    "manager.record_sent": _approved,
    "manager.remove_story_picture": _a_story_of_the_one_who_asks,
    "manager.rewrite_story": _a_story_of_the_one_who_asks,
    "manager.submit_story": _a_story_of_the_one_who_asks,
    "manager.withdraw_correction": _written_by_the_one_who_asks,
    "manager.withdraw_making": _written_by_the_one_who_asks,
    "manager.write_making": _no_proposal,
}
