"""What a full run found is told again, and is short as soon as the code that it measured is another."""

from pathlib import Path
from typing import Any

import pytest

from bench import figures, kept
from bench.measured import Measured

BARS: dict[str, dict[str, object]] = {
    "lost": {"unit": "orders", "op": "<=", "bar": 0},
    "hashes": {"unit": "hashes", "op": "=", "bar": 1},
}
FOUND = [Measured("lost", 0, 20, 7), Measured("hashes", 1, 100, 7)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    find = kept.find
    monkeypatch.setattr(kept, "find", lambda area: find(area, folder=tmp_path))
    return tmp_path


def test_a_full_run_is_told_again_while_its_code_is_the_same(folder: Path, capsys: Any) -> None:
    kept.keep("payments", FOUND, "abc", folder=folder)

    assert figures._of_full_run("payments", BARS, "abc") == [True, True]
    assert figures._of_full_run("payments", BARS, "abd") == [False, False]

    told = capsys.readouterr().out.splitlines()
    assert told[0] == "full payments.lost 0 orders bar <= 0 n=20 seed=7 ok"
    assert told[3] == "full payments.hashes 1 hashes bar = 1 n=100 seed=7 short"


def test_where_no_full_run_was_kept_nothing_is_told(folder: Path, capsys: Any) -> None:
    assert figures._of_full_run("payments", BARS, "abc") == []
    assert capsys.readouterr().out == ""


def test_a_figure_that_must_be_met_exactly_is_short_on_either_side() -> None:
    bar = BARS["hashes"]

    assert [figures._told("figure x", bar, Measured("hashes", value)) for value in (0, 1, 2)] == [False, True, False]


def test_the_hash_is_that_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    first = kept.code_hash(["a.py"], tmp_path)
    (tmp_path / "a.py").write_text("2")
    second = kept.code_hash(["."], tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")

    assert len({first, second, kept.code_hash(["."], tmp_path)}) == 3
