"""Whatever is asked for or sent, to every address and by every kind of person: no exception, no answer of 500."""

import random

import pytest
from werkzeug.test import TestResponse

from shop.users.models import Role
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.test_routes import JUNK, PUBLIC, field_names, path_of, raw_path, rules, signed_in
from tests.world import Browser, World


@both_databases
@pytest.mark.parametrize("who", ["a stranger", Role.ARTISAN, Role.ADMIN, Role.CUSTOMER])
def test_nothing_one_can_ask_for_breaks_a_page(world: World, who: str) -> None:
    person = world.browser() if who == "a stranger" else signed_in(world, Role(who))
    chance = random.Random(2011)
    broken = []
    for rule in rules(world.app, "GET"):
        if who != "a stranger" and rule.endpoint.split(".")[0] not in ("manager", "artisan", "account"):
            continue
        tried = chance.sample(JUNK, 6) if rule.arguments else [""]
        for junk in [*tried, "a\x00b", "9" * 20] if rule.arguments else tried:
            query = {name: chance.choice(JUNK) for name in ("before", "month", "currency", "q", "sku", "trade", "next")}
            broken += failures(person, "GET", raw_path(rule, junk), query_string=query)

    assert not broken, "\n".join(broken)


@both_databases
@pytest.mark.parametrize("who", ["a stranger", Role.ARTISAN, Role.ADMIN, Role.CUSTOMER])
def test_nothing_one_can_send_breaks_a_form(world: World, who: str) -> None:
    person = world.browser() if who == "a stranger" else signed_in(world, Role(who))
    world.add_to_cart(person, TOTE)
    chance = random.Random(1947)
    names = field_names()
    broken = []
    for rule in rules(world.app, "POST"):
        if rule.endpoint == "auth.sign_out" or (who == "a stranger" and rule.endpoint not in PUBLIC):
            continue
        if who != "a stranger" and rule.endpoint in PUBLIC:
            continue
        for path in (path_of(world.app, rule), raw_path(rule, chance.choice(JUNK))):
            for _ in range(2):
                form = {name: chance.choice(JUNK) for name in names}
                broken += failures(person, "POST", path, data=form)
            for junk in ("a\x00b", "9" * 13):
                broken += failures(person, "POST", path, data=dict.fromkeys(names, junk))

    assert not broken, "\n".join(broken)


def failures(person: Browser, method: str, path: str, **options: object) -> list[str]:
    """Return what broke: an exception or a status of 500 and above."""
    try:
        answer: TestResponse = (person.get if method == "GET" else person.post)(path, **options)
    except Exception as error:
        return [f"{method} {path[:80]!r} {str(options)[:300]}: {type(error).__name__}: {str(error)[:120]}"]
    return [f"{method} {path[:80]!r}: {answer.status_code}"] if answer.status_code >= 500 else []
