"""What her page of savings shows: what is hers, what she put aside, what is coming, what is left to repay."""

from dataclasses import dataclass

from shop.artisans import advances, earnings, purse, recoveries, savings, shares
from shop.artisans.advance_models import Advance, AdvanceStatus
from shop.artisans.models import Artisan


@dataclass(frozen=True)
class Purse:
    """Her money in five figures; `free` is what she can take less what an approved payout has promised her."""

    flower: str
    can_take: int
    free: int
    saved: int
    coming: int
    advance: Advance | None
    left: int

    @property
    def most_to_repay(self) -> int:
        """Return the most that she could repay by herself now."""
        return min(self.left, self.free)


@dataclass(frozen=True)
class Asked:
    """An advance about which she is asked."""

    flower: str
    advance: Advance


def purse_of(artisan: Artisan) -> Purse:
    """Return her money as it stands."""
    standing = advances.find_standing(artisan)
    advance = standing if standing and standing.status is AdvanceStatus.ACKNOWLEDGED else None
    return Purse(
        flower=artisan.emblem,
        can_take=earnings.can_take(artisan).minor,
        free=purse.free(artisan),
        saved=savings.saved(artisan).minor,
        coming=shares.coming_to(artisan.id).minor,
        advance=advance,
        left=recoveries.left(artisan).minor if advance else 0,
    )
