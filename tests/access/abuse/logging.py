"""V16: security logging and error handling."""

import contextlib
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from unittest.mock import patch

from shop.orders.models import OrderStatus
from shop.web import logs
from tests.access.abuse import asvs, expects_defects
from tests.access.abuse.looking import bag, closed
from tests.bad_input.running import contents
from tests.bad_input.sending import PAID, razorpay_hook
from tests.cast import ARTISANS, PASSWORD, TOTE
from tests.world import ADDRESS, World

SECRET_CAUSE = "what must not get out 4711"


@contextlib.contextmanager
def heard(world: World) -> Iterator[io.StringIO]:
    """Hear the log as machines read it, for the while."""
    out = io.StringIO()
    with contextlib.redirect_stderr(out), contextlib.redirect_stdout(out):
        logs.configure("json")
        try:
            yield out
        finally:
            pass
    logs.configure(world.app.config["LOG_FORMAT"])


def lines(out: io.StringIO) -> list[dict[str, object]]:
    """Return the log's lines; each has to be a document of its own."""
    return [json.loads(line) for line in out.getvalue().splitlines() if line.strip()]


@contextlib.contextmanager
def broken_home(world: World) -> Iterator[None]:
    """Let the first page break, with something in the exception that nobody may read."""
    views = world.app.view_functions
    honest = views["storefront.home"]

    def broken() -> str:
        raise RuntimeError(SECRET_CAUSE)

    broken.__dict__["action"] = None
    views["storefront.home"] = broken
    try:
        yield
    finally:
        views["storefront.home"] = honest


@asvs("16.2.1", "A line says when, what, where and with what result, and lines of one request share a number")
def lines_say_enough(world: World) -> Iterator[str]:
    with heard(world) as out:
        world.browser().get("/products")
        world.browser().post("/login", {"email": "x@y.example", "password": "x"})
    found = [line for line in lines(out) if line.get("event") == "request"]
    if len(found) != 2:
        yield f"two requests are {len(found)} lines"
    for line in found:
        if missing := {"timestamp", "method", "endpoint", "status", "request_id", "level"} - line.keys():
            yield f"a line lacks {sorted(missing)}"


@asvs("16.2.2", "Every line's time is UTC and says so")
def times_are_utc(world: World) -> Iterator[str]:
    with heard(world) as out:
        world.browser().get("/")
    for line in lines(out):
        moment = datetime.fromisoformat(str(line["timestamp"]).replace("Z", "+00:00"))
        if moment.utcoffset() is None or moment.utcoffset().total_seconds() != 0:
            yield f"{line['timestamp']} is not UTC"


@asvs("16.2.4", "The log can be read by machines, whatever was asked for")
def readable(world: World) -> Iterator[str]:
    with heard(world) as out:
        for path in ("/", "/nowhere", "/%0a%0d{}", '/"}{"', "/products/🧵", "/\x1b[31m"):
            closed(world.browser().get(path))
    try:
        if len(lines(out)) < 6:
            yield "requests are missing"
    except ValueError:
        yield "a line is no document"


@asvs("16.2.5", "No password, PIN, token, key, name or address gets into the log")
def nothing_private_is_logged(world: World) -> Iterator[str]:
    card, pin, _, _ = ARTISANS["Rina"]
    with heard(world) as out:
        meera = world.browser().sign_in("Meera")
        world.browser().sign_in_artisan("Rina")
        link = world.buy(TOTE)
        world.browser().get(f"/search?q={ADDRESS['email']}")
        world.browser().get("/nowhere/" + ADDRESS["phone"])
    said = out.getvalue()
    order = world.order(link)
    secrets = [
        PASSWORD,
        pin,
        order.key,
        order.email,
        order.phone,
        order.name,
        order.line1,
        meera.token or "-",
        ADDRESS["phone"],
    ]
    yield from (f"{value!r} is in the log" for value in secrets if value in said)
    if f'"{card}"' in said:
        yield "her card is in the log"
    if "request" not in said:
        yield "nothing was logged at all"


def logged(
    world: World, method: str, path: str, form: dict[str, str] | None = None, **options: object
) -> list[tuple[object, object]]:
    """Ask for one thing and return (endpoint, status) of the lines that came of it."""
    with heard(world) as out:
        browser = world.browser()
        closed(browser.get(path, **options) if method == "GET" else browser.post(path, form, **options))
    return [(line.get("endpoint"), line.get("status")) for line in lines(out)]


@asvs("16.3.1", "Each try to sign in leaves a line, whether it succeeded or not")
def sign_ins_are_logged(world: World) -> Iterator[str]:
    for form, status in (
        ({"email": "meera@test.example", "password": "no"}, 422),
        ({"email": "meera@test.example", "password": PASSWORD}, 303),
    ):
        if ("auth.sign_in_post", status) not in logged(world, "POST", "/login", form):
            yield f"a sign-in with {status} leaves none"
    card, pin, _, _ = ARTISANS["Rina"]
    for given, status in (("918273", 422), (pin, 303)):
        if ("artisan.sign_in_post", status) not in logged(
            world, "POST", "/artisan/sign-in", {"card_number": card, "pin": given}
        ):
            yield f"a maker's sign-in with {status} leaves none"


@asvs("16.3.2", "Each refusal leaves a line")
def refusals_are_logged(world: World) -> Iterator[str]:
    if ("manager.propose", 401) not in logged(world, "POST", "/manager/payouts"):
        yield "a stranger's form leaves none"
    with heard(world) as out:
        bina = world.browser().sign_in("Bina")
        bina.get("/manager/people/new")
    if ("manager.new_artisan", 403) not in [(line.get("endpoint"), line.get("status")) for line in lines(out)]:
        yield "the wrong role leaves none"


@asvs("16.3.3", "Each try to get round a guard leaves a line: forged forms, forged messages, guesses without end")
def bypasses_are_logged(world: World) -> Iterator[str]:
    with heard(world) as out:
        world.app.test_client().post("/cart/lines", data={"sku": TOTE}, headers={"Origin": "https://evil.example"})
        razorpay_hook(PAID, "guessed")(world, world.browser())
        guest = world.browser()
        for number in range(6):
            guest.post("/login", {"email": "meera@test.example", "password": f"guess {number}"})
        guest.get("/orders/MB-2222222/guessed")
    found = {(line.get("endpoint"), line.get("status")) for line in lines(out)}
    for wanted in (
        ("storefront.add_line", 403),
        ("webhooks.receive", 400),
        ("auth.sign_in_post", 429),
        ("storefront.order", 404),
    ):
        if wanted not in found:
            yield f"{wanted} leaves none"


@asvs("16.3.4", "What breaks leaves a line that says where, and what fails outside as well")
@expects_defects
def defects_are_logged(world: World) -> Iterator[str]:
    with heard(world) as out, broken_home(world):
        world.browser().get("/")
    if not any(line.get("event") == "defect" and line.get("error") == "RuntimeError" for line in lines(out)):
        yield "a defect leaves none"
    if SECRET_CAUSE in out.getvalue():
        yield "the exception's own words are in the log"


@asvs("16.4.1", "Nobody writes a line of the log by what he asks for")
def no_forged_lines(world: World) -> Iterator[str]:
    forged = '\n{"event": "forged", "level": "info"}\r\nevent=forged\x1b[2J'
    with heard(world) as out:
        for path in ("/nowhere/" + forged, "/search?q=" + forged, "/products/" + forged):
            closed(world.browser().get(path.replace("\n", "%0A").replace("\r", "%0D")))
        bag(world.browser(), sku=forged)
        world.browser().get("/", headers={"User-Agent": "x forged", "Referer": "http://localhost/%0aevent=forged"})
    if "forged" in out.getvalue() or "\x1b" in out.getvalue():
        yield "what was asked for is in the log"
    if any(line.get("event") not in ("request", "raced", "database", "defect", "library") for line in lines(out)):
        yield "a strange line stands in the log"


@asvs("16.5.1", "Who meets a defect reads a sentence and nothing of its cause")
@expects_defects
def generic_message(world: World) -> Iterator[str]:
    with broken_home(world):
        answer = world.browser().get("/")
    if answer.status_code != 500 or "<h1" not in answer.text:
        yield f"it is answered with {answer.status_code}, and no page"
    if re.search(rf"{SECRET_CAUSE}|Traceback|RuntimeError|File \"|/shop/|sqlalchemy", answer.text):
        yield "the page tells of the inside"
    for path, form in (
        ("/login", {"email": "'", "password": "'"}),
        ("/webhooks/stripe", {"x": "y"}),
        ("/checkout", {"x": "y"}),
    ):
        if re.search(r"Traceback|sqlite|psycopg|werkzeug|stripe\.error", world.browser().post(path, form).text):
            yield f"{path} tells of the inside"


@asvs("16.5.2", "With a gateway away the shop still sells, and says what it does not know")
def gateway_away(world: World) -> Iterator[str]:
    world.sandbox.add_faults({"gateway": "razorpay", "match": "*", "kind": "error_500_before", "times": 50})
    browser = world.browser()
    bag(browser)
    placed = world.place(browser)
    world.sandbox.clear_faults()
    if placed.status_code != 303:
        yield f"placing an order is answered with {placed.status_code}"
        return
    if world.browser().get("/products").status_code != 200:
        yield "the shelves are closed"
    link = placed.location.removesuffix("/pay")
    if world.order(link).status is not OrderStatus.PLACED or world.browser().get(link).status_code != 200:
        yield "the order is lost"


@asvs("16.5.3", "Where a guard itself breaks, nothing passes")
@expects_defects
def fails_closed(world: World) -> Iterator[str]:
    rina = world.browser().sign_in_artisan("Rina")
    before = contents(world)
    for target in ("shop.web.access.may", "shop.users.sessions.find", "shop.web.access.action_of"):
        with patch(target, side_effect=RuntimeError("broken on purpose")):
            try:
                said = rina.get("/artisan/passbook").status_code
            except RuntimeError:
                continue  # not even the page that says sorry could be written
        if said < 400:
            yield f"with {target} broken, her passbook is answered with {said}"
    with patch(
        "shop.payments.gateways.razorpay.RazorpayGateway._signed", side_effect=RuntimeError("broken on purpose")
    ):
        if razorpay_hook(PAID)(world, world.browser()).status_code < 400:
            yield "with the check of signatures broken, a message is believed"
    with patch("shop.users.signin.secret_fits", side_effect=RuntimeError("broken on purpose")):
        form = {"email": "meera@test.example", "password": PASSWORD}
        if world.browser().post("/login", form).status_code < 400:
            yield "with the check of secrets broken, one signs in"
    after = contents(world)
    if changed := [name for name in before if before[name] != after[name] and name not in ("sign_in", "user_account")]:
        yield f"something passed: {changed}"


@asvs("16.5.4", "A defect is caught at last, and the next request is served as if nothing had been")
@expects_defects
def last_resort(world: World) -> Iterator[str]:
    browser = world.browser()
    for error in (RuntimeError, KeyError, MemoryError, RecursionError, OSError, UnicodeError, AssertionError):
        with patch("shop.web.storefront.bag_reads.cart_page", side_effect=error("broken on purpose")):
            answer = browser.get("/cart")
        if answer.status_code != 500 or "<h1" not in answer.text:
            yield f"{error.__name__} is answered with {answer.status_code}"
        if browser.get("/cart").status_code != 200:
            yield f"after {error.__name__} the page stays broken"
