"""The demo's people. All are invented; artisans bear work names of flowers."""

from dataclasses import dataclass
from datetime import date, datetime

from shop import identities
from shop.artisans import people
from shop.artisans.models import Artisan
from shop.artisans.vault import person
from shop.artisans.vault.keys import Keyring
from shop.db import db
from shop.users import customers, enrolment
from shop.users.models import Centre, Role, User

ORGANISATION = "Invented trust for the demo"
DOMAIN = "demo.missing-bags.example"
PASSWORD = "kantha-and-indigo"  # printed by demo load; production refuses people of DOMAIN
REGION = "Sundarbans, West Bengal"

ARTISANS = (
    ("Shapla", "1001", "270518", "lotus", "NORTH"),
    ("Jui", "1002", "604182", "star-flower", "NORTH"),
    ("Togor", "1003", "918305", "kingfisher", "NORTH"),
    ("Beli", "2001", "350726", "boat", "RIVER"),
    ("Malati", "2002", "781460", "hibiscus", "RIVER"),
)
CUSTOMER = "Asha"
STAFF = (
    (Role.MANAGER, "Meera", "NORTH"),
    (Role.MANAGER, "Ruma", "RIVER"),
    (Role.FINANCE, "Farida", None),
    (Role.SAFEGUARDING, "Nasrin", None),
    (Role.AUDITOR, "Bina", None),
    (Role.ADMIN, "Anita", None),
)


@dataclass(frozen=True)
class Cast:
    """Who works in the demo."""

    centres: dict[str, Centre]
    staff: dict[str, User]
    artisans: dict[str, Artisan]


def load(*, at: datetime) -> Cast:
    """Open two centres and enrol everyone."""
    centres = {
        code: enrolment.add_centre(code, name, REGION, minutes_per_day=minutes, organisation=ORGANISATION)
        for code, name, minutes in (("NORTH", "North centre", 1_260), ("RIVER", "River centre", 840))
    }
    staff = {
        name: enrolment.add_staff(
            role,
            name,
            f"{name.lower()}@{DOMAIN}",
            PASSWORD,
            centre_id=centres[code].id if code else None,
            at=at,
        )
        for role, name, code in STAFF
    }
    artisans = {
        name: people.enrol(
            name, card, pin, emblem, centre_id=centres[code].id, adult_confirmed_on=date(2026, 1, 12), at=at
        )
        for name, card, pin, emblem, code in ARTISANS
    }
    customers.add(f"{CUSTOMER.lower()}@{DOMAIN}", CUSTOMER, PASSWORD, at=at)
    return Cast(centres, staff, artisans)


def write_identities(cast: Cast, keys: Keyring, *, at: datetime) -> None:
    """Write an invented identity into the vault for every artisan; each says of itself that it is invented."""
    for number, (name, artisan) in enumerate(cast.artisans.items(), 1):
        given = {
            "legal_name": f"Invented Person {number}",
            "phone": f"+9198300000{number:02d}",
            "address": f"{number} Invented Lane\nExampleganj",
            "birth_date": f"19{90 + number}-01-01",
            "account_holder": f"Invented Person {number}",
            "account_number": f"00000000000{number}",
            "ifsc": "INVT0000001",
            "upi": f"{name.lower()}.invented@invented",
        }
        by = cast.staff["Meera" if artisan.centre.code == "NORTH" else "Ruma"]
        identities.enter(keys, artisan.id, person.check(given, on=at.date()), at=at, by=by)


def sign_ins(shop_url: str) -> str:
    """Return what to type where, for the terminal."""
    staff = "\n".join(f"  {name.lower()}@{DOMAIN:<28} {role.value}" for role, name, _ in STAFF)
    cards = "\n".join(f"  card {card}  PIN {pin}   {name}" for name, card, pin, _, _ in ARTISANS)
    return (
        f"Shop       {shop_url}/\n"
        f"Office     {shop_url}/login   password: {PASSWORD}\n{staff}\n"
        f"Customer   {shop_url}/login   same password\n  {CUSTOMER.lower()}@{DOMAIN}\n"
        f"Artisans   {shop_url}/artisan/\n{cards}\n"
        "Everyone here is invented, and no money moves."
    )


def refreshed(cast: Cast) -> Cast:
    """Return the same people, loaded in this transaction."""
    return Cast(
        cast.centres,
        {name: db.session.merge(user) for name, user in cast.staff.items()},
        {name: db.session.merge(artisan) for name, artisan in cast.artisans.items()},
    )
