"""V3: web frontend security."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from sqlalchemy import select

from shop.db import db
from shop.users.models import SignIn, User
from tests.access.abuse import asvs
from tests.access.abuse.looking import ROOT, SECURE, Elements, answers, bag, closed, names_of, pages, production
from tests.access.abuse.sessions import stands
from tests.bad_input.running import contents
from tests.cast import PASSWORD, TOTE
from tests.test_routes import NEVER_OURS, path_of, rules
from tests.world import World

SCRIPTS = sorted((ROOT / "shop" / "static" / "js").rglob("*.js"))
ELSEWHERE: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {},
)  # fmt: skip
# The one exception to "from our own page". Leaving at once must never fail, whatever her browser says or is made to
# hide of where she was; who makes her do it from another site gains nothing, since all that it does is end sign-ins.
ONLY_TAKES_RIGHTS_AWAY = ("artisan.leave",)


def every(world: World, header: str, pattern: str) -> Iterator[str]:
    """Yield each answer whose header does not look as it should."""
    for path, answer in answers(world):
        if not re.fullmatch(pattern, answer.headers.get(header, "")):
            yield f"{path} ({answer.status_code}) has {header}: {answer.headers.get(header)!r}"


@asvs("3.2.1", "What was uploaded is served as a picture and as nothing else")
def pictures_are_pictures(world: World) -> Iterator[str]:
    found = re.findall(r'/media/[^"\s,]+', world.browser().get("/products/kalka-tote").text)
    if not found:
        yield "the product shows no picture"
    for path in set(found):
        answer = closed(world.browser().get(path))
        if not answer.mimetype.startswith("image/") or answer.headers.get("X-Content-Type-Options") != "nosniff":
            yield f"{path} is served as {answer.mimetype}"
        if "script-src" in (policy := answer.headers.get("Content-Security-Policy", "")) and "unsafe" in policy:
            yield f"{path} could run script"


@asvs("3.2.2", "Our scripts write text as text")
def scripts_write_text(world: World) -> Iterator[str]:
    for path in SCRIPTS:
        for found in re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.read_text()
        ):
            yield f"{path.name} uses {found}"


@asvs("3.2.3", "Our scripts put nothing on the document and trust no global that an element's name could take")
def no_clobbering(world: World) -> Iterator[str]:
    for path in SCRIPTS:
        for found in re.findall(r"\b(?:window|document)\.(?!location)(\w+)\s*=(?!=)", path.read_text()):
            if found not in ("title", "cookie"):
                yield f"{path.name} sets a global {found}"
    for path, page in pages(world):
        if any(
            "defer" not in tag and tag.get("type") != "module" for tag in Elements(page).named("script") if "src" in tag
        ):
            yield f"{path} loads a script that is no module and does not wait"


def cookies(world: World) -> Iterator[tuple[str, str]]:
    """Yield the cookies of a production shop: the bag's and the sign-in's, as they are set."""
    with production(world) as app:
        client = app.test_client()
        same = {"Sec-Fetch-Site": "same-origin"}
        for path, form in (
            ("/cart/lines", {"sku": TOTE, "quantity": "1", "currency": "INR"}),
            ("/login", {"email": "meera@test.example", "password": PASSWORD}),
        ):
            yield from names_of(client.post(path, data=form, headers=same, **SECURE)).items()
        yield from set_by_script(app.test_client().get("/artisan/sign-in", **SECURE).text).items()


def set_by_script(page: str) -> dict[str, str]:
    """Return the cookie that leave.js would set from a page, by its name with its whole line, as `names_of` does."""
    lines = [form["data-left"] for form in Elements(page).named("form") if "data-left" in form]
    return {line.split("=", 1)[0]: line for line in lines}


def each_cookie(world: World, pattern: str, what: str, *, but: str = "") -> Iterator[str]:
    """Yield each cookie whose line does not look as it should, `but` for one."""
    found = dict(cookies(world))
    if but and found.pop(but, None) is None:
        yield f"there is no {but} any more"
    if len(found) < (3 if but else 4):
        yield f"only {sorted(found)} were set"
    for name, line in found.items():
        if not re.search(pattern, line):
            yield f"the cookie {name} {what}: {line.split(';', 1)[-1]}"


@asvs("3.3.1", "Every cookie of production is Secure and says so in its name")
def cookies_are_secure(world: World) -> Iterator[str]:
    yield from each_cookie(world, r"(?s)^__(Host|Secure)-.*; Secure", "is not Secure by attribute and name")


@asvs("3.3.2", "Every cookie is SameSite=Lax or stricter")
def cookies_are_same_site(world: World) -> Iterator[str]:
    yield from each_cookie(world, r"SameSite=(Lax|Strict)", "has no SameSite")


@asvs("3.3.3", "Every cookie is bound to this host by its name")
def cookies_are_of_this_host(world: World) -> Iterator[str]:
    yield from each_cookie(world, r"^__Host-[^;]*;(?!.*Domain=).*Path=/(;|$)", "is not bound to the host")


@asvs("3.3.4", "No script can read a cookie, and no page repeats its value")
def cookies_are_for_the_server(world: World) -> Iterator[str]:
    # What leave.js sets says "1" and nothing else (14.3.3): no server is reached when it is set.
    yield from each_cookie(world, "HttpOnly", "can be read by scripts", but="__Host-left")
    browser = world.browser()
    value = next(iter(names_of(bag(browser)).values())).split("=", 1)[1].split(";")[0]
    for path in ("/cart", "/checkout", "/"):
        if value in browser.get(path).text:
            yield f"{path} shows the bag's cookie"


@asvs("3.3.5", "No cookie grows beyond what browsers keep")
def cookies_are_small(world: World) -> Iterator[str]:
    browser = world.browser().sign_in("Meera")
    for _ in range(20):
        answer = browser.post("/manager/products", {"title": "x" * 4_000})
        for name, line in names_of(answer).items():
            if len(line.split(";")[0]) > 4_096:
                yield f"{name} is {len(line)} long"


@asvs("3.4.1", "Production speaks only HTTPS for two years, on every answer and every name below ours")
def strict_transport(world: World) -> Iterator[str]:
    with production(world) as app:
        client = app.test_client()
        for path in ("/", "/nowhere", "/healthz", "/login", "/static/css/tokens.css", "/manager/", "/media/x"):
            said = closed(client.get(path, **SECURE)).headers.get("Strict-Transport-Security", "")
            age = re.match(r"max-age=(\d+); includeSubDomains", said)
            if not age or int(age[1]) < 31_536_000:
                yield f"{path} says {said!r}"


@asvs("3.4.2", "No other site is ever let in by CORS, whatever it says it is")
def no_cors(world: World) -> Iterator[str]:
    for origin in ("https://evil.example", "null", "http://localhost"):
        for path in ("/", "/products", "/readyz", "/cart", "/manager/", "/webhooks/stripe", "/media/x", "/sitemap.xml"):
            for method in ("GET", "OPTIONS", "POST"):
                asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
                answer = closed(world.browser().client.open(path, method=method, headers=asked))
                if any(name.lower().startswith("access-control-") for name, _ in answer.headers):
                    yield f"{method} {path} lets {origin} in"


@asvs("3.4.3", "Every answer has a policy by which only our own files load and no inline script runs")
def content_policy(world: World) -> Iterator[str]:
    for path, answer in answers(world):
        rules_of = dict(
            part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";")
        )
        if rules_of.get("object-src", rules_of.get("default-src")) != "'none'" or rules_of.get("base-uri") != "'none'":
            yield f"{path} lets objects or a base in"
        if "unsafe" in str(rules_of) or "http" in str(rules_of) or "*" in str(rules_of):
            yield f"{path} has a weak policy"
        if answer.mimetype == "text/html":
            for tag, attributes in Elements(answer.text).found:
                if (tag == "script" and "src" not in attributes and "json" not in attributes.get("type", "")) or (
                    tag == "style" or "style" in attributes
                ):
                    yield f"{path} has an inline {tag}"


@asvs("3.4.4", "No browser may guess what kind of thing an answer is")
def no_sniffing(world: World) -> Iterator[str]:
    yield from every(world, "X-Content-Type-Options", "nosniff")


@asvs("3.4.5", "No address of ours is told to another site")
def referrers(world: World) -> Iterator[str]:
    yield from every(world, "Referrer-Policy", "no-referrer|same-origin")
    answer = world.browser().get(world.buy(TOTE, pay=False) + "/pay")
    if answer.headers["Referrer-Policy"] != "no-referrer":
        yield "the page that leads to the gateway tells the order's key"


@asvs("3.4.6", "No other site may frame a page")
def no_framing(world: World) -> Iterator[str]:
    yield from every(world, "Content-Security-Policy", ".*frame-ancestors 'none'.*")


@asvs("3.4.8", "No other window keeps hold of ours")
def opener(world: World) -> Iterator[str]:
    yield from every(world, "Cross-Origin-Opener-Policy", "same-origin")


@asvs("3.5.1", "Whatever changes something has to come from our own page; signed in, with its token")
def no_forgery(world: World) -> Iterator[str]:
    anita, rina = world.browser().sign_in("Anita"), world.browser().sign_in_artisan("Rina")
    asha = world.browser().sign_in_customer()
    people = {"/artisan": rina, "/account": asha}
    before = contents(world)
    for rule in rules(world.app, "POST"):
        if rule.rule.startswith("/webhooks/") or rule.endpoint in ONLY_TAKES_RIGHTS_AWAY:
            continue
        person = next((who for start, who in people.items() if rule.rule.startswith(start)), anita)
        for headers in ELSEWHERE:
            answer = person.client.post(path_of(world.app, rule), data={"csrf_token": person.token}, headers=headers)
            if answer.status_code != 403:
                yield f"{rule.rule} from {headers or 'nowhere'} is answered with {answer.status_code}"
    if contents(world) != before:
        yield "something changed"
    if not all(stands(who, home) for home, who in (("/manager/", anita), ("/artisan/", rina), ("/account", asha))):
        yield "one of them was signed out meanwhile: nothing was tried after that"
    for endpoint in ONLY_TAKES_RIGHTS_AWAY:
        yield from only_ends_hers(world, path_of(world.app, next(world.app.url_map.iter_rules(endpoint))))


def only_ends_hers(world: World, path: str) -> Iterator[str]:
    """Post there from elsewhere; yield whatever else it did than end the sign-ins of the one who was made to."""
    for headers in ELSEWHERE:
        rina = world.browser().sign_in_artisan("Rina")
        before, people, standing = contents(world), accounts(world), sign_ins(world)
        world.browser().client.post(path, headers=headers)
        if contents(world) != before:
            yield f"a stranger changes something by {path}"
        rina.client.post(path, headers=headers)
        after = contents(world)
        changed = {name for name in before if before[name] != after[name]}
        if changed != {"sign_in", "user_account"} or accounts(world) != people:
            yield f"{path} changed {sorted(changed)}, and more than her sign-ins"
        if sign_ins(world) != {(name, number) for name, number in standing if name != "Rina"}:
            yield f"{path} did not end her sign-ins alone"


def sign_ins(world: World) -> set[tuple[str, int]]:
    """Return the sign-ins that have not ended, each with whose it is."""
    with world.reading():
        rows = db.session.execute(
            select(User.name, SignIn.id).join(SignIn, SignIn.user_id == User.id).where(SignIn.ended_at.is_(None))
        )
        return {(name, number) for name, number in rows}


def accounts(world: World) -> list[tuple[object, ...]]:
    """Return all that is kept of everyone who signs in, except how often her sign-ins were ended at once."""
    columns = [column for column in User.__table__.columns if column.name != "sign_in_version"]
    with world.reading():
        return [tuple(row) for row in db.session.execute(select(*columns).order_by(User.id))]


@asvs("3.5.2", "A body that needs no preflight gets no further than one that does")
def no_simple_bodies(world: World) -> Iterator[str]:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json",
    ):
        for path in ("/cart/lines", "/checkout", "/login"):
            headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
            answer = world.browser().client.post(
                path, data=b"sku=MB-TOTE-IND&quantity=1", content_type=kind, headers=headers
            )
            if answer.status_code != 403:
                yield f"{path} takes {kind} from elsewhere ({answer.status_code})"


@asvs("3.5.3", "Reading changes nothing: every address can be asked for by GET and HEAD")
def reading_is_safe(world: World) -> Iterator[str]:
    world.buy(TOTE)
    people = [world.browser(), world.browser().sign_in("Anita"), world.browser().sign_in_artisan("Rina")]
    before = contents(world)
    for rule in rules(world.app, "GET"):
        for person in people:
            for method in ("GET", "HEAD"):
                closed(person.client.open(path_of(world.app, rule), method=method))
    after = contents(world)
    changed = {name for name in before if before[name] != after[name]} - {"sign_in"}
    if changed:
        yield f"reading changed {sorted(changed)}"


@asvs("3.5.6", "No answer wraps itself into a function that the asker names")
def no_jsonp(world: World) -> Iterator[str]:
    for path in ("/readyz", "/sitemap.xml", "/metrics", "/search", "/products"):
        answer = world.browser().get(path, query_string={"callback": "evilcall", "jsonp": "evilcall", "q": "tote"})
        if re.search(r"evilcall\s*\(", answer.text):
            yield f"{path} is a function call"


@asvs("3.5.7", "No script holds anything of the one who asks for it")
def scripts_are_the_same_for_all(world: World) -> Iterator[str]:
    meera = world.browser().sign_in("Meera")
    for path in SCRIPTS:
        address = f"/static/js/{path.relative_to(ROOT / 'shop/static/js')}"
        if closed(meera.get(address)).data != closed(world.browser().get(address)).data:
            yield f"{address} differs"


@asvs("3.5.8", "No other site may put a page or a picture of ours into its own")
def no_embedding(world: World) -> Iterator[str]:
    yield from every(world, "Cross-Origin-Resource-Policy", "same-origin")


@asvs("3.6.1", "Every script, style, font and picture comes from this host")
def own_files_only(world: World) -> Iterator[str]:
    for path, page in pages(world):
        for tag, attributes in Elements(page).found:
            address = attributes.get("src") or (attributes.get("href", "") if tag == "link" else "")
            if tag == "link" and attributes.get("rel") in ("canonical", "alternate"):
                continue
            if urlsplit(address).netloc not in ("", "localhost"):
                yield f"{path} loads {address}"
    for style in (ROOT / "shop" / "static" / "css").glob("*.css"):
        if re.search(r"url\(\s*[\"']?(https?:)?//|@import\s+[\"']?(https?:)?//", style.read_text()):
            yield f"{style.name} loads from elsewhere"


@asvs("3.7.1", "No plug-in and no frame is used")
def no_plugins(world: World) -> Iterator[str]:
    for path, page in pages(world):
        for name in ("object", "embed", "applet", "iframe", "frame", "marquee"):
            if Elements(page).named(name):
                yield f"{path} has an {name}"


@asvs("3.7.2", "Nobody is sent to another host, whatever `next` says")
def no_open_redirect(world: World) -> Iterator[str]:
    form = {"email": "meera@test.example", "password": PASSWORD}
    for target in NEVER_OURS:
        for name in ("next", "url", "return", "redirect", "r"):
            answer = world.browser().post("/login", form, query_string={name: target}) if name == "next" else None
            said = (answer or world.browser().get("/login", query_string={name: target})).location or "/"
            seen = re.sub(r"[\t\r\n]", "", said).replace("\\", "/")
            if urlsplit(urljoin("http://localhost/login", seen)).netloc != "localhost":
                yield f"{name}={target!r} leads to {said!r}"


@asvs("3.7.3", "Who leaves for the gateway is told so first and may go back")
def leaving_is_told(world: World) -> Iterator[str]:
    link = world.buy(TOTE, pay=False)
    page = world.browser().get(link + "/pay").text
    if "Razorpay" not in page or f'href="{link}"' not in page:
        yield "the page names no gateway or has no way back"
