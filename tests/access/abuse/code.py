"""V15: secure coding and architecture."""

import json
import re
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from sqlalchemy import event, select

from shop.db import db
from shop.orders.models import CartLine, Order
from shop.payments.gateways import GatewayRefused, GatewayUnknown
from shop.payments.gateways.razorpay import RazorpayGateway
from shop.payments.gateways.stripe import StripeGateway
from shop.users import recovery, signin
from tests.access.abuse import asvs
from tests.access.abuse.logic import tried
from tests.access.abuse.looking import ROOT, bag, closed, imports
from tests.cast import TOTE
from tests.web import artisan_life as life
from tests.world import World


@asvs("15.2.3", "Nothing that was made for trying out is in the shop that is served")
def no_test_code(world: World) -> Iterator[str]:
    for where, name in imports():
        if name.split(".")[0] in ("tests", "bench", "pytest", "hypothesis", "unittest", "doctest", "pdb"):
            yield f"{where} imports {name}"
        if name.startswith("sandbox") and not where.startswith(("shop/demo/", "shop/cli.py")):
            yield f"{where} imports the sandbox"
    for rule in world.app.url_map.iter_rules():
        if re.search("sandbox|debug|test|demo|example|_internal", rule.rule):
            yield f"{rule.rule} is served"


@asvs("15.2.4", "Every dependency is locked to one file of one registry, by its hash")
def locked(world: World) -> Iterator[str]:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    if len(packages) < 30:
        yield "the lock holds too little"
    for package in packages:
        if "virtual" in package.get("source", {}):
            continue
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        if not files or not all(file.get("hash", "").startswith("sha256:") for file in files):
            yield f"{package['name']} has no hash"
        if "registry" not in package["source"]:
            yield f"{package['name']} comes from {package['source']}"


@asvs("15.3.1", "What machines are told holds the fields they need, not whole records")
def least_fields(world: World) -> Iterator[str]:
    if set(json.loads(world.browser().get("/readyz").text)) != {"ready", "problems"}:
        yield "/readyz tells more"
    for line in world.browser().get("/metrics").text.splitlines():
        if not re.fullmatch(r"(#.*|[a-z_]+(\{[a-z_=\",. -]*\})? [\d.e+-]+)", line):
            yield f"/metrics tells {line}"
    page = world.browser().get("/products/kalka-tote").text
    for word in ("secret_hash", "centre_id", "on_hand", "rate_minor", "made_by"):
        if word in page:
            yield f"a page tells {word}"


class Redirecting(BaseHTTPRequestHandler):
    """Answers everything by sending the asker elsewhere, and counts who follows."""

    seen: list[str] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(307)
        self.send_header("Location", f"/elsewhere/{len(self.seen)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@asvs("15.3.2", "Who asks a gateway is not sent on to another address")
def no_redirects(world: World) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Redirecting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        for gateway in (
            RazorpayGateway(key_id="rzp_test_x", key_secret="x", webhook_secrets=(), api_base=base),
            StripeGateway(secret_key="sk_test_x", webhook_secrets=(), api_base=base),
        ):
            Redirecting.seen.clear()
            try:
                gateway.payments_of_page("plink_1", "MB-1")
                yield f"{gateway.name} believes the answer"
            except (GatewayUnknown, GatewayRefused):
                pass
            if not Redirecting.seen or any("elsewhere" in path for path in Redirecting.seen):
                yield f"{gateway.name} follows: {Redirecting.seen}"
    finally:
        server.shutdown()
        server.server_close()


@asvs("15.3.3", "A form sets what it is for: a price, a total or an owner that is sent along is not looked at")
def no_mass_assignment(world: World) -> Iterator[str]:
    browser = world.browser()
    bag(browser, price="1", unit_minor="1", amount_minor="1", total="1", cart_id="1", price_INR="1")
    form = {**world.checkout_form(browser), "payment_method": "razorpay"}
    more = {
        "total_minor": "1",
        "items_minor": "1",
        "shipping_minor": "0",
        "status": "paid",
        "paid_at": "2026-01-01",
        "tax_minor": "0",
        "number": "MB-1",
        "key": "x",
        "currency": "USD",
        "id": "1",
        "price": "1",
        "discount": "100",
    }
    if browser.post("/checkout", {**form, **more}).status_code != 303:
        yield "the order was not placed"
    with world.reading():
        order = db.session.scalars(select(Order)).one()
        if order.items_minor != 74_900 or order.status.value != "placed" or order.currency != "INR" or order.key == "x":
            yield f"the order is {order.items_minor} {order.currency}, {order.status}"
    task = life.offer(world, "Rina")
    world.browser().sign_in_artisan("Rina").post(
        f"/artisan/tasks/{task}/acceptance", {"rate_minor": "999999", "artisan_id": "2"}
    )
    with world.reading():
        from shop.production.models import Task

        if db.session.get_one(Task, task).rate_minor != 800:
            yield "she set her own rate"


@asvs("15.3.4", "Whom a limit or a privilege is for is never read out of what the asker wrote")
def client_address(world: World) -> Iterator[str]:
    guest = world.browser()
    said = [
        guest.post(
            "/login",
            {"email": "meera@test.example", "password": f"guess {n}"},
            headers={"X-Forwarded-For": f"10.0.0.{n}"},
        ).status_code
        for n in range(7)
    ]
    if said[-1] != 429:
        yield f"another address each time: {said}"
    for chain in ("127.0.0.1", "::1", "127.0.0.1, 203.0.113.9", "localhost"):
        answer = world.app.test_client().get(
            "/metrics", headers={"X-Forwarded-For": chain}, environ_overrides={"REMOTE_ADDR": "203.0.113.9"}
        )
        if answer.status_code != 404:
            yield f"{chain} opens /metrics"


@asvs("15.3.5", "A field is taken for what it should be, never for what it happens to be")
def strict_types(world: World) -> Iterator[str]:
    browser = world.browser()
    for quantity in ("true", "[]", "1.0", "01e0", "null", "one", "{}", "1,0", "² "):
        if bag(browser, quantity=quantity).status_code != 422:
            yield f"{quantity!r} is a quantity"
    for name, value in (("sku[]", TOTE), ("sku[$ne]", "x"), ("sku.x", TOTE)):
        if browser.post("/cart/lines", {name: value, "quantity": "1"}).status_code not in (404, 422):
            yield f"{name} is a sku"
    if (
        browser.client.post(
            "/login",
            json={"email": {"$ne": None}, "password": {"$ne": None}},
            headers={"Sec-Fetch-Site": "same-origin"},
        ).status_code
        == 303
    ):
        yield "a document signs in"


@asvs("15.3.7", "A field that comes twice, or from elsewhere than the form, changes nothing")
def no_pollution(world: World) -> Iterator[str]:
    yield from tried(world, "two skus", "two quantities", "twice")
    browser = world.browser()
    same = {"Sec-Fetch-Site": "same-origin"}
    path = f"/cart/lines?quantity=19&sku={TOTE}&currency=USD"
    browser.client.post(path, data={"sku": TOTE, "quantity": "1", "currency": "INR"}, headers=same)
    with world.reading():
        lines = [line.quantity for line in db.session.scalars(select(CartLine))]
        if lines != [1]:
            yield f"the address changed the form: {lines}"
    if closed(browser.get("/cart?currency=USD&currency=INR&q=1&q=2")).status_code != 200:
        yield "a field that comes twice in an address breaks a page"


@asvs("15.4.2", "What is checked and what is done about it are one step: the last try, the last piece, the last mark")
def no_gap(world: World) -> Iterator[str]:
    """The races themselves are run by tests/faults; here, that each is held by one statement."""
    with world.writing() as at:
        user_id = world.user("Meera").id
        code = recovery.make(user_id)[0]
        with statements() as said:
            signin.count_try(user_id, at=at)
        tries = [line for line in said if "sign_in_tries" in line]
        if len(tries) != 1 or not re.search(r"^INSERT .* ON CONFLICT .* DO UPDATE .* WHERE .*tries < ", tries[0]):
            yield f"a try is counted by {tries}"
        with statements() as said:
            recovery.take(user_id, code, at=at)
        marks = [line for line in said if "recovery_code" in line]
        if len(marks) != 1 or not re.search(r"^UPDATE .* WHERE .*used_at IS NULL", marks[0]):
            yield f"a code is taken by {marks}"
    with world.reading(), statements() as said:
        world.buy(TOTE, pay=False)
    held = [line for line in said if line.startswith("UPDATE stock")]
    if not held or not all("WHERE" in line and "reserved" in line.split("WHERE")[1] for line in held):
        yield f"a piece is held by {held}"


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note what the main database is asked meanwhile, each statement on one line."""
    said: list[str] = []

    def noted(_c: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(" ".join(statement.split()))

    engine = db.engine
    event.listen(engine, "before_cursor_execute", noted)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", noted)
