"""Pictures that are drawn in every width at once: those of stories, which are few and belong to no product."""

from dataclasses import dataclass

from shop.catalog import pictures


@dataclass(frozen=True)
class Whole:
    """A picture with all its files: the name they begin with, its size, and whether the upload held a place."""

    name: str
    size: tuple[int, int]
    said_where: bool = False


def draw(upload: bytes, *, media: str) -> Whole:
    """Turn an upload into fresh pixels and draw every width of it; Invalid if it is not a picture we take."""
    drawn = pictures.draw(upload, media=media)
    size = (drawn.width, drawn.height)
    pictures.draw_files(drawn.name, size, pictures.WIDTHS, media=media)
    return Whole(drawn.name, size, drawn.said_where)
