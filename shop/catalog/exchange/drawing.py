"""The pictures that a file names, drawn before the unit that adds them, through the same door as an upload."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shop.catalog import pictures
from shop.catalog.darkroom import MOST_AT_ONCE
from shop.catalog.exchange.headings import CLASSIC
from shop.catalog.exchange.plans import PicturePlan, Plan
from shop.catalog.exchange.sheet import Trouble
from shop.catalog.pictures import Drawn
from shop.errors import DomainError

AT_ONCE = 6  # known pictures that one child opens


def draw(plan: Plan, *, media: str) -> tuple[dict[Path, Drawn], list[Trouble]]:
    """Draw every new picture of a plan, each opened by a child of its own; what is no picture is told by its row."""
    troubles: list[Trouble] = []

    def one(planned: PicturePlan) -> tuple[Path, Drawn] | None:
        assert planned.file is not None
        try:
            return planned.file, pictures.draw(planned.file.read_bytes(), media=media)
        except DomainError as error:
            troubles.append(Trouble(planned.wanted.row, CLASSIC["image"], error.message_id, error.values))
            return None

    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        drawn = dict(found for found in pool.map(one, _new(plan)) if found is not None)
    return drawn, sorted(troubles, key=lambda trouble: trouble.row)


def draw_known(plan: Plan, *, media: str) -> dict[Path, Drawn]:
    """Draw every new picture of a plan whose files are no secret: what was drawn before is not drawn again."""
    files = [planned.file for planned in _new(plan) if planned.file is not None]
    shares = [files[start : start + AT_ONCE] for start in range(0, len(files), AT_ONCE)]

    def some(share: Sequence[Path]) -> list[tuple[Path, Drawn]]:
        drawn = pictures.draw_known([file.read_bytes() for file in share], media=media)
        return list(zip(share, drawn, strict=True))

    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        return dict(pair for pairs in pool.map(some, shares) for pair in pairs)


def _new(plan: Plan) -> list[PicturePlan]:
    return [picture for planned in plan.products for picture in planned.pictures if picture.picture is None]
