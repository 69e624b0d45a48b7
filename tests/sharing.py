"""Verbs of the share for tests: a rule in force, a piece made by two women and bought, and what their accounts say."""

from datetime import timedelta

from shop import duties
from shop.artisans.models import payable_of
from shop.artisans.shares import pending_of
from shop.catalog import figures
from shop.db import db
from shop.ledger.balances import derived, stored
from shop.orders import exchanges, lifecycle, returns
from shop.orders.models import Order
from shop.orders.return_models import Exchange, Return, ReturnReason, Wish
from shop.orders.window import Window
from shop.payments import refunds
from shop.production.models import ProductionOrder
from tests.cast import MESSENGER, SELLER
from tests.workshop import made, user
from tests.world import World

WINDOW = Window()
SHARE = 9_801  # an odd amount of paise, so that every split has a remainder
RINAS, MALAS = (
    8_451,
    1_350,
)  # 9801 x 8450 / 9800 = 8450.86, 9801 x 1350 / 9800 = 1350.14: Rina's remainder is larger


def rule(world: World, minor: int = SHARE) -> None:
    """Put a share of so many paise a piece in force for the whole house."""
    with world.writing() as at:
        proposed = figures.propose_rule(figures.HOUSE, minor=minor, at=at, by=user("Anita").actor)
        figures.approve_rule(proposed, at=at, by=user("Farida").actor)


def bought_and_made(world: World, quantity: int = 1, **fields: str) -> str:
    """Buy messengers, which Rina stitches and Mala finishes; return the order's link."""
    link = world.buy(MESSENGER, quantity, **fields)
    make(world, quantity)
    return link


def make(world: World, quantity: int = 1, *, by: tuple[str, str] = ("Rina", "Mala")) -> None:
    """Let one stitch and another finish what the newest production order asks for."""
    with world.reading():
        asked = db.session.scalars(db.select(ProductionOrder.id).order_by(ProductionOrder.id.desc())).first()
    assert asked is not None
    made(world, asked, "stitch", by[0], quantity)
    made(world, asked, "finish", by[1], quantity)


def send(world: World, link: str, *, deliver: bool = True) -> None:
    """Hand an order to the carrier, and let it arrive."""
    with world.writing() as at:
        order = order_of(link)
        lifecycle.ship(order, "India Post", f"EB{order.id}IN", at=at, by=user("Meera").actor, seller=SELLER)
        if deliver:
            lifecycle.deliver(order, at=at, by=user("Meera").actor)


def order_of(link: str) -> Order:
    """Return the order of a link in the present session."""
    number, key = link.split("/orders/")[1].split("/")
    return lifecycle.get_for_customer(number, key)


def asked(world: World, link: str, pieces: int = 1, wish: Wish = Wish.REFUND) -> int:
    """Ask to send back so many pieces of an order's first line, and let the office agree; return the return's id."""
    with world.writing() as at:
        order = order_of(link)
        line = lifecycle.lines_of(order)[0]
        found = returns.ask(order, {line.id: pieces}, ReturnReason.SIZE, WINDOW, wish, at=at, by="customer")
        returns.agree(found, at=at, by=user("Meera").actor)
        return found.id


def received(world: World, return_id: int, pieces: int = 1) -> list[int]:
    """Take in the first pieces of a return and give their price back; return the pieces' ids."""
    with world.writing() as at:
        found = db.session.get_one(Return, return_id)
        units = sorted(returns.units_out(found.order_id))[:pieces]
        came = returns.receive(found, units, at=at, by=user("Meera").actor)
        refunds.refund_return(came, at=at, by=user("Meera").actor)
    world.work()
    return units


def exchanged(world: World, link: str, pieces: int = 1) -> int:
    """Send the first pieces of an order back for others of the same, and take them in; return the exchange's id."""
    return_id = asked(world, link, pieces, Wish.EXCHANGE)
    with world.writing() as at:
        found = db.session.get_one(Return, return_id)
        units = sorted(returns.units_out(found.order_id))[:pieces]
        return exchanges.receive(found, units, at=at, by=user("Meera").actor).id


def sent_anew(world: World, exchange_id: int, *, deliver: bool = True) -> None:
    """Send the other pieces of an exchange, and let them arrive."""
    with world.writing() as at:
        row = db.session.get_one(Exchange, exchange_id)
        exchanges.send(row, "India Post", f"EX{exchange_id}IN", at=at, by=user("Meera").actor)
        if deliver:
            exchanges.deliver(row, at=at, by=user("Meera").actor)


def ended(world: World, exchange_id: int) -> int:
    """End an exchange and give the money back; return how much goes back."""
    with world.writing() as at:
        came = exchanges.end(db.session.get_one(Exchange, exchange_id), at=at, by=user("Meera").actor)
        minor = sum(each.amount_minor for each in refunds.refund_return(came, at=at, by=user("Meera").actor))
    world.work()
    return minor


def sweep(world: World, days: float = 0) -> None:
    """Let days pass, then run the job that releases shares."""
    world.advance(timedelta(days=days))
    with world.app.app_context():
        duties.release_shares()


def hers(world: World) -> dict[str, tuple[int, int]]:
    """Return maker -> (pending, payable) of Rina and Mala."""
    with world.reading():
        return {
            name: (stored(pending_of(number)).minor, stored(payable_of(number)).minor)
            for name, number in (("Rina", 1), ("Mala", 2))
        }


def house(world: World, *codes: str, currency: str = "INR") -> list[int]:
    """Return the balances of accounts of the house."""
    with world.reading():
        return [derived(code, currency).minor for code in codes]
