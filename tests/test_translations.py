"""Every string of the shop is in the Bengali and the Hindi catalogue, and in their own letters."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from shop.web.language import PREFIXES

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "shop" / "translations"
LETTERS = {"bn": "[\u0985-\u09b9]", "hi": "[\u0904-\u0939]"}
SAME = {"HSN", "SKU", "UPI"}  # what is written alike in all
VALUE = re.compile(r"%\(\w+\)s|%%")


@pytest.fixture(scope="module")
def strings(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the code and the templates say, gathered afresh."""
    target = tmp_path_factory.mktemp("words") / "messages.pot"
    gather = [Path(sys.executable).parent / "pybabel", "-q", "extract", "-F", "babel.cfg", "-o", target, "."]
    subprocess.run(gather, cwd=ROOT, check=True, capture_output=True)
    return _read(target)


@pytest.fixture(scope="module", params=PREFIXES)
def language(request: pytest.FixtureRequest) -> str:
    """Each language of the shop besides English."""
    return str(request.param)


@pytest.fixture(scope="module")
def catalogue(language: str) -> Catalog:
    """The strings in that language."""
    return _read(CATALOGUES / language / "LC_MESSAGES" / "messages.po")


def test_every_string_is_said_and_none_is_fuzzy(strings: Catalog, catalogue: Catalog) -> None:
    missing = [message.id for message in strings if message.id and not _said(catalogue.get(message.id))]

    assert len(strings) > 900
    assert missing == []


def test_every_string_is_in_the_letters_of_its_language(language: str, catalogue: Catalog) -> None:
    latin = [
        message.id
        for message in catalogue
        if message.id and _words(message.id) - SAME and not all(_has_letters(said, language) for said in _all(message))
    ]

    assert latin == []


def test_every_string_holds_the_values_of_the_english_one(catalogue: Catalog) -> None:
    """A singular may leave its number out; nothing may name a value that is not given."""
    wrong = [
        message.id
        for message in catalogue
        if message.id and any(_values(said) != _values(_plural(message.id)) for said in _all(message)[-1:])
    ]

    assert wrong == []
    assert all(_values(said) <= _values(_plural(each.id)) for each in catalogue if each.id for said in _all(each))


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def _said(message: Message | None) -> bool:
    return message is not None and not message.fuzzy and all(_all(message))


def _all(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (str(message.string),)


def _plural(wanted: object) -> str:
    return str(wanted[-1] if isinstance(wanted, tuple | list) else wanted)


def _values(text: str) -> set[str]:
    return set(VALUE.findall(text))


def _has_letters(said: str, language: str) -> bool:
    return re.search(LETTERS[language], said) is not None


def _words(wanted: object) -> set[str]:
    """Return a string's own words, without its values and marks."""
    text = " ".join(wanted) if isinstance(wanted, tuple) else str(wanted)
    return set(re.findall(r"[A-Za-z]{2,}", re.sub(r"%\(\w+\)s", "", text)))
