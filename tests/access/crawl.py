"""Asks for every address of the shop as everyone, and reads whatever comes out of it anywhere.

Which addresses there are `tests/access/addresses.py` says: one's own, others', of the other centre. Besides
the answers (status, headers, cookies, bodies) it reads the log, the letters, what went to the gateways and
what stands in the database's own file.
"""

import contextlib
import email
import email.policy
import html
import http.client
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from sqlalchemy import text
from werkzeug.test import TestResponse

from shop import jobs
from shop.catalog.renditions import WIDTHS, files_of
from shop.db import db
from shop.web import logs
from tests.access.addresses import Addresses
from tests.access.canaries import Canary, Planted
from tests.access.likeness import alike, is_found, like
from tests.access.private import PRIVATE, Whose
from tests.world import Browser, World

PREFIXES = ("", "/bn")
READS = ("GET", "HEAD", "OPTIONS")
# How a hash of a secret is written has words in it, such as `t=1`, and a search by single letters finds bags by them.
MADE_OF_WORDS = {"user_account.secret_hash", "mailed_link.secret_hash"}
ENDS_THE_VISIT = {
    "auth.sign_out", "artisan.leave", "account.sign_out", "account.sign_out_everywhere", "account.remove_password",
}  # fmt: skip
# A letter's subject -> its template.
SUBJECTS = {
    "Your link to confirm this address": "account_change_email",
    "About signing in": "account_no_link",
    "Something has changed in your account": "account_notice",
    "Your link to open an account": "account_open",
    "Your link to sign in": "account_sign_in",
    "Your sign-in for the office.*": "invitation",
    "Your order .* is paid": "order_paid",
    "Your order .* is on its way": "order_shipped",
    "Your order .* waits for its payment": "order_placed",
    "Your order .* is being made": "order_making",
    "Your order .* has arrived": "order_delivered",
    "Your order .* will be late": "order_delayed",
    "Your order .* has changed": "order_changed",
    "Money of your order .* is on its way back": "order_refunded",
    "Your order .* is cancelled": "order_lost",
    "Your bank sent money of order .* back to us": "order_refund_came_back",
    "Shall we make it for you\\? Order .*": "order_late",
    "We have your request to send something back.*": "order_return",
    "You may send it back, order .*": "order_return",
    "About your return, order .*": "order_return",
    "Your return is called off, order .*": "order_return",
    "It has come back, order .*": "order_return",
    "It has come back and another one is coming, order .*": "order_exchange",
    "Another one is on its way to you, order .*": "order_exchange",
    "Your money instead of another one, order .*": "order_exchange",
    "Our answer to your letter .*": "ticket_answer",
    "A letter to the shop: .*": "ticket_new",
    "Cash that was handed out is not confirmed": "cash_unconfirmed",
    "We have your letter: .*": "ticket_received",
}
LINK = re.compile(r"https?://[^/\s]+(/\S*(?:account/link|invitation)/\S+)")


@dataclass(frozen=True)
class Viewer:
    """Someone who looks: a role, and whose rows are her own."""

    role: str
    browser: Browser = field(compare=False, hash=False, repr=False)
    person: int | None = None
    centre: int | None = None
    orders: frozenset[int] = frozenset()


@dataclass(frozen=True, order=True)
class Sighting:
    """A canary was seen: which column, by whom, where; `how` says in which part of what was read."""

    column: str
    role: str
    route: str
    how: str

    def __str__(self) -> str:
        return f"{self.column} seen by {self.role} at {self.route} ({self.how})"


def is_allowed(canary: Canary, viewer: Viewer, route: str) -> bool:
    """Say whether the hand-written list lets this viewer see this row's column here."""
    return any(
        showing.role == viewer.role and showing.covers(route) and _reaches(showing.whose, canary, viewer)
        for showing in PRIVATE[canary.column]
    )


def _reaches(whose: Whose, canary: Canary, viewer: Viewer) -> bool:
    own = canary.order in viewer.orders or (canary.person is not None and canary.person == viewer.person)
    if whose is Whose.OWN or own:
        return own
    return whose is Whose.HOUSE or viewer.centre in canary.centres


class Crawl:
    """One going round of the shop; `leaks` gathers what was seen where it must not be."""

    def __init__(self, world: World, planted: Planted, viewers: list[Viewer]) -> None:
        self.world, self.planted, self.viewers = world, planted, viewers
        self.addresses = Addresses(world)
        self.leaks: dict[Sighting, Canary] = {}
        self.requests = 0
        self.broken: list[str] = []
        self.seen_columns: set[str] = set()
        self.met: set[object] = set()  # mutants that somebody came by
        self.letters_read: set[str] = set()
        self._log = io.StringIO()
        self._sent: list[bytes] = []

    # Reading.

    def read(self, raw: bytes, viewer: Viewer, route: str, how: str, asked: str = "") -> None:
        """Look for canaries in what came out, and keep those that may not be there; what was asked for is known."""
        for canary in self.planted.in_bytes(raw):
            self.seen_columns.add(canary.column)
            if canary.value not in asked and not is_allowed(canary, viewer, route):
                self.leaks[Sighting(canary.column, viewer.role, route, how)] = canary

    def read_answer(self, answer: TestResponse, viewer: Viewer, route: str, asked: str = "") -> None:
        """Read an answer's body, its headers and its cookies."""
        self.requests += 1
        if answer.status_code >= 500 and "error:" not in route:
            self.broken.append(f"{viewer.role} {route}: {answer.status_code}")
        self.read(answer.data, viewer, route, "body", asked)
        for name, value in answer.headers.items():
            self.read(f"{name}: {value}".encode(), viewer, route, name, asked)
        answer.close()

    # Going round.

    def pages(self, *, only: Iterable[str] | None = None, roles: Iterable[str] | None = None) -> None:
        """Ask for every route that answers a reading method, with every row's parts, in both languages."""
        chosen, who = set(only or ()), set(roles or ())
        for viewer in self.viewers:
            if who and viewer.role not in who:
                continue
            for rule in self.world.app.url_map.iter_rules():
                if "GET" not in (rule.methods or ()) or (chosen and rule.endpoint not in chosen):
                    continue
                for path in self.addresses.paths(rule, guessed=True):
                    for prefix in PREFIXES if "static" not in path and "/assets/" not in path else ("",):
                        self.ask(viewer, "GET", prefix + path, rule.endpoint)

    def posts(self) -> None:
        """Send every form empty and read what is said to that; what then happens is read as well."""
        for viewer in self.viewers:
            for rule in self.world.app.url_map.iter_rules():
                if "POST" not in (rule.methods or ()) or rule.endpoint in ENDS_THE_VISIT:
                    continue
                for path in self.addresses.paths(rule, guessed=True)[:3]:
                    self.ask(viewer, "POST", path, rule.endpoint)

    def ask(self, viewer: Viewer, method: str, path: str, route: str, **options: Any) -> TestResponse:
        """Ask for one address as one viewer and read the answer."""
        browser = viewer.browser
        call: Callable[..., TestResponse] = browser.post if method == "POST" else browser.get
        answer = call(path, **options)
        self.read_answer(answer, viewer, route, asked=path)
        return answer

    def odd_methods(self) -> None:
        """Ask with HEAD, OPTIONS and methods that no route has, and for what is not there."""
        for viewer in self.viewers[:1] + self.viewers[-1:]:
            for rule in self.world.app.url_map.iter_rules():
                for path in self.addresses.paths(rule, guessed=True)[:1]:
                    for method in ("HEAD", "OPTIONS", "PUT", "DELETE"):
                        headers = {"Sec-Fetch-Site": "same-origin"}
                        answer = viewer.browser.client.open(path, method=method, headers=headers)
                        self.read_answer(answer, viewer, rule.endpoint)

    def errors(self) -> None:
        """Let pages of each kind of error be shown, some with a private value in the exception itself."""
        first = [self.planted.of(column)[0] for column in sorted(self.planted.columns())]
        values = " ".join(canary.value for canary in first)
        for viewer in self.viewers:
            for prefix in PREFIXES:
                for path in ("/nowhere", "/manager/nowhere", "/artisan/nowhere", "/orders/MB-1/none"):
                    self.ask(viewer, "GET", prefix + path, "error:404")
            self.ask(viewer, "GET", "/cart/lines", "error:405")
            self.ask(viewer, "POST", "/cart/lines", "error:413", data={"sku": "x" * 300_000})
            self.ask(viewer, "GET", "/", "error:400", headers={"Host": "[bad"})
            with self._view_that_raises("storefront.home", RuntimeError(values)):
                self.ask(viewer, "GET", "/", "error:500")
            with self._view_that_raises("storefront.home", None, sql_value=values):
                self.ask(viewer, "GET", "/", "error:500")

    def failing_jobs(self) -> None:
        """Let a job of the worker fail with a private value in its exception."""
        values = " ".join(self.planted.of(column)[0].value for column in sorted(self.planted.columns()))

        def broken_job() -> None:
            raise ValueError(values)

        jobs.run_job(self.world.app, broken_job)

    @contextlib.contextmanager
    def _view_that_raises(self, endpoint: str, error: Exception | None, sql_value: str = "") -> Iterator[None]:
        views = self.world.app.view_functions
        honest = views[endpoint]

        def broken(**_: object) -> str:
            if error is not None:
                raise error
            db.session.execute(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": sql_value})
            return ""

        broken.__dict__["action"] = honest.__dict__["action"]
        views[endpoint] = broken
        try:
            yield
        finally:
            views[endpoint] = honest

    def searches(self) -> None:
        """Search for each private value: the answer has to be the one for a word that nobody has."""
        fields = (
            ("/search", "storefront.search"),
            ("/products", "storefront.products"),
            ("/manager/find", "manager.find"),
        )
        for viewer in self.viewers:
            for path, route in fields:
                if path.startswith("/manager") and viewer.role in ("anonymous", "customer", "artisan"):
                    continue
                nothing = self._searched(viewer, path, "qzwordthatnobodyhas")
                for column in sorted(self.planted.columns() - {"orders.key"} - MADE_OF_WORDS):
                    canary = self.planted.of(column)[-1]
                    value = canary.value[:60]
                    if is_allowed(canary, viewer, route):
                        continue
                    likenesses = alike(value) if canary.value in self.planted.texts else [like(value)]
                    if is_found(partial(self._searched, viewer, path), value, likenesses, nothing):
                        self.leaks[Sighting(column, viewer.role, route, "found by searching")] = canary

    def _searched(self, viewer: Viewer, path: str, words: str) -> tuple[int, str]:
        answer = viewer.browser.get(path, query_string={"q": words})
        self.requests += 1
        said = unquote_plus(
            html.unescape(answer.text if answer.status_code == 200 else answer.location or "")
        ).casefold()
        for shown in (words, unquote_plus(words)):
            said = said.replace(shown.casefold(), "...")
        return answer.status_code, said

    def files(self) -> None:
        """Read every picture that the shop serves, and whatever else lies in its folder."""
        nobody = self.viewers[0]
        with self.world.reading():
            names = list(db.session.execute(text("SELECT name FROM rendition")).scalars())
            told = db.session.execute(text("SELECT name, width, height FROM story_picture")).all()
        for name, width, height in told:
            names += [file.name for file in files_of(name, (width, height), WIDTHS)]
        not_out = {canary.value: canary for canary in self.planted.of("story_picture.name")}
        for name in names:
            answer = self.ask(nobody, "GET", f"/media/{name}", "media.rendition")
            canary = not_out.get(name.split("-")[0])
            if canary is not None and answer.status_code == 200:
                self.leaks[Sighting(canary.column, nobody.role, "media.rendition", "its picture")] = canary

    # What comes out elsewhere.

    def letters(self, customers: dict[str, Viewer]) -> None:
        """Let the worker write all letters and read them as those to whom they go."""
        folder = Path(self.world.app.config["MAIL_FOLDER"])
        before = set(folder.glob("*.eml"))
        self.world.work()
        for path in set(folder.glob("*.eml")) - before:
            letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            reader = customers.get(str(letter["To"]), self.viewers[0])
            route = "mail:" + self._template_of(str(letter["Subject"]))
            parts = [part.get_content() for part in letter.iter_parts()]
            said = "\n".join([*(f"{n}: {v}" for n, v in letter.items()), *parts])
            self.requests += 1
            self.letters_read.add(route.removeprefix("mail:"))
            self.read(said.encode(), reader, route, "letter")
            for link in LINK.findall(said):
                where = "account.link" if "account/link" in link else "auth.join"
                self.ask(reader, "GET", link, where)

    def send_letters_again(self) -> None:
        """Let every letter be written once more."""
        with self.world.writing():
            db.session.execute(
                text("UPDATE outbox SET done_at = NULL, tries = 0, lease_until = NULL WHERE kind = 'mail'")
            )

    def _template_of(self, subject: str) -> str:
        """Return the name of the template that a letter was made of, by its subject."""
        return next(name for words, name in SUBJECTS.items() if re.fullmatch(words, subject))

    def gateways(self, viewer: Viewer) -> None:
        """Read what was sent to the gateways: a customer's contact may go there with her own payment."""
        for sent in self._sent:
            self.read(sent, viewer, "gateway", "request")
        self._sent.clear()

    def let_pages_end(self) -> None:
        """Let every open pay page be over, so that whoever asks again gets a new one from the gateway."""
        with self.world.writing():
            db.session.execute(text("UPDATE payment_attempt SET status = 'expired' WHERE status = 'pending'"))

    def log(self) -> None:
        """Read every line of the log that was written since the last time: nothing private may be in it."""
        said = self._log.getvalue()
        self._log.seek(0)
        self._log.truncate()
        for line in said.splitlines():
            self.read(line.encode(), LOG, "log", line[:60])

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hear the log as production writes it, and the bytes that go to gateways, for the while."""
        honest, sent = http.client.HTTPConnection.send, self._sent

        def send(connection: http.client.HTTPConnection, data: Any) -> None:
            if isinstance(data, bytes) and b" /_sandbox/" not in data[:80]:
                sent.append(data)
            honest(connection, data)

        app = self.world.app
        with contextlib.redirect_stderr(self._log), contextlib.redirect_stdout(self._log):
            logs.configure("json")
            app.testing, http.client.HTTPConnection.send = False, send
            try:
                yield
            finally:
                app.testing, http.client.HTTPConnection.send = True, honest
        logs.configure(app.config["LOG_FORMAT"])


LOG = Viewer("the log", browser=None)
