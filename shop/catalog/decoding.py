"""What the child process does in which uploads are opened. It runs alone: `python -I decoding.py`.

It imports nothing of the shop, so that it starts in a tenth of a second and knows no secret. First it
ties its own hands (memory, processor time, no file, no process), then it reads uploads from its input, each
after its length, and answers each with a head and fresh pixels, three bytes each. Nothing else ever
leaves it: whatever a hostile file does to it, the shop is given pixels or a refusal.

The bytes are judged before any decoder sees them: one of three formats by its own structure, the size
from its header, nothing moving, nothing after the end, no other kind of file inside.
"""

import os
import re
import resource
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageCms, ImageOps, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

FORMATS = {"JPEG": JpegImagePlugin, "PNG": PngImagePlugin, "WEBP": WebPImagePlugin}
MOST_PIXELS = 40_000_000
LEAST_SIDE = 200
LARGEST_SIDE = 1600
MOST_MEMORY = 768 * 1024 * 1024
MOST_SECONDS = 10  # of processor time, for one picture; the largest we take needs about three
MOST_UNPACKED = 4 * 1024 * 1024  # a profile or text that grows beyond this is a bomb
MOST_SCANS = 64  # cameras and programs write about ten
LENGTH = struct.Struct(">I")
HEAD = struct.Struct(">BHH?")  # a refusal or 0, width, height, whether the file said where it was taken
REFUSALS = (
    "", "picture.unreadable", "picture.moving", "picture.size", "picture.too_heavy", "picture.more_inside",
)  # fmt: skip
# Looked for in all of a file; shorter ones, which pixels hold by chance, outside pixels alone.
FOREIGN = re.compile(rb"<script|<!doctype|<iframe|<\?php\s|%PDF-\d|javascript:", re.I)
FOREIGN_BESIDE = re.compile(rb"<html|<svg|<\?php|<\?=|(?-i:PK)(\x03\x04|\x05\x06|\x07\x08)", re.I)
PLACE = re.compile(rb"GPSL(at|ong)itude|photoshop:(City|State)|Iptc4xmpCore:Location|\x1c\x02[\x5a\x5c\x5f\x65]")


class Refused(Exception):
    """An upload that is not taken; its argument is one of REFUSALS."""


@dataclass
class Looked:
    """An upload after its structure was read: what a decoder may see, the size, and all that is not pixels."""

    kind: str
    content: bytes
    size: tuple[int, int]
    beside: list[bytes] = field(default_factory=list)


def look(upload: bytes) -> Looked:
    """Read an upload's structure without decoding it; Refused if it is not exactly one still picture."""
    try:
        if upload.startswith(b"\xff\xd8\xff"):
            looked = _jpeg(upload)
        elif upload.startswith(b"\x89PNG\r\n\x1a\n"):
            looked = _png(upload)
        elif upload[:4] == b"RIFF" and upload[8:12] == b"WEBP":
            looked = _webp(upload)
        else:
            raise Refused("picture.unreadable")
    except (struct.error, IndexError, zlib.error) as error:
        raise Refused("picture.unreadable") from error
    if FOREIGN.search(upload) or any(FOREIGN.search(each) or FOREIGN_BESIDE.search(each) for each in looked.beside):
        raise Refused("picture.more_inside")
    if looked.size[0] * looked.size[1] > MOST_PIXELS or min(looked.size) < LEAST_SIDE:
        raise Refused("picture.size")
    return looked


def fresh(upload: bytes) -> tuple[Image.Image, bool]:
    """Return an upload as a new upright RGB image, and whether the file said where it was taken."""
    looked = look(upload)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(BytesIO(looked.content), formats=[looked.kind]) as opened:
            if opened.format != looked.kind or opened.size != looked.size or getattr(opened, "n_frames", 1) != 1:
                raise Refused("picture.unreadable")
            said_where = _said_where(opened, looked)
            profile = opened.info.get("icc_profile")
            opened.thumbnail((LARGEST_SIDE, LARGEST_SIDE), reducing_gap=3) if _scales(opened) else opened.load()
            image = ImageOps.exif_transpose(_eight_bits(opened))
            image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), reducing_gap=3)
            return _on_white(_in_our_colours(image, profile)), said_where
    except MemoryError as error:
        raise Refused("picture.too_heavy") from error
    except Refused:
        raise
    except Exception as error:  # a decoder says "no" in many ways; here every way means the same
        raise Refused("picture.unreadable") from error


def _jpeg(data: bytes) -> Looked:
    """Walk the segments up to the first picture's end; what a camera may write after it is left out."""
    kept, beside, size, end = [b"\xff\xd8"], [], None, 0
    panorama = False
    for marker, start, stop in _jpeg_parts(data):
        part = data[start:stop]
        if marker in (0xC0, 0xC1, 0xC2):
            high, wide = struct.unpack(">HH", part[5:9])
            size = size or (wide, high)
        if marker == 0xE0 and part[4:9] == b"JFIF\0" and len(part) != 18 + 3 * part[16] * part[17]:
            raise Refused("picture.more_inside")  # a length that is half of a program's comment
        if marker == 0xE0 and part[4:9] not in (b"JFIF\0", b"JFXX\0"):
            raise Refused("picture.more_inside")
        if marker == 0xFE or 0xE0 <= marker <= 0xEF:
            beside.append(part)
        if marker == 0xE2 and part[4:8] == b"MPF\0":
            panorama = True  # an index of further pictures: the decoder is shown the first alone
            continue
        kept.append(part)
        end = stop
    rest = data[end:]
    if rest.strip(b"\0") and not _is_a_cameras(rest, panorama):
        raise Refused("picture.more_inside")
    if size is None:
        raise Refused("picture.unreadable")
    return Looked("JPEG", b"".join(kept), size, [*beside, rest])


def _jpeg_parts(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, start, stop) of every segment after the first marker, a scan with its pixels, up to the end."""
    at, scans = 2, 0
    while True:
        if data[at] != 0xFF:
            raise Refused("picture.unreadable")
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker == 0xD9:
            yield marker, at, at + 2
            return
        stop = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if stop < at + 4 or stop > len(data) or marker < 0xC0 or 0xD0 <= marker <= 0xD8:
            raise Refused("picture.unreadable")
        if marker == 0xDA:
            scans += 1
            if scans > MOST_SCANS:
                raise Refused("picture.too_heavy")
            following = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]").search(data, stop)
            if following is None:
                raise Refused("picture.unreadable")
            stop = following.end() - 2
        yield marker, at, stop
        at = stop


def _is_a_cameras(rest: bytes, panorama: bool) -> bool:
    """Say whether what follows a JPEG is what phones write there: further small JPEGs, or Samsung's notes."""
    while panorama and rest.lstrip(b"\0").startswith(b"\xff\xd8\xff"):
        rest = rest.lstrip(b"\0")
        try:
            rest = rest[max(stop for _marker, _start, stop in _jpeg_parts(rest)) :]
        except (Refused, IndexError):
            return False
    return not rest.strip(b"\0") or (rest.endswith(b"SEFT") and b"SEFH" in rest)


def _png(data: bytes) -> Looked:
    """Walk the chunks; the decoder is shown only those that make pixels, colours and the right way up."""
    kept, beside, at, kind = [data[:8]], [], 8, b""
    while kind != b"IEND":
        (length,), kind = LENGTH.unpack(data[at : at + 4]), data[at + 4 : at + 8]
        whole, body = data[at : at + 12 + length], data[at + 8 : at + 8 + length]
        if len(whole) != 12 + length or LENGTH.unpack(whole[-4:])[0] != zlib.crc32(kind + body):
            raise Refused("picture.unreadable")
        if (at == 8) != (kind == b"IHDR") or (kind == b"IHDR" and length != 13):
            raise Refused("picture.unreadable")
        if kind in (b"acTL", b"fcTL", b"fdAT"):
            raise Refused("picture.moving")
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"iCCP", b"eXIf"):
            kept.append(whole)
        if kind not in (b"IHDR", b"PLTE", b"IDAT", b"IEND"):
            beside.append(body)
            beside.extend(_unpacked(kind, body))
        at += 12 + length
    if data[at:]:
        raise Refused("picture.more_inside")
    wide, high = struct.unpack(">II", data[16:24])
    return Looked("PNG", b"".join(kept), (wide, high), beside)


def _unpacked(kind: bytes, body: bytes) -> Iterator[bytes]:
    """Yield what is packed inside a text or a profile; Refused if it grows out of hand."""
    _name, _, rest = body.partition(b"\0")
    if kind == b"iTXt" and rest[:1] == b"\1":
        rest = rest[2:].split(b"\0", 2)[-1]
    elif kind in (b"zTXt", b"iCCP"):
        rest = rest[1:]
    else:
        return
    unpacking = zlib.decompressobj()
    unpacked = unpacking.decompress(rest, MOST_UNPACKED)
    if unpacking.unconsumed_tail:
        raise Refused("picture.too_heavy")
    yield unpacked


def _webp(data: bytes) -> Looked:
    """Walk the chunks of the one RIFF form that the file has to be."""
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        raise Refused("picture.more_inside" if int.from_bytes(data[4:8], "little") + 8 < len(data) else REFUSALS[1])
    beside, at, size = [], 12, None
    while at < len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        if len(body) != length:
            raise Refused("picture.unreadable")
        if kind in (b"ANIM", b"ANMF") or (kind == b"VP8X" and body[0] & 2):
            raise Refused("picture.moving")
        if kind == b"VP8X":
            size = 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        elif kind == b"VP8 ":
            size = size or (int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF)
        elif kind == b"VP8L":
            bits = int.from_bytes(body[1:5], "little")
            size = size or ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        elif kind != b"ALPH":
            beside.append(body)
        at += 8 + length + length % 2
    if size is None:
        raise Refused("picture.unreadable")
    return Looked("WEBP", data, size, beside)


def _said_where(opened: Image.Image, looked: Looked) -> bool:
    """Say whether a place is written in the file: coordinates of a phone, or a place's name."""
    try:
        coordinates = opened.getexif().get_ifd(0x8825)
    except Exception:  # a broken note of a camera is no reason to refuse its picture
        coordinates = {}
    return bool({2, 4} & coordinates.keys()) or any(PLACE.search(part) for part in looked.beside)


def _scales(image: Image.Image) -> bool:
    """Say whether a picture may be made smaller as it is; a palette, sixteen bits, one clear colour come first."""
    return image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr") and "transparency" not in image.info


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture whose pixels have eight bits: of sixteen the upper ones, of a palette its colours."""
    if image.mode.startswith("I"):
        high = image.convert("I").convert("I;16").tobytes("raw", "I;16B")[::2]
        return Image.frombytes("L", image.size, high)
    if _scales(image):
        return image
    unfolded = image.convert("RGBA")
    unfolded.getexif().update(dict(image.getexif()))
    return unfolded


def _in_our_colours(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture in sRGB: phones write wider colours, printers four inks; a profile that lies is left out."""
    clear = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
    flat = image.convert("RGB" if image.mode == "RGBA" else "L") if clear else image
    if profile and flat.mode in ("L", "RGB", "CMYK"):
        try:
            told = ImageCms.ImageCmsProfile(BytesIO(profile))
            flat = ImageCms.profileToProfile(flat, told, ImageCms.createProfile("sRGB"), outputMode="RGB") or flat
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    flat = flat.convert("RGB")
    if clear:
        flat.putalpha(clear)
    return flat


def _on_white(image: Image.Image) -> Image.Image:
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return ground


def tie_hands(pictures: int) -> None:
    """Take from this process what decoding does not need, for as many pictures as it will be given."""
    seconds = MOST_SECONDS * pictures
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):
            if sys.platform == "linux":  # where a shop is served; elsewhere a limit may be unknown
                raise


def serve(given: BinaryIO, answers: BinaryIO) -> None:
    """Answer every upload that is given, in turn, until there are no more."""
    while length := given.read(LENGTH.size):
        try:
            image, said_where = fresh(given.read(*LENGTH.unpack(length)))
        except Refused as refused:
            answers.write(HEAD.pack(REFUSALS.index(str(refused)), 0, 0, False))
        else:
            answers.write(HEAD.pack(0, *image.size, said_where) + image.tobytes())
        answers.flush()


def main() -> None:
    """Be the child: load what decoding needs, tie the hands, serve."""
    Image.preinit()
    TiffImagePlugin.ImageFileDirectory_v2()
    if sys.platform == "linux":  # should memory ever run out, this process goes first, never the shop
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    tie_hands(int(sys.argv[1]))
    serve(sys.stdin.buffer, sys.stdout.buffer)
    sys.stdout.flush()
    os._exit(0)  # nothing is left to tidy


if __name__ == "__main__":
    main()
