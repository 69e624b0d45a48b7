"""Pictures: whatever is uploaded becomes fresh pixels before anything is kept.

The bytes that came in are never stored, nor a hash of them: a child process opens them (`darkroom.py`) and
gives back pixels, upright and without EXIF, XMP, thumbnail or comment, and those are written out again here.
Names are random, so that no address tells which file it was made of, or that two pictures are the same.
"""

import hashlib
import io
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from PIL import Image
from sqlalchemy import func, select

from shop import outbox, storage
from shop.catalog import darkroom
from shop.catalog.models import Picture, Product, ProductStatus, Rendition, Variant
from shop.db import db, upsert
from shop.errors import Conflict, Invalid, NotFound

WIDTHS = (640, 320, 1280)  # the first is made at once, the others by the worker
RECIPE = "1"  # raise when encoding changes, so that names change with it
JPEG_QUALITY = 82
AVIF_QUALITY = 60
AVIF_SPEED = 9  # four times as fast as 8 here, files 8 % larger


@dataclass(frozen=True)
class Drawn:
    """A picture whose master and first width are stored: its random name and size."""

    name: str
    width: int
    height: int
    said_where: bool = False  # the upload held the place where it was taken; nothing of ours does


@dataclass(frozen=True)
class File:
    """One file of a picture: its name, size and format."""

    name: str
    width: int
    height: int
    format: str


def draw(upload: bytes, *, media: str) -> Drawn:
    """Turn an upload into fresh pixels and draw its first width; Invalid if it is not a picture we take.

    Called before the writing unit that adds it, since drawing takes a while and others wait for the unit.
    """
    (pixels,) = darkroom.develop([upload])
    return _draw(pixels, media)


def draw_known(masters: Sequence[bytes], *, media: str) -> list[Drawn]:
    """Draw pictures that are no secret, such as the demo's; what was drawn from the same bytes is not drawn again.

    One child opens them all. Which name a file was given is noted under the file's hash and the recipe.
    """
    notes = [f"known-{hashlib.sha256(master).hexdigest()}-{RECIPE}.txt" for master in masters]
    drawn = [_recall(storage.find(media, note)) for note in notes]
    missing = [at for at, found in enumerate(drawn) if found is None]
    for at, pixels in zip(missing, darkroom.develop([masters[at] for at in missing]) if missing else (), strict=True):
        drawn[at] = made = _draw(pixels, media)
        storage.put(media, notes[at], f"{made.name} {made.width} {made.height}".encode())
    return [each for each in drawn if each is not None]


def _recall(note: bytes | None) -> Drawn | None:
    if note is None:
        return None
    name, width, height = note.decode().split()
    return Drawn(name, int(width), int(height))


def _draw(pixels: darkroom.Pixels, media: str) -> Drawn:
    drawn = Drawn(secrets.token_hex(16), pixels.width, pixels.height, pixels.said_where)
    master = Image.frombytes("RGB", (drawn.width, drawn.height), pixels.rgb)
    storage.put(media, _master(drawn.name), _encoded(master, "master"))
    _draw_missing(files_of(drawn.name, master.size, WIDTHS[:1]), master, media)
    return drawn


def checked_alt(alt: str) -> str:
    """Return the words for those who cannot see a picture; Invalid if there are too few or too many."""
    words = alt.strip()
    if not 3 <= len(words) <= 200:
        raise Invalid("picture.alt")
    return words


def add(product: Product, drawn: Drawn, alt: str, *, variant: Variant | None, at: datetime) -> Picture:
    """Add a drawn picture to a product and ask the worker for its other widths."""
    words = checked_alt(alt)
    last = db.session.scalar(select(func.max(Picture.position)).where(Picture.product_id == product.id))
    picture = Picture(
        product_id=product.id,
        variant_id=variant.id if variant else None,
        position=0 if last is None else last + 1,
        alt=words,
        name=drawn.name,
        width=drawn.width,
        height=drawn.height,
    )
    product.pictures.append(picture)
    db.session.flush()
    record_files(picture, files_of(drawn.name, (drawn.width, drawn.height), WIDTHS[:1]))
    outbox.enqueue("picture.renditions", f"picture:{picture.id}:{RECIPE}", {"picture_id": picture.id}, at=at)
    return picture


def get(product: Product, picture_id: int) -> Picture:
    """Return one picture of a product; NotFound otherwise."""
    for picture in product.pictures:
        if picture.id == picture_id:
            return picture
    raise NotFound("picture.unknown")


def put_first(product: Product, picture: Picture) -> None:
    """Make a picture the one that lists show."""
    others = [other for other in product.pictures if other is not picture]
    for position, each in enumerate([picture, *others]):
        each.position = position
    db.session.flush()


def remove(product: Product, picture: Picture) -> None:
    """Take a picture off a product; Conflict if it is the last one of a product that is on sale."""
    if product.status is ProductStatus.PUBLISHED and len(product.pictures) == 1:
        raise Conflict("picture.last")
    product.pictures.remove(picture)
    db.session.flush()


def files_of(name: str, size: tuple[int, int], widths: tuple[int, ...]) -> list[File]:
    """Return the files a picture has at some widths; none is wider than the picture itself."""
    fitting = sorted({min(width, size[0]) for width in widths})
    return [
        File(f"{name[:32]}-{RECIPE}-{width}.{kind}", width, round(size[1] * width / size[0]), kind)
        for width in fitting
        for kind in ("avif", "jpeg")
    ]


def draw_files(name: str, size: tuple[int, int], widths: tuple[int, ...], *, media: str) -> list[File]:
    """Draw what is missing of a picture's files from its master; a file that is there is not drawn again."""
    files = files_of(name, size, widths)
    missing = [file for file in files if storage.find(media, file.name) is None]
    if missing:
        _draw_missing(missing, _open_master(name, media), media)
    return files


def _draw_missing(files: list[File], master: Image.Image, media: str) -> None:
    for file in files:
        resized = master.resize((file.width, file.height), Image.Resampling.LANCZOS)
        storage.put(media, file.name, _encoded(resized, file.format))


def record_files(picture: Picture, files: list[File]) -> None:
    """Let pages know of a picture's files."""
    db.session.execute(
        upsert(Rendition)
        .values([{"picture_id": picture.id, **asdict(file)} for file in files])
        .on_conflict_do_nothing(index_elements=["picture_id", "width", "format"])
    )


def _open_master(name: str, media: str) -> Image.Image:
    """Open a picture's master, which we wrote ourselves of nothing but pixels."""
    content = storage.find(media, _master(name))
    if content is None:
        raise FileNotFoundError(f"the master of picture {name[:12]} is lost")
    return Image.open(io.BytesIO(content), formats=("WEBP",))


def _master(name: str) -> str:
    return f"master-{name}.webp"


def _encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "master":  # lossless; a quarter of the time of PNG
        image.save(buffer, "WEBP", lossless=True, quality=0, method=0)
    elif kind == "avif":
        image.save(buffer, "AVIF", quality=AVIF_QUALITY, speed=AVIF_SPEED, max_threads=1)
    else:
        image.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return buffer.getvalue()
