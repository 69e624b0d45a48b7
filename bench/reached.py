"""A plugin of pytest that tells coverage which test is running: what a test reaches is written down under its name."""

from coverage import Coverage


def pytest_runtest_logstart(nodeid: str) -> None:
    """Write down what follows under this test, whatever its parameters."""
    running = Coverage.current()
    assert running is not None
    running.switch_context(nodeid.partition("[")[0])
