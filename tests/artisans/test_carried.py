"""Which payout carried which credit: the oldest first, to the paisa, whatever fails or is reversed between."""

from hypothesis import given
from hypothesis import strategies as some

from shop.artisans.carried import Credit, Move, match

Told = list[tuple[int, int, list[tuple[str, int]]]]


def told(credits: list[Credit]) -> Told:
    return [(each.entry_id, each.left, [(part.reference, part.minor) for part in each.parts]) for each in credits]


def moves(*lines: tuple[str, int] | tuple[str, int, int]) -> list[Move]:
    """Return lines of her account; a third number is the line (from 1) that it reverses."""
    return [Move(n, n, line[0], line[1], line[2] if len(line) > 2 else None) for n, line in enumerate(lines, 1)]


def test_the_oldest_credit_goes_first_and_a_payout_may_end_within_one() -> None:
    lines = moves(("task:1:piece:1", 8_450), ("task:2:piece:1", 8_450), ("payout:1:sent", -10_000))
    assert told(match(lines)) == [(1, 0, [("payout:1:sent", 8_450)]), (2, 6_900, [("payout:1:sent", 1_550)])]
    more = [*lines, Move(4, 4, "task:3:piece:1", 100), Move(5, 5, "payout:2:sent", -6_950)]
    assert told(match(more))[1:] == [
        (2, 0, [("payout:1:sent", 1_550), ("payout:2:sent", 6_900)]),
        (4, 50, [("payout:2:sent", 50)]),
    ]


def test_what_failed_stands_again_where_it_stood_and_goes_with_the_next() -> None:
    lines = moves(
        ("a", 500), ("b", 300), ("payout:1:sent", -600), ("c", 50), ("payout:1:failed", 600), ("payout:2:sent", -550)
    )
    assert told(match(lines[:5])) == [(1, 500, []), (2, 300, []), (4, 50, [])]
    assert told(match(lines)) == [(1, 0, [("payout:2:sent", 500)]), (2, 250, [("payout:2:sent", 50)]), (4, 50, [])]


def test_what_is_reversed_takes_its_own_credit_first_and_only_the_rest_off_the_oldest() -> None:
    lines = moves(("a", 500), ("b", 300), ("b:reversal", -300, 2))
    assert told(match(lines)) == [(1, 500, []), (2, 0, [("b:reversal", 300)])]
    gone = moves(("a", 500), ("b", 300), ("payout:1:sent", -400), ("c", 200), ("a:reversal", -500, 1))
    assert told(match(gone)) == [
        (1, 0, [("payout:1:sent", 400), ("a:reversal", 100)]),
        (2, 0, [("a:reversal", 300)]),
        (4, 100, [("a:reversal", 100)]),
    ]


@given(some.lists(some.tuples(some.sampled_from("creditpayfail"), some.integers(1, 10_000)), max_size=60))
def test_nothing_is_lost_or_told_twice(asked: list[tuple[str, int]]) -> None:
    """Whatever happens, what is left is her balance, each credit adds up, and a payout carries what it is."""
    lines: list[Move] = []
    balance, sent = 0, dict[str, int]()
    for number, (what, minor) in enumerate(asked, 1):
        if what in "pay" and balance:
            amount = min(minor, balance)
            sent[f"payout:{number}:sent"] = amount
            lines.append(Move(number, number, f"payout:{number}:sent", -amount))
            balance -= amount
        elif what == "f" and sent:
            reference, amount = sent.popitem()
            lines.append(Move(number, number, reference.replace(":sent", ":failed"), amount))
            balance += amount
        else:
            lines.append(Move(number, number, f"task:{number}:piece:1", minor))
            balance += minor
    credits = match(lines)
    assert sum(each.left for each in credits) == balance
    assert all(each.left >= 0 and each.left + sum(part.minor for part in each.parts) == each.minor for each in credits)
    carried = [part for each in credits for part in each.parts]
    assert {part.reference for part in carried} == sent.keys()
    assert all(sum(p.minor for p in carried if p.reference == name) == amount for name, amount in sent.items())
    still = [each.left > 0 for each in credits]
    assert still == sorted(still)  # nothing newer has gone while something older stands
