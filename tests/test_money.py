"""Money: whole minor units, parts that add up, and no mixing of currencies."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.money import CURRENCIES, CurrencyMismatch, Money, included_tax, split

minors = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


@given(minors, weights)
def test_the_parts_of_a_split_add_up_to_the_whole(minor: int, parts: list[int]) -> None:
    assert sum(split(minor, parts)) == minor


@given(st.integers(0, 10**12), weights)
def test_no_part_is_a_whole_paisa_away_from_its_share(minor: int, parts: list[int]) -> None:
    for part, weight in zip(split(minor, parts), parts, strict=True):
        assert abs(part * sum(parts) - minor * weight) < sum(parts)


@given(minors, weights)
def test_a_split_is_mirrored_below_zero_and_the_same_each_time(minor: int, parts: list[int]) -> None:
    assert split(-minor, parts) == [-part for part in split(minor, parts)]
    assert split(minor, parts) == split(minor, parts)


@given(st.integers(0, 10**9), st.integers(1, 12))
def test_equal_weights_differ_by_at_most_one_and_the_earlier_has_more(minor: int, count: int) -> None:
    parts = split(minor, [1] * count)

    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)


@pytest.mark.parametrize(
    ("minor", "parts", "wanted"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (1, [1, 1], [1, 0]),
        (5, [0, 1], [0, 5]),
        (-3, [1, 1], [-2, -1]),
        (2, [2, 1, 1], [1, 1, 0]),
    ],
)
def test_a_split_by_hand(minor: int, parts: list[int], wanted: list[int]) -> None:
    assert split(minor, parts) == wanted


@pytest.mark.parametrize("parts", [[], [0], [0, 0], [2, -1], [-1]])
def test_weights_that_divide_nothing_are_refused(parts: list[int]) -> None:
    with pytest.raises(ValueError):
        split(100, parts)


@given(st.integers(0, 10**12), st.sampled_from([0, 500, 1200, 1800, 2800]))
def test_the_tax_inside_a_price_is_the_nearest_paisa_of_its_share(gross: int, rate_bp: int) -> None:
    tax = included_tax(gross, rate_bp)

    assert 0 <= tax <= gross
    assert abs(tax * (10_000 + rate_bp) - gross * rate_bp) * 2 <= 10_000 + rate_bp


@pytest.mark.parametrize(
    ("gross", "rate_bp", "tax"), [(74_900, 500, 3_567), (105, 500, 5), (118, 1800, 18), (10, 500, 0), (11, 500, 1)]
)
def test_the_tax_inside_a_price_by_hand(gross: int, rate_bp: int, tax: int) -> None:
    assert included_tax(gross, rate_bp) == tax


@given(minors, minors, minors)
def test_sums_of_one_currency_obey_arithmetic(a: int, b: int, c: int) -> None:
    x, y, z = (Money(minor, "INR") for minor in (a, b, c))

    assert x + y == y + x
    assert (x + y) + z == x + (y + z)
    assert x + y - y == x
    assert (x < y) is (a < b)
    assert (x <= y) is (a <= b)
    assert bool(x) is (a != 0)


@given(minors, st.integers(-1_000, 1_000))
def test_money_times_a_count_is_as_many_sums(minor: int, count: int) -> None:
    assert Money(minor, "EUR") * count == Money(minor * count, "EUR")


@given(minors, minors, st.sampled_from(CURRENCIES), st.sampled_from(CURRENCIES))
def test_two_currencies_never_meet_in_a_sum(a: int, b: int, one: str, other: str) -> None:
    x, y = Money(a, one), Money(b, other)
    if one == other:
        assert x + y == Money(a + b, one)
        return
    for act in (lambda: x + y, lambda: x - y, lambda: x < y, lambda: x <= y):
        with pytest.raises(CurrencyMismatch):
            act()


@pytest.mark.parametrize("minor", [1.0, "1", True, None])
def test_minor_units_are_whole_numbers(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "INR")


@pytest.mark.parametrize("factor", [0.5, "2", True])
def test_money_is_not_multiplied_by_parts(factor: object) -> None:
    with pytest.raises(TypeError):
        Money(1, "INR") * factor


def test_a_sum_stays_what_it_is() -> None:
    field = "minor"
    with pytest.raises(FrozenInstanceError):
        setattr(Money(1, "INR"), field, 2)


def test_a_currency_that_the_shop_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="JPY"):
        Money(1, "JPY")
