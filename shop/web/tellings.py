"""What an import says: its troubles, notes and changes as sentences, on a page and on the terminal alike."""

from collections.abc import Iterator

from shop.catalog.exchange.plans import Change, Note, Plan
from shop.catalog.exchange.sheet import Trouble
from shop.web.sentences import sentence_of

LONGEST = 60


def trouble_said(trouble: Trouble) -> str:
    """Return what is wrong in a place of the file, and how to put it right."""
    return sentence_of(trouble.message_id, **trouble.values)


def note_said(note: Note) -> str:
    """Return what someone should know about a product of the file."""
    return sentence_of(note.message_id, **note.values)


def shortened(text: str) -> str:
    """Return as much of a cell as is needed to know it again."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"


def difference(before: str, after: str) -> tuple[str, str]:
    """Return what differs between two cells, with a little before it, each short enough for a table."""
    same = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None)
    same = min(len(before), len(after)) if same is None else same
    start = max(0, same - 12) if max(len(before), len(after)) > LONGEST else 0
    mark = "…" if start else ""
    return mark + shortened(before[start:]), mark + shortened(after[start:])


def lines(plan: Plan) -> Iterator[str]:
    """Yield a plan as lines of a terminal: product by product, what would change, and what should be known."""
    for planned in plan.products:
        yield f"{planned.state.value:<10} {planned.wanted.slug:<28} {planned.text.title}"
        yield from (f"{'':<10} {_change_line(change)}" for change in planned.changes)
        if planned.product is not None:  # of a new product everything is
            yield from (f"{'':<10} + {name}" for name in planned.fresh)
        yield from (f"{'':<10} ! {note_said(note)}" for note in planned.notes)


def _change_line(change: Change) -> str:
    before, after = difference(change.before, change.after)
    of = f" ({change.of})" if change.of else ""
    return f"~ {change.column}{of}: {before!r} -> {after!r}" if before or after else f"~ {change.column}{of}"
