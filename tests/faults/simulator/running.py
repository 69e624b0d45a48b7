"""Running the machine: blocks of runs by seed, what they counted, and the seeds that once failed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.simulator.house import Machine
from tests.faults.simulator.stage import Ground
from tests.world import World

SEEDS = Path(__file__).with_name("seeds.txt")


@dataclass
class Run:
    """The world in which machines run, one after the other."""

    world: World
    fresh: Callable[[], None]

    def __post_init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def block(self, seed: int, *, runs: int, steps: int, machine: type[Machine] = Machine) -> None:
        """Let so many runs of so many steps be drawn from one seed; the first that disagrees is raised as it was drawn."""
        ground = Ground(self.world, self.fresh, steps, self.counted)

        def begin() -> Machine:
            return machine(ground)

        chosen = settings(
            max_examples=runs,
            stateful_step_count=steps,
            database=None,
            deadline=None,
            derandomize=False,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.normal,
        )
        run_state_machine_as_test(hypothesis.seed(seed)(begin), settings=chosen, _min_steps=steps)
