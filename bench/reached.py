"""A plugin of pytest for mutation.py: under coverage it writes down which test reaches what, and how long each took.

A failing example is not made small, since nobody reads it.
"""

import json
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import Phase, settings

TOOK = Path("took.json")  # in the tree that is tried
_took: dict[str, float] = {}
settings.register_profile("unread", phases=[Phase.explicit, Phase.generate])
settings.load_profile("unread")


def pytest_runtest_logstart(nodeid: str) -> None:
    """Write down what follows under this test, whatever its parameters."""
    running = Coverage.current()
    if running is not None:
        running.switch_context(_name(nodeid))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what a test took, its preparation too."""
    _took[_name(report.nodeid)] = _took.get(_name(report.nodeid), 0) + report.duration


def pytest_sessionfinish() -> None:
    """Leave the times behind, if they are asked for."""
    if Coverage.current() is not None:
        TOOK.write_text(json.dumps(_took))


def _name(nodeid: str) -> str:
    return nodeid.partition("[")[0]
