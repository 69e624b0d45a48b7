"""The abuse catalogue: named requirements of OWASP ASVS 5.0 that apply to this shop, each with a check of its own.

A check drives the real app (or reads the tree, where the requirement is about code) and yields a sentence for
each thing that is not as it should be. Requirements that do not apply are left out, not passed emptily.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Check = Callable[[World], Iterator[str]]
CHAPTERS = (
    "encoding", "logic", "frontend", "service", "files", "authentication", "sessions", "authorisation", "tokens",
    "configuration", "protection", "code", "logging",
)  # fmt: skip


@dataclass(frozen=True)
class Requirement:
    """One requirement: its number in ASVS 5.0.0, what it asks of this shop, and how that is tried."""

    id: str
    says: str
    check: Check


REQUIREMENTS: list[Requirement] = []


def asvs(number: str, says: str) -> Callable[[Check], Check]:
    """Enter a check into the catalogue."""

    def enter(check: Check) -> Check:
        REQUIREMENTS.append(Requirement(number, says, check))
        return check

    return enter


class Counting:
    """WSGI middleware that counts answers and keeps those of 500 and above."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app
        self.answers = 0
        self.broken: list[str] = []

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: object) -> object:
            self.answers += 1
            if status.startswith("5"):
                self.broken.append(f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')[:120]!r}: {status}")
            return start_response(status, headers, *more)

        return self.app(environ, start)


def failing(world: World, requirement: Requirement) -> tuple[list[str], int, list[str]]:
    """Run one check as in production; return what is wrong, how many answers there were, and which were a 5xx.

    A check that breaks the app on purpose says so by `expect_defects`.
    """
    counting = Counting(world.app.wsgi_app)
    world.app.wsgi_app = counting
    world.app.testing = False
    try:
        found = list(requirement.check(world))
    except Exception as error:
        found = [f"the check itself broke: {type(error).__name__}: {str(error)[:300]}"]
    finally:
        world.app.wsgi_app = counting.app
        world.app.testing = True
    broken = [] if requirement.check.__dict__.get("expects_defects") else counting.broken
    return [f"{requirement.id}: {what}" for what in found], counting.answers, broken


def expects_defects(check: Check) -> Check:
    """Mark a check that makes a view fail on purpose, so that its 500s do not count."""
    check.__dict__["expects_defects"] = True
    return check


for _chapter in CHAPTERS:
    importlib.import_module(f"{__name__}.{_chapter}")
