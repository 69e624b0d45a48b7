"""What people wrote to the demo's shop over its year, and what it answered; the newest are still open."""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.demo.people import DOMAIN
from shop.demo.stage import Stage
from shop.orders import tickets
from shop.orders.tickets import Topic


@dataclass(frozen=True)
class Letter:
    """A letter: how many days before the last one it came, from whom, and the answer, if there is one by now."""

    before: int
    who: str
    topic: Topic
    text: str
    answer: str | None = None
    language: str = "en"


LETTERS = (
    Letter(
        331, "Ila", Topic.PRODUCT, "Does the laptop sleeve for 13 inches take a 14-inch laptop with rounded corners?",
        "It is cut with two fingers of room; most 14-inch ones fit. If yours does not, send it back.",
    ),
    Letter(
        262, "Grace", Topic.ORDER, "Could my parcel go to a neighbour? I am away until the 20th.",
        "Done: the label has your neighbour’s name now.",
    ),
    Letter(
        214, "Imran", Topic.COMPLAINT, "One of the three pencil pouches came with a loose zip.",
        "We are sorry. A new one left today; keep the other, its zip can be closed with a drop of wax.",
    ),
    Letter(
        160, "পিয়া", Topic.PRODUCT, "কাঁথা টোটটা কি বাড়িতে কাচা যায়?",
        "যায়, ঠান্ডা জলে হাতে, অল্প সাবানে। রোদে নয়, ছায়ায় শুকোবেন।", "bn",
    ),
    Letter(
        97, "Vivek", Topic.OTHER, "We are a school of forty. May we come and see how blocks are cut?",
        "Nobody visits the centres, so that everyone can work in peace. We would gladly lend you three blocks.",
    ),
    Letter(
        41, "Sara", Topic.PRIVACY, "Please send me what you hold of me.",
        "It is on its way by mail; you can also fetch it any time under Your data in your account.",
    ),
    Letter(
        18, "Ravi", Topic.ORDER, "The tracking number says nothing since Monday.",
        "The post had it at the wrong depot. It moved again this morning.",
    ),
    Letter(4, "Ana", Topic.PRODUCT, "Will the hibiscus messenger come in madder as well?"),
    Letter(1, "Mohan", Topic.COMPLAINT, "I ordered two wallets and one of them has a scratch on its front."),
)  # fmt: skip


def on(before: int) -> Sequence[Letter]:
    """Return the letters that came so many days before the last one."""
    return [letter for letter in LETTERS if letter.before == before]


def write(stage: Stage, letter: Letter) -> None:
    """Let someone write; the office answers within two days, and closes it."""
    email = f"{'piya' if letter.language == 'bn' else letter.who.lower()}@{DOMAIN}"
    ticket = tickets.write(
        letter.topic, letter.who, email, letter.text, language=letter.language, seller="", at=stage.tick()
    )
    number, words = ticket.number, letter.answer
    if words is not None:
        stage.in_days(stage.chance.randint(1, 2), lambda at: _answer(stage, number, words))


def _answer(stage: Stage, number: str, words: str) -> None:
    ticket, by = tickets.get(number), stage.cast.member("Anita").actor
    tickets.answer(ticket, words, at=stage.tick(), by=by)
    tickets.close(ticket, at=stage.tick())
