"""Five hundred acceptances of one piece at one moment: it is credited once."""

from collections import Counter as Tally

from sqlalchemy import func, select

from shop.artisans.models import Earning
from shop.db import db
from shop.errors import DomainError
from shop.ledger.models import Entry
from shop.production import checks
from shop.production.models import Task
from tests.conftest import both_databases
from tests.faults.conftest import Often
from tests.faults.figures import note
from tests.faults.test_work_races import submitted_task
from tests.faults.together import at_once
from tests.world import World


def accepted_at_once(world: World, people: int) -> None:
    """Record one check from so many sides; fail if it was credited more or less than once."""
    task_id = submitted_task(world)

    def check(number: int) -> str:
        with world.app.app_context():
            try:
                with world.writing():
                    by = world.user(("Meera", "Anita")[number % 2])
                    task = db.session.get_one(Task, task_id)
                    checks.record(task, passed=1, rework=0, rejected=0, at=world.clock.now(), by=by)
            except DomainError as error:
                return error.message_id
            return "recorded"

    answers = at_once(people, check)

    with world.reading():
        credited = db.session.scalar(select(func.count(Earning.id))) or 0
        entries = db.session.scalar(select(func.count(Entry.id)).where(Entry.kind == "piece accepted")) or 0
    note("ledger.double_credits", max(credited, entries) - 1, n=people, seed=0)
    assert (credited, entries) == (1, 1), f"one piece was credited {credited} times"
    assert Tally(map(str, answers))["recorded"] == 1, Tally(map(str, answers))


@both_databases
def test_a_piece_that_many_accept_at_once_is_credited_once(world: World, often: Often) -> None:
    accepted_at_once(world, often(60, 500, 500))
