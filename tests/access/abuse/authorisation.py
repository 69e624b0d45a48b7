"""V8: authorisation."""

from collections.abc import Iterator

from sqlalchemy import select

from shop.db import db
from shop.production.models import ProductionOrder, Task
from shop.users.models import Centre, Role
from shop.users.policy import POLICY
from shop.web.access import action_of
from tests.access.abuse import asvs
from tests.bad_input.running import contents
from tests.cast import TOTE
from tests.test_routes import PERSON_OF, PUBLIC, path_of, rules, signed_in
from tests.web import artisan_life as life
from tests.world import World


@asvs("8.2.1", "A role opens the pages that the policy names for it, and no other")
def by_function(world: World) -> Iterator[str]:
    for role in PERSON_OF:
        person = signed_in(world, role)
        for method in ("GET", "POST"):
            for rule in rules(world.app, method):
                action = action_of(world.app, rule.endpoint)
                if rule.endpoint in PUBLIC or action is None or role in POLICY[action]:
                    continue
                path = path_of(world.app, rule)
                said = person.get(path) if method == "GET" else person.post(path)
                if said.status_code != 403:
                    yield f"{role} is answered {said.status_code} at {method} {path}"


@asvs("8.2.2", "A number that is someone else's is not found, by whatever address it is asked for")
def by_row(world: World) -> Iterator[str]:
    task, mine = life.offer(world, "Rina"), life.offer(world, "Mala")
    life.earn(world, "Rina")
    payout = life.send(world, "Rina", 500)
    link = world.buy(TOTE)
    with world.reading():
        asked = db.session.get_one(Task, task).order_id
    number, other = world.order(link).number, link[:-1] + ("A" if link.endswith("_") else "_")
    mala, ruma, guest = world.browser().sign_in_artisan("Mala"), world.browser().sign_in("Ruma"), world.browser()
    if mala.get(f"/artisan/tasks/{mine}").status_code != 200:
        yield "her own task does not open"
    before = contents(world)
    for browser, paths in {
        mala: [
            f"/artisan/tasks/{task}",
            *(f"/artisan/tasks/{task}/{v}" for v in ("acceptance", "refusal", "start", "submission")),
            f"/artisan/payouts/{payout}/answer",
            "/artisan/passbook/1",
            "/artisan/passbook/2",
        ],
        ruma: [
            f"/manager/tasks/{task}",
            f"/manager/tasks/{task}/check",
            f"/manager/tasks/{task}/withdrawal",
            "/manager/people/1",
            "/manager/people/1/pin",
            f"/manager/work/{asked}",
            f"/manager/work/{asked}/offers/stitch",
            f"/manager/payouts/{payout}",
            f"/manager/payouts/{payout}/approval",
            f"/manager/payouts/{payout}/failure",
            f"/manager/orders/{number}",
            f"/manager/orders/{number}/label",
            f"/manager/orders/{number}/shipment",
            f"/manager/orders/{number}/refund",
            "/manager/products/kalka-tote/stock",
            "/manager/products/kalka-tote/publication",
            "/manager/products/kalka-tote/making",
        ],
        guest: [other, f"{other}/pay", f"{other}/cancellation", f"/orders/{number}/{'A' * 43}"],
    }.items():
        for path in paths:
            for said in (browser.get(path), browser.post(path)):
                if said.status_code not in (404, 405, 422) or number in said.text.replace(path, ""):
                    yield f"{path} is answered with {said.status_code}"
    after = contents(world)
    if changed := [name for name in before if before[name] != after[name] and name != "sign_in"]:
        yield f"something changed: {changed}"


@asvs("8.2.3", "A form changes the fields it shows, and the office never sees a customer's contact")
def by_field(world: World) -> Iterator[str]:
    link = world.buy(TOTE)
    order = world.order(link)
    for name in ("Meera", "Farida", "Bina", "Anita"):
        page = world.browser().sign_in(name).get(f"/manager/orders/{order.number}").text
        for value in (order.email, order.phone, order.line1, order.key):
            if value in page:
                yield f"{name} sees {value}"
    rina = world.browser().sign_in_artisan("Rina")
    rina.post(
        "/artisan/language", {"language": "en", "role": "admin", "centre_id": "2", "card_number": "1", "name": "X"}
    )
    with world.reading():
        user = world.user("Rina")
        if user.role is not Role.ARTISAN or user.card_number != "1001":
            yield "a field that the form does not show was changed"


@asvs("8.3.1", "What a page does not offer is refused all the same")
def refused_by_the_server(world: World) -> Iterator[str]:
    bina = world.browser().sign_in("Bina")
    if 'action="/manager/payouts"' in bina.get("/manager/payouts").text:
        yield "the auditor is offered a form"
    for path in ("/manager/payouts", "/manager/products", "/manager/people", "/manager/work", "/manager/centres"):
        if bina.post(path, {"amount": "1"}).status_code != 403:
            yield f"{path} takes the auditor's form"


@asvs("8.3.2", "Another role or another centre holds at the very next request")
def at_once(world: World) -> Iterator[str]:
    meera = world.browser().sign_in("Meera")
    if meera.get("/manager/people/1").status_code != 200:
        yield "she does not see her own makers to begin with"
    with world.writing():
        river = db.session.scalars(select(Centre).where(Centre.code == "RIVER")).one()
        world.user("Meera").centre_id = river.id
    if meera.get("/manager/people/1").status_code != 404:
        yield "she still sees the makers of the centre she left"
    with world.writing():
        user = world.user("Meera")
        user.role, user.centre_id = Role.AUDITOR, None
    if meera.get("/manager/people/new").status_code == 200:
        yield "she still enrols"


@asvs("8.4.1", "A manager's lists hold what is of her centre and nothing of another")
def centres_are_apart(world: World) -> Iterator[str]:
    life.offer(world, "Rina")
    world.buy(TOTE)
    ruma = world.browser().sign_in("Ruma")
    number = world.order(world.buy(TOTE)).number
    for path in (
        "/manager/",
        "/manager/board?all",
        "/manager/orders",
        "/manager/people",
        "/manager/payouts",
        "/manager/work/new",
    ):
        page = ruma.get(path)
        for name in ("Rina", "Mala", number, "Meera"):
            if page.status_code == 200 and name in page.text:
                yield f"{path} shows {name}"
    with world.reading():
        if db.session.scalars(select(ProductionOrder)).first() is None:
            yield "there was nothing to see"
