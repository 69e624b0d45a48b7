"""`make figures`: measures what the issues ask for and prints one line each; exit 1 if any is short or missing.

Names and bars are in `bars.toml`; each area is a module of this package whose `measure(scale)` yields
what it found. A measurement that breaks does not stop the others: its figures are missing, and missing is short.
What a full run found is kept (kept.py) and printed again with every default run.
"""

import argparse
import importlib
import operator
import sys
import tomllib
from pathlib import Path

from bench import kept
from bench.measured import Measured

BARS = Path(__file__).with_name("bars.toml")
OPS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "=": operator.eq}


def main() -> int:
    """Measure the areas asked for, print every figure, and say by the exit code whether all hold."""
    parser = argparse.ArgumentParser(prog="make figures", description=__doc__)
    parser.add_argument("--only", help="one area, such as spine")
    parser.add_argument("--scale", choices=["default", "full"], default="default")
    asked = parser.parse_args()
    areas = tomllib.loads(BARS.read_text())
    if asked.only and asked.only not in areas:
        parser.error(f"there is no area {asked.only}; there are: {', '.join(areas)}")
    held = [_area(name, bars, asked.scale) for name, bars in areas.items() if asked.only in (None, name)]
    return 0 if all(held) else 1


def _area(area: str, bars: dict[str, dict[str, object]], scale: str) -> bool:
    module = importlib.import_module(f"bench.{area}")
    found: dict[str, Measured] = {}
    every: list[Measured] = []
    for measured in module.measure(scale):
        found[measured.name] = measured.plus(found.get(measured.name))
        every.append(measured)
        print(f"  measured {area}.{measured.name}: {measured.text}", file=sys.stderr, flush=True)
    is_full = scale == "full"
    told = [_told(f"figure {area}.{name}", bar, found.get(name), is_full=is_full) for name, bar in bars.items()]
    measured_code = getattr(module, "MEASURED", None)
    if measured_code is not None:
        code = kept.code_hash(measured_code)
        if scale == "full":
            kept.keep(area, every, code)
        else:
            told += _of_full_run(area, bars, code)
    return all(told)


def _of_full_run(area: str, bars: dict[str, dict[str, object]], code: str) -> list[bool]:
    """Print what the last full run found, all of it short if the code is another by now; nothing if there was none."""
    steps = kept.find(area)
    if not steps:
        print(f"  SCALE=full was never run for {area}", file=sys.stderr, flush=True)
        return []
    found: dict[str, Measured] = {}
    stale: set[str] = set()
    for name, step in steps.items():
        print(f"  full run of {name} on {step.on}, commit {step.commit[:12]}", file=sys.stderr, flush=True)
        for each in step.figures:
            found[each.name] = each.plus(found.get(each.name))
            if step.code != code:
                stale.add(each.name)
    return [
        _told(f"full {area}.{name}", bar, found.get(name), fresh=name not in stale, is_full=True)
        for name, bar in bars.items()
    ]


def _told(
    title: str, bar: dict[str, object], found: Measured | None, *, fresh: bool = True, is_full: bool = False
) -> bool:
    """Print one figure; True if it holds. A bar may ask for more of a full run: `full`."""
    limit = bar.get("full", bar["bar"]) if is_full else bar["bar"]
    assert isinstance(limit, int | float)
    holds = fresh and found is not None and OPS[str(bar["op"])](found.value, limit)
    value, n, seed = (found.text, found.n, found.seed) if found else ("missing", 0, 0)
    verdict = "ok" if holds else "short"
    print(f"{title} {value} {bar['unit']} bar {bar['op']} {limit} n={n} seed={seed} {verdict}", flush=True)
    return holds


if __name__ == "__main__":
    sys.exit(main())
