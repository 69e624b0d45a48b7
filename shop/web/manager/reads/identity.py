"""Identities as the office reads them: which fields are on file, who looked; never what a field says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shop import identities
from shop.artisans.models import Artisan, Payout
from shop.artisans.payout_file_models import PayoutFile, PayoutFileStatus
from shop.artisans.vault import looks, payout_file
from shop.artisans.vault.keys import Keyring
from shop.artisans.vault.looks import IdentityLook
from shop.identities import VaultClosed
from shop.users.models import User
from shop.users.policy import covers
from shop.web.manager.reads.names import actors


@dataclass(frozen=True)
class Panel:
    """What a maker's page says of her identity. `fields` is None while the vault is closed."""

    fields: tuple[str, ...] | None
    may_enter: bool


def panel(user: User, artisan: Artisan, keys: Keyring | None) -> Panel | None:
    """Return the panel for those who may do something with her identity, None for the others."""
    may_enter = covers(user, "identity.enter", artisan.centre_id)
    if not may_enter and not covers(user, "identity.erase", artisan.centre_id):
        return None
    try:
        return Panel(identities.on_file(keys, [artisan.id]).get(artisan.id, ()), may_enter)
    except VaultClosed:
        return Panel(None, may_enter)


@dataclass(frozen=True)
class Looked:
    """A look at a record, with who it was in words."""

    look: IdentityLook
    by: str
    noted_by: str | None


@dataclass(frozen=True)
class IdentityPage:
    """One maker's identity: which fields are on file, and who looked at them lately."""

    artisan: Artisan
    fields: tuple[str, ...]
    looked: Sequence[Looked]


def identity_page(artisan: Artisan, keys: Keyring | None) -> IdentityPage:
    """Return a maker's page; VaultClosed if the vault cannot be opened."""
    fields = identities.on_file(keys, [artisan.id]).get(artisan.id, ())
    return IdentityPage(artisan, fields, _in_words(looks.of(artisan)))


def looks_page(user: User) -> Sequence[Looked]:
    """Return the looks that wait to be noted by this person."""
    return _in_words(looks.waiting(user))


def _in_words(found: Sequence[IdentityLook]) -> list[Looked]:
    names = actors([name for look in found for name in (look.by, look.noted_by) if name])
    return [Looked(look, names[look.by], names[look.noted_by] if look.noted_by else None) for look in found]


@dataclass(frozen=True)
class Filed:
    """A payout file with who proposed and released it, in words."""

    file: PayoutFile
    proposed_by: str
    released_by: str | None
    recalled_by: str | None
    is_mine: bool
    recalled_it: bool


def files(user: User) -> list[Filed]:
    """Return the last payout files."""
    return _filed(payout_file.files(), user)


def _filed(found: Sequence[PayoutFile], user: User) -> list[Filed]:
    names = actors([name for file in found for name in (file.proposed_by, file.released_by, file.recalled_by) if name])
    return [
        Filed(
            file,
            names[file.proposed_by],
            names[file.released_by] if file.released_by else None,
            names[file.recalled_by] if file.recalled_by else None,
            file.proposed_by == user.actor,
            file.recalled_by == user.actor,
        )
        for file in found
    ]


@dataclass(frozen=True)
class FilePage:
    """One payout file: what it pays, and what it leaves out because its details are not on file or it moved on."""

    filed: Filed
    ready: Sequence[Payout]
    left_out: Sequence[Payout]

    @property
    def total_minor(self) -> int:
        """Return what the file pays in all."""
        return sum(payout.amount_minor for payout in self.ready)


def file_page(user: User, file_id: int, keys: Keyring | None) -> FilePage:
    """Return a payout file; VaultClosed if the vault cannot be opened while it is still to be released."""
    file = payout_file.get_file(file_id)
    payouts = [line.payout for line in file.lines]
    if file.status is PayoutFileStatus.WITHDRAWN:
        return FilePage(_filed([file], user)[0], payouts, [])
    if file.status is PayoutFileStatus.RELEASED:
        ready = [line.payout for line in file.lines if line.withdrawn_at is None]
    else:
        ready = payout_file.ready(file, identities.on_file(keys, _makers(payouts)))
    return FilePage(_filed([file], user)[0], ready, [payout for payout in payouts if payout not in ready])


def _makers(payouts: Iterable[Payout]) -> list[int]:
    return [payout.artisan_id for payout in payouts]
