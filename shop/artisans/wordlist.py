"""Words that may mark a woman, give away where she is, or speak of her family: each with its reason.

A warning is for the writer to think about; a word that is `harsh` stops a story until the safeguarding role lets
it stand for a reason. The list is short on purpose: it is read by people, not a proof that a text is harmless.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a word should not stand."""

    MARKS = "marks"
    PITY = "pity"
    PLACE = "place"
    FAMILY = "family"
    DATE = "date"
    NAME = "work-name"


class Excuse(StrEnum):
    """Why safeguarding lets a harsh word stand."""

    ORGANISATION = "name-of-an-organisation"
    LAW = "name-of-a-law"
    OTHER_MEANING = "other-meaning"
    HER_OWN_WORD = "her-own-word"


@dataclass(frozen=True)
class Found:
    """One word of a text that should not stand, why, and whether it stops the story."""

    word: str
    reason: Reason
    harsh: bool


HARSH: dict[str, tuple[str, ...]] = {
    "en": (
        "victim", "survivor", "trafficked", "trafficking", "rescued", "prostitut", "whore", "brothel", "red-light",
        "red light", "sex work", "sex slave", "raped", "rape", "abused", "molest", "fallen woman", "fallen women",
        "sold into", "bonded labour",
    ),
    "bn": (
        "ভিকটিম", "পতিতা", "বেশ্যা", "ধর্ষ", "ধর্ষিত", "পাচার", "উদ্ধার", "নির্যাতিত", "যৌনকর্মী", "যৌনপল্লি", "যৌনপল্লী",
        "নিষিদ্ধপল্লি", "নিষিদ্ধপল্লী", "নিষিদ্ধ পল্লি", "কুলটা", "বিক্রি হয়ে", "শিকার হ",
    ),
    "hi": (
        "पीड़ित", "वेश्या", "बलात्कार", "तस्करी", "मानव तस्कर", "कोठा", "कोठे", "यौनकर्मी", "रेड लाइट", "कुलटा",
        "छुड़ाई", "बेची गई", "शोषित",
    ),
}  # fmt: skip
SOFT: dict[Reason, tuple[str, ...]] = {
    Reason.PITY: (
        "helpless", "poor girl", "poor woman", "poor women", "pity", "broken", "ruined", "shame", "destitute",
        "underprivileged", "voiceless", "saved her", "new life", "dark past", "innocent girl", "needy", "beneficiary",
        "অসহায়", "দুঃস্থ", "অভাগ", "বেচারি", "কলঙ্ক", "লজ্জা", "নতুন জীবন", "দুর্ভাগা",
        "बेचारी", "असहाय", "अबला", "कलंक", "दुखियारी", "नया जीवन", "बेसहारा",
    ),
    Reason.PLACE: (
        "village", "kultali", "basanti", "gosaba", "canning", "joynagar", "patharpratima", "kakdwip", "namkhana",
        "sandeshkhali", "hingalganj", "near the station", "shelter home",
        "গ্রাম", "কুলতলি", "বাসন্তী", "গোসাবা", "ক্যানিং", "জয়নগর", "কাকদ্বীপ", "সন্দেশখালি", "হোমে",
        "गाँव", "गांव", "कुलतली", "बासंती", "गोसाबा", "कैनिंग",
    ),
    Reason.FAMILY: (
        "husband", "son", "daughter", "daughters", "sons", "children", "her child", "mother of", "widow", "divorc",
        "her father", "her mother", "her brother", "her sister", "in-laws", "married",
        "স্বামী", "ছেলে", "মেয়ের বিয়ে", "বিধবা", "তালাক", "শ্বশুর", "সন্তান", "তাঁর মা", "তার মা", "বাচ্চা",
        "पति", "बेटा", "बेटी", "विधवा", "तलाक", "ससुराल", "बच्चे", "बच्चों",
    ),
}  # fmt: skip
FAMILY_NAMES = frozenset(
    {
        "mondal", "mandal", "das", "dasi", "naskar", "halder", "haldar", "sardar", "gayen", "gazi", "molla", "mollah",
        "sheikh", "shaikh", "khatun", "bibi", "begum", "devi", "sarkar", "roy", "ray", "biswas", "pramanik", "maity",
        "mistri", "mistry", "baidya", "bag", "patra", "jana", "laskar", "purkait", "khan", "ali", "মণ্ডল", "মন্ডল",
        "দাস", "দাসী", "নস্কর", "হালদার", "সরদার", "সর্দার", "গায়েন", "গাজী", "মোল্লা", "শেখ", "খাতুন", "বিবি", "বেগম",
        "দেবী", "সরকার", "রায়", "বিশ্বাস", "প্রামাণিক", "মাইতি", "মিস্ত্রি", "বৈদ্য", "খান", "আলি", "मंडल", "दास",
        "नस्कर", "हालदार", "सरदार", "बीबी", "बेगम", "देवी", "खातून", "शेख",
    }
)  # fmt: skip
_YEAR = re.compile(r"\b(?:19|20)\d\d\b|[১২][৯০][০-৯]{2}|[१२][९०][०-९]{2}")
_INDIC = "\u0900-\u09ff"  # letters and signs of Hindi and Bengali; \w does not know the signs


def warnings(text: str, work_name: str = "") -> list[Found]:
    """Return every word of a text that should not stand, the harshest first, each once; her work name is one."""
    found = [Found(work_name, Reason.NAME, True)] if work_name and _has(work_name, text) else []
    found += [Found(word, Reason.MARKS, True) for words in HARSH.values() for word in words if _has(word, text)]
    found += [Found(word, why, False) for why, words in SOFT.items() for word in words if _has(word, text)]
    found += [Found(year, Reason.DATE, False) for year in dict.fromkeys(_YEAR.findall(text))]
    return found


def looks_like_a_real_name(name: str) -> bool:
    """Say whether a public name looks like what stands on papers: a family name, or a first name and another."""
    words = re.split(r"[\s.,-]+", name.strip().casefold())
    return len([word for word in words if word]) > 1 or any(word in FAMILY_NAMES for word in words)


def _has(word: str, text: str) -> bool:
    """Say whether a text has a word. Bengali and Hindi words take endings, and so do the harsh English stems."""
    latin = word.isascii()
    ending = r"(?!\w)" if latin and word not in HARSH["en"] else ""
    word, text = (unicodedata.normalize("NFC", each) for each in (word, text))
    return re.search(rf"(?<![\w{_INDIC}]){re.escape(word)}{ending}", text, re.IGNORECASE) is not None
