"""My sign-in: what she can show, and where she is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import segno

from shop.users import passkeys, recovery, sessions, totp
from shop.users import second_factor as factors
from shop.users.models import SignIn, User
from shop.users.passkeys import Passkey
from shop.users.second_factor import Factors
from shop.users.totp import Seed


@dataclass(frozen=True)
class Me:
    """How she signs in."""

    user: User
    factors: Factors
    codes_left: int
    passkeys: Sequence[Passkey]
    sign_ins: Sequence[SignIn]
    this_one: int


def me(user: User, sign_in_id: int, *, at: datetime) -> Me:
    """Return how a member of staff signs in and where she is signed in, this browser first."""
    standing = sessions.standing_of(user.id, at=at)
    return Me(
        user,
        factors.of(user.id),
        recovery.left(user.id),
        passkeys.of(user.id),
        sorted(standing, key=lambda row: (row.id != sign_in_id, -row.id)),
        sign_in_id,
    )


@dataclass(frozen=True)
class SecondFactorPage:
    """Setting a second factor up: what she has, the seed that waits for its first code, and its picture."""

    factors: Factors
    seed: Seed | None
    has_site: bool

    @property
    def picture(self) -> str:
        """Return the seed's QR code as an image address."""
        assert self.seed is not None
        return segno.make(self.seed.address, error="m").svg_data_uri(scale=5, border=3, dark="#26262e", light="#ffffff")

    @property
    def groups(self) -> str:
        """Return the seed as one types it, in groups of four."""
        assert self.seed is not None
        secret = self.seed.secret
        return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def second_factor(user: User, *, has_site: bool) -> SecondFactorPage:
    """Return what a member of staff needs to set up a second factor."""
    return SecondFactorPage(factors.of(user.id), totp.find_waiting(user.id, user.email or ""), has_site)
