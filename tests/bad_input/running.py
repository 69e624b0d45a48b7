"""How a line of the table is run: all that stands in every table is marked before and after."""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from flask_babel import force_locale, gettext
from sqlalchemy import select

from shop.db import db
from tests.bad_input.cases import Case
from tests.world import World

COUNTED = {"sign_in_tries"}  # a wrong secret is meant to be counted


def unexpected(world: World, case: Case) -> list[str]:
    """Run one case and return what came otherwise than it should; empty if all is well."""
    stage = case.before(world)
    was = contents(world)
    try:
        answer = case.send(world, stage)
    except Exception as error:
        return [f"{case.name}: {type(error).__name__}: {error}"]
    found = []
    if answer.status_code != case.status:
        found.append(f"{case.name}: answered {answer.status_code}, not {case.status}")
    if case.says and not any(words in answer.text for words in in_either_language(world, case.says)):
        found.append(f"{case.name}: does not say {case.says!r}")
    now = contents(world)
    changed = sorted(name for name in (was.keys() | now.keys()) - {case.kept_in} if was.get(name) != now.get(name))
    if changed:
        found.append(f"{case.name}: changed {', '.join(changed)}")
    return found


def contents(world: World) -> dict[str, str]:
    """Return a mark of all that stands in each table, and of all files that are kept."""
    marks = {}
    with world.reading():
        for table in db.metadatas[None].sorted_tables:
            if table.name in COUNTED:
                continue
            columns = list(table.columns)
            rows = sorted(repr(tuple(row)) for row in db.session.execute(select(*columns)))
            marks[table.name] = f"{len(rows)} rows, {hashlib.sha256(''.join(rows).encode()).hexdigest()}"
    folder = Path(urlsplit(world.app.config["MEDIA_URL"]).path)
    marks["files"] = ",".join(sorted(path.name for path in folder.iterdir()))
    return marks


def in_either_language(world: World, words: str) -> list[str]:
    """Return the words and their Bengali, as a page writes them."""
    with world.app.test_request_context(), force_locale("bn_IN"):
        return [words, words.replace("'", "&#39;"), gettext(words)]
