"""Loads the demo, once: refuses a database that holds real orders, and does nothing the second time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from sandbox.client import SandboxControl
from sandbox.server import SandboxThread
from sandbox.settings import SandboxSettings
from shop.artisans.vault import keys
from shop.clock import FixedClock
from shop.config import VAR
from shop.db import db, writing
from shop.demo import months as closed_months
from shop.demo import people, thanks, window
from shop.demo.catalogue import OPENING, Catalogue
from shop.demo.people import Cast
from shop.demo.stage import Stage, Terms, mornings
from shop.demo.stories import Desk
from shop.demo.year import Year, this_morning
from shop.ledger import sealing
from shop.orders import actual_costs
from shop.orders.models import Order
from shop.orders.seller import Seller
from shop.orders.window import Window
from shop.payments.gateways import Gateway
from shop.phases import Counter
from shop.production import leadtime
from shop.programme import claims
from shop.users.models import User

DAYS = 365
GROWS = 6  # months, from which on the catalogue grows while they are told


class DemoRefused(RuntimeError):
    """The database holds a real order, or someone who is not of the demo; nothing was changed."""


def is_loaded() -> bool:
    """Say whether the demo's people are here."""
    return bool(db.session.scalar(select(User.id).where(User.email.endswith("@" + people.DOMAIN)).limit(1)))


def load(gateways: dict[str, Gateway], config: dict[str, Any], *, now: datetime, months: int = 12) -> bool:
    """Load so many months of the demo and seal the books; False if it is here already. DemoRefused on a real shop."""
    real = db.session.scalar(select(func.count()).where(*_elsewhere(Order.email)))
    strangers = db.session.scalar(select(func.count()).where(*_elsewhere(User.email)))
    if config["SHOP_ENV"] == "production" or real or (strangers and not is_loaded()):
        raise DemoRefused("This database belongs to a real shop, so the demo was not loaded.")
    if is_loaded():
        return False
    catalogue = Catalogue(media=config["MEDIA_URL"], first=OPENING if months >= GROWS else None)
    with _sandbox(config) as control:
        try:
            _tell(gateways, config, catalogue, control, now=now, months=months)
        finally:
            catalogue.end()
            control.reset_clock()
    return True


def _tell(
    gateways: dict[str, Gateway],
    config: dict[str, Any],
    catalogue: Catalogue,
    control: SandboxControl,
    *,
    now: datetime,
    months: int,
) -> None:
    last = DAYS * months // 12
    first = mornings(now, last)
    cast = _open(config, catalogue, at=first - timedelta(hours=2))
    clock = FixedClock(first)
    stage = Stage(
        counter=Counter(gateways, clock, Seller.of(config)),
        clock=clock,
        sandbox=control,
        cast=cast,
        terms=Terms(timedelta(minutes=config["HOLD_MINUTES"]), config["SHOP_URL"], Window.of(config)),
        desk=Desk(config["MEDIA_URL"], config["STORY_FEE_MINOR"]),
        first=first,
        last=last,
    )
    year = Year(stage, catalogue)
    with _rarely_collected():
        year.tell()
    this_morning(year, now)
    _close(cast, now=now)


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Look for garbage seldom: a year is a million short-lived objects, and the modules need not be looked through."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def _open(config: dict[str, Any], catalogue: Catalogue, *, at: datetime) -> Cast:
    """Open the shop: its people, its first products, its window."""
    secrets = people.Secrets()
    with writing():
        cast = people.open_centres(secrets, at=at)
        catalogue.open(cast, at=at)
        cast = people.enrol(cast, secrets, at=at)
        leadtime.publish(as_of=at)
        window.load()
    people.write_identities(cast, keys.read(config["VAULT_KEY"]), at=at)
    return cast


def _close(cast: Cast, *, now: datetime) -> None:
    """Do what the worker and the office do now and then, so that the shop stands as if it had been open yesterday."""
    with writing():
        leadtime.publish(as_of=now)
        actual_costs.publish(at=now)
        thanks.load(at=now, by=cast.member("Anita").actor)
        for claim in claims.CLAIMS:
            claims.check(claim.id, at=now, by=cast.member("Anita").actor)
        while sealing.seal():
            pass
        closed_months.ask(cast, at=now)
        closed_months.close_all(cast, at=now)


def _elsewhere(email: InstrumentedAttribute[Any]) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for an address that is not of the demo; one that was erased tells nothing."""
    return email.not_like(f"%@{people.DOMAIN}"), email.not_like("%@invalid")


@contextmanager
def _sandbox(config: dict[str, Any]) -> Iterator[SandboxControl]:
    """Give the control of the sandbox that the settings name, starting it for the while if none answers."""
    parts = urlsplit(config["STRIPE_API_BASE"])
    base = f"{parts.scheme}://{parts.netloc}"
    control = SandboxControl(base)
    if control.healthy():
        yield control
        return
    settings = SandboxSettings(store=VAR / "sandbox.db")
    with SandboxThread(settings, port=parts.port or 8001) as thread:
        yield thread.control
