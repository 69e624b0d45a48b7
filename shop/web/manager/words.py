"""What the office calls steps, trades, ways of paying and causes, in the page's language."""

from collections.abc import Callable, Iterable
from datetime import datetime

from flask_babel import gettext as _

from shop.artisans.models import CorrectionReason, Unwitnessed
from shop.artisans.vault.looks import LookReason
from shop.catalog.models import Trade, Variant
from shop.clock import INDIA, india_date
from shop.orders.contact import Purpose
from shop.orders.lifecycle import Progress
from shop.payments.dispute_models import DisputeStatus
from shop.production.models import Cause, StepName
from shop.users.models import Role
from shop.users.policy import may
from shop.web.edge import now, signed_in
from shop.web.format import day, digits
from shop.web.manager import blueprint
from shop.web.manager.forms import plain
from shop.web.thing_words import thing

STEPS: dict[StepName, Callable[[], str]] = {
    StepName.CUT: lambda: _("Cut"),
    StepName.PRINT: lambda: _("Print"),
    StepName.EMBROIDER: lambda: _("Embroider"),
    StepName.EMBOSS: lambda: _("Emboss"),
    StepName.STITCH: lambda: _("Stitch"),
    StepName.FINISH: lambda: _("Finish"),
    StepName.PACK: lambda: _("Pack"),
}

TRADES: dict[Trade, Callable[[], str]] = {
    Trade.BLOCK_PRINT: lambda: _("Block print"),
    Trade.KANTHA: lambda: _("Kantha"),
    Trade.TYRE: lambda: _("Recycled tyre"),
    Trade.PAPER: lambda: _("Handmade paper"),
    Trade.LEATHER: lambda: _("Embossed leather"),
    Trade.KITCHEN: lambda: _("Kitchen"),
}

METHODS: dict[str, Callable[[], str]] = {
    "cash": lambda: _("Cash"),
    "bank": lambda: _("Bank"),
    "upi": lambda: _("UPI"),
}

CAUSES: dict[Cause, Callable[[], str]] = {
    Cause.WORK: lambda: _("The work"),
    Cause.MATERIAL: lambda: _("The material"),
    Cause.PATTERN: lambda: _("The pattern or the step before"),
}

DISPUTES: dict[DisputeStatus, Callable[[], str]] = {
    DisputeStatus.OPENED: lambda: _("The customer’s bank asks for the money"),
    DisputeStatus.ANSWERED: lambda: _("The bank has our answer"),
    DisputeStatus.WON: lambda: _("The bank decided for us"),
    DisputeStatus.LOST: lambda: _("The bank decided for the customer"),
    DisputeStatus.CLOSED: lambda: _("The bank asks no more"),
}

CORRECTIONS: dict[CorrectionReason, Callable[[], str]] = {
    CorrectionReason.WRONG_PERSON: lambda: _("Credited to the wrong person"),
    CorrectionReason.COUNTED_TWICE: lambda: _("Counted twice"),
    CorrectionReason.WRONG_COUNT: lambda: _("The count was wrong"),
    CorrectionReason.WRONG_RATE: lambda: _("The rate was wrong"),
    CorrectionReason.NOT_DONE: lambda: _("The work was not done"),
}

PURPOSES: dict[Purpose, Callable[[], str]] = {
    Purpose.DELIVERY: lambda: _("The parcel did not arrive as it should"),
    Purpose.QUESTION: lambda: _("The customer asked us something"),
    Purpose.REFUND: lambda: _("Money has to go back"),
    Purpose.TAX: lambda: _("An invoice or the tax office needs it"),
}

PROGRESS: dict[Progress, Callable[[], str]] = {
    Progress.PLACED: lambda: _("Waiting for payment"),
    Progress.IN_THE_MAKING: lambda: _("In the making"),
    Progress.READY: lambda: _("Ready to leave"),
    Progress.SHIPPED: lambda: _("On its way"),
    Progress.DELIVERED: lambda: _("Delivered"),
    Progress.CANCELLED: lambda: _("Cancelled"),
}

IDENTITY: dict[str, Callable[[], str]] = {
    "legal_name": lambda: _("Legal name"),
    "phone": lambda: _("Her own phone"),
    "address": lambda: _("Address"),
    "birth_date": lambda: _("Birth date"),
    "account_holder": lambda: _("Account holder"),
    "account_number": lambda: _("Account number"),
    "ifsc": lambda: _("IFSC"),
    "upi": lambda: _("UPI id"),
}

LOOK_REASONS: dict[LookReason, Callable[[], str]] = {
    LookReason.PAYMENT: lambda: _("To pay her"),
    LookReason.CONTACT: lambda: _("To reach her"),
    LookReason.CORRECTION: lambda: _("To put right what is on file"),
    LookReason.OWN_REQUEST: lambda: _("She asks for it herself"),
    LookReason.LEGAL_DUTY: lambda: _("The law requires it"),
}

EMBLEMS: dict[str, Callable[[], str]] = {
    "kingfisher": lambda: _("Kingfisher"),
    "hibiscus": lambda: _("Hibiscus"),
    "boat": lambda: _("Boat"),
    "lotus": lambda: _("Lotus"),
    "fish": lambda: _("Fish"),
    "honeybee": lambda: _("Honeybee"),
    "leaf": lambda: _("Leaf"),
    "tide": lambda: _("Tide"),
    "rice-pot": lambda: _("Rice pot"),
    "star-flower": lambda: _("Star flower"),
    "kalka": lambda: _("Kalka"),
    "seed": lambda: _("Seed"),
}


def step(name: StepName) -> str:
    """Return what a step is called."""
    return STEPS[name]()


def trade(name: Trade) -> str:
    """Return what a trade is called."""
    return TRADES[name]()


def method(name: str) -> str:
    """Return what a way of paying is called."""
    return METHODS[name]()


def cause(name: Cause) -> str:
    """Return what a cause is called."""
    return CAUSES[name]()


def dispute(status: DisputeStatus) -> str:
    """Return what a status of a dispute means."""
    return DISPUTES[status]()


def correction(reason: CorrectionReason) -> str:
    """Return why an earning should not stand."""
    return CORRECTIONS[reason]()


def purpose(why: Purpose) -> str:
    """Return why someone looks at a customer's contact."""
    return PURPOSES[why]()


def progress(name: Progress) -> str:
    """Return how far an order is said to have come."""
    return PROGRESS[name]()


def emblem(name: str) -> str:
    """Return what an emblem is called."""
    return EMBLEMS[name]()


def identity(name: str) -> str:
    """Return what a field of an identity is called."""
    return IDENTITY[name]()


def look_reason(name: LookReason) -> str:
    """Return why someone looked at an identity."""
    return LOOK_REASONS[name]()


def hours(minutes: int) -> str:
    """Return a length of work: 45 min, 7 h, 7 h 30."""
    whole, rest = divmod(minutes, 60)
    if not whole:
        return str(_("%(minutes)s min", minutes=rest))
    if not rest:
        return str(_("%(hours)s h", hours=whole))
    return str(_("%(hours)s h %(minutes)s", hours=whole, minutes=f"{rest:02d}"))


def moment(at: datetime) -> str:
    """Return a moment as it was in India: 22 Nov, 14:05."""
    return day(at, "d MMM") + ", " + digits(at.astimezone(INDIA).strftime("%H:%M"))


def variant_options(found: Iterable[Variant]) -> list[tuple[str, str]]:
    """Return (sku, name) of variants, for a list to choose from."""
    return [(each.sku, f"{thing(each)} ({each.sku})") for each in found]


UNWITNESSED: dict[Unwitnessed, Callable[[], str]] = {
    Unwitnessed.AFTER_RESET: lambda: _("Someone had given her a new PIN within the seven days before."),
    Unwitnessed.STAFF_DEVICE: lambda: _("It came from a browser in which someone of the office signs in."),
    Unwitnessed.BOTH: lambda: _("It came from a browser of the office, within seven days of a new PIN."),
}


def unwitnessed(why: Unwitnessed) -> str:
    """Return why a "yes" is not taken for her own word alone."""
    return UNWITNESSED[why]()


def role(kind: Role) -> str:
    """Return what a person is to the shop."""
    words: dict[Role, str] = {
        Role.CUSTOMER: _("Customer"),
        Role.ARTISAN: _("Maker"),
        Role.MANAGER: _("Manager"),
        Role.FINANCE: _("Finance"),
        Role.SAFEGUARDING: _("Safeguarding"),
        Role.AUDITOR: _("Auditor"),
        Role.ADMIN: _("Administrator"),
    }
    return words[kind]


@blueprint.context_processor
def for_templates() -> dict[str, object]:
    """Give the office's templates these words, the day, and what the one signed in may do."""
    words: tuple[Callable[..., str], ...] = (
        step, trade, method, cause, correction, purpose, progress, emblem, identity, look_reason, hours, role,
        unwitnessed,
    )  # fmt: skip
    return {
        "moment": moment,
        "options": lambda kinds, word: [(kind.value, word(kind)) for kind in kinds],
        "options_of": lambda centres: [(str(centre.id), centre.name) for centre in centres],
        "variant_options": variant_options,
        "plain": plain,
        "words": {each.__name__: each for each in words},
        "on": india_date(now()),
        "allowed": lambda action: may(signed_in().role, action),
    }
