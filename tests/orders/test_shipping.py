"""What a parcel costs: by zone, by weight, in every currency; and how the office changes it."""

import pytest

from shop.errors import Conflict, Invalid
from shop.money import CURRENCIES
from shop.orders import tariffs
from shop.orders.models import Order
from shop.orders.shipping import AT_HOME, Destination, Tariff, Unsent
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.world import ABROAD, World

WB = "West Bengal"


@pytest.fixture
def tariff() -> Tariff:
    return tariffs.shipped()


@pytest.mark.parametrize(
    ("to", "zone"),
    [
        (Destination("IN", WB, "700019"), "home"),
        (Destination("IN", "", ""), "india"),
        (Destination("IN", "Kerala", "682001"), "india"),
        (Destination("IN", "Lakshadweep", "682555"), "remote"),
        (Destination("IN", "Assam", "781001"), "remote"),
        (Destination("IN", WB, "737101"), "remote"),  # Sikkim, whatever state was written
        (Destination("IN", "Ladakh", "194101"), "remote"),
        (Destination("IN", "Rajasthan", "900056"), None),  # the army's own post
        (Destination("NP", "", ""), "saarc"),
        (Destination("GB", "", ""), "europe"),
        (Destination("AE", "Dubai", ""), "world"),
        (Destination("AQ", "", ""), None),
    ],
)
def test_a_destination_lies_in_one_zone_or_in_none(tariff: Tariff, to: Destination, zone: str | None) -> None:
    assert tariff.zone_of(to, WB) == zone


def test_a_parcel_weighs_its_pieces_and_what_they_are_packed_in(tariff: Tariff) -> None:
    assert tariff.grams_of([(2, 260), (1, 90)]) == 2 * 260 + 90 + 80 + 3 * 10


def test_charges_rise_with_weight_and_end_where_a_parcel_is_too_heavy(tariff: Tariff) -> None:
    to = Destination("IN", "Kerala", "682001")

    def charge(grams: int) -> list[int]:
        return [method.charge_minor for method in tariff.ways(to, grams, "INR", seller_state=WB)]

    assert charge(1_000) == [7_000, 16_000]
    assert charge(1_001) == [11_500, 27_000]
    assert charge(20_001) == []
    assert tariff.why_not(to, 20_001, "INR", seller_state=WB) is Unsent.WEIGHT
    assert tariff.why_not(Destination("IN", "", "900056"), 100, "INR", seller_state=WB) is Unsent.PIN_CODE
    assert tariff.why_not(Destination("AQ", "", ""), 100, "INR", seller_state=WB) is Unsent.COUNTRY


def test_the_shipped_tariff_sends_everything_it_serves_in_every_currency(tariff: Tariff) -> None:
    for country in tariff.served:
        for currency in CURRENCIES:
            assert tariff.ways(Destination(country, "", ""), 900, currency, seller_state=WB), (country, currency)


def test_a_way_that_does_not_go_there_is_refused(tariff: Tariff) -> None:
    for code, country in (("india-standard", "GB"), ("world-tracked", "IN"), ("pigeon", "IN"), ("", "IN")):
        with pytest.raises(Invalid):
            tariff.get_way(code, Destination(country, "", ""), 500, "INR", seller_state=WB)


def test_a_tariff_is_the_same_after_it_was_written_down(tariff: Tariff) -> None:
    assert tariffs.read(tariffs.document_of(tariff), version=0) == tariff


@pytest.mark.parametrize(
    ("bend", "problem"),
    [
        (lambda d: d["countries"]["world"].append("IN"), "tariff.country"),
        (lambda d: d["countries"]["world"].append("GB"), "tariff.country_twice"),
        (lambda d: d["remote"].append("7440"), "tariff.pins"),
        (lambda d: d["remote"].append("744999-744000"), "tariff.pins"),
        (lambda d: d["rates"].append(d["rates"][0]), "tariff.rate_twice"),
        (lambda d: d["rates"][0].update(zone="europe"), "tariff.rate_unknown"),
        (lambda d: d["rates"][0].update(days=[5, 3]), "tariff.days"),
        (lambda d: d["rates"][0]["brackets"].reverse(), "tariff.brackets"),
        (lambda d: d["rates"][0]["brackets"][1][1].update(INR=1), "tariff.heavier_cheaper"),
        (lambda d: d["rates"][0]["brackets"][0][1].update(INR=-1), "tariff.number"),
        (lambda d: d["rates"][0]["brackets"][0][1].update(INR=70.0), "tariff.number"),
    ],
)
def test_a_document_that_could_not_price_a_parcel_is_refused(tariff: Tariff, bend: object, problem: str) -> None:
    document = tariffs.document_of(tariff)
    assert callable(bend)
    bend(document)

    with pytest.raises(Invalid) as refused:
        tariffs.read(document, version=0)
    assert refused.value.message_id == problem


@pytest.mark.parametrize("lacking", [(0,), (1,), (0, 1), (1, 3)])
def test_a_currency_that_is_charged_for_heavy_parcels_is_charged_for_all_lighter_ones(
    world: World, lacking: tuple[int, ...]
) -> None:
    with world.writing() as at:
        document = tariffs.document_of(tariffs.current())
        for place in lacking:
            del document["rates"][0]["brackets"][place][1]["EUR"]
        with pytest.raises(Invalid) as refused:
            tariffs.publish(document, "rates", follows=0, at=at, by="test")
        assert refused.value.message_id == "tariff.gap"

        for bracket in document["rates"][0]["brackets"][min(lacking) :]:
            bracket[1].pop("EUR", None)  # control: it may end with a weight
        assert tariffs.publish(document, "rates", follows=0, at=at, by="test") == 1


@both_databases
def test_a_new_version_prices_what_comes_after_it_and_an_order_keeps_its_own(world: World) -> None:
    first = world.order(world.buy(TOTE))
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    form = {**world.checkout_form(browser), "payment_method": "razorpay"}
    with world.writing() as at:
        document = tariffs.document_of(tariffs.current())
        for rate in document["rates"]:
            if rate["zone"] in AT_HOME:
                rate["brackets"] = [[1_000, {"INR": 9_900}]]
        version = tariffs.publish(document, "all of India", follows=0, at=at, by="user:1")
        with pytest.raises(Conflict):
            tariffs.publish(document, "all of India", follows=0, at=at, by="user:2")

    refused = browser.post("/checkout", form)
    assert refused.status_code == 409 and "charges have changed" in refused.text
    second = world.order(world.buy(TOTE))

    def kept(order: Order) -> tuple[int, int | None, str | None, int | None]:
        return order.shipping_minor, order.tariff_version, order.zone, order.grams

    assert kept(first) == (7_000, 0, "home", 350)
    assert kept(second) == (9_900, version, "home", 350)
    assert first.arrives_from is not None and first.arrives_by is not None
    assert (first.arrives_from - first.promised_on).days == 3
    assert (first.arrives_by - first.promised_on).days == 5


def test_the_form_of_a_country_keeps_what_was_typed_and_prices_the_way_there(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    typed = {"name": "Asha Sen", "country": "US", "line1": "1 Main Street", "note": "ring twice", "show": "country"}

    page = browser.post("/checkout", typed).text

    for kept in ('value="Asha Sen"', 'value="1 Main Street"', "ring twice", 'value="CA"', "ZIP code", "₹1,500.00"):
        assert kept in page, kept
    assert "Please put this right" not in page
    assert 'name="total_world-tracked"' in page and 'name="total_india-standard"' not in page


def test_a_far_pin_code_is_charged_and_told_before_anything_is_placed(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    form = {**world.checkout_form(browser), "payment_method": "razorpay"}
    far = {**form, "postcode": "781001", "city": "Guwahati", "state": "Assam"}

    answer = browser.post("/checkout", far)

    assert answer.status_code == 409 and "total has changed" in answer.text
    assert "₹95.00" in answer.text and "₹844.00" in answer.text
    hidden = {**far, "total_india-standard": "84400"}
    assert browser.post("/checkout", hidden).status_code == 303


def test_a_pin_code_that_nobody_serves_is_said_at_its_field(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    form = {**world.checkout_form(browser), "payment_method": "razorpay", "postcode": "900056", "as_written": "yes"}

    answer = browser.post("/checkout", form)

    assert answer.status_code == 422
    assert '<a href="#postcode">PIN code</a>: Our carriers take no parcels' in answer.text
    assert "Nothing can be ordered to this address yet." in answer.text


def test_an_order_goes_abroad_at_the_weight_of_its_parcel(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE, quantity=5, currency="GBP")
    form = {**world.checkout_form(browser, **ABROAD), "payment_method": "stripe"}

    link = browser.post("/checkout", form).location.removesuffix("/pay")

    order = world.order(link)
    assert (order.grams, order.zone, order.shipping_minor) == (5 * 270 + 80, "europe", 2_150)
