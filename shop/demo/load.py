"""Loads the demo, once: refuses a database that holds real orders, and does nothing the second time."""

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
from shop.demo import catalogue, people, thanks, window
from shop.demo.stories import Desk
from shop.demo.story import Story, tell
from shop.ledger import sealing
from shop.orders.models import Order
from shop.orders.seller import Seller
from shop.orders.window import Window
from shop.payments.gateways import Gateway
from shop.phases import Counter
from shop.production import leadtime
from shop.programme import claims
from shop.users.models import User

SPAN = timedelta(days=62)


class DemoRefused(RuntimeError):
    """The database holds a real order, or someone who is not of the demo; nothing was changed."""


def is_loaded() -> bool:
    """Say whether the demo's people are here."""
    return bool(db.session.scalar(select(User.id).where(User.email.endswith("@" + people.DOMAIN)).limit(1)))


def load(gateways: dict[str, Gateway], config: dict[str, Any], *, now: datetime) -> bool:
    """Load the demo and seal the books; False if it is here already. DemoRefused on a real shop."""
    real = db.session.scalar(select(func.count()).where(*_elsewhere(Order.email)))
    strangers = db.session.scalar(select(func.count()).where(*_elsewhere(User.email)))
    if config["SHOP_ENV"] == "production" or real or (strangers and not is_loaded()):
        raise DemoRefused("This database belongs to a real shop, so the demo was not loaded.")
    if is_loaded():
        return False
    begin = now - SPAN
    drawn = catalogue.draw(media=config["MEDIA_URL"])
    with writing():
        cast = people.load(at=begin)
        centres = {code: centre.id for code, centre in cast.centres.items()}
        writer, second = cast.staff["Anita"].actor, cast.staff["Farida"].actor
        catalogue.load(centres, drawn, at=begin, by=writer, second=second)
        leadtime.publish(as_of=begin)
        window.load()
    people.write_identities(cast, keys.read(config["VAULT_KEY"]), at=begin)
    clock = FixedClock(begin)
    with _sandbox(config) as control:
        story = Story(
            counter=Counter(gateways, clock, Seller.of(config)),
            clock=clock,
            sandbox=control,
            cast=cast,
            hold=timedelta(minutes=config["HOLD_MINUTES"]),
            shop_url=config["SHOP_URL"],
            window=Window.of(config),
            desk=Desk(config["MEDIA_URL"], config["STORY_FEE_MINOR"]),
        )
        try:
            tell(story, begin)
        finally:
            control.reset_clock()
    with writing():
        leadtime.publish(as_of=now)
        thanks.load(at=now, by=writer)
        for claim in claims.CLAIMS:
            claims.check(claim.id, at=now, by=writer)
        while sealing.seal():
            pass
    return True


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
