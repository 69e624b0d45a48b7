"""Pictures: whatever is uploaded becomes fresh pixels before anything is kept.

The bytes that were uploaded are never stored, nor a hash of them: a child process opens them (`darkroom.py`) and
gives back pixels, upright and without EXIF, XMP, thumbnail or comment, and those are written out again
(`renditions.py`). Names are random, so that no address tells which file it was made of, or that two pictures
are the same. Only masters that are no secret, such as the demo's, are remembered by their content, so that they
are drawn once; and only of those may the file itself be kept, if it holds nothing but its pixels.
"""

import hashlib
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from PIL import Image
from sqlalchemy import String, cast, exists, func, literal, select

from shop import outbox, storage
from shop.catalog import darkroom, decoding, renditions, tones
from shop.catalog.models import Picture, Product, ProductStatus, Rendition, Variant
from shop.catalog.renditions import SHARE, SMALLEST, WIDTHS, File
from shop.db import db, upsert
from shop.errors import Conflict, Invalid, NotFound

RECIPE = "2"  # raise when the drawing changes: then what is known is drawn anew, under new names
JOB = "picture.renditions"
JOBS = (JOB, "story_picture.renditions")
AT_ONCE = 2  # children and cores that many masters may take


@dataclass(frozen=True)
class Drawn:
    """A picture whose master and smallest files are stored: its random name, size and ground; `whole`: all files."""

    name: str
    width: int
    height: int
    said_where: bool = False  # the upload held the place where it was taken; nothing of ours does
    ground: str = ""  # its dominant colour, shown while it loads
    whole: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height."""
        return self.width, self.height


def draw(upload: bytes, *, media: str) -> Drawn:
    """Turn an upload into fresh pixels and draw its smallest width; Invalid if it is not a picture we take.

    Called before the writing unit that adds it, since drawing takes a while and others wait for the unit.
    """
    (pixels,) = darkroom.develop([upload])
    return _draw(pixels, media)


def draw_known(masters: Sequence[bytes], *, media: str) -> list[Drawn]:
    """Draw pictures that are no secret, such as the demo's; what was drawn from the same bytes is not drawn again.

    Give as many as there are in one call: two children share them. The same bytes have the same name wherever
    this media store is used, so give none that may have to be withdrawn: for those there is `draw_apart`.
    Give none that a stranger sent either: a file that is kept as it is is later opened outside the child.
    """
    wanted = {_note(master): master for master in masters}
    found = {note: drawn for note in wanted if (drawn := _recall(note, media)) is not None}
    missing = [note for note in wanted if note not in found]

    def draw_some(notes: Sequence[str]) -> None:
        developed = darkroom.develop([wanted[note] for note in notes])
        for note, pixels in zip(notes, developed, strict=True):
            found[note] = _draw(pixels, media, known=wanted[note])
            _remember(note, found[note], media)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(draw_some, filter(None, (missing[start::AT_ONCE] for start in range(AT_ONCE)))))
    return [found[_note(master)] for master in masters]


def draw_apart(masters: Sequence[bytes], *, media: str) -> list[Drawn]:
    """Draw known pictures under new random names, by copying what is drawn: withdrawing one withdraws no other."""
    return [_copied(known, media) for known in draw_known(masters, media=media)]


def _note(master: bytes) -> str:
    return f"known-{hashlib.sha256(master).hexdigest()}-{RECIPE}.txt"


def _recall(note: str, media: str) -> Drawn | None:
    content = storage.find(media, note)
    if content is None:
        return None
    name, width, height, ground = content.decode().split()
    drawn = Drawn(name, int(width), int(height), ground=ground)
    return replace(drawn, whole=renditions.are_drawn(renditions.all_files_of(name, drawn.size), media=media))


def _remember(note: str, drawn: Drawn, media: str) -> None:
    storage.put(media, note, f"{drawn.name} {drawn.width} {drawn.height} {drawn.ground}".encode())


def _draw(pixels: darkroom.Pixels, media: str, *, known: bytes | None = None) -> Drawn:
    """Draw pixels; of a `known` file that holds nothing but these the file is kept, which is half of the work."""
    master = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)
    drawn = Drawn(secrets.token_hex(16), *master.size, pixels.said_where, tones.dominant(master))
    if known is not None and renditions.is_bare(known) and decoding.look(known).size == master.size:
        renditions.keep_as_master(drawn.name, known, media=media)
    else:
        renditions.keep_master(drawn.name, master, media=media)
    renditions.draw(master, renditions.files_of(drawn.name, master.size, SMALLEST), media=media)
    return drawn


def _copied(known: Drawn, media: str) -> Drawn:
    own = replace(known, name=secrets.token_hex(16))
    storage.copy(media, renditions.master_of(known.name), renditions.master_of(own.name))
    for file, copy in zip(*(renditions.files_of(each.name, each.size, WIDTHS) for each in (known, own)), strict=True):
        if not storage.holds(media, file.name):
            return replace(own, whole=False)
        storage.copy(media, file.name, copy.name)
    return replace(own, whole=True)


def checked_alt(alt: str) -> str:
    """Return the words for those who cannot see a picture; Invalid if there are too few or too many."""
    words = alt.strip()
    if not 3 <= len(words) <= 200:
        raise Invalid("picture.alt")
    return words


def add(product: Product, drawn: Drawn, alt: str, *, variant: Variant | None, at: datetime) -> Picture:
    """Add a drawn picture to a product and ask the worker for its other files, if it has not got them."""
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
        ground=drawn.ground,
    )
    product.pictures.append(picture)
    db.session.flush()
    if drawn.whole:
        record_files(picture, renditions.all_files_of(drawn.name, drawn.size))
    else:
        record_files(picture, renditions.files_of(drawn.name, drawn.size, SMALLEST))
        _ask_for_the_rest(picture.id, at=at)
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


def record_files(picture: Picture, files: Sequence[File]) -> None:
    """Let pages know of a picture's files."""
    db.session.execute(
        upsert(Rendition)
        .values([{"picture_id": picture.id, **asdict(file)} for file in files])
        .on_conflict_do_nothing(index_elements=["picture_id", "width", "format"])
    )


def share_file(product: Product) -> File | None:
    """Return what other sites show of a product: drawn of its first picture, None until the worker has done so."""
    shared = (each for picture in product.pictures[:1] for each in picture.renditions if each.format == SHARE)
    return next((File(each.name, each.width, each.height, each.format) for each in shared), None)


def ask_for_missing(*, at: datetime, limit: int) -> int:
    """Ask for the files of pictures that were drawn before there was a share image; return for how many."""
    shared = exists().where(Rendition.picture_id == Picture.id, Rendition.format == SHARE)
    reference = literal("picture:").concat(cast(Picture.id, String)).concat(f":{RECIPE}")
    asked = exists().where(outbox.OutboxRow.reference == reference)
    ids = list(db.session.scalars(select(Picture.id).where(~shared, ~asked).order_by(Picture.id).limit(limit)))
    for picture_id in ids:
        _ask_for_the_rest(picture_id, at=at)
    return len(ids)


def waiting() -> int:
    """Return how many pictures the worker has still to draw, those of stories too."""
    return sum(outbox.undone(job) for job in JOBS)


def queue_empty() -> bool:
    """Say whether the worker has drawn all that was asked of it; for benches, which wait for that."""
    return waiting() == 0


def _ask_for_the_rest(picture_id: int, *, at: datetime) -> None:
    outbox.enqueue(JOB, f"picture:{picture_id}:{RECIPE}", {"picture_id": picture_id}, at=at)
