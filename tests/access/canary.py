"""Puts the rig together: the world, the canaries, those who look, and the going round."""

from sqlalchemy import select

from shop.artisans.vault.looks import LookReason
from shop.db import db
from shop.orders.models import Order
from shop.orders.tickets import Ticket
from shop.users.links import MailedLink
from shop.users.models import Role, User
from tests.access import full_world
from tests.access.crawl import Crawl, Viewer
from tests.access.planting import plant
from tests.cast import PASSWORD, TOTE
from tests.world import World

# Each role is a person of the cast; whoever adds a role or a way to sign in adds a line.
PERSON_OF = {
    Role.ARTISAN: "Rina",
    Role.CUSTOMER: "Asha",
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
    full_world.second_factors(world)
    planted = plant(world, seed)
    return Crawl(world, planted, viewers)


def _signed_in(world: World) -> list[Viewer]:
    found = []
    for role, name in PERSON_OF.items():
        browser = world.browser()
        if role is Role.ARTISAN:
            browser.sign_in_artisan(name).post("/artisan/language", {"language": "en"})
        else:
            browser = browser.sign_in_customer(name) if role is Role.CUSTOMER else browser.sign_in(name)
        with world.reading():
            user = db.session.scalars(select(User).where(User.name == name)).one()
            orders = db.session.scalars(select(Order.id).where(Order.customer_id == user.id))
            found.append(Viewer(role.value, browser, user.id, user.centre_id, frozenset(orders)))
    return found


def customers(world: World) -> dict[str, Viewer]:
    """Return each customer by the address to which her letters go: her own is the order of that address."""
    with world.reading():
        return {
            order.email: Viewer("customer", world.browser(), orders=frozenset({order.id}))
            for order in db.session.scalars(select(Order))
        }


def readers(world: World) -> dict[str, Viewer]:
    """Return everyone to whom letters go, by her address: customers, accounts, who asked for a link or wrote to us."""
    found = customers(world)
    with world.reading():
        for user in db.session.scalars(select(User).where(User.email.is_not(None))):
            found[str(user.email)] = Viewer(user.role.value, world.browser(), user.id, user.centre_id)
        for link in db.session.scalars(select(MailedLink)):
            found[link.email] = Viewer("customer", world.browser(), link.user_id or -link.id)
        for ticket in db.session.scalars(select(Ticket)):
            found[ticket.email] = Viewer("customer", world.browser(), -1000 - ticket.id)
    return found


def go_round(world: World, seed: int = SEED) -> Crawl:
    """Do the whole crawl and return it with its leaks."""
    crawl = set_up(world, seed)
    with crawl.listening():
        theirs = customers(world)
        crawl.letters(readers(world))
        follow_links(crawl, theirs)
        fill_carts(crawl)
        crawl.pages()
        open_the_vault(crawl)
        crawl.pages(only=asked_to_show_herself(crawl))
        half_way(crawl)
        crawl.searches()
        crawl.files()
        crawl.odd_methods()
        crawl.errors()
        crawl.failing_jobs()
        crawl.posts()
        for reader in theirs.values():
            pay_again(crawl, reader)
        crawl.log()
    return crawl


def fill_carts(crawl: Crawl) -> None:
    """Put something into the cart of everyone, so that there is a checkout to look at."""
    for viewer in crawl.viewers:
        crawl.ask(viewer, "POST", "/cart/lines", "storefront.add_line", data={"sku": TOTE, "quantity": "1"})


def asked_to_show_herself(crawl: Crawl) -> list[str]:
    """Return the pages that open only to one who has just shown again who she is."""
    views = crawl.world.app.view_functions
    return [name for name, view in views.items() if view.__dict__.get("fresh")]


def half_way(crawl: Crawl) -> None:
    """Read what is asked of one whose password was right and who has not shown her second factor."""
    world = crawl.world
    with world.reading():
        user = db.session.scalars(select(User).where(User.role == Role.AUDITOR)).one()
        viewer = Viewer(user.role.value, world.browser(), user.id)
        email = user.email
    crawl.ask(viewer, "POST", "/login", "auth.sign_in_post", data={"email": email, "password": PASSWORD})
    for prefix in ("", "/bn"):
        crawl.ask(viewer, "GET", f"{prefix}/login/second-step", "auth.second_step")
    crawl.ask(viewer, "POST", "/login/second-step", "auth.second_step_post", data={"code": "000000"})
    crawl.ask(viewer, "POST", "/login/passkey", "auth.second_step_passkey")


def open_the_vault(crawl: Crawl) -> None:
    """Let everyone in turn show again who she is, look at each maker's record, and let the payout file out."""
    for viewer in crawl.viewers:
        crawl.ask(viewer, "POST", "/step-up", "auth.step_up_post", data={"password": PASSWORD})
        if viewer.role not in ("anonymous", "artisan"):
            viewer.browser.renew_token("/account" if viewer.role == "customer" else "/manager/")
        for path in crawl.addresses.paths_of("manager.reveal_identity"):
            form = {"reason": next(iter(LookReason)).value}
            crawl.ask(viewer, "POST", path, "manager.reveal_identity", data=form)
        for path in crawl.addresses.paths_of("manager.release_payout_file"):
            crawl.ask(viewer, "POST", path, "manager.release_payout_file")
        for path in crawl.addresses.paths_of("manager.customer_post"):
            crawl.ask(viewer, "POST", path, "manager.customer_post", data={"purpose": "delivery"})
        for kind in ("json", "html"):
            crawl.ask(viewer, "POST", "/account/export", "account.export", data={"kind": kind})


def follow_links(crawl: Crawl, theirs: dict[str, Viewer]) -> None:
    """Open each order's own pages as its customer, and no other's."""
    with crawl.world.reading():
        orders = [(order.id, order.number, order.key) for order in db.session.scalars(select(Order))]
    by_id = {number: reader for reader in theirs.values() for number in reader.orders}
    for order_id, number, key in orders:
        for tail, route in (("", "order"), ("/pay", "pay"), ("/return", "come_back")):
            for prefix in ("", "/bn"):
                crawl.ask(by_id[order_id], "GET", f"{prefix}/orders/{number}/{key}{tail}", f"storefront.{route}")
                crawl.gateways(by_id[order_id])


def pay_again(crawl: Crawl, reader: Viewer) -> None:
    """Ask for a new pay page and read what the gateway was told about this order."""
    with crawl.world.reading():
        order = db.session.get_one(Order, next(iter(reader.orders)))
        link, currency = f"/orders/{order.number}/{order.key}", order.currency
    method = "stripe" if currency != "INR" else "razorpay"
    crawl.ask(reader, "POST", link + "/pay", "storefront.pay_again", data={"payment_method": method})
    crawl.gateways(reader)
