"""What pictures keep of a camera's notes, and how many of the named attacks are taken; pytest runs this file for
`make figures`.

The files are those of `tests/catalog/metadata.py` and `tests/catalog/attacks.py`. A file counts as often as
its bytes hold something beside pixels; an upload in which the look itself finds nothing would prove
nothing, and breaks the run.
"""

import pytest

from shop.catalog import darkroom
from shop.errors import Invalid
from tests.catalog.attacks import ATTACKS, encoded
from tests.catalog.metadata import CARRIERS, left_in
from tests.catalog.test_picture_metadata import stored_files
from tests.faults.figures import note
from tests.world import World


@pytest.mark.parametrize("kind", CARRIERS)
def test_metadata(world: World, kind: str) -> None:
    upload = CARRIERS[kind]()
    assert left_in(upload)
    files = stored_files(world, upload)
    assert files and all(files.values())
    left = [f"{name}: {found}" for name, content in files.items() for found in left_in(content)]
    print(*left, sep="\n")
    note("access.image_metadata_left", len(left), n=len(files), seed=0)


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name: str) -> None:
    assert list(darkroom.develop([encoded("JPEG")]))
    try:
        list(darkroom.develop([ATTACKS[name]()]))
    except Invalid:
        note("access.image_attacks_accepted", 0, n=1, seed=0)
    else:
        note("access.image_attacks_accepted", 1, n=1, seed=0)
