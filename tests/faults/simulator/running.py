"""Running the machine: blocks of runs by seed, what they counted, and the seeds that once failed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.simulator.house import Machine
from tests.faults.simulator.stage import Ground
from tests.world import World

SEEDS = Path(__file__).with_name("seeds.txt")
RUNS, STEPS = 14, 90


def kept_seeds() -> list[int]:
    """Return the seeds that once failed and are not known to be mended; each stands for a block of RUNS x STEPS."""
    return [int(line.split("#")[0]) for line in SEEDS.read_text().splitlines() if line.split("#")[0].strip()]


def keep_seed(seed: int, error: Exception) -> None:
    """Write a seed that failed into the tree, to be run first from then on until somebody takes it out."""
    why = (str(error).splitlines() or [type(error).__name__])[0]
    if seed not in kept_seeds():
        with SEEDS.open("a") as file:
            file.write(f"{seed}  # {why[:100]}\n")


@dataclass
class Run:
    """The world in which machines run, one after the other, and how it is made fresh for each."""

    world: World
    fresh: Callable[[], None]

    def __post_init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def block(self, seed: int, *, runs: int = RUNS, steps: int = STEPS, begun: str = "") -> None:
        """Draw so many runs of so many steps from one seed; the first that disagrees raises, with its steps beside it.
        `begun`: what each begins with, which else is drawn.

        Nothing is shrunk: it would take as long again as finding it. The same seed draws the same as long as neither
        the rules nor Hypothesis change; a run that was understood becomes a test of its own.
        """
        ground = Ground(self.world, self.fresh, steps, self.counted, begun)

        def begin() -> Machine:
            return Machine(ground)

        chosen = settings(
            max_examples=runs,
            stateful_step_count=steps,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(hypothesis.seed(seed)(begin), settings=chosen, _min_steps=steps)
