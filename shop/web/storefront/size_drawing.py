"""A thing drawn to scale beside something everyone has held: an A4 sheet, or a bank card where the thing is small.

Both have one size everywhere (ISO 216, ISO/IEC 7810). The drawing is lines on cloth with a running stitch, its depth
drawn aslant; the sentence under it says the same in words, so that nothing is lost to who does not see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _

from shop.catalog import dimensions
from shop.catalog.dimensions import Dimensions
from shop.catalog.models import Product, Trade
from shop.web.format import digits

INCHES = frozenset({"USD"})  # whose readers measure in inches, by the currency they look at
WIDTH, LEFT, TOP, ROOM_WIDE, ROOM_HIGH = 360.0, 68.0, 24.0, 276.0, 210.0
BELOW, LINE = 50.0, 19.0
SLANTED, ROOM_FOR_DEPTH = 8, 100  # narrower than that, the label of the depth would lie on a handle
ASLANT_X, ASLANT_Y = 0.42, 0.26  # of the depth, to the right and upwards
A4, CARD, SMALL = (210, 297), (86, 54), 130  # millimetres; up to SMALL a thing lies beside a card
CLOSED = ("pouch", "clutch", "wallet", "case", "sleeve")
CARRIED = ("bag", "tote", "sling", "backpack", "satchel", "messenger")


class Kind(StrEnum):
    """How a thing is drawn."""

    BAG = "bag"
    CLOTH = "cloth"
    BOOK = "book"
    POUCH = "pouch"
    PLAIN = "plain"


@dataclass(frozen=True)
class Stroke:
    """One path, by the class that colours it."""

    kind: str
    d: str


@dataclass(frozen=True)
class Label:
    """A measure beside its line: the metric one, and below it in inches where that is read."""

    x: float
    y: float
    anchor: str
    lines: Sequence[str]


@dataclass(frozen=True)
class SizeDrawing:
    """The drawing of a thing, and the sentence that says the same."""

    height: float
    strokes: Sequence[Stroke]
    labels: Sequence[Label]
    says: str
    short: str


def size_drawing(product: Product, options: Sequence[str], currency: str) -> SizeDrawing | None:
    """Return a product drawn to scale, or None where its size tells no dimensions."""
    size = dimensions.read(product.size, options)
    return _drawn(size, kind_of(product, size), currency in INCHES) if size else None


def kind_of(product: Product, size: Dimensions) -> Kind:
    """Return how a product is drawn: by what it is called, else by its craft and by how flat and large it is."""
    called = f"{product.product_type} {product.title}".casefold()
    if any(word in called for word in CLOSED):
        return Kind.POUCH
    if any(word in called for word in CARRIED):
        return Kind.BAG
    if size.depth is None and max(size.width, size.height) >= 300:
        return Kind.CLOTH
    return Kind.BOOK if product.trade is Trade.PAPER and size.depth else Kind.PLAIN


def _drawn(size: Dimensions, kind: Kind, inches: bool) -> SizeDrawing:
    beside = CARD if max(size.width, size.height) <= SMALL else A4
    depth, handle = size.depth or 0, size.width * 0.42 if kind is Kind.BAG else 0
    slant, rise = depth * ASLANT_X, depth * ASLANT_Y
    gap = (size.width + beside[0]) * 0.1
    scale = min(
        ROOM_WIDE / (size.width + slant + gap + beside[0]), ROOM_HIGH / max(size.height + max(rise, handle), beside[1])
    )
    high = max(size.height + max(rise, handle), beside[1]) * scale
    ground = TOP + high
    w, h, dx, dy = size.width * scale, size.height * scale, slant * scale, rise * scale
    x, y = LEFT, ground - h
    other = LEFT + w + dx + gap * scale
    strokes = [
        Stroke("ground", _line(LEFT - 8, ground, WIDTH - 4, ground)),
        *_beside(beside, other, ground, scale),
        *(_sides(x, y, w, h, dx, dy) if dx else ()),
        *_front(kind, x, y, w, h, handle * scale),
        Stroke("measure", _measured(x, ground + 9, x + w, ground + 9) + _measured(x - 9, y, x - 9, ground)),
    ]
    labels = [
        Label(x + w / 2, ground + 28, "middle", _measure(size.width, inches)),
        Label(x - 15, ground - h / 2 + (5 if not inches else -4), "end", _measure(size.height, inches)),
        Label(other + beside[0] * scale, ground + 28, "end", [_("bank card") if beside is CARD else _("A4 sheet")]),
    ]
    if depth and dx >= SLANTED and w >= ROOM_FOR_DEPTH:
        labels.append(Label(x + w + dx, y - dy - 7, "end", _measure(depth, inches=False)))
    high_in_all = ground + BELOW + (LINE if inches else 0)
    return SizeDrawing(high_in_all, strokes, labels, _said(size, beside, inches), _short(size))


def _beside(beside: tuple[int, int], x: float, ground: float, scale: float) -> list[Stroke]:
    """Return the sheet with its corner turned down, or the card with its stripe."""
    w, h = beside[0] * scale, beside[1] * scale
    y, r = ground - h, min(w, h) * (0.18 if beside is A4 else 0.07)
    if beside is A4:
        outline = f"M{x:.1f} {y:.1f}H{x + w - r:.1f}l{r:.1f} {r:.1f}V{ground:.1f}H{x:.1f}z"
        return [Stroke("beside", outline), Stroke("thin", f"M{x + w - r:.1f} {y:.1f}v{r:.1f}h{r:.1f}")]
    corners = f"q{r:.1f} 0 {r:.1f} {r:.1f}v{h - 2 * r:.1f}q0 {r:.1f} {-r:.1f} {r:.1f}h{2 * r - w:.1f}"
    outline = f"M{x + r:.1f} {y:.1f}h{w - 2 * r:.1f}{corners}q{-r:.1f} 0 {-r:.1f} {-r:.1f}v{2 * r - h:.1f}"
    stripe = f"M{x:.1f} {y + h * 0.2:.1f}h{w:.1f}v{h * 0.18:.1f}h{-w:.1f}z"
    return [Stroke("beside", f"{outline}q0 {-r:.1f} {r:.1f} {-r:.1f}z"), Stroke("stripe", stripe)]


def _sides(x: float, y: float, w: float, h: float, dx: float, dy: float) -> list[Stroke]:
    """Return the side and the top of a thing that has a depth."""
    side = f"M{x + w:.1f} {y:.1f}l{dx:.1f} {-dy:.1f}v{h:.1f}l{-dx:.1f} {dy:.1f}z"
    return [Stroke("side", side), Stroke("side", f"M{x:.1f} {y:.1f}l{dx:.1f} {-dy:.1f}h{w:.1f}l{-dx:.1f} {dy:.1f}z")]


def _front(kind: Kind, x: float, y: float, w: float, h: float, handle: float) -> list[Stroke]:
    """Return the front of a thing with its stitches, handles, fringe, spine or flap."""
    inset = min(w, h) * 0.07
    face = Stroke("cloth", f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}z")
    round_it = f"M{x + inset:.1f} {y + inset:.1f}h{w - 2 * inset:.1f}v{h - 2 * inset:.1f}h{2 * inset - w:.1f}z"
    if kind is Kind.BAG:
        arc = f"M{x + w * 0.26:.1f} {y:.1f}c0 {-handle * 1.3:.1f} {w * 0.48:.1f} {-handle * 1.3:.1f} {w * 0.48:.1f} 0"
        hem = _line(x + inset, y + h * 0.12, x + w - inset, y + h * 0.12)
        return [Stroke("strap", arc), face, Stroke("stitch", hem), *_kalka(x + w / 2, y + h * 0.56, min(w, h) * 0.15)]
    if kind is Kind.BOOK:
        thread = _line(x + w * 0.07, y + inset, x + w * 0.07, y + h - inset)
        return [face, Stroke("thin", _line(x + w * 0.14, y, x + w * 0.14, y + h)), Stroke("stitch", thread)]
    more = []
    if kind is Kind.CLOTH and w > 2 * h:  # what is worn or laid along a table has a fringe
        ends = ((x, -inset), (x + w, inset))
        fringe = (
            _line(end, y + h * part / 14, end + out, y + h * part / 14) for end, out in ends for part in range(14)
        )
        more = [Stroke("thin", "".join(fringe))]
    elif kind is Kind.POUCH:
        more = [Stroke("thin", f"M{x:.1f} {y + h * 0.3:.1f}q{w / 2:.1f} {h * 0.16:.1f} {w:.1f} 0")]
    return [face, *more, Stroke("stitch", round_it)]


def _kalka(x: float, y: float, r: float) -> list[Stroke]:
    """Return a kalka, the bent drop of our prints, with its seed, around a point."""
    turns = (
        (0.62, -1.7), (1.35, -1.0), (1.3, 0.1), (1.12, 0.6), (0.78, 1.5), (-0.98, 1.5), (-1.2, 0.45),
        (-1.4, -0.55), (-0.35, -0.75), (0.1, -0.95), (0.42, -1.1), (0.62, -1.4), (0.62, -1.7),
    )  # fmt: skip
    first, *rest = (f"{x + across * r:.1f} {y + down * r:.1f}" for across, down in turns)
    seed = f"M{x:.1f} {y + 0.02 * r:.1f}a{0.42 * r:.1f} {0.42 * r:.1f} 0 1 1 -.1 0z"
    return [Stroke("motif", f"M{first}C{' '.join(rest)}z"), Stroke("seed", seed)]


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"


def _measured(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a line with a short tick at each end."""
    across, along = (0, 4) if y1 == y2 else (4, 0)
    ticks = "".join(_line(x - across, y - along, x + across, y + along) for x, y in ((x1, y1), (x2, y2)))
    return _line(x1, y1, x2, y2) + ticks


def _measure(mm: int, inches: bool) -> list[str]:
    """Return a length as its label says it: 36 cm, and 14.2 in below it."""
    lines = [_("%(length)s cm", length=_number(mm / 10))]
    return [*lines, _("%(length)s in", length=_number(mm / 25.4))] if inches else lines


def _number(length: float) -> str:
    return digits(f"{length:.1f}".removesuffix(".0"))


def _said(size: Dimensions, beside: tuple[int, int], inches: bool) -> str:
    width, height, depth = (_in_words(each, inches) if each else "" for each in (size.width, size.height, size.depth))
    sides = {"long": _number(beside[0] / 10), "high": _number(beside[1] / 10)}
    other = _("a bank card (%(long)s × %(high)s cm)", **sides)
    if beside is A4:
        other = _("an A4 sheet (%(long)s × %(high)s cm)", **sides)
    if not depth:
        return str(_("%(width)s wide and %(height)s high, beside %(other)s.", width=width, height=height, other=other))
    return str(
        _("%(width)s wide, %(height)s high and %(depth)s deep, beside %(other)s.",
          width=width, height=height, depth=depth, other=other)
    )  # fmt: skip


def _short(size: Dimensions) -> str:
    sides = (_number(each / 10) for each in (size.width, size.height, size.depth) if each)
    return str(_("%(length)s cm", length=" × ".join(sides)))


def _in_words(mm: int, inches: bool) -> str:
    said = _measure(mm, inches)
    return f"{said[0]} ({said[1]})" if inches else said[0]
