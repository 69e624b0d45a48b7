"""Pictures: whatever is uploaded becomes fresh pixels before anything is kept.

The bytes that came in are never stored: they are decoded by an allow-list of formats under a pixel
limit, turned upright, copied into a new image (so no EXIF, XMP, thumbnail or comment survives) and
written out again. Names come from the hash of the new pixels, so a second upload draws nothing.
"""

import hashlib
import io
from dataclasses import asdict, dataclass
from datetime import datetime

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import func, select

from shop import outbox, storage
from shop.catalog.models import Picture, Product, ProductStatus, Rendition, Variant
from shop.db import db, upsert
from shop.errors import Conflict, Invalid, NotFound

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 40_000_000
LEAST_SIDE = 200
MASTER_SIDE = 1600
WIDTHS = (640, 320, 1280)  # the first is made at once, the others by the worker
RECIPE = "1"  # raise when encoding changes, so that names change with it
JPEG_QUALITY = 82
AVIF_QUALITY = 60
AVIF_SPEED = 9  # four times as fast as 8 here, files 8 % larger


@dataclass(frozen=True)
class Fresh:
    """A picture as new pixels: lossless WebP bytes, their hash and size."""

    content: bytes
    content_hash: str
    width: int
    height: int


@dataclass(frozen=True)
class File:
    """One file of a picture: its name, size and format."""

    name: str
    width: int
    height: int
    format: str


def fresh_pixels(upload: bytes) -> Fresh:
    """Decode an upload and return it as new pixels; Invalid if it is not a picture we take."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(io.BytesIO(upload), formats=FORMATS) as opened:
            if getattr(opened, "n_frames", 1) != 1:
                raise Invalid("picture.moving")
            if opened.width * opened.height > MOST_PIXELS or min(opened.size) < LEAST_SIDE:
                raise Invalid("picture.size", least=LEAST_SIDE)
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((MASTER_SIDE, MASTER_SIDE), reducing_gap=3)
            flat = Image.new("RGB", upright.size, "white")
            seen = upright.convert("RGBA")
            flat.paste(seen, mask=seen.getchannel("A"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise Invalid("picture.unreadable") from error
    content = _encoded(flat, "master")
    return Fresh(content, hashlib.sha256(content).hexdigest(), flat.width, flat.height)


def draw(upload: bytes, *, media: str) -> Fresh:
    """Turn an upload into fresh pixels and draw its first width; Invalid if it is not a picture we take.

    Called before the writing unit that adds it, since drawing takes a while and others wait for the unit.
    """
    fresh = fresh_pixels(upload)
    storage.put(media, _master(fresh.content_hash), fresh.content)
    draw_files(fresh.content_hash, (fresh.width, fresh.height), WIDTHS[:1], media=media)
    return fresh


def checked_alt(alt: str) -> str:
    """Return the words for those who cannot see a picture; Invalid if there are too few or too many."""
    words = alt.strip()
    if not 3 <= len(words) <= 200:
        raise Invalid("picture.alt")
    return words


def add(product: Product, drawn: Fresh, alt: str, *, variant: Variant | None, at: datetime) -> Picture:
    """Add a drawn picture to a product and ask the worker for its other widths."""
    words = checked_alt(alt)
    last = db.session.scalar(select(func.max(Picture.position)).where(Picture.product_id == product.id))
    picture = Picture(
        product_id=product.id,
        variant_id=variant.id if variant else None,
        position=0 if last is None else last + 1,
        alt=words,
        content_hash=drawn.content_hash,
        width=drawn.width,
        height=drawn.height,
    )
    product.pictures.append(picture)
    db.session.flush()
    record_files(picture, files_of(drawn.content_hash, (drawn.width, drawn.height), WIDTHS[:1]))
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


def files_of(content_hash: str, size: tuple[int, int], widths: tuple[int, ...]) -> list[File]:
    """Return the files a picture has at some widths; none is wider than the picture itself."""
    fitting = sorted({min(width, size[0]) for width in widths})
    return [
        File(f"{content_hash[:32]}-{RECIPE}-{width}.{kind}", width, round(size[1] * width / size[0]), kind)
        for width in fitting
        for kind in ("avif", "jpeg")
    ]


def draw_files(content_hash: str, size: tuple[int, int], widths: tuple[int, ...], *, media: str) -> list[File]:
    """Draw what is missing of a picture's files; a file of the same name is not drawn again."""
    files = files_of(content_hash, size, widths)
    missing = [file for file in files if storage.find(media, file.name) is None]
    if missing:
        master = _open_master(content_hash, media)
        for file in missing:
            resized = master.resize((file.width, file.height), Image.Resampling.LANCZOS)
            storage.put(media, file.name, _encoded(resized, file.format))
    return files


def record_files(picture: Picture, files: list[File]) -> None:
    """Let pages know of a picture's files."""
    db.session.execute(
        upsert(Rendition)
        .values([{"picture_id": picture.id, **asdict(file)} for file in files])
        .on_conflict_do_nothing(index_elements=["picture_id", "width", "format"])
    )


def _open_master(content_hash: str, media: str) -> Image.Image:
    content = storage.find(media, _master(content_hash))
    if content is None:
        raise FileNotFoundError(f"the master of picture {content_hash[:12]} is lost")
    return Image.open(io.BytesIO(content), formats=("WEBP",))


def _master(content_hash: str) -> str:
    return f"master-{content_hash}.webp"


def _encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "master":  # lossless; a quarter of the time of PNG
        image.save(buffer, "WEBP", lossless=True, quality=0, method=0)
    elif kind == "avif":
        image.save(buffer, "AVIF", quality=AVIF_QUALITY, speed=AVIF_SPEED, max_threads=1)
    else:
        image.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return buffer.getvalue()
