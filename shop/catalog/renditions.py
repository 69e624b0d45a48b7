"""The files that are made of a picture: what they are called, how large they are, and how they are encoded.

All begin with the picture's random name. They are drawn in one order, the narrowest first, and stored whole
or not at all: so the last file says that all of them are there, and a job that was killed goes on where it
stopped. A file that exists is never drawn again, for browsers keep it for a year.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from PIL import Image

from shop import storage
from shop.catalog import share_image
from shop.crashpoint import crashpoint

WIDTHS = (320, 640, 1280)
SMALLEST = WIDTHS[:1]  # a card on a phone at 2x; made while someone waits, the others by the worker
SHARE = "share"  # the format of what other sites show of a link
SERIES = "1"  # a part of every name; browsers may keep what is under it
# Measured on the demo's 104 masters (ADR 11): a step slower is a tenth smaller and four times the work.
QUICK, CAREFUL = 9, 8
AVIF_QUALITY = 50
JPEG_QUALITY = 76
SHARE_QUALITY = 84


@dataclass(frozen=True)
class File:
    """One file of a picture: its name, size and format."""

    name: str
    width: int
    height: int
    format: str


def files_of(name: str, size: tuple[int, int], widths: Sequence[int]) -> list[File]:
    """Return the files that pages show of a picture, narrowest first; none is wider than the picture itself."""
    wide, high = size
    return [
        File(f"{name[:32]}-{SERIES}-{width}.{kind}", width, max(1, (2 * high * width + wide) // (2 * wide)), kind)
        for width in sorted({min(width, wide) for width in widths})
        for kind in ("avif", "jpeg")
    ]


def all_files_of(name: str, size: tuple[int, int]) -> list[File]:
    """Return every file of a product's picture in the order of drawing, what is shared of it last."""
    return [*files_of(name, size, WIDTHS), File(f"{name[:32]}-{SERIES}-share.jpeg", *share_image.SIZE, SHARE)]


def are_drawn(files: Sequence[File], *, media: str) -> bool:
    """Say whether files are there: the last one is drawn after all others."""
    return storage.holds(media, files[-1].name)


def draw_missing(name: str, files: Sequence[File], *, media: str) -> None:
    """Draw what is missing of a picture's files from its master; FileNotFoundError if that is lost."""
    missing = [file for file in files if not storage.holds(media, file.name)]
    if missing:
        draw(open_master(name, media), missing, media=media, speed=CAREFUL)


def draw(master: Image.Image, files: Sequence[File], *, media: str, speed: int = QUICK) -> None:
    """Draw files of a master, one after the other; those of one size are made of the same pixels."""
    for _, alike in groupby(files, key=lambda file: (file.width, file.height, file.format == SHARE)):
        pixels: Image.Image | None = None
        for file in alike:
            pixels = pixels or _at_size(master, file)
            storage.put(media, file.name, _encoded(pixels, file.format, speed))
            crashpoint("picture.drawn")


def keep_master(name: str, master: Image.Image, *, media: str) -> None:
    """Store the pixels that all files of a picture are drawn of; they have no address."""
    storage.put(media, master_of(name), _encoded(master, "master", 0))


def keep_as_master(name: str, content: bytes, *, media: str) -> None:
    """Store a known file as the master itself: it `is_bare`, so to open it gives the pixels that were drawn of it."""
    storage.put(media, master_of(name), content)


def is_bare(content: bytes) -> bool:
    """Say whether a file is one lossy WebP frame and nothing else: no clear part, no profile, no note, no other way up.

    Its bytes alone are read, none is decoded.
    """
    length = int.from_bytes(content[16:20], "little")
    whole = len(content) == 20 + length + length % 2 == 8 + int.from_bytes(content[4:8], "little")
    return whole and content[:4] == b"RIFF" and content[8:16] == b"WEBPVP8 "


def open_master(name: str, media: str) -> Image.Image:
    """Open a picture's master, which we wrote ourselves of nothing but pixels; FileNotFoundError if it is lost."""
    content = storage.find(media, master_of(name))
    if content is None:
        raise FileNotFoundError(f"the master of picture {name[:12]} is lost")
    return Image.open(io.BytesIO(content), formats=("WEBP",))


def master_of(name: str) -> str:
    """Return under which name a picture's master is stored."""
    return f"master-{name}.webp"


def _at_size(master: Image.Image, file: File) -> Image.Image:
    if file.format == SHARE:
        return share_image.compose(master)
    if master.size == (file.width, file.height):
        return master
    return master.resize((file.width, file.height), Image.Resampling.LANCZOS, reducing_gap=3)


def _encoded(image: Image.Image, kind: str, speed: int) -> bytes:
    buffer = io.BytesIO()
    if kind == "master":  # lossless; a quarter of the time of PNG
        image.save(buffer, "WEBP", lossless=True, quality=0, method=0)
    elif kind == "avif":  # one thread: the server wants the other core
        image.save(buffer, "AVIF", quality=AVIF_QUALITY, speed=speed, max_threads=1)
    else:
        quality = SHARE_QUALITY if kind == SHARE else JPEG_QUALITY
        image.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    return buffer.getvalue()
