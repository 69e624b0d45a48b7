"""One spelling for words that people write in many ways, so that what is typed meets what was written.

Every word, of a product or of a search, is folded alike: one form of each letter, Bengali and Hindi
into Latin letters, their endings and English ones taken off. ব্যাগ, "byag" and ব্যাগগুলি are one word then.
`sound` goes further, for those who write by ear: "kanta" sounds like "kantha". `slips` are a word with
letters left out; two words that lie a slip of the pen or two apart share one of them.
"""

import unicodedata
from functools import lru_cache
from itertools import combinations

import snowballstemmer

LONGEST = 40  # letters of a word that are kept
FULL_SLIPS = 8  # from so many letters on, two slips are forgiven
_JOINERS = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff"))
_ENGLISH = snowballstemmer.stemmer("english")

_BENGALI, _HINDI = range(0x0980, 0x0A00), range(0x0900, 0x0980)
_VIRAMA, _NUKTA = "্्", "়़"


def _table(pairs: str) -> dict[str, str]:
    """Return letter -> how it is written in Latin letters."""
    cells = pairs.split()
    return dict(zip(cells[::2], cells[1::2], strict=True))


_LETTERS = _table(
    """
    ক k  খ kh  গ g  ঘ gh  ঙ ng  চ ch  ছ chh  জ j  ঝ jh  ঞ n  ট t  ঠ th  ড d  ঢ dh  ণ n  ত t  থ th  দ d
    ধ dh  ন n  প p  ফ ph  ব b  ভ bh  ম m  য j  র r  ল l  শ sh  ষ sh  স s  হ h  ৎ t  क k  ख kh  ग g  घ gh
    ङ ng  च ch  छ chh  ज j  झ jh  ञ n  ट t  ठ th  ड d  ढ dh  ण n  त t  थ th  द d  ध dh  न n  प p  फ ph
    ब b  भ bh  म m  य y  र r  ल l  व v  श sh  ष sh  स s  ह h
    """
)
_VOWELS = _table(
    """
    অ o  আ a  ই i  ঈ i  উ u  ঊ u  ঋ ri  এ e  ঐ oi  ও o  ঔ ou  अ a  आ a  इ i  ई i  उ u  ऊ u  ऋ ri  ए e
    ऐ ai  ओ o  औ au
    """
)
_SIGNS = _table(
    """
    া a  ি i  ী i  ু u  ূ u  ৃ ri  ে e  ৈ oi  ো o  ৌ ou  ा a  ि i  ी i  ु u  ू u  ृ ri  े e  ै ai  ो o
    ौ au  ॉ o
    """
)
_NASALS = _table(
    """
    ঁ n  ং ng  ँ n  ं n
    """
)
_ENDINGS = ("গুলির", "গুলোর", "গুলি", "গুলো", "টির", "টার", "টি", "টা", "দের", "ের", "কে", "তে", "ों", "ें")

_BY_EAR = (
    ("aa", "a"), ("ee", "i"), ("oo", "u"), ("ou", "o"), ("au", "o"), ("oi", "e"), ("ai", "e"), ("ck", "k"),
    ("sh", "s"), ("ph", "f"), ("z", "j"), ("w", "b"), ("v", "b"), ("y", "i"), ("o", "a"), ("u", "a"), ("h", ""),
)  # fmt: skip


def searchable(text: str) -> str:
    """Return text as stories are searched: one spelling of each letter (NFKC), lower case, words only."""
    flat = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text)).casefold()
    kept = [c if unicodedata.category(c)[0] in "LMN" else " " for c in flat]
    return " ".join("".join(kept).split())


def words(text: str) -> list[str]:
    """Return the words of a text as they are kept and looked for, in their order."""
    return [folded for word in searchable(text.translate(_JOINERS)).split() if (folded := fold(word))]


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """Return one word, lower case already, in Latin letters and without its ending; empty if none are left."""
    latin = _romanised(_without_ending(word)) if any(ord(c) in _BENGALI or ord(c) in _HINDI for c in word) else word
    plain = "".join(c for c in unicodedata.normalize("NFKD", latin) if not unicodedata.combining(c))
    digits = "".join(str(unicodedata.digit(c, c)) for c in plain)
    stem: str = _ENGLISH.stemWord(digits)
    return stem[:LONGEST]


def sound(word: str) -> str:
    """Return how a folded word sounds, roughly: no doubled letters, no breath, few vowels."""
    heard = word
    for written, said in _BY_EAR:
        heard = heard[:1] + heard[1:].replace(written, said)
    return "".join(c for at, c in enumerate(heard) if at == 0 or c != heard[at - 1])


def slips(word: str) -> set[str]:
    """Return a word and what is left of it when a letter is left out, or two of a long one."""
    if any(c.isdigit() for c in word):
        return {word}
    most = forgiven(word)
    return {
        "".join(c for at, c in enumerate(word) if at not in gone)
        for count in range(most + 1)
        for gone in combinations(range(len(word)), count)
    }


def forgiven(word: str) -> int:
    """Return how many slips of the pen a word is forgiven: more in a long one, none in a single letter."""
    if len(word) < 2:
        return 0
    return 2 if FULL_SLIPS <= len(word) <= 14 else 1


def _without_ending(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            return word[: -len(ending)]
    return word


def _romanised(word: str) -> str:
    """Return a Bengali or Hindi word in Latin letters; the vowel that is not written is o in Bengali, a in Hindi."""
    sounds: list[tuple[str, str]] = []  # consonant or vowel, and its letters; "?" is the vowel that is not written
    for at, c in enumerate(word):
        if c in _LETTERS:
            after_virama = at > 0 and word[at - 1] in _VIRAMA
            sounds.append(("c", "y" if c == "য" and after_virama else _LETTERS[c]))
            sounds.append(("?", "o" if ord(c) in _BENGALI else "a"))
        elif c in _NUKTA and len(sounds) > 1:
            sounds[-2] = ("c", {"j": "y", "d": "r", "dh": "rh"}.get(sounds[-2][1], sounds[-2][1]))
        elif c in _SIGNS or c in _VIRAMA:
            if sounds and sounds[-1][0] == "?":
                sounds.pop()
            if c in _SIGNS:
                sounds.append(("v", _SIGNS[c]))
        elif c in _VOWELS:
            sounds.append(("v", _VOWELS[c]))
        elif c in _NASALS:
            sounds.append(("n", _NASALS[c]))
        else:
            sounds.append(("v", c))
    return "".join(letters for at, (kind, letters) in enumerate(sounds) if kind != "?" or _is_said(sounds, at))


def _is_said(sounds: list[tuple[str, str]], at: int) -> bool:
    """Say whether an unwritten vowel is said: not at a word's end, nor between two open syllables."""
    kinds = [kind for kind, _ in sounds]
    if at == len(kinds) - 1:
        return kinds[:at].count("c") == 1 or kinds[at - 2 : at] == ["c", "c"]
    opens_before = at >= 2 and kinds[at - 2] in "v?" and any(kind in "v?" for kind in kinds[: at - 1])
    opens_after = at + 2 < len(kinds) and kinds[at + 1] == "c" and kinds[at + 2] == "v"
    return not (opens_before and opens_after)
