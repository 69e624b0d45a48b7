"""A customer's life in the shop, as it is before she leaves, and a look at all that the main database then holds."""

from datetime import timedelta

from sqlalchemy import inspect, select, text

from shop.db import db
from shop.orders import lifecycle, thanks, tickets
from shop.orders.models import Order
from shop.orders.tickets import Topic
from shop.users import halves, passkeys
from shop.users.models import User
from shop.users.passkeys import Site
from tests.cast import SELLER, TOTE, WALLET
from tests.letters import letters
from tests.web.test_account import PLACE
from tests.world import World

ASHA = "asha@test.example"


def a_life(world: World) -> int:
    """Give Asha an order that arrived long ago, a refund, an address, a sign-in, links and mails; return her id."""
    number = deliver(world, world.buy(TOTE))
    with world.writing() as at:
        order = db.session.scalars(select(Order).where(Order.number == number)).one()
        note = thanks.write(order, "Asha", "It goes to market with me.", language="en", at=at)
        thanks.pass_on(note, at=at, by="user:1")
    farida = world.browser().sign_in("Farida")
    answer = farida.post(f"/manager/orders/{number}/refund", {"reason": "a scratch"})
    assert answer.status_code in (303, 422), answer.status_code
    cancelled = world.buy(WALLET)
    assert world.browser().post(f"{cancelled}/cancellation").status_code == 303
    world.work()
    asha = world.browser().sign_in_customer()
    asha.post("/account/addresses/new", PLACE)
    asha.post("/login/link", {"email": ASHA})
    asha.post("/account/new", {"email": ASHA, "name": "A", "password": "a long enough one"})
    letters(world, ASHA)
    with world.writing() as at:
        words = (Topic.ORDER, "Asha Sen", ASHA, "Where is my bag?")
        letter = tickets.write(*words, language="en", seller="", at=at)
        tickets.answer(letter, "It left today.", at=at, by="user:1")
    with world.writing() as at:
        hers = user_id(ASHA)
        halves.begin(db.session.get_one(User, hers), at=at)  # no page gives a customer these; were there one, it goes
        passkeys.ask_to_prove(hers, Site("localhost", "http://localhost"), at=at)
    return hers


def deliver(world: World, link: str, *, days: int = 15) -> str:
    """Ship an order, let it arrive, and let days pass; return its number."""
    order_id = world.order(link).id
    with world.writing() as at:
        lifecycle.ship(db.session.get_one(Order, order_id), "India Post", "EB1IN", at=at, by="user:1", seller=SELLER)
    with world.writing() as at:
        lifecycle.deliver(db.session.get_one(Order, order_id), at=at, by="user:1")
    world.advance(timedelta(days=days))
    return world.order(link).number


def user_id(email: str) -> int:
    return db.session.scalars(select(User.id).where(User.email == email)).one()


def dump(world: World) -> dict[str, str]:
    """Return every column of the main database as text; the gateways' raw events go by another's sweep."""
    found: dict[str, str] = {}
    with world.reading():
        for table in inspect(db.engine).get_table_names():
            for column in inspect(db.engine).get_columns(table):
                if (table, column["name"]) == ("gateway_event", "body"):
                    continue
                values = db.session.execute(text(f'SELECT "{column["name"]}" FROM "{table}"')).scalars()
                found[f"{table}.{column['name']}"] = repr(list(values))
    return found
