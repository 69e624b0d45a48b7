"""What a full run found is told again, and is short as soon as the code that it measured is another."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import figures, kept, mutation, payments
from bench.measured import Measured, in_steps
from shop.crashpoint import POINTS

BARS: dict[str, dict[str, object]] = {
    "lost": {"unit": "orders", "op": "<=", "bar": 0},
    "hashes": {"unit": "hashes", "op": "=", "bar": 1},
}
FOUND = [Measured("lost", 0, 20, 7, "kills"), Measured("hashes", 1, 100, 7, "events", is_worst=True)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    find = kept.find
    monkeypatch.setattr(kept, "find", lambda area, folder=tmp_path: find(area, folder=folder))
    return tmp_path


def test_a_full_run_is_told_again_while_its_code_is_the_same(folder: Path, capsys: Any) -> None:
    kept.keep("payments", FOUND, "abc", folder=folder)

    assert figures._of_full_run("payments", BARS, "abc") == [True, True]
    assert figures._of_full_run("payments", BARS, "abd") == [False, False]

    told = capsys.readouterr().out.splitlines()
    assert told[0] == "full payments.lost 0 orders bar <= 0 n=20 seed=7 ok"
    assert told[3] == "full payments.hashes 1 hashes bar = 1 n=100 seed=7 short"


def test_steps_are_kept_one_by_one_and_a_figure_of_several_is_their_sum(folder: Path, capsys: Any) -> None:
    kept.keep("payments", FOUND, "old", folder=folder)
    kept.keep("payments", [Measured("lost", 0, 30, 7, "kills")], "new", folder=folder)

    assert figures._of_full_run("payments", BARS, "new") == [True, False]
    kept.keep(
        "payments", [Measured("lost", 1, 10, 7, "events"), Measured("hashes", 1, 1, 7, "events")], "new", folder=folder
    )
    assert figures._of_full_run("payments", BARS, "new") == [False, True]

    told = capsys.readouterr().out.splitlines()
    assert told[0] == "full payments.lost 0 orders bar <= 0 n=30 seed=7 ok"
    assert told[2] == "full payments.lost 1 orders bar <= 0 n=40 seed=7 short"


def test_a_figure_that_tells_the_worst_is_no_sum(folder: Path, capsys: Any) -> None:
    kept.keep("payments", [*FOUND, Measured("hashes", 1, 5, 7, "kills", is_worst=True)], "abc", folder=folder)

    assert figures._of_full_run("payments", BARS, "abc") == [True, True]
    assert "hashes 1 hashes bar = 1 n=105" in capsys.readouterr().out


def test_a_step_runs_by_its_name_and_by_what_it_is_a_part_of(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [(name, lambda: iter([Measured("lost", 0)])) for name in ("kills:send", "kills:apply", "events")]

    for only, ran in (("kills", ["kills:send", "kills:apply"]), ("kills:apply,events", ["kills:apply", "events"])):
        monkeypatch.setenv("FIGURES_STEPS", only)
        assert [each.step for each in in_steps(steps)] == ran


def test_a_full_run_kills_at_every_step_of_a_purchase() -> None:
    assert {*payments.OF_A_PURCHASE} == POINTS.keys() - {"picture", "seal"}
    assert {f"kills:{step}" for step in payments.OF_A_PURCHASE} < payments.deaths("full").keys()


def test_where_no_full_run_was_kept_nothing_is_told(folder: Path, capsys: Any) -> None:
    assert figures._of_full_run("payments", BARS, "abc") == []
    assert capsys.readouterr().out == ""


def test_a_figure_that_must_be_met_exactly_is_short_on_either_side() -> None:
    bar = BARS["hashes"]

    assert [figures._told("figure x", bar, Measured("hashes", value)) for value in (0, 1, 2)] == [False, True, False]


def test_a_full_run_may_be_asked_for_more(capsys: Any) -> None:
    bar: dict[str, object] = {"unit": "steps", "op": ">=", "bar": 20, "full": 200}

    assert [figures._told("figure x", bar, Measured("steps", 30), is_full=is_full) for is_full in (False, True)] == [
        True,
        False,
    ]
    assert capsys.readouterr().out.splitlines()[1] == "figure x 30 steps bar >= 200 n=1 seed=0 short"


def test_mutants_change_one_thing_each_and_the_score_counts_only_what_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = list(mutation.mutants("def less(a, b):\n    return a + 1 < b\n"))

    assert {(each.says, each.source.splitlines()[1].strip()) for each in found} == {
        ("nothing is returned", "return None"),
        ("Lt becomes LtE", "return a + 1 <= b"),
        ("Add becomes Sub", "return a - 1 < b"),
        ("1 becomes 2", "return a + 2 < b"),
    }
    monkeypatch.setattr(mutation, "KEPT", tmp_path / "mutation.json")
    monkeypatch.setattr(mutation, "FILES", {"shop/money.py": ("tests/test_money.py",)})
    assert list(mutation.score()) == []
    kept_now = {"code": mutation._code("shop/money.py"), "mutants": 10, "lived": ["3: Lt becomes LtE"]}
    mutation.KEPT.write_text(json.dumps({"shop/money.py": kept_now}))
    assert list(mutation.score()) == [Measured("mutation_score", 90.0, 10)]
    mutation.KEPT.write_text(json.dumps({"shop/money.py": {**kept_now, "code": "another"}}))
    assert list(mutation.score()) == []


def test_the_hash_is_that_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    first = kept.code_hash(["a.py"], tmp_path)
    (tmp_path / "a.py").write_text("2")
    second = kept.code_hash(["."], tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")

    assert len({first, second, kept.code_hash(["."], tmp_path)}) == 3
