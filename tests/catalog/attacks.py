"""Twenty-four files that are not a still picture and nothing else, each made here, each by its name.

`tests/catalog/test_picture_attacks.py` sends them; `bench/measure_images.py` counts those that are taken.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

from PIL import Image

SCRIPT = b"<script>alert(1)</script>"
BOMB = 200 * 1024 * 1024


def encoded(kind: str, size: tuple[int, int] = (240, 300), **options: object) -> bytes:
    """Return an honest picture."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG, with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(*chunks: bytes) -> bytes:
    """Return an honest PNG with further chunks after its first."""
    plain = encoded("PNG")
    return plain[:33] + b"".join(chunks) + plain[33:]


def segment(marker: int, body: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg_with(*segments: bytes) -> bytes:
    """Return an honest JPEG with further segments at its beginning."""
    plain = encoded("JPEG")
    return plain[:2] + b"".join(segments) + plain[2:]


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a WebP of chunks."""
    body = b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def a_zip() -> bytes:
    """Return a ZIP with a page in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.html", SCRIPT)
    return buffer.getvalue()


def moving(kind: str) -> bytes:
    """Return two pictures that take turns."""
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (240, 240), colour) for colour in ("red", "blue")]
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


@cache
def packed_bomb() -> bytes:
    """Return what unpacks to two hundred megabytes."""
    packing = zlib.compressobj(9)
    return b"".join(packing.compress(bytes(1 << 20)) for _ in range(BOMB >> 20)) + packing.flush()


def png_of(width: int, height: int) -> bytes:
    """Return a grey PNG of a size, every pixel of it there, packed thin."""
    packing = zlib.compressobj(9)
    rows = b"".join(packing.compress(bytes(width + 1)) for _ in range(height)) + packing.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg_that_claims(width: int, height: int) -> bytes:
    """Return a JPEG whose header lies about its size."""
    plain = encoded("JPEG")
    at = plain.index(b"\xff\xc0") + 5
    return plain[:at] + struct.pack(">HH", height, width) + plain[at + 4 :]


def webp_of_a_colour(side: int) -> bytes:
    """Return a lossless WebP of one colour: a few dozen bytes for hundreds of millions of pixels."""
    whole = encoded("WEBP", (256, 256), lossless=True)
    bits = side - 1 | (side - 1) << 14
    at = whole.index(b"VP8L") + 9
    return whole[:at] + struct.pack("<I", bits) + whole[at + 4 :]


def jpeg_of_many_scans(count: int) -> bytes:
    """Return a progressive JPEG whose last scan is sent again and again."""
    plain = encoded("JPEG", (600, 600), progressive=True)
    last = plain.rindex(b"\xff\xda")
    return plain[:-2] + plain[last:-2] * count + b"\xff\xd9"


def javascript_jpeg() -> bytes:
    """Return a JPEG whose first length opens a comment of a program, so that a browser may run it."""
    plain = encoded("JPEG")
    first = b"\xff\xe0/*JFIF\0\1\1\0\0\1\0\1\0\0"
    filler = b"\0" * (0x2F2A + 4 - len(first))
    return b"\xff\xd8" + first + filler + segment(0xFE, b"*/=alert(1)/*") + plain[20:]


def pdf() -> bytes:
    """Return a document with a picture on its page."""
    buffer = io.BytesIO()
    Image.new("RGB", (240, 300)).save(buffer, "PDF")
    return buffer.getvalue()


ATTACKS: dict[str, Callable[[], bytes]] = {
    "an SVG with a script": lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300">'
    + SCRIPT + b"</svg>",
    "a moving GIF": lambda: moving("GIF"),
    "a moving PNG": lambda: moving("PNG"),
    "a moving WebP": lambda: moving("WEBP"),
    "an AVIF": lambda: encoded("AVIF"),
    "a TIFF": lambda: encoded("TIFF"),
    "a PostScript program": lambda: encoded("EPS"),
    "a PDF": pdf,
    "a JPEG with a ZIP behind it": lambda: encoded("JPEG") + a_zip(),
    "a JPEG with a page behind it": lambda: encoded("JPEG") + b"<html>" + SCRIPT,
    "a JPEG with a script in its comment": lambda: jpeg_with(segment(0xFE, SCRIPT)),
    "a JPEG that is a program too": javascript_jpeg,
    "a PNG with a ZIP behind it": lambda: encoded("PNG") + a_zip(),
    "a PNG with PHP in a text": lambda: png_with(chunk(b"tEXt", b"Comment\0<?php system($_GET[0]); ?>")),
    "a PNG with a page packed into a text": lambda: png_with(chunk(b"zTXt", b"c\0\0" + zlib.compress(SCRIPT))),
    "a PNG that begins a PDF": lambda: png_with(chunk(b"teXt", b"%PDF-1.7\n1 0 obj<<>>stream\n")),
    "a WebP with a ZIP behind it": lambda: encoded("WEBP") + a_zip(),
    "a PNG of 900 million pixels": lambda: png_of(30_000, 30_000),
    "a WebP of 268 million pixels": lambda: webp_of_a_colour(16_383),
    "a JPEG that claims 4 billion pixels": lambda: jpeg_that_claims(65_500, 65_500),
    "a PNG whose profile unpacks to 200 MB": lambda: png_with(chunk(b"iCCP", b"p\0\0" + packed_bomb())),
    "a PNG whose text unpacks to 200 MB": lambda: png_with(
        chunk(b"zTXt", b"a\0\0" + packed_bomb()), chunk(b"iTXt", b"b\0\1\0\0\0" + packed_bomb())
    ),
    "a JPEG of two thousand scans": lambda: jpeg_of_many_scans(2_000),
    "a JPEG cut short": lambda: encoded("JPEG", (1_000, 1_000))[:-400],
}  # fmt: skip
