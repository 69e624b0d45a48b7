"""A real worker, killed after every single file of a picture: each file is drawn once and whole.

In the meantime a page may name only what can be had. The lease of a killed worker ends after a minute; the test
does not wait for that but ends it in the database.
"""

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from sqlalchemy import select, update

from shop import outbox, storage
from shop.catalog import pictures, products, renditions
from shop.catalog.models import Rendition
from shop.db import db
from tests.cast import a_picture
from tests.world import World

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST_S = 60


def worker(world: World, settings: dict[str, str], folder: Path, mutant: str) -> "subprocess.Popen[bytes]":
    module = "tests.faults.mutants" if mutant else "wsgi"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SHOP_")}
    environment = {
        **inherited, **settings, "SHOP_VAR": str(folder / "var"), "MEDIA_URL": world.app.config["MEDIA_URL"],
        "SHOP_CRASHPOINT_FILE": str(folder / "crashpoint"), "FAULTS_MUTANT": mutant,
    }  # fmt: skip
    (folder / "crashpoint").write_text("picture.drawn")
    command = [str(Path(sys.executable).parent / "flask"), "--app", module, "jobs", "run"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)


def survive(world: World, settings: dict[str, str], folder: Path, mutant: str = "") -> None:
    """The test's body: kill the worker after each file, look at the page, and at last at every file."""
    media = world.app.config["MEDIA_URL"]
    drawn = pictures.draw(a_picture((480, 390)), media=media)
    with world.writing() as at:
        product = products.get_by_slug("messenger")
        picture_id = pictures.add(product, drawn, "From the front", variant=None, at=at).id
    files = renditions.all_files_of(drawn.name, drawn.size)
    begun: dict[str, int] = {}
    for left in range(len(files) - 2, 0, -1):  # two are there already
        begun |= times(media, [file.name for file in files if file.name not in begun])
        assert len(begun) == len(files) - left, "a file was drawn twice, or none was"
        process = worker(world, settings, folder, mutant)
        assert process.wait(LONGEST_S) == -9, "the worker was not killed"
        page = world.browser().get("/products/messenger").text
        named = re.findall(rf"/media/({drawn.name}-[^ \"]+)", page)
        gone = [name for name in named if world.browser().get(f"/media/{name}").status_code != 200]
        assert gone == [], "a page names files that are not there"
        with world.writing():
            db.session.execute(update(outbox.OutboxRow).values(lease_until=None))
    world.advance(outbox.LEASE)
    world.work()

    with world.reading():
        rows = db.session.scalars(select(Rendition.name).where(Rendition.picture_id == picture_id)).all()
        assert sorted(rows) == sorted(file.name for file in files) and pictures.queue_empty()
    for file in files:
        with Image.open(io.BytesIO(storage.find(media, file.name) or b"")) as opened:
            opened.load()
            assert opened.size == (file.width, file.height)
    assert times(media, list(begun)) == begun, "a file was drawn twice"


def times(media: str, names: list[str]) -> dict[str, int]:
    paths = {name: Path(urlsplit(media).path) / name for name in names}
    return {name: path.stat().st_mtime_ns for name, path in paths.items() if path.exists()}


def test_a_killed_worker_goes_on_where_it_stopped(world: World, settings: dict[str, str], tmp_path: Path) -> None:
    survive(world, settings, tmp_path)


def test_control_files_recorded_before_they_are_drawn_break_a_page(
    world: World, settings: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match="a page names files that are not there"):
        survive(world, settings, tmp_path, "recorded-first")


def test_control_files_written_in_place_stay_broken(world: World, settings: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"[Tt]runcated|cannot identify|decode"):
        survive(world, settings, tmp_path, "written-in-place")
