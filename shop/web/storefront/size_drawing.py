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
WIDTH, LEFT, TOP, ROOM_WIDE, ROOM_HIGH = 360.0, 68.0, 14.0, 276.0, 210.0
BELOW, LINE = 50.0, 19.0
ASLANT_X, ASLANT_Y = 0.42, 0.26  # of the depth, to the right and upwards
A4, CARD, SMALL = (210, 297), (86, 54), 130  # millimetres; up to SMALL a thing lies beside a card
CARRIED = ("bag", "tote", "sling", "backpack", "satchel", "messenger")


class Kind(StrEnum):
    """How a thing is drawn."""

    BAG = "bag"
    CLOTH = "cloth"
    BOOK = "book"
    CASE = "case"


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


def size_drawing(product: Product, options: Sequence[str], currency: str) -> SizeDrawing | None:
    """Return a product drawn to scale, or None where its size tells no dimensions."""
    size = dimensions.read(product.size, options)
    return _drawn(size, kind_of(product, size), currency in INCHES) if size else None


def kind_of(product: Product, size: Dimensions) -> Kind:
    """Return how a product is drawn: by what it is called, else by its craft and by how flat and large it is."""
    called = f"{product.product_type} {product.title}".casefold()
    if any(word in called for word in CARRIED):
        return Kind.BAG
    if size.depth is None and max(size.width, size.height) >= 300:
        return Kind.CLOTH
    return Kind.BOOK if product.trade is Trade.PAPER and size.depth else Kind.CASE


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
        *_sheet(other, ground, beside[0] * scale, beside[1] * scale),
        *(_sides(x, y, w, h, dx, dy) if dx else ()),
        *_front(kind, x, y, w, h, handle * scale),
        Stroke("measure", _measured(x, ground + 9, x + w, ground + 9) + _measured(x - 9, y, x - 9, ground)),
    ]
    labels = [
        Label(x + w / 2, ground + 28, "middle", _measure(size.width, inches)),
        Label(x - 15, ground - h / 2 + (5 if not inches else -4), "end", _measure(size.height, inches)),
        Label(other + beside[0] * scale, ground + 28, "end", [_("bank card") if beside is CARD else _("A4 sheet")]),
    ]
    return SizeDrawing(ground + BELOW + (LINE if inches else 0), strokes, labels, _said(size, beside, inches))


def _sheet(x: float, ground: float, w: float, h: float) -> list[Stroke]:
    y, fold = ground - h, min(w, h) * 0.18
    outline = f"M{x:.1f} {y:.1f}H{x + w - fold:.1f}l{fold:.1f} {fold:.1f}V{ground:.1f}H{x:.1f}z"
    return [Stroke("beside", outline), Stroke("thin", f"M{x + w - fold:.1f} {y:.1f}v{fold:.1f}h{fold:.1f}")]


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
        return [Stroke("strap", arc), face, Stroke("stitch", hem), Stroke("motif", _kalka(x + w / 2, y + h * 0.55, h))]
    if kind is Kind.CLOTH:
        fringe = "".join(
            _line(end, y + h * part / 14, end + way * inset * 0.7, y + h * part / 14)
            for end, way in ((x, -1), (x + w, 1))
            for part in range(1, 14)
        )
        return [Stroke("thin", fringe), face, Stroke("stitch", round_it)]
    if kind is Kind.BOOK:
        spine = _line(x + w * 0.14, y, x + w * 0.14, y + h)
        return [
            face,
            Stroke("thin", spine),
            Stroke("stitch", _line(x + w * 0.07, y + inset, x + w * 0.07, y + h - inset)),
        ]
    flap = f"M{x:.1f} {y + h * 0.3:.1f}q{w / 2:.1f} {h * 0.16:.1f} {w:.1f} 0"
    return [face, Stroke("thin", flap), Stroke("stitch", round_it)]


def _kalka(x: float, y: float, of: float) -> str:
    """Return a kalka, the curled drop of our prints, around a point."""
    r = of * 0.11
    return (
        f"M{x + r * 0.9:.1f} {y - r * 1.7:.1f}c{-r * 0.5:.1f} {r * 0.9:.1f} {r * 0.9:.1f} {r * 1.3:.1f} "
        f"{r * 0.5:.1f} {r * 2.6:.1f}c{-r * 0.7:.1f} {r * 1.4:.1f} {-r * 3:.1f} {r:.1f} {-r * 2.7:.1f} {-r:.1f}"
        f"c{r * 0.2:.1f} {-r * 1.6:.1f} {r * 2:.1f} {-r * 1.2:.1f} {r * 2.2:.1f} {-r * 1.6:.1f}z"
    )


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


def _in_words(mm: int, inches: bool) -> str:
    said = _measure(mm, inches)
    return f"{said[0]} ({said[1]})" if inches else said[0]
