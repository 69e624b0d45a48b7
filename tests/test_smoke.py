from tests.conftest import both_databases
from tests.world import World


@both_databases
def test_the_house_stands(world: World) -> None:
    assert world.browser().get("/healthz").status_code == 200
    told = world.browser().get("/readyz").json
    warnings = told.pop("warnings", {})  # the tests' own PostgreSQL is used by its owner, which a shop is told of
    assert told == {"ready": True, "problems": {}}
    assert all("ledger role" in each for each in warnings.values())
    assert world.books_breaks() == []
