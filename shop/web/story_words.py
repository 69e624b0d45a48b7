"""What the readers of a story tick, and why words should not stand."""

from collections.abc import Callable

from flask_babel import gettext as _

from shop.artisans.story_models import PictureKind
from shop.artisans.wordlist import Excuse, Reason

CHECKS: dict[str, Callable[[], str]] = {
    "region": lambda: _("No place finer than “Sundarbans, West Bengal”, in words or in a picture"),
    "dates": lambda: _("No date, and nothing from which one could be counted"),
    "family": lambda: _("Nothing of her family, her house or her faith"),
    "background": lambda: _("No sign, uniform, badge or building behind the work"),
    "faces": lambda: _("No face, unless the house shows faces and she agreed to hers"),
    "words": lambda: _("No word that marks, pities or praises her for having come through something"),
    "hers": lambda: _("Nothing that those who know her would know her by"),
    "craft": lambda: _("It is about the craft first"),
    "read-back": lambda: _("It was read back to her as it stands, and she still wants it"),
}
REASONS: dict[Reason, Callable[[], str]] = {
    Reason.MARKS: lambda: _("It marks her. The claim is about the centres, never about one maker."),
    Reason.PITY: lambda: _("It pities. The craft is what we are proud of."),
    Reason.PLACE: lambda: _("It is finer than the region."),
    Reason.FAMILY: lambda: _("It speaks of her family."),
    Reason.DATE: lambda: _("It is a year, from which more can be counted."),
    Reason.NAME: lambda: _("It is her work name, which stays inside."),
}
EXCUSES: dict[Excuse, Callable[[], str]] = {
    Excuse.ORGANISATION: lambda: _("It is part of an organisation’s name"),
    Excuse.LAW: lambda: _("It is the name of a law"),
    Excuse.OTHER_MEANING: lambda: _("It means something else here"),
    Excuse.HER_OWN_WORD: lambda: _("It is her own word, and she knows what it may do"),
}
KINDS: dict[PictureKind, Callable[[], str]] = {
    PictureKind.WORK: lambda: _("The work alone"),
    PictureKind.HANDS: lambda: _("Hands at work"),
    PictureKind.FACE: lambda: _("A face"),
}
