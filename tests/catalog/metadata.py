"""Everything a camera or a program may write beside the pixels, and a look at bytes that finds it.

Every carrier holds MARKER, as one long word. `left_in` reads a file's own structure and
names each place that could hold more than pixels, and searches the bytes for the marker in every spelling.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image, ImageCms

from tests.catalog.attacks import chunk, encoded, jpeg_with, png_with, riff, segment

MARKER = "Rinas-phone-22.1234N-88.5678E-Sonakhali"
TEXT = MARKER.encode()
SPELLINGS = (TEXT, MARKER.encode("utf-16-le"), MARKER.encode("utf-16-be"), b"Sonakhali", b"GPSLatitude", b"Adobe")


def tiff() -> bytes:
    """Return an EXIF block: maker, owner and place, turned by a quarter, and a thumbnail with a comment."""
    thumbnail = encoded("JPEG", (40, 30), comment=TEXT)
    words = TEXT + b"\0"
    degrees = struct.pack(">6I", 22, 1, 7, 1, 24, 1)
    first, count = 8, 5
    gps = first + 2 + count * 12 + 4
    second = gps + 2 + 4 * 12 + 4
    data = second + 2 + 3 * 12 + 4
    at = {"words": data, "degrees": data + len(words), "thumbnail": data + len(words) + len(degrees)}

    def entry(tag: int, kind: int, amount: int, value: int) -> bytes:
        packed = struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value)
        return struct.pack(">HHI", tag, kind, amount) + packed

    def letter(tag: int, letter: bytes) -> bytes:
        return struct.pack(">HHI", tag, 2, 2) + letter + b"\0\0\0"

    ifd0 = [entry(tag, 2, len(words), at["words"]) for tag in (0x010E, 0x010F)]
    ifd0 += [entry(0x0112, 3, 1, 6), entry(0x013B, 2, len(words), at["words"]), entry(0x8825, 4, 1, gps)]
    place = [letter(1, b"N"), entry(2, 5, 3, at["degrees"]), letter(3, b"E"), entry(4, 5, 3, at["degrees"])]
    ifd1 = [entry(0x0103, 3, 1, 6), entry(0x0201, 4, 1, at["thumbnail"]), entry(0x0202, 4, 1, len(thumbnail))]

    def directory(entries: list[bytes], following: int) -> bytes:
        return struct.pack(">H", len(entries)) + b"".join(entries) + struct.pack(">I", following)

    head = b"MM\0*" + struct.pack(">I", first)
    return head + directory(ifd0, second) + directory(place, 0) + directory(ifd1, 0) + words + degrees + thumbnail


def xmp() -> bytes:
    """Return an XMP packet with the place in it."""
    place = f'exif:GPSLatitude="22,7.4N" photoshop:City="{MARKER}"'
    rdf = f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description {place}/></rdf:RDF>'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{rdf}</x:xmpmeta>'.encode()


def iptc() -> bytes:
    """Return Photoshop's block with a place name and a caption."""
    records = b"".join(b"\x1c\x02" + bytes((n,)) + struct.pack(">H", len(TEXT)) + TEXT for n in (90, 120, 80))
    return b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records


def profile() -> bytes:
    """Return a working colour profile with the marker as a private tag."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (count,) = struct.unpack(">I", plain[128:132])
    table, rest = plain[132 : 132 + 12 * count], plain[132 + 12 * count :]
    moved = b"".join(
        table[n : n + 4] + struct.pack(">I", struct.unpack(">I", table[n + 4 : n + 8])[0] + 12) + table[n + 8 : n + 12]
        for n in range(0, len(table), 12)
    )
    body = b"text\0\0\0\0" + TEXT + b"\0"
    end = len(plain) + 12
    whole = moved + b"mark" + struct.pack(">II", end, len(body)) + rest + body
    return struct.pack(">I", end + len(body)) + plain[4:128] + struct.pack(">I", count + 1) + whole


def a_jpeg() -> bytes:
    """Return a JPEG with every carrier that JPEG has."""
    return jpeg_with(
        segment(0xE1, b"Exif\0\0" + tiff()),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp()),
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + struct.pack(">II", len(xmp()), 0) + xmp()),
        segment(0xE2, b"ICC_PROFILE\0\1\1" + profile()),
        segment(0xED, iptc()),
        segment(0xEC, b"Ducky" + TEXT),
        segment(0xFE, TEXT),
    )


def a_png() -> bytes:
    """Return a PNG with every carrier that PNG has."""
    raw = f"\nexif\n{len(tiff())}\n{tiff().hex()}\n".encode()
    return png_with(
        chunk(b"iCCP", b"phone\0\0" + zlib.compress(profile())),
        chunk(b"eXIf", tiff()),
        chunk(b"tEXt", b"Author\0" + TEXT),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(TEXT)),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp()),
        chunk(b"iTXt", b"Description\0\1\0bn\0\0" + zlib.compress(TEXT)),
        chunk(b"tIME", b"\x07\xea\x0b\x16\x04\x19\x00"),
        chunk(b"phNe", TEXT),
    )


def a_webp() -> bytes:
    """Return a WebP with every carrier that WebP has."""
    plain = encoded("WEBP", lossless=True)
    size = (239).to_bytes(3, "little") + (299).to_bytes(3, "little")
    flags = bytes((0x20 | 0x08 | 0x04, 0, 0, 0))
    picture = plain[20 : 20 + struct.unpack("<I", plain[16:20])[0]]
    return riff(
        (b"VP8X", flags + size), (b"ICCP", profile()), (b"VP8L", picture), (b"EXIF", tiff()), (b"XMP ", xmp()),
        (b"phNe", TEXT),
    )  # fmt: skip


CARRIERS: dict[str, Callable[[], bytes]] = {"JPEG": a_jpeg, "PNG": a_png, "WebP": a_webp}


def left_in(content: bytes) -> list[str]:
    """Return every place of a file that holds more than pixels, by its own structure, and every marker found."""
    found = [f"marker {spelling!r}" for spelling in SPELLINGS if spelling in content]
    if content.startswith(b"\xff\xd8"):
        return [*found, *_in_jpeg(content)]
    if content.startswith(b"\x89PNG"):
        return [*found, *_in_png(content)]
    if content.startswith(b"RIFF"):
        return [*found, *_in_webp(content)]
    if content[4:8] == b"ftyp":
        return [*found, *_in_avif(content)]
    return [*found, "a file of no kind we write"]


def _in_jpeg(content: bytes) -> Iterator[str]:
    at = 2
    while content[at + 1] != 0xDA:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        plain = marker == 0xE0 and content[at + 4 : at + 9] == b"JFIF\0" and length == 16
        if (marker in range(0xE0, 0xF0) and not plain) or marker == 0xFE:
            yield f"segment {marker:x}"
        at += 2 + length
    if not content.endswith(b"\xff\xd9"):
        yield "bytes behind the end"


def _in_png(content: bytes) -> Iterator[str]:
    at = 8
    while at < len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if kind not in (b"IHDR", b"PLTE", b"IDAT", b"IEND"):
            yield f"chunk {kind!r}"
        at += 12 + length


def _in_webp(content: bytes) -> Iterator[str]:
    at = 12
    while at < len(content):
        kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if kind not in (b"VP8 ", b"VP8L"):
            yield f"chunk {kind!r}"
        at += 8 + length + length % 2


def _in_avif(content: bytes) -> Iterator[str]:
    at = 0
    while at < len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if kind not in (b"ftyp", b"meta", b"mdat") or length < 8:
            yield f"box {kind!r}"
            return
        if kind == b"meta":
            for sign in (b"Exif", b"mime", b"uuid", b"prof", b"rICC", b"thmb", b"uri "):
                if sign in content[at : at + length]:
                    yield f"item {sign!r}"
        at += length


def opens(content: bytes) -> bool:
    """Say whether a file is a picture to an ordinary program."""
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        return image.size == (240, 300)
