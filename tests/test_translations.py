"""Every string of the shop is in the Bengali catalogue, and in Bengali."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "shop" / "translations" / "bn" / "LC_MESSAGES" / "messages.po"
SAME = {"HSN", "SKU", "UPI"}  # what is written alike in both


@pytest.fixture(scope="module")
def strings(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the code and the templates say, gathered afresh."""
    target = tmp_path_factory.mktemp("words") / "messages.pot"
    gather = [Path(sys.executable).parent / "pybabel", "-q", "extract", "-F", "babel.cfg", "-o", target, "."]
    subprocess.run(gather, cwd=ROOT, check=True, capture_output=True)
    return _read(target)


def test_every_string_has_a_bengali_one_that_is_not_fuzzy(strings: Catalog) -> None:
    bengali = _read(CATALOGUE)

    missing = [message.id for message in strings if message.id and not _said(bengali, message.id)]

    assert len(strings) > 900
    assert missing == []


def test_every_bengali_string_is_written_in_bengali() -> None:
    latin = [
        message.id
        for message in _read(CATALOGUE)
        if message.id and not _has_letters(message.string) and _words(message.id) - SAME
    ]

    assert latin == []


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def _said(catalogue: Catalog, wanted: object) -> bool:
    message = catalogue.get(wanted)
    strings = message.string if message and isinstance(message.string, tuple) else (message and message.string,)
    return bool(message) and not message.fuzzy and all(strings)


def _has_letters(said: object) -> bool:
    return re.search(r"[\u0985-\u09b9]", " ".join(said) if isinstance(said, tuple) else str(said)) is not None


def _words(wanted: object) -> set[str]:
    """Return a string's own words, without its values and marks."""
    text = " ".join(wanted) if isinstance(wanted, tuple) else str(wanted)
    return set(re.findall(r"[A-Za-z]{2,}", re.sub(r"%\(\w+\)s", "", text)))
