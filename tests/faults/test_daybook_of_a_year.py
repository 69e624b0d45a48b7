"""The demo's year as an accountant's program reads it: beancount's own sums are ours, account by account."""

from pathlib import Path

from sqlalchemy import delete

from shop.catalog import pictures
from shop.db import db
from shop.outbox import OutboxRow
from tests.conftest import both_databases
from tests.faults.conftest import Often
from tests.faults.figures import note
from tests.ledger.test_daybook import differences, export, loaded
from tests.test_commands import _empty_every_table
from tests.world import World


@both_databases
def test_beancounts_sums_of_the_demo_are_ours(world: World, often: Often, tmp_path: Path) -> None:
    with world.app.app_context():
        _empty_every_table()
    months = often(2, 12, 12)
    told = world.app.test_cli_runner().invoke(args=["demo", "load", "--months", str(months)])
    assert told.exit_code == 0, told.output
    with world.writing():  # a hundred pictures in their larger widths are a minute's work, tested where it is done
        db.session.execute(delete(OutboxRow).where(OutboxRow.kind.in_(pictures.JOBS)))

    directives = loaded(export(world, "beancount", tmp_path / "books.beancount"))

    with world.reading():
        apart = differences(directives)
    note("ledger.beancount_differences", len(apart), n=len(directives), seed=0)
    assert apart == {}
    assert len(directives) > 100 * months
