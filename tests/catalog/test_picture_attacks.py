"""Files made to harm whoever opens them: refused in a sentence, soon, and the shop goes on as if nothing were."""

import io
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from shop.catalog import darkroom, decoding
from shop.errors import Invalid
from tests.bad_input.sending import picture
from tests.catalog.attacks import ATTACKS, encoded, javascript_jpeg, jpeg_with, png_of, segment
from tests.world import World

TAKEN_BY_A_PLAIN_DECODER = 15  # of the 24; the rest are no picture at all, or die of their size there as well
MOST_CPU_S = 5.0  # what a refusal may cost, as the child's own processor time
HUNG_S = 45.0  # by the clock, on a busy machine: a child that was not ended takes longer
MEASURE = """
import os, subprocess, sys
upload = sys.stdin.buffer.read()
child = subprocess.Popen(sys.argv[1:], stdin=-1, stdout=-1, env={})
child.stdin.write(len(upload).to_bytes(4, "big") + upload)
child.stdin.close()
child.stdout.read()
used = os.wait4(child.pid, 0)[2]
print(used.ru_maxrss * 1024, used.ru_utime + used.ru_stime)
"""


def opened(upload: bytes) -> darkroom.Pixels:
    [pixels] = darkroom.develop([upload])
    return pixels


def cost(upload: bytes) -> tuple[int, float]:
    """Return the most memory that a child ever had, and its processor time.

    It is started by a small process: the kernel would count the size of a large one as its own.
    """
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", MEASURE, *darkroom.command(1)], input=upload, capture_output=True, check=True
    )
    memory, seconds = run.stdout.split()
    return int(memory), float(seconds)


def test_there_are_twenty_four() -> None:
    assert len(ATTACKS) == 24


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_soon_in_a_child_of_bounded_memory(name: str) -> None:
    upload = ATTACKS[name]()

    with pytest.raises(Invalid) as refused:
        opened(upload)

    assert refused.value.message_id in decoding.REFUSALS
    memory, seconds = cost(upload)
    assert memory < decoding.MOST_MEMORY and seconds < MOST_CPU_S
    assert opened(encoded("JPEG")).width == 240  # the next one is opened as ever


def test_an_attack_over_http_is_a_sentence_and_leaves_nothing(world: World) -> None:
    folder = Path(urlsplit(world.app.config["MEDIA_URL"]).path)
    meera, before = world.browser().sign_in("Meera"), {path.name for path in folder.iterdir()}

    for name, make in ATTACKS.items():
        answer = picture(make())(world, meera)

        assert answer.status_code == 422, name
        assert "alert(1)" not in answer.text
    assert {path.name for path in folder.iterdir()} == before
    assert meera.get("/healthz").status_code == 200


def test_a_decoder_without_our_list_and_limits_takes_most_of_them() -> None:
    taken = []
    for name, make in ATTACKS.items():
        try:
            with Image.open(io.BytesIO(make())) as image:
                image.load()
        except Exception:
            continue
        taken.append(name)

    assert len(taken) >= TAKEN_BY_A_PLAIN_DECODER, taken


def test_a_large_honest_picture_is_taken_within_its_limits() -> None:
    upload = png_of(7_000, 5_700)

    assert opened(upload).width == 1600
    memory, seconds = cost(upload)
    assert memory < decoding.MOST_MEMORY and seconds < decoding.MOST_SECONDS


# What a decoder that was taken over, or has a fault, might do: each program runs with the child's own limits.
TIED = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("decoding", {decoding.__file__!r})
decoding = importlib.util.module_from_spec(spec)
sys.modules["decoding"] = decoding
spec.loader.exec_module(decoding)
decoding.MOST_SECONDS = 1
decoding.tie_hands(1)
given = sys.stdin.buffer.read(4)
out = sys.stdout.buffer
"""
TRIES = {
    "takes all memory": "hoard = [bytearray(1 << 24) for _ in range(10_000)]",
    "never ends": "while True: pass",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "answers nothing": "pass",
    "answers too few pixels": "out.write(decoding.HEAD.pack(0, 300, 300, False) + bytes(300))",
    "claims too many pixels": "out.write(decoding.HEAD.pack(0, 65_535, 65_535, False) + bytes(1 << 20))",
    "claims no pixels": "out.write(decoding.HEAD.pack(0, 0, 0, False))",
    "makes up a refusal": "out.write(decoding.HEAD.pack(255, 0, 0, False))",
}
FORBIDDEN = {
    "opens a file": "open('/etc/hostname')",
    "opens a connection": "import _socket; _socket.socket()",
    "asks for more memory": "bytearray(decoding.MOST_MEMORY)",
}


@pytest.mark.parametrize("name", TRIES)
def test_a_child_that_goes_wrong_costs_one_refusal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = [sys.executable, "-I", "-c", TIED + TRIES[name]]
    monkeypatch.setattr(darkroom, "command", lambda pictures: program)

    began = time.monotonic()
    with pytest.raises(Invalid, match=r"picture\.(too_heavy|unreadable)"):
        opened(encoded("PNG"))

    assert time.monotonic() - began < HUNG_S


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_child_can_do_nothing_but_decode(name: str) -> None:
    honest = TIED.replace("decoding.tie_hands(1)", "")  # the control: without its ties it could
    runs = [
        subprocess.run([sys.executable, "-I", "-c", start + FORBIDDEN[name]], input=b"", capture_output=True)
        for start in (TIED, honest)
    ]

    assert [run.returncode == 0 for run in runs] == [False, True], runs[1].stderr


def test_a_child_that_dies_before_it_has_read_a_large_upload_costs_one_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(darkroom, "command", lambda pictures: [sys.executable, "-I", "-S", "-c", ""])

    for size in (1, 70_000, 5_000_000):
        with pytest.raises(Invalid, match=r"picture\.too_heavy"):
            opened(bytes(size))


def test_a_child_that_waits_for_ever_is_ended_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(darkroom, "MOST_SECONDS", 1)
    monkeypatch.setattr(
        darkroom, "command", lambda pictures: [sys.executable, "-I", "-c", "import time; time.sleep(90)"]
    )

    began = time.monotonic()
    with pytest.raises(Invalid, match=r"picture\.too_heavy"):
        opened(encoded("PNG"))

    assert time.monotonic() - began < HUNG_S


def test_the_child_knows_no_secret_and_none_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "the shop's own")
    started: list[tuple[subprocess.Popen[bytes], object]] = []
    start = subprocess.Popen

    def seen(*arguments: object, **options: object) -> object:
        started.append((start(*arguments, **options), options["env"]))
        return started[-1][0]

    monkeypatch.setattr(darkroom.subprocess, "Popen", seen)
    for upload in (encoded("PNG"), javascript_jpeg(), b""):
        with suppress(Invalid):
            opened(upload)

    assert [environment for _child, environment in started] == [{}, {}, {}]
    assert all(child.returncode is not None for child, _environment in started)  # dead, and waited for


# Honest files that look odd: they have to be taken.
def a_phones_panorama() -> bytes:
    index = segment(0xE2, b"MPF\0MM\0*\0\0\0\x08\0\1\xb0\0\0\7\0\0\0\4" + b"0100" + b"\0" * 4)
    return jpeg_with(index) + encoded("JPEG", (200, 200)) + b"\0" * 12


HONEST = {
    "a phone's JPEG with a second one behind it": a_phones_panorama,
    "a Samsung's JPEG with its notes behind it": lambda: (
        encoded("JPEG") + b"\0\0\1\n\x0eImage_UTC_Data1700SEFHj\0\0\0\1SEFT"
    ),
    "a progressive JPEG": lambda: encoded("JPEG", progressive=True),
    "a lossless WebP": lambda: encoded("WEBP", lossless=True),
    "a lossy WebP": lambda: encoded("WEBP"),
    "a PNG that was interlaced": lambda: encoded("PNG", interlace=True),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_picture_is_taken(name: str) -> None:
    pixels = opened(HONEST[name]())

    assert (pixels.width, pixels.height, len(pixels.rgb)) == (240, 300, 240 * 300 * 3)


def test_a_second_picture_behind_a_jpeg_without_an_index_is_refused() -> None:
    with pytest.raises(Invalid, match=r"picture\.more_inside"):
        opened(encoded("JPEG") + encoded("JPEG"))


def corner(pixels: darkroom.Pixels) -> tuple[int, ...]:
    return tuple(pixels.rgb[:3])


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "seen"),
    [
        ("L", 200, "PNG", (200, 200, 200)),
        ("LA", (200, 0), "PNG", (255, 255, 255)),
        ("1", 1, "PNG", (255, 255, 255)),
        ("I;16", 200 * 256, "PNG", (200, 200, 200)),
        ("RGBA", (10, 20, 30, 255), "PNG", (10, 20, 30)),
        ("RGBA", (10, 20, 30, 0), "PNG", (255, 255, 255)),
        ("CMYK", (0, 255, 255, 0), "JPEG", (255, 0, 0)),
        ("CMYK", (0, 0, 0, 0), "JPEG", (255, 255, 255)),
    ],
)
def test_every_kind_of_pixels_becomes_plain_colour(mode: str, colour: object, kind: str, seen: tuple[int, ...]) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (240, 300), colour).save(buffer, kind)

    assert corner(opened(buffer.getvalue())) == seen


@pytest.mark.parametrize("clear", [None, 0])
def test_a_palette_becomes_its_colours_the_right_way_up(clear: int | None) -> None:
    image = Image.new("P", (240, 300), 0)
    image.putpalette([217, 160, 43, 0, 0, 0])
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "PNG", exif=exif, **({} if clear is None else {"transparency": clear}))

    pixels = opened(buffer.getvalue())

    assert (pixels.width, pixels.height) == (300, 240)
    assert corner(pixels) == ((217, 160, 43) if clear is None else (255, 255, 255))
