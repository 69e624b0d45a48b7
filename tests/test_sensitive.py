"""What matters for someone's safety or money leaves its row in the audit, driven by real requests.

`SENSITIVE` is the list of acts with the address of each. An address that changes something and is not in it
has to be written down here as ordinary, with what makes it so.
"""

import ast
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from shop.db import db
from shop.orders.models import Order
from shop.users import audit, recovery
from shop.users.audit import AuditRecord
from shop.users.policy import POLICY
from tests.access_table import table
from tests.two_centres import OWN, PERSON_OF, House, build, rules
from tests.users.factors import half_in, with_phone
from tests.world import World

# Every act that matters for someone's safety or money -> the address that does it.
SENSITIVE: dict[str, str] = {
    "claims.check": "manager.check_claim",
    "tickets.answer": "manager.answer_ticket",
    "rates.propose": "manager.write_making",
    "rates.approve": "manager.approve_making",
    "rates.decline": "manager.decline_making",
    "rates.withdraw": "manager.withdraw_making",
    "rates.propose-share": "manager.propose_share",
    "rates.approve-share": "manager.answer_share",
    "rates.decline-share": "manager.answer_share",
    "rates.withdraw-share": "manager.withdraw_share",
    "rates.propose-design": "manager.propose_design",
    "rates.approve-design": "manager.approve_design",
    "rates.withdraw-design": "manager.withdraw_design",
    "returns.receive": "manager.receive_return",
    "returns.end-exchange": "manager.end_exchange",
    "thanks.pass-on": "manager.answer_thanks",
    "thanks.set-aside": "manager.answer_thanks",
    "work.pay-more": "manager.offer_post",  # an offer above the rate in force; one at the rate is ordinary
    "payouts.propose": "manager.propose",
    "payouts.approve": "manager.approve",
    "payouts.send": "manager.record_sent",
    "payouts.fail": "manager.record_failed",
    "payouts.settle-short": "manager.settle_short",
    "payouts.write-back": "manager.write_back",
    "payouts.see-back": "manager.see_back",
    "payouts.withdraw-back": "manager.withdraw_back",
    "payouts.withdraw": "manager.withdraw",
    "advances.propose": "manager.propose_advance",
    "advances.approve": "manager.approve_advance",
    "advances.pay": "manager.record_advance",
    "advances.return": "manager.return_advance",
    "advances.withdraw": "manager.withdraw_advance",
    "deductions.propose": "manager.propose_deduction",
    "deductions.approve": "manager.approve_deduction",
    "deductions.uphold": "manager.uphold_deduction",
    "deductions.withdraw": "manager.withdraw_deduction",
    "deductions.give-back": "manager.give_deduction_back",
    "corrections.propose": "manager.propose_correction",
    "corrections.approve": "manager.approve_correction",
    "corrections.decline": "manager.decline_correction",
    "corrections.withdraw": "manager.withdraw_correction",
    "corrections.propose-recount": "manager.propose_recount",
    "corrections.approve-recount": "manager.approve_recount",
    "corrections.close-recount": "manager.close_recount",
    "payouts.approve-run": "manager.approve_run",
    "cash.write": "manager.write_cash",
    "cash.see": "manager.see_cash",
    "cash.withdraw": "manager.withdraw_cash",
    "books.close": "manager.close_month",
    "questions.answer": "manager.answer_question",
    "payout-file.propose": "manager.propose_payout_file",
    "payout-file.release": "manager.release_payout_file",
    "payout-file.withdraw": "manager.withdraw_payout_file",
    "identity.enter": "manager.enter_identity",
    "identity.reveal": "manager.reveal_identity",
    "identity.erase": "manager.erase_identity",
    "persona.choose": "manager.choose_persona",
    "consents.grant": "manager.grant_consent",
    "consents.witness": "manager.grant_consent",  # by the witness
    "consents.withdraw": "manager.withdraw_consent",  # and by her own tap
    "stories.allow-words": "manager.allow_story_words",
    "stories.approve": "manager.review_story",
    "stories.take-down": "manager.take_story_down",
    "faces.enable": "manager.switch_faces",
    "faces.disable": "manager.switch_faces",
    "customers.export": "account.export",
    "customers.erase": "account.erase_now",
    "orders.refund": "manager.refund_post",
    "customers.contact": "manager.customer_post",
    "customers.open-label": "manager.label",
    "customers.open-paper": "manager.paper",
    "events.try-again": "manager.try_event_again",
    "events.close": "manager.close_event",
    "payments.take": "manager.take_review",
    "payments.explain": "manager.close_review",
    "payments.give-back": "manager.give_review_back",
    "payments.take-in": "manager.take_review_in",
    "events.give-back": "manager.give_event_back",
    "events.take-in": "manager.take_event_in",
    "orders.refund-again": "manager.refund_again",
    "orders.ask-refund": "manager.send_refund_again",
    "products.publish": "manager.publish_product",
    "products.retire": "manager.retire_product",
    "products.import": "manager.import_products",
    "stock.adjust": "manager.adjust_stock",
    "people.enrol": "manager.new_artisan_post",
    "pin.reset": "manager.reset_pin",
    "centres.add": "manager.add_centre",
    "payouts.look-into": "manager.close_unwitnessed",
    "users.invite": "manager.invite",
    "users.join": "auth.join_post",
    "users.change-role": "manager.change_role",
    "users.disable": "manager.disable",
    "users.enable": "manager.enable",
    "users.reset-second-factor": "manager.reset_second_factor",
    "sign-in.change-password": "manager.change_password",
    "sign-in.add-phone": "manager.second_factor_on",
    "sign-in.remove-phone": "manager.second_factor_off",
    "sign-in.make-paper": "manager.new_codes",
    "sign-in.add-passkey": "manager.add_passkey",
    "sign-in.remove-passkey": "manager.remove_passkey",
    "sign-in.use-paper": "auth.second_step_post",
}
# Each changes what is made, shown or sent, leaves its own dated row (a movement, the event of a task, an order or a
# story), and moves nobody's money and nobody's safety.
ORDINARY = {
    "manager.drop_products_file", "manager.upload_products",  # a list that waits for its sender's yes
    "manager.begin_second_factor", "manager.end_other_sign_ins", "manager.end_sign_in", "manager.passkey_options",
    "manager.change_rate", "manager.change_reach",  # each version of the tariff says who wrote it
    "manager.add_picture", "manager.add_story_picture", "manager.add_variant", "manager.check_post", "manager.deliver",
    "manager.new_product_post", "manager.new_story_post", "manager.new_work_post", "manager.note_looks",
    "manager.put_picture_first", "manager.remove_picture", "manager.remove_story_picture", "manager.rewrite_product",
    "manager.answer_return", "manager.set_cost", "manager.settle_piece",
    "manager.send_exchange", "manager.deliver_exchange",
    "manager.new_collection_post", "manager.rewrite_collection", "manager.rewrite_story", "manager.rewrite_variant",
    "manager.ship", "manager.submit_story", "manager.withdraw_task",
    "manager.close_ticket", "manager.rename_product",
    "manager.ask_for_verification",  # the run says who asked for it, and changes nothing
    "manager.begin_run",  # names days; nothing moves before payouts are proposed
    "manager.look_at_attempt", "manager.note_dispute",  # a question to a gateway; a dated note of a dispute
}  # fmt: skip

# A refused phone number, and a restore by a command: rows that no address leaves when it succeeds.
NO_ADDRESS = {"identity.refuse-phone", "database.restore"}
# Done by one who is not signed in yet, which a test of its own drives below; adding a passkey needs a device and is
# not driven here.
ELSEWHERE = {"sign-in.add-passkey", "sign-in.use-paper", "users.join"}
# A second address of an act.
ALSO = [
    ("users.invite", "manager.invite_again"), ("payouts.propose", "manager.propose_run"),
    ("payouts.send", "manager.send_run"),
]  # fmt: skip
BESIDE = {"consents.witness": "Bina"}  # acts of someone who stands beside the one who sends the form
# Acts that share their address with another, and what the form says then.
SAID = {
    "faces.disable": {"faces": "off"}, "rates.decline-share": {"answer": "decline", "reason": "too little"},
    "thanks.set-aside": {"answer": "aside"},
}  # fmt: skip


@pytest.fixture
def house(world: World, tmp_path: Path) -> House:
    """The house with two of everything."""
    return build(world, tmp_path)


def silent(house: House) -> list[str]:
    """Return every act whose address succeeded and left no row of it, by the one who did it."""
    asked = {rule.endpoint: (rule, method) for rule, method in rules(house)}
    driven = [(act, endpoint) for act, endpoint in (*SENSITIVE.items(), *ALSO) if act not in ELSEWHERE]
    return [wrong for act, endpoint in driven if (wrong := _left_out(house, act, *asked[endpoint]))]


def _left_out(house: House, act: str, rule: Rule, method: str) -> str:
    cells = table()[rule.endpoint]
    assert not isinstance(cells, str), f"{rule.endpoint} is open to all"
    name = next(cell.person for cell in cells if cell.expected == "y" and cell.person != PERSON_OF["artisan"])
    assert name is not None
    with house.world.reading():
        newest = audit.newest(1)[0].seq
        actor = house.world.user(BESIDE.get(act, name)).actor
    answer = house.ask(rule, method, name, OWN, **SAID.get(act, {}))
    answer.close()
    with house.world.reading():
        rows = db.session.scalars(select(AuditRecord).where(AuditRecord.seq > newest)).all()
        found = [(row.act, row.by) for row in rows]
    house.put_back()
    if answer.status_code not in (200, 303):
        return f"{act}: {rule.endpoint} answered {answer.status_code} to {name}"
    return "" if (act, actor) in found else f"{act}: {rule.endpoint} left {found}"


def test_every_sensitive_act_leaves_its_row(house: House) -> None:
    assert silent(house) == []


def test_an_act_that_leaves_no_row_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    write = audit.record

    def forgetful(act: str, subject: str, **more: object) -> None:
        if act not in ("payouts.send", "customers.contact"):
            write(act, subject, **more)

    monkeypatch.setattr(audit, "record", forgetful)

    assert [each.split(":")[0] for each in silent(house)] == ["payouts.send", "customers.contact", "payouts.send"]


def test_every_address_of_the_office_that_changes_something_is_sensitive_or_written_down_as_ordinary(
    world: World,
) -> None:
    posts = {
        rule.endpoint
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint.startswith("manager.") and "POST" in (rule.methods or ())
    }

    assert posts - set(SENSITIVE.values()) - ORDINARY - {endpoint for _, endpoint in ALSO} == set()
    assert ORDINARY & set(SENSITIVE.values()) == set()


def test_an_act_speaks_of_what_the_policy_speaks_of() -> None:
    of_the_policy = {action.split(".")[0] for action in POLICY}

    assert {act.split(".")[0] for act in SENSITIVE} - of_the_policy == {"persona", "products", "stock", "sign-in"}


def test_every_act_that_is_recorded_is_in_the_list() -> None:
    named, ways = set(), ("audit.record", "_audit", "_move", "_close", "_record", "_set", "_enrolled")
    for path in sorted(Path("shop").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ways:
                said = (each for argument in node.args for each in _either(argument))
                named |= {each.value for each in said if isinstance(each.value, str) and "." in each.value}

    assert named - NO_ADDRESS == SENSITIVE.keys()


def _either(argument: ast.expr) -> list[ast.Constant]:
    """Return the constants that an argument may be."""
    told = (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,)
    return [each for each in told if isinstance(each, ast.Constant)]


def test_her_own_tap_leaves_its_row(house: House) -> None:
    rina = house.world.browser().sign_in_artisan("Rina")

    assert rina.post("/artisan/consents/withdrawal", {"item": "persona-card"}).status_code == 303

    with house.world.reading():
        row = audit.newest(1)[0]
        number, her = house.sides[OWN]["artisan_id"], house.world.user("Rina").actor
        assert (row.act, row.subject, row.by) == ("consents.withdraw", f"artisan:{number}", her)
        assert row.reason == "persona-card"


def test_joining_and_signing_in_by_paper_leave_their_rows(world: World, house: House) -> None:
    token = house.sides[OWN]["auth.join:token"]
    words = {"password": "jute-and-marigold", "password_again": "jute-and-marigold"}
    assert world.browser().post(f"/invitation/{token}", words).status_code == 303
    with_phone(world, "Farida")
    with world.writing():
        codes = recovery.make(world.user("Farida").id)
    assert half_in(world, "Farida").post("/login/second-step", {"code": codes[0]}).status_code == 303

    with world.reading():
        lila, farida = world.user("Lila").actor, world.user("Farida").actor
        rows = [(row.act, row.subject, row.by) for row in reversed(audit.newest(2))]
    assert rows == [("users.join", lila, lila), ("sign-in.use-paper", farida, farida)]


def test_a_refused_look_shows_nothing_and_a_look_is_written_before_it_is_shown(house: House) -> None:
    number = house.sides[OWN]["number"]
    farida = house.world.browser().sign_in("Farida")
    page = farida.get(f"/manager/orders/{number}/customer")
    assert "asha@test.example" not in page.text and "98300" not in page.text

    assert farida.post(f"/manager/orders/{number}/customer", {"purpose": "curious"}).status_code == 422
    with house.world.reading():
        assert audit.newest(1, act="customers.contact") == []
    shown = farida.post(f"/manager/orders/{number}/customer", {"purpose": "delivery"})

    assert all(each in shown.text for each in ("asha@test.example", "9830012345", "12 Invented Lane", "Asha Sen"))
    assert shown.headers["Cache-Control"] == "no-store"
    with house.world.reading():
        row = audit.newest(1)[0]
        order_id = db.session.scalars(select(Order.id).where(Order.number == number)).one()
        assert (row.act, row.subject, row.reason) == ("customers.contact", f"order:{order_id}", "delivery")
