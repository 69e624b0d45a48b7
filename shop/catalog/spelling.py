"""What someone may have meant by the words she typed: which words of the catalogue each of them stands for.

A word is looked up as it is, by its sound, by what else it is called, while it is being typed by its beginning, and
only if none of these is known with a slip of the pen: all words in one statement, on either database alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA
from sqlalchemy import CompoundSelect, Select, literal, select, union_all

from shop.catalog import folding, search_index, thesaurus
from shop.catalog.listing_models import SearchSlip, SearchWord
from shop.db import db

MOST_WORDS = 6
LONGEST, MOST_DIGITS = 24, 4  # of a word that anyone would type
MOST_LIKE = 6  # words that one typed word may stand for
AS_TYPED, BEGUN, HEARD, CALLED, SLIPPED = 0, 1, 2, 3, 5  # what a likeness costs


@dataclass(frozen=True)
class Meant:
    """One typed word and the words of the catalogue it may stand for: id -> cost."""

    typed: str
    likes: Mapping[int, int]
    products: int = 0


def typed(words: str) -> list[str]:
    """Return the words to look for; those that only join others count if there are none but them."""
    folded = [word for word in dict.fromkeys(folding.words(words)) if _is_a_word(word)]
    telling = [word for word in folded if word not in search_index.ONLY_JOINING]
    return (telling or folded)[:MOST_WORDS]


def _is_a_word(word: str) -> bool:
    """Say whether somebody may have meant a word by it: a number or a key that was pasted in is no slip of the pen."""
    return len(word) <= LONGEST and sum(letter.isdecimal() for letter in word) < MOST_DIGITS


def meant(words: Sequence[str], typing: bool) -> list[Meant]:
    """Return what each word may stand for, out of one statement over all of them."""
    last = words[-1]
    joined = {a + b: (a, b) for a, b in pairwise(words)}
    parts = {
        word: [(word[:at], word[at:] + end) for at in range(3, len(word) - 1) for end in ("", "e")] for word in words
    }
    slips = {slip for word in words for slip in folding.slips(word)}
    slips |= {f":{folding.sound(word)}" for word in words} | set(joined)
    slips |= {half for halves in parts.values() for pair in halves for half in pair}
    slips |= {other for word in words for other in thesaurus.others(word)}
    rows = db.session.execute(_lookup(slips, last if typing and len(last) > 1 else None)).all()
    known: dict[str, tuple[int, int]] = {row.word: (row.id, row.products) for row in rows}
    by_slip: dict[str, set[str]] = {}
    for row in rows:
        by_slip.setdefault(row.slip, set()).add(row.word)
    found = []
    for word in _rejoined(words, joined, known):
        begun = by_slip.get("", set()) if word == last else set()
        whole = _likes(word, known, by_slip, begun)
        halves = next((pair for pair in parts.get(word, ()) if pair[0] in known and pair[1] in known), None)
        if halves and (not whole.likes or min(whole.likes.values()) >= SLIPPED):
            found += [_likes(half, known, by_slip, set()) for half in halves]
        else:
            found.append(whole)
    return found


def _lookup(slips: set[str], begun: str | None) -> Select[*tuple[object, ...]] | CompoundSelect[*tuple[object, ...]]:
    columns = (SearchWord.id, SearchWord.word, SearchWord.products)
    query = (
        select(*columns, SearchSlip.slip)
        .join(SearchSlip, SearchSlip.word_id == SearchWord.id)
        .where(SearchSlip.slip.in_(sorted(slips)), SearchWord.products > 0)
    )
    if begun is None:
        return query
    longer = (
        select(*columns, literal("").label("slip"))
        .where(SearchWord.word >= begun, SearchWord.word < begun + "~", SearchWord.products > 0)
        .order_by(SearchWord.products.desc())
        .limit(MOST_LIKE)
        .subquery()
    )
    return union_all(query, select(longer))


def _rejoined(
    words: Sequence[str], joined: Mapping[str, tuple[str, str]], known: Mapping[str, tuple[int, int]]
) -> list[str]:
    """Return the words, with two put together that are one in the catalogue: "back pack"."""
    rejoined = list(words)
    for whole, (first, second) in joined.items():
        if whole in known and first in rejoined and second in rejoined:
            at = rejoined.index(first)
            rejoined[at : at + 2] = [whole]
    return rejoined


def _likes(word: str, known: Mapping[str, tuple[int, int]], by_slip: Mapping[str, set[str]], begun: set[str]) -> Meant:
    costs: dict[str, int] = dict.fromkeys(begun, BEGUN)
    for other in thesaurus.others(word):
        costs[other] = min(CALLED, costs.get(other, CALLED))
    for other in by_slip.get(f":{folding.sound(word)}", ()):
        costs[other] = min(HEARD, costs.get(other, HEARD))
    costs[word] = AS_TYPED
    costs = {other: cost for other, cost in costs.items() if other in known}
    if not costs or min(costs.values()) == HEARD:
        near = {other for slip in folding.slips(word) for other in by_slip.get(slip, ())} - costs.keys()
        costs |= {other: SLIPPED + slipped for other in near if (slipped := _slipped(word, other)) is not None}
    best = sorted(costs, key=lambda other: (costs[other], -known[other][1], other))[:MOST_LIKE]
    called = [other for slip in best[:1] if costs[slip] > CALLED for other in thesaurus.others(slip) if other in known]
    costs |= {other: costs[best[0]] + CALLED for other in called if other not in costs}
    kept = [*best, *(other for other in called if other not in best)][:MOST_LIKE]
    return Meant(word, {known[other][0]: costs[other] for other in kept}, sum(known[other][1] for other in kept))


def _slipped(word: str, other: str) -> int | None:
    """Return by how many slips two words differ, or None if by more than is forgiven."""
    most = max(folding.forgiven(word), 1)
    distance = OSA.distance(word, other, score_cutoff=most)
    if distance > most or (word[0] != other[0] and len(word) < 5):
        return None
    return distance
