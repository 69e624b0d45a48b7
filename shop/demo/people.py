"""The demo's people. All are invented; artisans bear work names of flowers."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace
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
from shop.users.signin import Kept, keep_password, keep_pin

ORGANISATION = "Invented trust for the demo"
DOMAIN = "demo.missing-bags.example"
HASHED_AT_ONCE = 2
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


class Secrets:
    """What is kept of everyone's password and PIN: made on other threads while the shop is opened, for it is slow."""

    def __init__(self) -> None:
        pool = ThreadPoolExecutor(HASHED_AT_ONCE)

        def begin(keep: Callable[[str], Kept], typed: str) -> Future[Kept]:
            return pool.submit(copy_context().run, keep, typed)  # a PIN is hashed under the app's own pepper

        self._coming = {name: begin(keep_password, PASSWORD) for name in (*(name for _, name, _ in STAFF), CUSTOMER)}
        self._coming |= {name: begin(keep_pin, pin) for name, _, pin, *_ in ARTISANS}
        pool.shutdown(wait=False)

    def of(self, name: str) -> Kept:
        """Return what is kept of someone's secret, once it is there."""
        return self._coming[name].result()


def open_centres(secrets: Secrets, *, at: datetime) -> Cast:
    """Open two centres and add their staff and the house's."""
    centres = {
        code: enrolment.add_centre(code, name, REGION, minutes_per_day=minutes, organisation=ORGANISATION).id
        for code, (name, minutes) in CENTRES.items()
    }
    staff = {
        name: enrolment.add_staff(
            role, name, f"{name.lower()}@{DOMAIN}", secrets.of(name), centre_id=centres[code] if code else None, at=at
        ).id
        for role, name, code in STAFF
    }
    return Cast(centres, staff, {})


def enrol(cast: Cast, secrets: Secrets, *, at: datetime) -> Cast:
    """Enrol the artisans, and add the customer who has an account; return the whole cast."""
    centres, day = cast.centres, at.date()
    artisans = {
        name: people.enrol(
            name, card, secrets.of(name), emblem, centre_id=centres[code], adult_confirmed_on=day, at=at
        ).id
        for name, card, _, emblem, code in ARTISANS
    }
    customers.add(f"{CUSTOMER.lower()}@{DOMAIN}", CUSTOMER, secrets.of(CUSTOMER), at=at)
    return replace(cast, artisans=artisans)


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
