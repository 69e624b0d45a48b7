"""The demo's cash boxes: opened at the first payday, filled before each, counted after; once a little was missing."""

from shop.artisans import cash_box
from shop.artisans.cash_models import CashActKind
from shop.demo.people import MANAGERS
from shop.demo.stage import Stage
from shop.money import Money

ROUND_MINOR = 50_000  # the bank hands out notes of ₹500
RESERVE_MINOR = 200_000  # stays in the box, for whoever needs money before the next payday
MISSING_MINOR, WHY = 1_000, "One note of ₹10 too few: two stuck together on payday."
MISSING_BEFORE, MISSING_AT = 40, "NORTH"


def fill(stage: Stage, centre_id: int, centre: str, needed: int) -> None:
    """Bring from the bank what a payday and a reserve need beyond what lies there; open the book before the first."""
    if cash_box.held(centre_id) is None:
        _write(stage, centre_id, centre, CashActKind.OPEN, 0)
    short = needed + RESERVE_MINOR - (cash_box.held(centre_id) or 0)
    if short > 0:
        reference = f"CHQ-{centre_id}-{stage.day:04}"
        _write(stage, centre_id, centre, CashActKind.BRING, -(-short // ROUND_MINOR) * ROUND_MINOR, reference=reference)


def count(stage: Stage, centre_id: int, centre: str) -> None:
    """Count what is left after a payday; one month a note too few lay there, and it was said why."""
    held = cash_box.held(centre_id) or 0
    before = stage.last - stage.day
    missing = centre == MISSING_AT and MISSING_BEFORE - 30 < before <= MISSING_BEFORE and held >= MISSING_MINOR
    _write(stage, centre_id, centre, CashActKind.COUNT, held - MISSING_MINOR * missing, note=WHY if missing else "")


def _write(
    stage: Stage, centre_id: int, centre: str, kind: CashActKind, minor: int, *, reference: str = "", note: str = ""
) -> None:
    """Let the centre's manager write it down, and finance, who came along, say that she saw it."""
    by, amount = stage.cast.member(MANAGERS[centre]), Money(minor, "INR")
    act = cash_box.propose(centre_id, kind, amount, bank_reference=reference, note=note, at=stage.tick(), by=by)
    cash_box.see(act, at=stage.tick(), by=stage.cast.member("Farida"))
