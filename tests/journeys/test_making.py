"""A rupee falls through the house: bought, made by two women, sent, earned, paid out and confirmed.

Every amount below was computed by hand. The messenger costs ₹1,690 and its post ₹70; both are sold
within West Bengal at 5 % (420222), so of 169000 paise 8048 are tax (169000 x 500 / 10500 = 8047.6), of
7000 paise 333 (333.3), each in halves. Stitching pays ₹84.50, finishing ₹13.50.
"""

import re

from werkzeug.test import TestResponse

from shop.artisans.models import Payout
from shop.db import db
from shop.ledger.balances import derived, stored
from shop.orders.models import OrderStatus
from shop.production.models import ProductionOrder, Task
from tests.cast import MESSENGER
from tests.conftest import both_databases
from tests.workshop import artisan
from tests.world import Browser, World

pytestmark = both_databases

PRICE, POST = 169_000, 7_000
TAX_OF_PRICE, TAX_OF_POST = 8_048, 333
STITCH, FINISH = 8_450, 1_350


def test_a_rupee_falls_through_the_house(world: World) -> None:
    link = world.buy(MESSENGER, gateway="stripe")
    meera, farida = world.browser().sign_in("Meera"), world.browser().sign_in("Farida")
    rina, mala = world.browser().sign_in_artisan("Rina"), world.browser().sign_in_artisan("Mala")
    number, order_id = world.order(link).number, world.order(link).id
    assert world.order(link).status is OrderStatus.PAID
    assert amounts(world, "gateway:stripe:clearing", f"prepaid:{order_id}") == [PRICE + POST, PRICE + POST]

    stitching = offered(world, meera, "stitch", "Rina")
    finishing = offered(world, meera, "finish", "Mala")
    for browser, task in ((rina, stitching), (mala, finishing)):
        for verb in ("acceptance", "start", "submission"):
            said(browser.post(f"/artisan/tasks/{task}/{verb}"))
        assert "Ready to leave" not in world.browser().get(link).text
        said(checked(meera, task))
    assert "Ready to leave" in world.browser().get(link).text
    assert amounts(world, *payable("Rina", "Mala"), "wages:1") == [STITCH, FINISH, STITCH + FINISH]

    said(meera.post(f"/manager/orders/{number}/shipment", {"carrier": "India Post", "tracking": "EB1IN"}))
    said(meera.post(f"/manager/orders/{number}/delivery"))
    assert world.order(link).status is OrderStatus.DELIVERED
    assert amounts(world, f"prepaid:{order_id}", "sales", "shipping-income", "tax:cgst", "tax:sgst") == [
        0,
        PRICE - TAX_OF_PRICE,
        POST - TAX_OF_POST,
        TAX_OF_PRICE // 2 + 167,
        TAX_OF_PRICE // 2 + 166,
    ]

    payout = proposed(world, meera, "84.50")
    assert meera.post(f"/manager/payouts/{payout}/approval").status_code == 403
    said(farida.post(f"/manager/payouts/{payout}/approval"))
    said(farida.post(f"/manager/payouts/{payout}/sending", {"bank_reference": "UPI-1"}))
    assert amounts(world, *payable("Rina"), "artisan:1:in-transit") == [0, STITCH]
    assert rina.post(f"/artisan/payouts/{payout}/answer", {"said": "yes"}).status_code == 303

    assert amounts(world, *payable("Rina"), "artisan:1:in-transit", "bank") == [0, 0, -STITCH]
    assert amounts(world, *payable("Mala")) == [FINISH]
    assert amounts(world, "gateway:stripe:clearing") == [PRICE + POST]


def test_mala_never_sees_what_is_rinas(world: World) -> None:
    world.buy(MESSENGER)
    meera, rina = world.browser().sign_in("Meera"), world.browser().sign_in_artisan("Rina")
    mala = world.browser().sign_in_artisan("Mala")
    task = offered(world, meera, "stitch", "Rina")
    for verb in ("acceptance", "start", "submission"):
        said(rina.post(f"/artisan/tasks/{task}/{verb}"))
    said(checked(meera, task))
    payout = proposed(world, meera, "84.50")
    line = re.search(r"/artisan/passbook/(\d+)", rina.get("/artisan/passbook").text)
    assert line, "her passbook leads to its line"

    assert rina.get(f"/artisan/passbook/{line[1]}").status_code == 200
    assert mala.get(f"/artisan/passbook/{line[1]}").status_code == 404
    assert mala.get(f"/artisan/tasks/{task}").status_code == 404
    for verb in ("acceptance", "refusal", "start", "submission"):
        assert mala.post(f"/artisan/tasks/{task}/{verb}").status_code == 404
    assert mala.post(f"/artisan/payouts/{payout}/answer", {"said": "yes"}).status_code == 404
    for path in ("/artisan/", "/artisan/tasks", "/artisan/passbook"):
        text = mala.get(path).text
        assert "84.50" not in text
        assert "৮৪.৫০" not in text
        assert f"/artisan/tasks/{task}" not in text


def test_another_centre_neither_sees_nor_touches_the_work(world: World) -> None:
    world.buy(MESSENGER)
    meera, ruma = world.browser().sign_in("Meera"), world.browser().sign_in("Ruma")
    task = offered(world, meera, "stitch", "Rina")
    with world.reading():
        order = db.session.scalars(db.select(ProductionOrder.id)).one()

    assert ruma.get(f"/manager/work/{order}").status_code == 404
    assert ruma.get(f"/manager/tasks/{task}").status_code == 404
    assert ruma.get(f"/manager/tasks/{task}/check").status_code == 404
    assert ruma.post(f"/manager/tasks/{task}/withdrawal").status_code == 404
    assert checked(ruma, task).status_code == 404
    assert ruma.get("/manager/people/1").status_code == 404
    assert ruma.post("/manager/payouts", {"artisan": "1", "amount": "1", "method": "cash"}).status_code == 404


def test_the_page_of_an_order_names_no_maker(world: World) -> None:
    link = world.buy(MESSENGER)
    meera, rina = world.browser().sign_in("Meera"), world.browser().sign_in_artisan("Rina")
    task = offered(world, meera, "stitch", "Rina")
    said(rina.post(f"/artisan/tasks/{task}/acceptance"))

    page = world.browser().get(link).text

    assert not any(name in page for name in ("Rina", "Mala", "North centre", "Meera"))


def offered(world: World, meera: Browser, step: str, to: str) -> int:
    """Let Meera offer a step of the one production order; return the task's id."""
    with world.reading():
        order = db.session.scalars(db.select(ProductionOrder)).unique().one()
        form = {"artisan": str(artisan(to).id), "quantity": "1", "due_on": order.due_on.isoformat(), "rate": ""}
        path = f"/manager/work/{order.id}/offers/{step}"
    said(meera.post(path, form))
    with world.reading():
        return db.session.scalars(db.select(Task.id).order_by(Task.id.desc()).limit(1)).one()


def checked(manager: Browser, task: int) -> TestResponse:
    return manager.post(f"/manager/tasks/{task}/check", {"passed": "1", "rework": "0", "rejected": "0"})


def proposed(world: World, meera: Browser, amount: str) -> int:
    said(meera.post("/manager/payouts", {"artisan": "1", "amount": amount, "method": "upi"}))
    with world.reading():
        return db.session.scalars(db.select(Payout.id)).one()


def said(answer: TestResponse) -> None:
    """A form that was taken leads on."""
    assert answer.status_code == 303, answer.text


def payable(*names: str) -> list[str]:
    numbers = {"Rina": 1, "Mala": 2}
    return [f"artisan:{numbers[name]}:payable" for name in names]


def amounts(world: World, *codes: str) -> list[int]:
    """Return the balances of accounts, stored where they have a floor."""
    with world.reading():
        found = {code: derived(code).minor for code in codes}
        for code in codes:
            if code.endswith(("payable", "in-transit")) or code.startswith("prepaid"):
                assert stored(code).minor == found[code], code
        return [found[code] for code in codes]
