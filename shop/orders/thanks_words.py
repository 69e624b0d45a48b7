"""What may stand in a thank-you: words about a piece and its making, under a first name, and no way to reach anyone.

A maker should not learn where her customer lives, and a customer should not ask her for a way to answer. So a note
with a number, a link, an address or a surname is refused with a sentence that says what to leave out; and so is one
with a word that marks a woman (artisans/wordlist.py), since it would stand on her phone. A member of the office reads
every note besides: this list only catches what a machine can.
"""

import re
import unicodedata

from shop.artisans import wordlist
from shop.errors import Invalid
from shop.orders.models import Order
from shop.orders.thanks_models import LONGEST, LONGEST_NAME

_NUMBER = re.compile(r"\d(?:[\s().+/-]{0,3}\d){5,}")  # of six digits and more, in any script: a phone, a PIN code
_LINK = re.compile(
    r"https?:|www\.|\S@|(?<!\w)@\w|"
    r"\b[\w-]{2,}\.(?:com|in|org|net|co|io|me|info|app|link|uk|us|ly|gl|shop|store|site)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"(?<!\w)(?:whats\s?app|instagram|insta|facebook|telegram|snapchat|tiktok|youtube|linkedin)(?!\w)|"
    r"হোয়াটসঅ্যাপ|হোয়াটস অ্যাপ|ইনস্টাগ্রাম|ফেসবুক|টেলিগ্রাম|ইউটিউব|"
    r"व्हाट्सऐप|व्हाट्सएप|व्हाट्सअप|इंस्टाग्राम|फ़ेसबुक|फेसबुक|टेलीग्राम|यूट्यूब",
    re.IGNORECASE,
)
_JOINERS = "\u200c\u200d"  # which Bengali and Hindi need between letters
_EVERYDAY = {"bag"}  # family names that are words of what we sell
_SHORTEST_LINE = 5


def tidy(text: str) -> str:
    """Return a text on one line, without signs that cannot be seen."""
    flat = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(sign for sign in flat if sign in _JOINERS or unicodedata.category(sign)[0] != "C")


def first_name(given: str, order: Order) -> str:
    """Return the name under which a note goes out; Invalid unless it is one word of letters, and no surname."""
    name = tidy(given)
    plain = all(unicodedata.category(sign)[0] in "LM" or sign in "'’-." + _JOINERS for sign in name)
    is_surname = name.casefold() in _surnames(order)
    if not name or len(name) > LONGEST_NAME or not plain or is_surname or _marks(name):
        raise Invalid("thanks.name")
    return name


def passable(given: str, order: Order) -> str:
    """Return a note as it is kept; Invalid says which kind of thing has to be left out."""
    text = tidy(given)
    if not text or len(text) > LONGEST:
        raise Invalid("thanks.text", most=LONGEST)
    if _NUMBER.search(text) or _LINK.search(text) or _ELSEWHERE.search(text) or _says_where(text, order):
        raise Invalid("thanks.contact")
    if _says_surname(text, order):
        raise Invalid("thanks.surname")
    if _marks(text):
        raise Invalid("thanks.lives")
    return text


def suggested_name(order: Order) -> str:
    """Return the first word of the name on an order, if it may stand under a note."""
    first = order.name.split()[0] if order.name.split() else ""
    try:
        return first_name(first, order)
    except Invalid:
        return ""


def _marks(text: str) -> bool:
    return any(found.harsh for found in wordlist.warnings(text))


def _surnames(order: Order) -> set[str]:
    """Return the words of the name on an order but its first."""
    first, *others = order.name.casefold().split() or [""]
    return {word.strip(".,") for word in others} - {first, ""}


def _says_surname(text: str, order: Order) -> bool:
    folded = text.casefold()
    words = set(re.split(r"[\s.,;:!?।()\"“”–—-]+", folded))
    alone = {name for name in _surnames(order) - _EVERYDAY if len(name) > 1} & words
    whole = " ".join(order.name.casefold().split())
    return bool(alone) or (" " in whole and whole in folded)


def _says_where(text: str, order: Order) -> bool:
    """Say whether a line of the address or its postcode stands in a text."""
    folded = _close(text)
    lines = (_close(line) for line in (order.line1, order.line2, order.postcode))
    return any(len(line) >= _SHORTEST_LINE and line in folded for line in lines)


def _close(text: str) -> str:
    return re.sub(r"[\s,.-]+", "", text.casefold())
