"""The words of every product on sale, and where each stands: what search looks in.

Only words of products come in here, never a story's or a maker's: those are asked for at every request, so that a
withdrawn consent leaves no word behind. One writer at a time, in the transaction that changes the product.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update

from shop.catalog import folding
from shop.catalog.listing_models import SearchPosting, SearchSlip, SearchWord
from shop.catalog.models import Trade
from shop.db import db

TITLE, WHAT, TEXT = 1, 2, 3
WRITER = 7_305_010  # the number of the lock under which words are written, on PostgreSQL
MOST_AT_ONCE = 5_000
ONLY_JOINING = frozenset(
    folding.words(
        "a an and are as at be by for from has have in into is it its of on or so that the their them then they this "
        "to two up when which who will with without you your one not no all each"
    )
)
# Crafts as people call them, in the three languages.
TRADE_WORDS: Mapping[Trade, str] = {
    Trade.BLOCK_PRINT: "block print printed ছাপ ছাপা छाप ठप्पा",
    Trade.KANTHA: "kantha embroidery quilting কাঁথা সেলাই कांथा कढ़ाई",
    Trade.TYRE: "recycled tyre rubber upcycled টায়ার टायर",
    Trade.PAPER: "handmade paper stationery কাগজ काग़ज़",
    Trade.LEATHER: "embossed leather চামড়া चमड़ा",
    Trade.KITCHEN: "kitchen food spice রান্নাঘর মশলা रसोई मसाला",
}
MATERIAL_WORDS: Mapping[str, str] = {
    "cotton": "cotton সুতি सूती",
    "jute": "jute পাট जूट",
    "leather": "leather চামড়া चमड़ा",
    "tyre": "tyre rubber টায়ার टायर",
    "paper": "paper কাগজ काग़ज़",
    "wood": "wood wooden কাঠ लकड़ी",
    "brass": "brass পিতল पीतल",
    "steel": "steel ইস্পাত स्टील",
    "spice": "spice মশলা मसाला",
}

Document = dict[str, int]  # word -> its best place


def document(product: Any, variants: Sequence[Mapping[str, Any]], made_of: Sequence[str]) -> Document:
    """Return the words of a product with their best places, out of its columns and its variants'."""
    what = [TRADE_WORDS[product.trade], product.materials, *(MATERIAL_WORDS[each] for each in made_of)]
    what += [variant["words"] for variant in variants]
    places = (
        (TEXT, " ".join([product.description, *product.descriptions.values()])),
        (WHAT, " ".join([*what, *product.materials_translated.values(), product.product_type, *product.tags])),
        (TITLE, " ".join([product.title, *product.titles.values()])),
    )
    return {word: place for place, said in places for word in folding.words(said) if word not in ONLY_JOINING}


def clear() -> None:
    """Forget every word; for writing all anew."""
    _write_alone()
    for table in (SearchPosting, SearchSlip, SearchWord):
        db.session.execute(delete(table), execution_options={"synchronize_session": False})


def write(documents: Mapping[int, Document]) -> None:
    """Replace the words of some products; an empty document takes a product out of search."""
    _write_alone()
    before: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for word_id, place, product_id in db.session.execute(
        select(SearchPosting.word_id, SearchPosting.place, SearchPosting.product_id).where(
            SearchPosting.product_id.in_(documents)
        )
    ):
        before[product_id].add((word_id, place))
    ids = _ids_of({word for said in documents.values() for word in said})
    gone: list[tuple[int, int, int]] = []
    new: list[dict[str, int]] = []
    more: Counter[int] = Counter()
    for product_id, said in documents.items():
        after = {(ids[word], place) for word, place in said.items()}
        gone += [(word_id, place, product_id) for word_id, place in before[product_id] - after]
        new += [
            {"word_id": word_id, "place": place, "product_id": product_id}
            for word_id, place in sorted(after - before[product_id])
        ]
        more.update(word_id for word_id, _ in after - before[product_id])
        more.subtract(word_id for word_id, _ in before[product_id] - after)
    _exchange(gone, new)
    moved = [{"of_word": word_id, "by": by} for word_id, by in sorted(more.items()) if by]
    if moved:
        counted = update(SearchWord).where(SearchWord.id == bindparam("of_word"))
        db.session.connection().execute(counted.values(products=SearchWord.products + bindparam("by")), moved)


def _exchange(gone: Sequence[tuple[int, int, int]], new: Sequence[dict[str, int]]) -> None:
    key = tuple_(SearchPosting.word_id, SearchPosting.place, SearchPosting.product_id)
    for start in range(0, len(gone), 300):
        db.session.execute(
            delete(SearchPosting).where(key.in_(gone[start : start + 300])),
            execution_options={"synchronize_session": False},
        )
    if new:
        db.session.execute(insert(SearchPosting), new)


def _ids_of(words: set[str]) -> dict[str, int]:
    """Return word -> its id; a word that is new is written down with its slips."""
    ids = _known(words)
    missing = sorted(words - ids.keys())
    if missing:
        db.session.execute(insert(SearchWord), [{"word": word, "products": 0} for word in missing])
        ids |= _known(set(missing))
        written = [
            {"slip": slip, "word_id": ids[word]}
            for word in missing
            for slip in sorted({f":{folding.sound(word)}"[: folding.LONGEST]} | folding.slips(word))
        ]
        db.session.execute(insert(SearchSlip), written)
    return ids


def _known(words: set[str]) -> dict[str, int]:
    ordered = sorted(words)
    found: dict[str, int] = {}
    for start in range(0, len(ordered), MOST_AT_ONCE):
        query = select(SearchWord.word, SearchWord.id).where(SearchWord.word.in_(ordered[start : start + MOST_AT_ONCE]))
        found |= {row.word: row.id for row in db.session.execute(query)}
    return found


def _write_alone() -> None:
    """Wait until no one else writes words; SQLite's writing unit is alone already."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(WRITER)))
