"""What belongs to how the office signs in: a passkey, another browser, an invitation, and a phone's code.

`tests/two_centres.py` takes these into the records of its two sides.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
from sqlalchemy import select, update

from shop import peppers
from shop.artisans.models import Unwitnessed, UnwitnessedAnswer
from shop.db import db
from shop.users import enrolment, invitations, sessions, signin, totp
from shop.users.models import Role, SignIn
from shop.users.passkeys import Passkey
from shop.users.totp import SecondFactor
from tests.workshop import user
from tests.world import World

if TYPE_CHECKING:
    from tests.two_centres import House

OWN = "Rina"


def office_of(world: World, manager: str, invited: str) -> dict[str, object]:
    """Return a manager's passkey and her other sign-in, and the link of one who was invited."""
    with world.writing() as at:
        her = user(manager)
        key = Passkey(user_id=her.id, credential_id=manager, public_key="", sign_count=0, name="phone", added_at=at)
        db.session.add(key)
        sessions.begin(her, idle=timedelta(hours=12), at=at)
        email = f"{invited.lower()}@test.example"
        new = enrolment.add_staff(Role.FINANCE, invited, email, signin.nobodys(), centre_id=None, at=at)
        invitation = invitations.invite(new, at=at, by=user("Anita"))
        return {
            "user_id": her.id,
            "passkey_id": key.id,
            "sign_in_id": db.session.scalars(select(SignIn.id).where(SignIn.user_id == her.id)).one(),
            "auth.join:token": invitation.token,
            "auth.join_post:token": invitation.token,
        }


def hers_on_her_own_side(house: "House", side: str, name: str | None) -> None:
    """Let the passkey and the sign-in of the first side be those of the one who asks."""
    if side == OWN and name:
        for what, column in ((Passkey, "passkey_id"), (SignIn, "sign_in_id")):
            mine = update(what).where(what.id == house.sides[OWN][column])
            db.session.execute(mine.values(user_id=user(name).id))


def a_phone_that_waits(house: "House", _side: str, name: str | None) -> None:
    """Let the one who asks have a seed, and the form its code."""
    code = _begin(house, name) if name else ""
    for records in house.sides.values():
        records["phone_code"] = code


def a_phone(house: "House", _side: str, name: str | None) -> None:
    """Let the one who asks have a phone that counts."""
    if name:
        assert totp.confirm(user(name).id, _begin(house, name), at=house.world.clock.now())


def _begin(house: "House", name: str) -> str:
    user_id, at = user(name).id, house.world.clock.now()
    totp.begin(user_id, at=at)
    seed = peppers.unseal(db.session.get_one(SecondFactor, user_id).seed, f"second_factor|{user_id}|seed")
    assert seed
    return pyotp.TOTP(seed).at(at)


def a_yes_that_may_not_be_hers(house: "House", side: str, _name: str | None) -> None:
    """Let finance have a "yes" to look at."""
    payout_id, at = house.sides[side]["payout_id"], house.world.clock.now()
    db.session.add(UnwitnessedAnswer(payout_id=payout_id, why=Unwitnessed.STAFF_DEVICE, at=at))
