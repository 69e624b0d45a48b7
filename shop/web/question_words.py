"""What she can say about a line, and what she is answered: a sentence for her and a word for the office."""

from collections.abc import Callable

from flask_babel import gettext as _

from shop.artisans.question_models import Answer, Asked

# On her buttons: as one would say it.
HERS: dict[Asked, Callable[[], str]] = {
    Asked.TOO_LITTLE: lambda: _("It is too little"),
    Asked.NOT_MINE: lambda: _("This is not mine"),
    Asked.NOT_CLEAR: lambda: _("I do not understand it"),
    Asked.TO_TALK: lambda: _("I want to talk to someone about it"),
}
PICTURED: dict[Asked, str] = {
    Asked.TOO_LITTLE: "coin-hand",
    Asked.NOT_MINE: "user",
    Asked.NOT_CLEAR: "help",
    Asked.TO_TALK: "question",
}
ASKED: dict[Asked, Callable[[], str]] = {
    Asked.TOO_LITTLE: lambda: _("She finds it too little"),
    Asked.NOT_MINE: lambda: _("She says that it is not hers"),
    Asked.NOT_CLEAR: lambda: _("She does not understand it"),
    Asked.TO_TALK: lambda: _("She wants to talk to someone about it"),
}
# To her, on the line; to the office, as what it will say to her.
ANSWERS: dict[Answer, Callable[[], str]] = {
    Answer.RIGHT: lambda: _("We counted it once more with the papers. It is right as it stands."),
    Answer.PUT_RIGHT: lambda: _("You were right to ask. It is put right: your passbook shows the new line."),
    Answer.TALKED: lambda: _("We have talked about it with you."),
    Answer.COME_BY: lambda: _("Please come by at the centre: we will look at the papers together."),
}


def hers(asked: Asked) -> str:
    """Return what she said about a line, in her words."""
    return HERS[asked]()


def asked(asked: Asked) -> str:
    """Return what she said about a line, as the office reads it."""
    return ASKED[asked]()


def answered(answer: Answer) -> str:
    """Return what she is answered, in the page's language."""
    return ANSWERS[answer]()
