"""Everything that issue 3 wants measured: one function a step, each yielding its figures."""

from collections.abc import Iterator

from bench.measured import Measured, gathered, in_steps


def measure(scale: str) -> Iterator[Measured]:
    """Yield every figure of access; one step that breaks leaves its figures missing."""
    yield from in_steps(
        (
            ("matrix", matrix),
            ("images", images),
            ("enumeration", enumeration),
            ("withdrawal", withdrawal),
            ("guesses", guesses),
            ("canary", canary),
            ("abuse", abuse),
            ("browser", browser),
        )
    )


def matrix() -> Iterator[Measured]:
    """Yield how many cells of role, route and whose answer otherwise than the table, and routes without a policy."""
    names = dict.fromkeys(("matrix_unexpected", "routes_without_policy"), sum)
    return gathered(["tests/test_access_matrix.py"], names, area="access")


def images() -> Iterator[Measured]:
    """Yield what is left of a camera's notes in our files, and how many of the named attacks are taken."""
    names = dict.fromkeys(("image_metadata_left", "image_attacks_accepted"), sum)
    return gathered(["-n", "2", "-p", "tests.conftest", "bench/measure_images.py"], names, area="access")


def enumeration() -> Iterator[Measured]:
    """Yield on how many ways to sign in a known name is told from an unknown one, over both databases."""
    return gathered(["-n", "2", "tests/users/test_enumeration.py"], {"enumeration_paths_differing": sum}, area="access")


def withdrawal() -> Iterator[Measured]:
    """Yield how many surfaces still show her at the request after she, or anyone of the office, took it down."""
    return gathered(["-n", "2", "tests/journeys/test_withdrawal.py"], {"withdrawal_surfaces_left": sum}, area="access")


def guesses() -> Iterator[Measured]:
    """Yield how many of 200 parallel guesses at one PIN were looked at, on the database where it was more."""
    return gathered(["tests/faults/test_guesses.py"], {"pin_guesses_evaluated": max}, area="access")


def browser() -> Iterator[Measured]:
    """Yield how often Chromium, on every page, met what the policy forbids or asked another host."""
    arguments = ["tests/browser/test_every_page_in_chromium.py"]
    return gathered(arguments, {"csp_violations": sum}, area="access", REQUIRE_BROWSER="1")


def canary() -> Iterator[Measured]:
    """Yield what was seen of private columns where it must not be, and the leaks on purpose that were missed."""
    names = dict.fromkeys(("canary_leaks", "canary_mutants_missed"), sum)
    return gathered(["-n", "2", "-p", "tests.conftest", "bench/measure_canary.py"], names, area="access")


def abuse() -> Iterator[Measured]:
    """Yield which requirements of ASVS do not hold, and how many answers were a 5xx."""
    names = dict.fromkeys(("abuse_unexpected", "5xx"), sum)
    return gathered(["-n", "2", "-p", "tests.conftest", "bench/measure_abuse.py"], names, area="access")
