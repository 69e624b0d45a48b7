"""What a file of products would change, as its sender sees it before she says yes."""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.catalog.exchange import planning, sheet, waiting
from shop.catalog.exchange.plans import Change, Plan, ProductPlan, State, Terms
from shop.catalog.models import CatalogueFile
from shop.users import enrolment
from shop.users.models import User
from shop.users.policy import whole_house
from shop.web import tellings

MOST_SHOWN = 200


@dataclass(frozen=True)
class Different:
    """One cell that would change, short enough for a table."""

    column: str
    of: str
    before: str
    after: str


@dataclass(frozen=True)
class Planned:
    """One product of the file."""

    slug: str
    title: str
    state: str
    row: int
    different: Sequence[Different]
    fresh: Sequence[str]
    notes: Sequence[str]


@dataclass(frozen=True)
class CataloguePage:
    """The file that waits, or None: what it would do, what is wrong with it, and the mark of what is shown."""

    counts: dict[str, int]
    products: Sequence[Planned]
    more: int
    troubles: Sequence[tuple[int, str, str]]
    kept: Sequence[str]
    unknown: Sequence[str]
    seen: str


def planned(user: User, file: CatalogueFile) -> Plan:
    """Return what a file would do now, on the terms of the one who sent it."""
    return planning.plan(sheet.read(file.content), _terms(user, file.centre_id))


def catalogue_page(user: User) -> CataloguePage | None:
    """Return what the file that waits for a person would do, or None if none waits."""
    file = waiting.find(user.id)
    if file is None:
        return None
    found = planned(user, file)
    shown = [each for each in found.products if each.state is not State.UNCHANGED]
    return CataloguePage(
        counts={state.value: found.count(state) for state in State},
        products=[_product(each) for each in shown[:MOST_SHOWN]],
        more=len(shown[MOST_SHOWN:]),
        troubles=[(each.row, each.column, tellings.trouble_said(each)) for each in found.troubles],
        kept=found.kept,
        unknown=found.unknown,
        seen=found.fingerprint,
    )


def _terms(user: User, centre_id: int | None) -> Terms:
    house = whole_house(user, "catalogue.edit")
    ids = {each.code: each.id for each in enrolment.centres() if house or each.id == user.centre_id}
    wanted = centre_id if house else user.centre_id
    default = next((code for code, found in ids.items() if found == wanted), None)
    return Terms(ids, default if default or len(ids) != 1 else next(iter(ids)))


def _product(found: ProductPlan) -> Planned:
    return Planned(
        slug=found.wanted.slug,
        title=found.text.title,
        state=found.state.value,
        row=found.wanted.row,
        different=[_different(change) for change in found.changes],
        fresh=found.fresh,
        notes=[tellings.note_said(note) for note in found.notes],
    )


def _different(change: Change) -> Different:
    before, after = tellings.difference(change.before, change.after)
    return Different(change.column, change.of, before, after)
