"""Lists: counts that respect the other facets, pages that neither repeat nor hide, rows that follow the shelf."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from itertools import product as combinations

import pytest
from flask import Flask
from sqlalchemy import select, update

from shop.catalog import availability, browsing, collections, facets, listing, products, stock, verification
from shop.catalog.browsing import Sort
from shop.catalog.collections import CollectionText
from shop.catalog.facets import Asked, Facet, FacetIndex
from shop.catalog.listing_models import CollectionKind, Listing, ListingPrice
from shop.catalog.models import Product, Variant
from shop.catalog.stock import Wanted
from shop.db import db, writing
from shop.errors import Invalid
from tests.cast import BEGAN
from tests.catalog import shelves
from tests.conftest import both_databases

pytestmark = both_databases
SOME: tuple[Asked, ...] = (
    {},
    {Facet.TRADE: ("kantha", "block-print")},
    {Facet.COLOUR: ("indigo", "madder"), Facet.PRICE: ("2", "3")},
    {Facet.MATERIAL: ("leather",), Facet.READY: ("now",)},
    {Facet.TRADE: ("recycled-tyre",), Facet.READY: ("made",)},
    {Facet.COLOUR: ("purple",)},
)


@pytest.fixture
def shop(app: Flask) -> Iterator[FacetIndex]:
    """A shop with the catalogue on its shelves, and an index that has followed it."""
    with app.app_context():
        with writing():
            shelves.fill()
        yield follow(FacetIndex())


def follow(index: FacetIndex) -> FacetIndex:
    db.session.rollback()
    with index.lock:
        index.follow()
    return index


def slugs(asked: Asked = facets.NOTHING, currency: str = "INR", sort: Sort = Sort.OURS, limit: int = 200) -> list[str]:
    return [line.slug for line in browsing.page(asked, currency, "en", sort=sort, limit=limit).lines]


def test_every_count_is_the_number_of_things_one_would_see(shop: FacetIndex) -> None:
    for asked, currency in combinations(SOME, ("INR", "USD")):
        counted = shop.count(asked, currency)
        assert counted.total == len(slugs(asked, currency))
        for facet, values in counted.values.items():
            for value, count in values.items():
                assert count == len(slugs({**asked, facet: (value,)}, currency)), (asked, facet, value)


def test_a_list_narrowed_by_ids_is_the_same_list(shop: FacetIndex) -> None:
    for asked in SOME:
        few = shop.count(asked, "INR").few
        assert few is not None
        narrowed = browsing.page(asked, "INR", "en", within=few, limit=200)
        assert [line.slug for line in narrowed.lines] == slugs(asked)


def test_pages_in_every_order_hold_everything_once_though_things_come_in_meanwhile(shop: FacetIndex) -> None:
    for sort in Sort:
        whole = slugs(sort=sort)
        seen: list[str] = []
        mark: str | None = None
        for number in range(50):
            found = browsing.page({}, "INR", "en", sort=sort, after=mark, limit=5)
            seen += [line.slug for line in found.lines]
            mark = found.after
            if number == 1:  # something new at the very beginning of every order
                db.session.rollback()
                with writing():
                    first = db.session.scalars(select(Product).where(Product.slug == whole[0])).one()
                    products.publish(first, at=BEGAN + timedelta(days=900), by="user:1")
                db.session.rollback()
            if mark is None:
                break
        assert seen == whole
        assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("tied", [False, True])
def test_reading_back_shows_each_page_as_it_was_read_on(shop: FacetIndex, tied: bool) -> None:
    if tied:  # everything stands at one place of every order: the product's number alone decides
        with writing():
            db.session.execute(update(Listing).values(position=7, listed_at=BEGAN, days=3))
            db.session.execute(update(ListingPrice).values(amount_minor=50_000))
        db.session.rollback()
    everything = len(slugs())
    for sort, limit in combinations(Sort, (1, 5, everything - 1, everything)):
        pages = [browsing.page({}, "INR", "en", sort=sort, limit=limit)]
        while (mark := pages[-1].after) is not None:
            pages.append(browsing.page({}, "INR", "en", sort=sort, limit=limit, after=mark))
        assert pages[0].before is None
        assert len(pages) == -(-everything // limit)
        for earlier, later in pairwise(pages):
            back = browsing.page({}, "INR", "en", sort=sort, limit=limit, before=later.before)
            assert (back.lines, back.after, back.before) == (earlier.lines, earlier.after, earlier.before)


def test_where_less_than_a_page_stands_before_it_is_the_first_page(shop: FacetIndex) -> None:
    second = browsing.page({}, "INR", "en", limit=5, after=browsing.page({}, "INR", "en", limit=5).after)
    gone = slugs()[:2]
    with writing():
        numbers = select(Product.id).where(Product.slug.in_(gone))
        db.session.execute(update(Listing).where(Listing.product_id.in_(numbers)).values(is_listed=False))
    db.session.rollback()

    back = browsing.page({}, "INR", "en", limit=5, before=second.before)

    assert [line.slug for line in back.lines] == slugs()[:5]
    assert back.before is None


def test_a_mark_to_read_on_and_one_to_read_back_are_not_both_given(shop: FacetIndex) -> None:
    mark = browsing.page({}, "INR", "en", limit=5).after
    with pytest.raises(Invalid):
        browsing.page({}, "INR", "en", limit=5, after=mark, before=mark)


def test_each_order_is_what_it_says(shop: FacetIndex) -> None:
    lines = browsing.page({}, "INR", "en", sort=Sort.PRICE_DOWN, limit=200).lines
    assert [line.minor for line in lines] == sorted((line.minor for line in lines), reverse=True)
    lines = browsing.page({}, "INR", "en", sort=Sort.PRICE_UP, limit=200).lines
    assert [line.minor for line in lines] == sorted(line.minor for line in lines)
    days = [line.days for line in browsing.page({}, "INR", "en", sort=Sort.SOONEST, limit=200).lines]
    assert days == sorted(days, key=lambda each: 9_999 if each is None else each)
    assert slugs(sort=Sort.NEWEST)[0] == "the-turmeric-tin"


def test_a_mark_of_another_order_or_of_nobody_is_refused(shop: FacetIndex) -> None:
    newest = browsing.page({}, "INR", "en", sort=Sort.NEWEST, limit=2).after
    assert newest is not None
    for mark in ("", "x", "!!!", "bnVsbA", "WyJvdXJzIiwxXQ", "WyJvdXJzIiwieCIsMV0", "WyJvdXJzIiwxLC0xXQ", newest):
        with pytest.raises(Invalid):
            browsing.page({}, "INR", "en", sort=Sort.OURS, after=mark)


def test_the_last_piece_that_goes_and_the_first_that_comes_are_known_at_once(shop: FacetIndex) -> None:
    variant_id, product_id = _single()
    before = shop.count({}, "INR").values[Facet.READY]["now"]
    assert product_id in {
        line.product_id for line in browsing.page({Facet.READY: ("now",)}, "INR", "en", limit=99).lines
    }

    with writing():
        stock.reserve([Wanted(variant_id, 1, "order-line:x", False)], until=BEGAN)
    assert follow(shop).count({}, "INR").values[Facet.READY]["now"] == before - 1
    with writing():
        stock.release(["order-line:x"], at=BEGAN, by="t")
    assert follow(shop).count({}, "INR").values[Facet.READY]["now"] == before
    with writing():
        stock.adjust(variant_id, -1, "lost", "lost:1", at=BEGAN, by="user:1")
    assert db.session.get_one(Listing, product_id).days == 9_999
    with writing():
        stock.receive(variant_id, "found:1", at=BEGAN, by="user:1")
    assert db.session.get_one(Listing, product_id).days == 2
    assert [finding for finding in verification.verify() if "listed" in str(finding)] == []


def test_a_listing_that_differs_from_the_shelf_is_found(shop: FacetIndex) -> None:
    _, product_id = _single()
    db.session.rollback()
    with writing():
        db.session.execute(update(Listing).where(Listing.product_id == product_id).values(shelved=0))
    assert [str(each) for each in verification.verify() if "listed" in str(each)]

    with writing():
        listing.rebuild()
    assert [str(each) for each in verification.verify() if "listed" in str(each)] == []


def test_lead_times_move_what_is_made_and_nothing_else(shop: FacetIndex) -> None:
    with writing():
        availability.publish(dict.fromkeys(db.session.scalars(select(Variant.id)), 40), as_of=BEGAN)
    rows = list(db.session.scalars(select(Listing).where(Listing.is_listed)))
    assert {row.days for row in rows if not row.shelved and row.made_days < 9_999} == {42}
    assert {row.days for row in rows if row.shelved} == {2}


def test_what_is_taken_off_leaves_lists_and_counts(shop: FacetIndex) -> None:
    total = shop.count({}, "INR").total
    db.session.rollback()
    with writing():
        products.retire(products.get_by_slug("the-fish-tote"), at=BEGAN, by="user:1")
    assert follow(shop).count({}, "INR").total == total - 1
    assert "the-fish-tote" not in slugs()


def test_a_second_process_that_begins_later_counts_the_same(shop: FacetIndex) -> None:
    with writing():
        products.set_prices(products.get_by_slug("the-fish-tote").variants[0], {"INR": 10_000})
    for currency in ("INR", "USD"):
        first, second = (follow(index).count({}, currency) for index in (shop, FacetIndex()))
        assert (first.total, first.values) == (second.total, second.values)


def test_a_change_that_ends_after_a_later_one_is_not_missed(app: Flask, engine: str) -> None:
    """On PostgreSQL an older transaction may commit last; what was counted in between must not hide it."""
    if engine == "sqlite":
        return  # its writers end one after another
    with app.app_context(), writing():
        shelves.fill()
    begun, counted = threading.Event(), threading.Event()

    def slow() -> None:
        with app.app_context(), writing():
            products.retire(products.get_by_slug("the-fish-tote"), at=BEGAN, by="user:1")
            db.session.flush()
            begun.set()
            assert counted.wait(20)

    index = FacetIndex()
    with app.app_context():
        total = follow(index).count({}, "INR").total
        other = threading.Thread(target=slow)
        other.start()
        assert begun.wait(20)
        with writing():
            db.session.execute(
                update(Listing)
                .where(Listing.product_id == products.get_by_slug("the-jhola").id)
                .values(stamp=facets.new_stamp())
            )
        assert follow(index).count({}, "INR").total == total
        counted.set()
        other.join(20)
        assert follow(index).count({}, "INR").total == total - 1


def test_collections_hold_what_was_picked_in_any_order_and_what_a_rule_finds(shop: FacetIndex) -> None:
    with writing():
        picked = collections.create(
            "for-the-market",
            CollectionText("For the market", "", CollectionKind.PICKED, True, picks=["the-jhola", "the-fish-tote"]),
        )
        tyre = collections.create(
            "of-tyre", CollectionText("Of tyre", "", CollectionKind.RULED, True, rule={Facet.MATERIAL: ["tyre"]})
        )
        new = collections.create("new", CollectionText("New", "", CollectionKind.RULED, True, newest=3))
    for collection, wanted in (
        (picked, {"the-jhola", "the-fish-tote"}),
        (tyre, {f"the-tyre-{name}" for name in ("wallet", "belt", "key-fobs", "planter")}),
        (new, {"the-turmeric-tin", "the-spice-tin-set", "the-kantha-wall-panel"}),
    ):
        held_to, rule = collections.within(collection, shop), collections.rule_of(collection)
        found = browsing.page({}, "INR", "en", rule=rule, within=held_to, limit=99).lines
        counted = shop.count({}, "INR", within=held_to, rule=rule)
        assert wanted <= {line.slug for line in found}
        assert counted.total == len(found)
    with pytest.raises(Invalid), writing():
        collections.create("x", CollectionText("X", "", CollectionKind.PICKED, True, picks=["nowhere"]))


def _single() -> tuple[int, int]:
    """Return a variant, and its product, with one piece and nothing made to order."""
    product = products.get_by_slug("the-jute-market-bag")
    return product.variants[0].id, product.id
