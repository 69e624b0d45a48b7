"""In which language a text was written, as far as its letters tell: for screen readers, fonts and a word beside it."""

import unicodedata

SCRIPTS = {"BENGALI": "bn", "DEVANAGARI": "hi", "LATIN": "en"}


def written_in(text: str, *, otherwise: str) -> str:
    """Return the language of most of a text's letters, or `otherwise` where they are of none that we know.

    Letters tell Bengali and Hindi apart; what is in Latin letters is taken for English.
    """
    counts = dict.fromkeys(SCRIPTS.values(), 0)
    for sign in text:
        if sign.isalpha() and (code := SCRIPTS.get(unicodedata.name(sign, "").split(" ")[0])):
            counts[code] += 1
    most = max(counts, key=counts.__getitem__)
    return most if counts[most] else otherwise
