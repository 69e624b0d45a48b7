"""Who gets what answer where: real requests on real records are held against the table of `tests/access_table.py`.

Every endpoint of the shop has its line, or the test says which one is not in the table. The records are those of
`tests/two_centres.py`: a person's own, and another's.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from shop.artisans import payouts
from shop.orders import lifecycle
from shop.users.models import Role, User
from shop.users.policy import HOUSE, POLICY
from shop.web.access import action_of
from tests.access_table import TABLE, Cell, table
from tests.faults.figures import note
from tests.two_before import BEFORE
from tests.two_centres import OWN, PERSON_OF, RIVER, House, build, rules
from tests.world import World

WORDS = {"y": "answered", "n": "refused", "h": "hidden", "s": "sent to sign in", "u": "let in with nothing to take"}
ENDS_AT_SIGN_IN = ("auth.sign_out", "auth.join_post")  # which have done what they were asked for by then
SIGN_INS = ("/login", "/artisan/sign-in", "/step-up")


def strangers(app: Flask) -> list[str]:
    """Return every endpoint that has no line in the table, and every line that has no endpoint."""
    known, there = table().keys(), {rule.endpoint for rule in app.url_map.iter_rules()}
    missing = [f"{endpoint} is not in the table" for endpoint in sorted(there - known)]
    return missing + [f"{endpoint} is in the table and not in the shop" for endpoint in sorted(known - there)]


def unexpected(house: House, only: set[str] | None = None) -> tuple[list[str], int]:
    """Return every cell that answers otherwise than the table says, and how many were asked."""
    known, wrong, asked = table(), strangers(house.world.app), 0
    for rule, method in rules(house):
        if rule.endpoint not in known or (only is not None and rule.endpoint not in only):
            continue
        for what, found in _answers(house, rule, method, known[rule.endpoint]):
            asked += 1
            wrong += [f"{method} {rule.rule} ({rule.endpoint}), {what}: {found}"] if found else []
    return wrong, asked


def _answers(house: House, rule: Rule, method: str, line: str | list[Cell]) -> Iterator[tuple[str, str]]:
    """Yield each question of a route, and what is wrong with its answer ("" if nothing is)."""
    if isinstance(line, str):
        yield from _open_to_all(house, rule, method, line)
        return
    for cell in line:
        if cell.expected == ".":
            if _question(house, rule, method, OWN) != _question(house, rule, method, cell.side):
                yield cell.column, "the table says `.`, but this asks about another's record"
            continue
        found = _answer(house, rule, method, cell.person, cell.side, ready=cell.expected in "yh")
        wrong = "" if found == cell.expected else f"{WORDS.get(found, found)}, not {WORDS[cell.expected]}"
        yield cell.column, wrong


def _open_to_all(house: House, rule: Rule, method: str, word: str) -> Iterator[tuple[str, str]]:
    """A public route refuses nobody for who she is; one with a key answers its holder and is not there for others."""
    for name in (None, *PERSON_OF.values()):
        found = _answer(house, rule, method, name, OWN)
        if word == "public":
            yield str(name), f"{WORDS[found]}, though it is public" if found in ("n", "s") else ""
            continue
        yield str(name), "" if found == "y" else f"{WORDS.get(found, found)}, with the right key"
        named = f"{rule.endpoint}:token" if f"{rule.endpoint}:token" in house.sides[OWN] else "token"
        secret = named if "token" in rule.arguments else "key"
        wrong = house.sides[RIVER]["key"] if secret == "key" else "0" * 43
        whose = "another order's key" if secret == "key" else "no one's token"
        right = house.sides[OWN][secret]
        house.sides[OWN][secret] = wrong
        found = _answer(house, rule, method, name, OWN)
        house.sides[OWN][secret] = right
        yield str(name), "" if found == "h" else f"{WORDS.get(found, found)}, with {whose}"


def _question(house: House, rule: Rule, method: str, side: str) -> tuple[str, dict[str, str]]:
    form = house.form(rule.endpoint, side) if method == "POST" else {}
    return house.path(rule, side), {name: str(value) for name, value in form.items() if isinstance(value, str | int)}


def _answer(house: House, rule: Rule, method: str, name: str | None, side: str, *, ready: bool = True) -> str:
    """Send one request and return its answer as a letter of the table, or its status."""
    answer = house.ask(rule, method, name, side, ready=ready)
    answer.close()
    if (method != "GET" or rule.endpoint in BEFORE) and answer.status_code not in (401, 403):
        house.put_back()
    status, where = answer.status_code, answer.location or ""
    leads_to_sign_in = status in (302, 303) and where.startswith(SIGN_INS) and rule.endpoint not in ENDS_AT_SIGN_IN
    if status == 401 or leads_to_sign_in:
        return "s" if rule.endpoint not in ("auth.sign_in_post", "artisan.sign_in_post") else str(status)
    return {403: "n", 404: "h", 422: "u"}.get(status, "y" if 200 <= status < 400 else str(status))


@pytest.fixture
def house(world: World, tmp_path: Path) -> House:
    """The house with two of everything."""
    return build(world, tmp_path)


def without_policy(app: Flask) -> list[str]:
    """Return every endpoint that is neither public by name nor names an action of the policy."""
    bare = []
    for endpoint in {rule.endpoint for rule in app.url_map.iter_rules()}:
        try:
            action = action_of(app, endpoint)
        except KeyError:
            bare.append(endpoint)
            continue
        if action is not None and action not in POLICY:
            bare.append(endpoint)
    return sorted(bare)


def test_everyone_gets_the_answer_that_the_table_gives(house: House) -> None:
    wrong, asked = unexpected(house)

    note("access.matrix_unexpected", len(wrong), n=asked, seed=0)
    assert not wrong, "\n".join(wrong)


def test_a_right_too_many_a_right_too_few_and_a_fetch_that_ignores_the_centre_are_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(endpoint: str) -> list[str]:
        return [each.split("), ")[1] for each in unexpected(house, {endpoint})[0]]

    with monkeypatch.context() as changed:
        changed.setitem(POLICY, "orders.refund", {**POLICY["orders.refund"], Role.AUDITOR: HOUSE})
        assert {each[:3] for each in found("manager.refund")} == {"aud"}
    with monkeypatch.context() as changed:
        changed.setitem(POLICY, "audit.read", {Role.ADMIN: HOUSE})
        assert found("manager.audit") == ["saf: refused, not answered", "aud: refused, not answered"]
    with monkeypatch.context() as changed:
        changed.setattr(payouts, "covers", lambda *_: True)
        assert found("manager.payout") == ["mgr': answered, not hidden"]
    with monkeypatch.context() as changed:
        changed.setattr(lifecycle, "get_for_customer", lambda number, _key: lifecycle.get_of(house_wide(house), number))
        assert {each.split(": ")[1] for each in found("storefront.order")} == {"answered, with another order's key"}
    assert found("manager.payout") == found("manager.audit") == found("manager.refund") == []


def house_wide(house: House) -> User:
    """Return someone whom every order is open to."""
    return house.world.user("Anita")


def test_a_route_that_nobody_wrote_into_the_table_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for line in TABLE.splitlines() if not line.startswith("manager.audit ")]
    monkeypatch.setattr("tests.access_table.TABLE", "\n".join([*lines, "manager.diary public"]))

    assert strangers(app) == ["manager.audit is not in the table", "manager.diary is in the table and not in the shop"]


def test_every_route_is_public_by_name_or_names_an_action_of_the_policy(app: Flask) -> None:
    bare = without_policy(app)

    note("access.routes_without_policy", len(bare), n=len(app.view_functions), seed=0)
    assert bare == []


def test_a_route_that_says_neither_is_found(app: Flask) -> None:
    app.view_functions["storefront.home"] = lambda: "open to all, by mistake"
    app.view_functions["manager.audit"].__dict__["action"] = "audit.write"

    assert without_policy(app) == ["manager.audit", "storefront.home"]
    app.view_functions["manager.audit"].__dict__["action"] = "audit.read"
