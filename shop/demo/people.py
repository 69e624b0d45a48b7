"""The demo's people. All are invented; artisans bear work names of flowers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

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

CENTRES = {"NORTH": ("North centre", 1_260), "RIVER": ("River centre", 840)}  # minutes of work a day
ARTISANS = (
    ("Shapla", "1001", "270518", "lotus", "NORTH"),
    ("Jui", "1002", "604182", "star-flower", "NORTH"),
    ("Togor", "1003", "918305", "kingfisher", "NORTH"),
    ("Beli", "2001", "350726", "boat", "RIVER"),
    ("Malati", "2002", "781460", "hibiscus", "RIVER"),
    ("Bokul", "1004", "493617", "leaf", "NORTH"),
    ("Champa", "1005", "826940", "honeybee", "NORTH"),
    ("Kadam", "1006", "157283", "kalka", "NORTH"),
    ("Palash", "1007", "640917", "rice-pot", "NORTH"),
    ("Sheuli", "1008", "385062", "seed", "NORTH"),
    ("Kamini", "1009", "731498", "tide", "NORTH"),
    ("Dolonchapa", "2003", "206853", "fish", "RIVER"),
    ("Madhobi", "2004", "597314", "star-flower", "RIVER"),
    ("Hasnuhena", "2005", "842075", "lotus", "RIVER"),
    ("Aparajita", "2006", "319658", "kalka", "RIVER"),
    ("Parul", "2007", "468720", "honeybee", "RIVER"),
)
MANAGERS = {"NORTH": "Meera", "RIVER": "Ruma"}
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
    """Who works in the demo, by name; each is loaded in the transaction that asks for her."""

    centres: Mapping[str, int]
    staff: Mapping[str, int]
    artisans: Mapping[str, int]

    def member(self, name: str) -> User:
        """Return a member of staff."""
        return db.session.get_one(User, self.staff[name])

    def maker(self, name: str) -> Artisan:
        """Return an artisan."""
        return db.session.get_one(Artisan, self.artisans[name])

    @contextmanager
    def on_stage(self) -> Iterator[None]:
        """Read everyone at once and keep them loaded for the while: a session forgets whom nobody holds."""
        here: list[User | Artisan] = []
        here += db.session.scalars(select(User).where(User.id.in_(self.staff.values())))
        here += db.session.scalars(select(Artisan).where(Artisan.id.in_(self.artisans.values())))
        yield
        here.clear()

    def read_anew(self) -> None:
        """Let everything that was loaded be read again when it is asked for, but for the people."""
        session = db.session()
        session.flush()
        for row in session:
            if not isinstance(row, User | Artisan | Centre):
                session.expire(row)


def makers_of(centre: str) -> list[str]:
    """Return the work names of a centre's makers."""
    return [name for name, *_, code in ARTISANS if code == centre]


def load(*, at: datetime) -> Cast:
    """Open two centres and enrol everyone."""
    centres = {
        code: enrolment.add_centre(code, name, REGION, minutes_per_day=minutes, organisation=ORGANISATION).id
        for code, (name, minutes) in CENTRES.items()
    }
    staff = {
        name: enrolment.add_staff(
            role, name, f"{name.lower()}@{DOMAIN}", PASSWORD, centre_id=centres[code] if code else None, at=at
        ).id
        for role, name, code in STAFF
    }
    artisans = {
        name: people.enrol(name, card, pin, emblem, centre_id=centres[code], adult_confirmed_on=at.date(), at=at).id
        for name, card, pin, emblem, code in ARTISANS
    }
    customers.add(f"{CUSTOMER.lower()}@{DOMAIN}", CUSTOMER, PASSWORD, at=at)
    return Cast(centres, staff, artisans)


def write_identities(cast: Cast, keys: Keyring, *, at: datetime) -> None:
    """Write an invented identity into the vault for every artisan; each says of itself that it is invented."""
    for number, (name, *_, centre) in enumerate(ARTISANS, 1):
        given = {
            "legal_name": f"Invented Person {number}",
            "phone": f"+9198300000{number:02d}",
            "address": f"{number} Invented Lane\nExampleganj",
            "birth_date": f"{1980 + number}-01-01",
            "account_holder": f"Invented Person {number}",
            "account_number": f"0000000000{number:02d}",
            "ifsc": "INVT0000001",
            "upi": f"{name.lower()}.invented@invented",
        }
        by = cast.member(MANAGERS[centre])
        identities.enter(keys, cast.artisans[name], person.check(given, on=at.date()), at=at, by=by)


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
