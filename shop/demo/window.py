"""The demo's collections: what stands together on the home page."""

from shop.catalog import collections
from shop.catalog.collections import CollectionText
from shop.catalog.facets import Facet
from shop.catalog.listing_models import CollectionKind
from shop.catalog.materials import Material


def load() -> None:
    """Put three collections into the window; what a rule finds grows with the catalogue."""
    for position, (slug, words) in enumerate(_COLLECTIONS.items(), 1):
        title, lead, rule, newest = words
        text = CollectionText(
            title=title["en"],
            titles={code: said for code, said in title.items() if code != "en"},
            lead=lead["en"],
            leads={code: said for code, said in lead.items() if code != "en"},
            kind=CollectionKind.RULED,
            is_shown=True,
            position=position,
            rule=rule,
            newest=newest,
        )
        collections.create(slug, text)


_Words = dict[str, str]
_COLLECTIONS: dict[str, tuple[_Words, _Words, dict[Facet, list[str]], int | None]] = {
    "small-gifts": (
        {"en": "Small gifts", "bn": "ছোট উপহার", "hi": "छोटे उपहार"},
        {
            "en": "For a birthday, a thank-you, a long train ride.",
            "bn": "জন্মদিনে, ধন্যবাদ জানাতে, লম্বা ট্রেনযাত্রায়।",
            "hi": "जन्मदिन, धन्यवाद या लंबी रेल यात्रा के लिए।",
        },
        {Facet.PRICE: ["1"]},
        None,
    ),
    "made-of-tyre": (
        {"en": "Made of tyre", "bn": "টায়ার থেকে তৈরি", "hi": "टायर से बना"},
        {
            "en": "Rubber that has seen the road, cut and stitched for another.",
            "bn": "রাস্তা দেখা রাবার, কেটে সেলাই করে নতুন পথে।",
            "hi": "सड़क देख चुका रबर, काटकर और सिलकर नए सफ़र पर।",
        },
        {Facet.MATERIAL: [Material.TYRE.value]},
        None,
    ),
    "new": (
        {"en": "New", "bn": "নতুন", "hi": "नया"},
        {"en": "What came last from the table.", "bn": "টেবিল থেকে সদ্য আসা।", "hi": "मेज़ से अभी-अभी आया।"},
        {},
        12,
    ),
}
