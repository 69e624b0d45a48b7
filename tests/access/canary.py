"""Puts the rig together: the world, the canaries, those who look, and the going round."""

from sqlalchemy import select

from shop.artisans.vault.looks import LookReason
from shop.db import db
from shop.orders.models import Order
from shop.users.models import Role, User
from tests.access import full_world
from tests.access.crawl import Crawl, Viewer
from tests.access.planting import plant
from tests.cast import PASSWORD
from tests.world import World

# Each role is a person of the cast; whoever adds a role or a way to sign in adds a line.
PERSON_OF = {
    Role.ARTISAN: "Rina",
    Role.MANAGER: "Meera",
    Role.FINANCE: "Farida",
    Role.SAFEGUARDING: "Nasrin",
    Role.AUDITOR: "Bina",
    Role.ADMIN: "Anita",
}
SEED = 2011


def set_up(world: World, seed: int = SEED) -> Crawl:
    """Fill a world, let everyone sign in, plant the canaries, and return the crawl that is about to begin."""
    full_world.fill(world)
    viewers = [Viewer("anonymous", world.browser()), *_signed_in(world)]
    planted = plant(world, seed)
    return Crawl(world, planted, viewers)


def _signed_in(world: World) -> list[Viewer]:
    found = []
    for role, name in PERSON_OF.items():
        browser = world.browser()
        browser = browser.sign_in_artisan(name) if role is Role.ARTISAN else browser.sign_in(name)
        if role is Role.ARTISAN:
            browser.post("/artisan/language", {"language": "en"})
        with world.reading():
            user = db.session.scalars(select(User).where(User.name == name)).one()
            found.append(Viewer(role.value, browser, user.id, user.centre_id))
    return found


def customers(world: World) -> dict[str, Viewer]:
    """Return each customer by the address to which her letters go: her own is the order of that address."""
    with world.reading():
        return {
            order.email: Viewer("customer", world.browser(), order=order.id)
            for order in db.session.scalars(select(Order))
        }


def go_round(world: World, seed: int = SEED) -> Crawl:
    """Do the whole crawl and return it with its leaks."""
    crawl = set_up(world, seed)
    with crawl.listening():
        readers = customers(world)
        crawl.letters(readers)
        follow_links(crawl, readers)
        crawl.pages()
        open_the_vault(crawl)
        crawl.searches()
        crawl.files()
        crawl.odd_methods()
        crawl.errors()
        crawl.failing_jobs()
        crawl.posts()
        for reader in readers.values():
            pay_again(crawl, reader)
        crawl.log()
    return crawl


def open_the_vault(crawl: Crawl) -> None:
    """Let everyone in turn show again who she is, look at each maker's record, and let the payout file out."""
    for viewer in crawl.viewers:
        crawl.ask(viewer, "POST", "/step-up", "auth.step_up_post", data={"password": PASSWORD})
        if viewer.role not in ("anonymous", "artisan"):
            viewer.browser.renew_token("/manager/")
        for path in crawl.paths_of("manager.reveal_identity"):
            form = {"reason": next(iter(LookReason)).value}
            crawl.ask(viewer, "POST", path, "manager.reveal_identity", data=form)
        for path in crawl.paths_of("manager.release_payout_file"):
            crawl.ask(viewer, "POST", path, "manager.release_payout_file")


def follow_links(crawl: Crawl, readers: dict[str, Viewer]) -> None:
    """Open each order's own pages as its customer, and no other's."""
    with crawl.world.reading():
        orders = [(order.id, order.number, order.key) for order in db.session.scalars(select(Order))]
    by_id = {reader.order: reader for reader in readers.values()}
    for order_id, number, key in orders:
        for tail, route in (("", "order"), ("/pay", "pay"), ("/return", "come_back")):
            for prefix in ("", "/bn"):
                crawl.ask(by_id[order_id], "GET", f"{prefix}/orders/{number}/{key}{tail}", f"storefront.{route}")
                crawl.gateways(by_id[order_id])


def pay_again(crawl: Crawl, reader: Viewer) -> None:
    """Ask for a new pay page and read what the gateway was told about this order."""
    with crawl.world.reading():
        order = db.session.get_one(Order, reader.order)
        link, currency = f"/orders/{order.number}/{order.key}", order.currency
    method = "stripe" if currency != "INR" else "razorpay"
    crawl.ask(reader, "POST", link + "/pay", "storefront.pay_again", data={"payment_method": method})
    crawl.gateways(reader)
