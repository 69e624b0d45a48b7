"""V14: data protection."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from tests.access.abuse import asvs
from tests.access.abuse.files import uploaded
from tests.access.abuse.frontend import set_by_script
from tests.access.abuse.looking import ROOT, Elements, answers, bag, closed, names_of, pages
from tests.access.abuse.sessions import cookie
from tests.cast import PASSWORD, TOTE
from tests.web import artisan_life as life
from tests.world import ADDRESS, World

PERSONAL = {"email", "phone", "name", "line1", "line2", "postcode", "password", "pin", "card_number", "csrf_token"}


@asvs("14.2.1", "Nothing personal and no secret travels in an address")
def nothing_in_addresses(world: World) -> Iterator[str]:
    found = 0
    for path, page in pages(world):
        elements = Elements(page)
        methods = [form.get("method", "get").lower() for form in elements.named("form")]
        for form in re.findall(r"<form\b.*?</form>", page, re.DOTALL):
            names = {field.get("name", "") for field in Elements(form).named("input", "select", "textarea")}
            if 'method="post"' not in form and names & PERSONAL:
                yield f"{path} sends {sorted(names & PERSONAL)} in the address"
        found += methods.count("post")
    if not found:
        yield "no form was looked at"
    browser = world.browser()
    bag(browser)
    placed = world.place(browser)
    for value in (*ADDRESS.values(), PASSWORD):
        if len(value) > 3 and value in (placed.location or ""):
            yield f"the order's address tells {value}"
    if "meera" in (world.browser().post("/login", {"email": "meera@test.example", "password": "x"}).location or ""):
        yield "the sign-in's address tells who"


@asvs("14.2.2", "No cache between us and a person keeps what is hers")
def no_shared_caches(world: World) -> Iterator[str]:
    link = world.buy(TOTE)
    browser = world.browser()
    bag(browser)
    for path in ("/cart", "/checkout", link, f"{link}/return"):
        said = closed(browser.get(path)).headers["Cache-Control"]
        if "no-store" not in said and "private" not in said and path != f"{link}/return":
            yield f"{path} may be kept: {said}"
    for path, answer in answers(world):
        if names_of(answer) and "public" in answer.headers.get("Cache-Control", ""):
            yield f"{path} is public and sets a cookie"


@asvs("14.2.3", "No page, letter or script tells a third party who reads it")
def no_third_parties(world: World) -> Iterator[str]:
    world.buy(TOTE)
    for path, page in pages(world):
        for tag, attributes in Elements(page).found:
            for name in ("src", "srcset", "ping", "data", "poster", "formaction"):
                if urlsplit(attributes.get(name, "")).netloc not in ("", "localhost"):
                    yield f"{path} asks {attributes[name]} by <{tag}>"
    for path in (ROOT / "shop" / "static" / "js").glob("*.js"):
        for call in re.findall(
            r"(?:fetch|sendBeacon|XMLHttpRequest|import)\s*\(\s*[\"'`](https?:)?//[^\"'`]*", path.read_text()
        ):
            yield f"{path.name} asks {call}"
    for letter in Path(world.app.config["MAIL_FOLDER"]).glob("*.eml"):
        if re.search(r"<img|https?://(?!localhost)", letter.read_text()):
            yield "a letter asks another host"


@asvs("14.2.5", "An address made to look like a file's is no page of a person")
def no_cache_deception(world: World) -> Iterator[str]:
    link = world.buy(TOTE)
    meera, rina = world.browser().sign_in("Meera"), world.browser().sign_in_artisan("Rina")
    for browser, path in (
        (meera, "/manager/orders"),
        (meera, "/manager/"),
        (rina, "/artisan/passbook"),
        (world.browser(), link),
    ):
        for tail in ("/x.css", ".css", "/..%2fstatic/css/tokens.css", ";x.js", "%0ax.css", "/x.jpeg"):
            answer = closed(browser.get(path.rstrip("/") + tail))
            if answer.status_code == 200 or "public" in answer.headers.get("Cache-Control", ""):
                yield f"{path}{tail} is answered with {answer.status_code}, {answer.headers.get('Cache-Control')}"


@asvs("14.2.6", "A page shows of a person no more than its reader needs")
def least_data(world: World) -> Iterator[str]:
    order = world.order(world.buy(TOTE))
    anita = world.browser().sign_in("Anita")
    for path in (
        "/manager/orders",
        f"/manager/orders/{order.number}",
        "/manager/",
        "/manager/books",
        "/manager/exceptions",
    ):
        for value in (order.email, order.phone, order.name, order.line1):
            if value in anita.get(path).text:
                yield f"{path} shows {value}"
    life.earn(world, "Rina")
    for path in ("/", "/products", "/products/kalka-tote", "/sitemap.xml"):
        for name in ("Rina", "1001", "North centre"):
            if re.search(rf"\b{name}\b", world.browser().get(path).text):
                yield f"{path} shows {name}"


@asvs("14.2.8", "What a camera noted about a picture is not in what is kept or served")
def no_metadata(world: World) -> Iterator[str]:
    import io

    exif = Image.Exif()
    exif[0x010E], exif[0x0131], exif[0x8298] = "her house", "a phone of hers", "her name"
    buffer = io.BytesIO()
    Image.effect_noise((270, 330), 30).convert("RGB").save(buffer, "JPEG", exif=exif, comment=b"her comment")
    if b"her house" not in buffer.getvalue():
        yield "the upload carries nothing to begin with"
    status, files = uploaded(world, buffer.getvalue(), "bag.jpg")
    if status != 303 or not files:
        yield f"it was not taken ({status})"
    for path in files:
        if re.search(rb"her house|phone of hers|her name|her comment|Exif\x00|http://ns.adobe.com", path.read_bytes()):
            yield f"{path.name} tells of the camera"


@asvs("14.3.1", "Signing out tells the browser to forget what it kept")
def forgotten_on_leaving(world: World) -> Iterator[str]:
    for browser in (world.browser().sign_in("Meera"), world.browser().sign_in_artisan("Rina")):
        answer = browser.post("/logout")
        if (
            '"cache"' not in answer.headers.get("Clear-Site-Data", "")
            or '"storage"' not in answer.headers["Clear-Site-Data"]
        ):
            yield "it does not"


@asvs("14.3.2", "No page behind a sign-in is kept by the browser")
def not_kept(world: World) -> Iterator[str]:
    for path, answer in answers(world):
        if (
            path.startswith(("/manager", "/artisan", "/login", "/step-up"))
            and "no-store" not in answer.headers["Cache-Control"]
        ):
            yield f"{path}: {answer.headers['Cache-Control']}"


@asvs("14.3.3", "A browser keeps a token for us and nothing else")
def browser_storage(world: World) -> Iterator[str]:
    stores = r".*(?:localStorage|sessionStorage|indexedDB|cookieStore|document\.cookie|caches\.open|window\.name).*"
    written = [
        (path.name, line.strip())
        for path in (ROOT / "shop" / "static" / "js").rglob("*.js")
        for line in re.findall(stores, path.read_text())
    ]
    if written != [("leave.js", "document.cookie = dataset.left;")]:
        yield f"scripts keep {written}"
    yield from what_leaving_keeps(world)
    meera = world.browser().sign_in("Meera")
    import base64

    content = cookie(meera).lstrip(".").split(".")[0]
    said = base64.urlsafe_b64decode(content + "=" * (-len(content) % 4))
    for value in (b"meera", b"Meera", b"manager", b"NORTH"):
        if value in said:
            yield f"the cookie says {value!r}"
    guest = world.browser()
    for line in names_of(bag(guest)).values():
        if TOTE in line:
            yield "the bag's cookie says what is in it"


def what_leaving_keeps(world: World) -> Iterator[str]:
    """Yield what is not as it should be with the one cookie of a script: that she left, known before any server is.

    It is the same for everyone, ends after a day at most, and goes with the first answer that has done what it says.
    """
    rina, mala = (world.browser().sign_in_artisan(name) for name in ("Rina", "Mala"))
    shown = [
        (rina, "/artisan/"),
        (rina, "/artisan/passbook"),
        (mala, "/artisan/"),
        (world.browser(), "/artisan/sign-in"),
    ]
    said = {line for browser, path in shown for line in set_by_script(browser.get(path).text).values() or [path]}
    if said != {"left=1; Max-Age=86400; Path=/; SameSite=Strict"}:
        yield f"leaving keeps {sorted(said)}"
    for browser, method, path in ((mala, "POST", "/artisan/leave"), (rina, "GET", "/artisan/passbook")):
        browser.client.set_cookie("left", "1")
        browser.client.open(path, method=method)
        if browser.client.get_cookie("left") is not None:
            yield f"{path} leaves the cookie where it is"
