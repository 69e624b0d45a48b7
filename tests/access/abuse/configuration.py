"""V12 and V13: secure communication, and configuration."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from shop.config import UnsafeSettings, flask_config, from_environment, refuse_unsafe
from tests.access.abuse import asvs
from tests.access.abuse.looking import ROOT, SECURE, answers, calls, closed, nodes, production
from tests.test_config import GOOD
from tests.test_routes import rules
from tests.world import World

SERVED = {
    ".css",
    ".js",
    ".svg",
    ".png",
    ".ico",
    ".woff2",
    ".txt",
    ".md",
    ".jpg",
    ".webp",
    ".avif",
    ".mp3",
    ".ogg",
    ".webmanifest",
}
SECRETS = re.compile(
    r"sk_live_[0-9a-zA-Z]{10,}|rk_live_[0-9a-zA-Z]{10,}|rzp_live_[0-9a-zA-Z]{10,}|whsec_[0-9a-zA-Z]{20,}|"
    r"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|ghp_[0-9A-Za-z]{30,}|xox[bp]-[0-9A-Za-z-]{20,}"
)


def refused(**other: str) -> str:
    """Return why production does not open with some setting, or nothing if it does."""
    try:
        refuse_unsafe(flask_config(from_environment({**GOOD, **other})), debug=False)
    except UnsafeSettings as error:
        return str(error)
    return ""


def tracked() -> list[Path]:
    """Return the files that are under version control, or all that would be."""
    said = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if said.returncode == 0 and said.stdout:
        return [ROOT / name for name in said.stdout.split("\0") if name and (ROOT / name).is_file()]
    return [
        path
        for folder in ("shop", "sandbox", "tests", "bench", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    ]


@asvs("12.2.1", "Production is reached by HTTPS only: its address, its cookies, its links")
def https_only(world: World) -> Iterator[str]:
    for address in ("http://shop.example", "shop.example", "ftp://shop.example", ""):
        if "SHOP_URL" not in refused(SHOP_URL=address or "http://127.0.0.1:8000"):
            yield f"it opens as {address!r}"
    if not flask_config(from_environment(GOOD))["SESSION_COOKIE_SECURE"]:
        yield "its cookies travel in clear"


@asvs("12.3.1", "What leaves for the gateways is encrypted, and mail is never sent unencrypted by surprise")
def outbound_is_encrypted(world: World) -> Iterator[str]:
    for name, host in (("STRIPE_API_BASE", "api.stripe.com"), ("RAZORPAY_API_BASE", "api.razorpay.com")):
        for address in (
            f"http://{host}",
            f"https://{host}.evil.example",
            f"https://{host}@evil.example",
            "https://127.0.0.1",
        ):
            if name not in refused(**{name: address}):
                yield f"{name}={address} is taken"
    if not any("create_default_context" in ast.unparse(call) for _, call in calls(".starttls")):
        yield "mail is not sent over TLS with the host's certificate checked"


@asvs("12.3.2", "Every certificate is checked")
def certificates(world: World) -> Iterator[str]:
    for where, node in nodes(ast.keyword):
        if (
            node.arg in ("verify", "verify_ssl", "check_hostname", "verify_ssl_certs")
            and ast.unparse(node.value) == "False"
        ):
            yield f"{where} does not look"
    for where, node in nodes(ast.Attribute):
        if node.attr in ("CERT_NONE", "_create_unverified_context", "disable_warnings"):
            yield f"{where} uses {node.attr}"
    gateway = world.app.extensions["counter"].gateways["razorpay"]
    if not gateway._client.session.verify:  # a list of certificates, or this machine's own
        yield "the gateway's session does not look"


@asvs("13.2.3", "No secret that others know opens a real shop")
def no_default_secrets(world: World) -> Iterator[str]:
    known = {
        name: value for name, value in from_environment({}).items() if re.search("SECRET|KEY|PEPPER", name) and value
    }
    if len(known) < 5:
        yield "the settings hold too few secrets to look at"
    for name, value in known.items():
        if value not in ("offered", "required") and name not in refused(**{name: value}):
            yield f"{name} may keep the value that stands in the source"
    if "SECRET_KEY" not in refused(SECRET_KEY="short"):
        yield "a short key is taken"


@asvs("13.2.4", "The hosts that the shop asks stand in one list, and its own name in another")
def hosts_are_listed(world: World) -> Iterator[str]:
    if "TRUSTED_HOSTS" not in refused(TRUSTED_HOSTS=" , "):
        yield "it opens under any name"
    with production(world) as app:
        for host in ("evil.example", "shop.example.evil.example", "127.0.0.1", "shop.example:80@evil.example"):
            if (
                closed(app.test_client().get("/", base_url="https://shop.example", headers={"Host": host})).status_code
                != 400
            ):
                yield f"it answers as {host}"
    allowed = ("shop/payments/gateways/", "shop/mail.py", "shop/storage.py", "shop/demo/")
    for where, node in nodes(ast.Import):
        for alias in node.names:
            if (
                alias.name.split(".")[0]
                in (
                    "requests",
                    "httpx",
                    "urllib3",
                    "smtplib",
                    "stripe",
                    "razorpay",
                    "socket",
                )
                or alias.name in ("http.client", "urllib.request")
            ) and not where.startswith(allowed):
                yield f"{where} could ask the network ({alias.name})"


@asvs("13.3.1", "No secret stands in the source or in what is kept under version control")
def no_secrets_in_source(world: World) -> Iterator[str]:
    files = tracked()
    for path in files:
        if path.name == ".env" or path.suffix in (".pem", ".key", ".p12", ".db"):
            yield f"{path.name} is kept"
        if path.stat().st_size < 1_000_000 and path.suffix in (
            ".py",
            ".toml",
            ".md",
            ".html",
            ".js",
            ".txt",
            ".example",
            ".yml",
        ):
            for found in SECRETS.findall(path.read_text(errors="replace")):
                if path.name != "configuration.py":
                    yield f"{path.relative_to(ROOT)} holds {found[:12]}…"
    if len(files) < 100:
        yield "the tree could not be read"


@asvs("13.4.1", "Neither the history nor the settings nor the source can be asked for")
def nothing_of_the_tree(world: World) -> Iterator[str]:
    for path in (
        "/.git/config",
        "/.git/HEAD",
        "/.env",
        "/.env.example",
        "/.svn/entries",
        "/wsgi.py",
        "/shop/config.py",
        "/pyproject.toml",
        "/static/../config.py",
        "/static/.git/config",
        "/var/shop.db",
        "/static/../../wsgi.py",
        "/.well-known/../.env",
    ):
        if closed(world.browser().get(path)).status_code not in (404, 400, 308):
            yield f"{path} is answered"


@asvs("13.4.2", "Production refuses to open with debugging on")
def no_debugging(world: World) -> Iterator[str]:
    try:
        refuse_unsafe(flask_config(from_environment(GOOD)), debug=True)
        yield "it opens"
    except UnsafeSettings:
        pass
    for path in ("/console", "/?__debugger__=yes&cmd=resource&f=debugger.js", "/_debug_toolbar/", "/debug"):
        if (
            b"Werkzeug" in closed(world.browser().get(path)).data
            or b"Traceback" in closed(world.browser().get(path)).data
        ):
            yield f"{path} is a debugger"


@asvs("13.4.3", "A folder is never listed")
def no_listing(world: World) -> Iterator[str]:
    for path in (
        "/static/",
        "/static/css/",
        "/static",
        "/media/",
        "/media",
        "/assets/",
        "/assets/0123456789/",
        "/assets/0123456789/css/",
    ):
        answer = closed(world.browser().get(path))
        if answer.status_code != 404 or b"tokens.css" in answer.data.split(b"<body")[-1]:
            yield f"{path} is answered with {answer.status_code}"


@asvs("13.4.4", "TRACE is not answered")
def no_trace(world: World) -> Iterator[str]:
    for rule in list(rules(world.app, "GET"))[::4]:
        path = re.sub("<[^>]+>", "1", rule.rule)
        if closed(world.browser().client.open(path, method="TRACE", headers={"X-Mark": "seen"})).status_code not in (
            403,
            404,
            405,
        ):
            yield f"TRACE {path} is answered"


@asvs("13.4.5", "What is measured is told to this machine and to who has the token, to nobody else")
def monitoring(world: World) -> Iterator[str]:
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    client = world.app.test_client()
    if client.get("/metrics", environ_overrides=elsewhere).status_code != 404:
        yield "/metrics is open to all"
    for given in ("Bearer ", "Bearer None", "Bearer x", "Basic Og==", ""):
        if client.get("/metrics", headers={"Authorization": given}, environ_overrides=elsewhere).status_code != 404:
            yield f"{given!r} opens /metrics"
    if client.get("/metrics").status_code != 200:
        yield "/metrics is closed to this machine"
    if re.search(r"sqlite|postgres|/work|/home|migrations", client.get("/readyz", environ_overrides=elsewhere).text):
        yield "/readyz tells of the inside"


@asvs("13.4.6", "No answer says what it was made with")
def no_versions(world: World) -> Iterator[str]:
    for path, answer in answers(world):
        for name in ("Server", "X-Powered-By", "X-Runtime", "X-Version", "Via"):
            if name in answer.headers:
                yield f"{path} has {name}: {answer.headers[name]}"
        if answer.mimetype == "text/html" and re.search(
            r"(?i)(werkzeug|flask|sqlalchemy|python|jinja2?)[/ ]v?\d|name=.generator", answer.text
        ):
            yield f"{path} names what it was made with"
    with production(world) as app:
        if "Server" in closed(app.test_client().get("/healthz", **SECURE)).headers:
            yield "production names its server"


@asvs("13.4.7", "The folder that is served holds files of the kinds that are meant to be served")
def kinds_of_files(world: World) -> Iterator[str]:
    served = [path for path in (ROOT / "shop" / "static").rglob("*") if path.is_file()]
    if len(served) < 10:
        yield "nothing is served"
    for path in served:
        if path.suffix not in SERVED or path.name.startswith("."):
            yield f"{path.name} would be served"
