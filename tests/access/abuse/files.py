"""V5: file handling."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from tests.access.abuse import asvs
from tests.access.abuse.logic import tried
from tests.access.abuse.looking import closed
from tests.bad_input.sending import picture
from tests.cast import a_picture
from tests.world import World

OUTSIDE = (
    "../shop.db",
    "..%2fshop.db",
    "%2e%2e/shop.db",
    "....//shop.db",
    "..\\shop.db",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "..%252fshop.db",
    "x/../../shop.db",
    "shop.db%00.jpeg",
    "file:///etc/passwd",
)


def kept(world: World) -> set[Path]:
    return {path for path in Path(urlsplit(world.app.config["MEDIA_URL"]).path).rglob("*") if path.is_file()}


def uploaded(world: World, content: bytes, name: str) -> tuple[int, set[Path]]:
    """Send a picture; return the status and the files that came of it."""
    before = kept(world)
    status = picture(content, name)(world, world.browser().sign_in("Meera")).status_code
    return status, kept(world) - before


@asvs("5.2.1", "A file larger than can be worked on is refused before it is read")
def too_large(world: World) -> Iterator[str]:
    yield from tried(world, "a picture of 13 MB", "webhook of 600 kB", "checkout of 500 fields")


@asvs("5.2.2", "A file is what its bytes are, not what it is called")
def by_content(world: World) -> Iterator[str]:
    yield from tried(world, "that is text", "calls itself PNG", "GIF", "cut short", "of its header alone")


@asvs("5.2.3", "What unpacks is bounded: archives are no pictures, and a bomb is defused")
def bombs(world: World) -> Iterator[str]:
    yield from tried(world, "decompression bomb")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.png", b"\0" * 5_000_000)
    for name in ("bag.png", "bag.zip"):
        if uploaded(world, packed.getvalue(), name)[0] != 422:
            yield f"an archive called {name} was taken"


@asvs("5.2.6", "A picture of more pixels than can be drawn is refused")
def pixel_flood(world: World) -> Iterator[str]:
    yield from tried(world, "of absurd size", "a line high", "too small", "no height")


@asvs("5.3.1", "What is hidden in an upload is not in what is served, and nothing served runs")
def nothing_runs(world: World) -> Iterator[str]:
    hidden = b"<?php system($_GET['c']); ?><script>alert(1)</script>#!/bin/sh"
    status, files = uploaded(world, a_picture((257, 301)) + hidden, "bag.php.png")
    if status != 303 and status != 422:
        yield f"the upload is answered with {status}"
    for path in files:
        if (
            b"system(" in path.read_bytes()
            or b"alert(1)" in path.read_bytes()
            or path.suffix not in (".avif", ".jpeg", ".png", ".webp")
        ):
            yield f"{path.name} holds what was hidden"
        if path.stat().st_mode & 0o111:
            yield f"{path.name} may be run"


@asvs("5.3.2", "No path is made of what was sent: names are ours, and no address leads out of its folder")
def no_traversal(world: World) -> Iterator[str]:
    for name in ("../../evil.png", "..\\evil.png", "/tmp/evil.png", "evil.png\0.jpg", "con.png"):
        _, files = uploaded(world, a_picture((258, 302)), name)
        if any("evil" in str(path) or path.stem == "con" for path in files):
            yield f"{name!r} became a file's name"
    for folder in ("/media/", "/static/", "/assets/0123456789/", "/bn/static/"):
        for name in OUTSIDE:
            answer = closed(world.browser().get(folder + name))
            if (
                answer.status_code not in (301, 308, 400, 404, 405)
                or b"root:" in answer.data
                or b"SQLite" in answer.data[:20]
            ):
                yield f"{folder}{name} is answered with {answer.status_code}"


@asvs("5.4.1", "The name of a sent file is not kept: what is served has a name of ours")
def names_are_ours(world: World) -> Iterator[str]:
    buffer = io.BytesIO()
    Image.effect_noise((260, 310), 40).convert("RGB").save(buffer, "PNG")
    status, files = uploaded(world, buffer.getvalue(), "her-own-name.png")
    if status != 303 or not files:
        yield f"the picture was not taken ({status})"
    for path in files:
        if "name" in path.name or not re.fullmatch(r"[0-9a-z-]{20,}(\.[a-z]+)?", path.name):
            yield f"it is kept as {path.name}"
    if "her-own-name" in world.browser().get("/products/kalka-tote").text:
        yield "the page tells the file's name"
