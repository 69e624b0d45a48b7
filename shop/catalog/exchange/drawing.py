"""The pictures that a file names, drawn before the unit that adds them, through the same door as an upload."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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


class Ahead:
    """The new pictures of a plan whose files are no secret, being drawn while the caller does something else.

    What was drawn before is not drawn again. They are drawn in the order of the plan; `of` waits for some.
    """

    def __init__(self, plan: Plan, *, media: str) -> None:
        self._media = media
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE)
        files = [planned.file for planned in _new(plan) if planned.file is not None]
        shares = [files[start : start + AT_ONCE] for start in range(0, len(files), AT_ONCE)]
        self._coming: dict[Path, Future[dict[Path, Drawn]]] = {}
        for share in shares:
            self._coming |= dict.fromkeys(share, self._pool.submit(self._draw, share))

    def of(self, plan: Plan) -> dict[Path, Drawn]:
        """Return the drawn pictures that a plan names, once they are there."""
        files = [planned.file for planned in _new(plan) if planned.file is not None]
        return {file: self._coming[file].result()[file] for file in files}

    def end(self) -> None:
        """Let go of what was not begun."""
        self._pool.shutdown(cancel_futures=True)

    def _draw(self, share: Sequence[Path]) -> dict[Path, Drawn]:
        drawn = pictures.draw_known([file.read_bytes() for file in share], media=self._media)
        return dict(zip(share, drawn, strict=True))


def _new(plan: Plan) -> list[PicturePlan]:
    return [picture for planned in plan.products for picture in planned.pictures if picture.picture is None]
