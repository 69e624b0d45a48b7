"""What a customer is told of her order, in HTML and in text, each once: placed, paid, begun, late, sent, arrived."""

import re
from datetime import timedelta
from email.message import Message

import pytest

from shop import duties
from shop.clock import india_date
from shop.db import db
from shop.orders import lifecycle, news
from shop.orders.models import Order, OrderLine
from shop.production import orders as production
from shop.web import plain
from tests.cast import MESSENGER, SELLER, TOTE
from tests.conftest import both_databases
from tests.letters import letters, text_of
from tests.workshop import do, offer
from tests.world import ADDRESS, World

ASHA = ADDRESS["email"]


def subjects(world: World) -> list[str]:
    return [re.sub(r"MB-\w+", "MB", str(letter["Subject"])) for letter in letters(world, ASHA)]


def tell(world: World, *, times: int = 2) -> None:
    for _ in range(times):
        with world.app.app_context():
            duties.tell_customers()


def _begin(world: World, link: str) -> None:
    """Let Rina take on the first step of what an order asked for."""
    with world.reading():
        [asked] = production.find_by_reference([f"order-line:{line.id}" for line in _lines(world, link)])
        asked_id = asked.id
    do(world, offer(world, asked_id, "stitch", "Rina", 1), "accept")


def _lines(world: World, link: str) -> list[OrderLine]:
    return lifecycle.lines_of(db.session.get_one(Order, world.order(link).id))


def html_of(letter: Message) -> str:
    part = letter.get_payload(1)
    assert isinstance(part, Message)
    body = part.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body.decode()


def test_only_who_does_not_pay_is_told_that_an_order_waits(world: World) -> None:
    world.buy(TOTE)
    waiting = world.buy(TOTE, pay=False)
    assert subjects(world) == ["Your order MB is paid"]

    world.advance(timedelta(minutes=11))
    tell(world)
    assert subjects(world) == ["Your order MB is paid", "Your order MB waits for its payment"]
    [letter] = [each for each in letters(world, ASHA) if "waits" in str(each["Subject"])]
    assert f"http://localhost{waiting}" in text_of(letter)


@both_databases
def test_she_is_told_once_that_someone_has_begun_and_once_that_it_will_be_late(world: World) -> None:
    link = world.buy(MESSENGER)
    tell(world)
    assert subjects(world) == ["Your order MB is paid"]  # nobody has begun, and nothing is late
    _begin(world, link)
    tell(world)
    assert subjects(world) == ["Your order MB is paid", "Your order MB is being made"]
    promised = world.order(link).promised_on

    days = (promised - india_date(world.clock.now())).days
    world.advance(timedelta(days=days + 1))
    tell(world)
    assert len(subjects(world)) == 2  # a day or two are no news: the promise may slip by three
    world.advance(timedelta(days=4))
    tell(world)

    assert subjects(world)[2:] == ["Your order MB will be late"]
    world.advance(timedelta(days=30))
    tell(world)
    assert len(subjects(world)) == 3


def test_orders_that_nobody_has_begun_do_not_keep_news_from_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "AT_ONCE", 1)
    for _ in range(2):
        world.buy(MESSENGER)
    begun = world.buy(MESSENGER)
    _begin(world, begun)

    tell(world, times=1)
    assert subjects(world).count("Your order MB is being made") == 1

    with world.writing():
        db.session.get_one(Order, world.order(begun).id).promised_on -= timedelta(days=60)
    tell(world, times=1)
    assert subjects(world).count("Your order MB will be late") == 1


def test_both_forms_of_a_letter_say_the_same_in_her_language_and_ask_nobody_elsewhere(world: World) -> None:
    link = world.buy(TOTE, name="Asha <b>Sen</b> & Co")
    with world.writing() as at:
        order = db.session.get_one(Order, world.order(link).id)
        lifecycle.ship(order, "India Post", "EB1IN", at=at, by="user:1", seller=SELLER)
        lifecycle.deliver(order, at=at, by="user:1")

    found = letters(world, ASHA)

    assert [re.sub(r"MB-\w+", "MB", str(each["Subject"])) for each in found] == [
        "Your order MB is paid", "Your order MB is on its way", "Your order MB has arrived",
    ]  # fmt: skip
    for letter in found:
        html, text = html_of(letter), text_of(letter)
        assert letter.get_content_type() == "multipart/alternative"
        assert plain.read(html) == (str(letter["Subject"]), text)
        assert f'href="http://localhost{link}"' in html and f"http://localhost{link}" in text
        assert re.findall(r"(?:src|href)=\"(?!http://localhost/)", html) == [] and "<img" not in html
        assert "<script" not in html and "<table" not in html
    assert "Asha &lt;b&gt;Sen&lt;/b&gt; &amp; Co" in html_of(found[0]) and "Asha <b>Sen</b> & Co" in text_of(found[0])


def test_the_text_form_keeps_paragraphs_rows_and_addresses() -> None:
    html = (
        "<head><title>Your  order &amp; more</title><style>p{}</style></head><p data-picture>Seen only</p>\n"
        "<p>Hello <b>you</b>,\n see.</p><ul><li><span>1 × Tote</span> <b>₹7</b></li>\n<li>All</li></ul>"
        '<p><a href="http://x/y?a=1&amp;b=2">Look</a></p><p>A<br>B</p>'
    )

    assert plain.read(html) == (
        "Your order & more",
        "Hello you, see.\n\n1 × Tote ₹7\nAll\n\nLook:\nhttp://x/y?a=1&b=2\n\nA\nB\n",
    )
