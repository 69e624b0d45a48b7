from tests.conftest import both_databases
from tests.world import World


@both_databases
def test_the_house_stands(world: World) -> None:
    assert world.browser().get("/healthz").status_code == 200
    assert world.browser().get("/readyz").json == {"ready": True, "problems": {}}
    assert world.books_breaks() == []
