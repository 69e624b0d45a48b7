"""Design royalties: pieces that nobody can send back any more, at the rate of the version, credited once a month.

The floor above says which order lines count (orders/designed.py). What comes back after it was counted is the house's
to bear: a royalty that was credited is never reduced. Three things hold "once": a version has one royalty a month, an
order line is counted by one royalty alone, and each woman's earning stands under one reference.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import and_, func, select

from shop.artisans import earnings
from shop.artisans.design_models import WHOLE_BP, Design, DesignPart, DesignStatus, Royalty, RoyaltyLine, source_of
from shop.artisans.models import Earning, EarningKind
from shop.db import adding, db, run
from shop.ledger import posting
from shop.money import Money, split
from shop.snapshots import streamed
from shop.verdict import Finding


def divide(minor: int, parts: Mapping[int, int]) -> dict[int, int]:
    """Divide paise by artisan id -> basis points; the parts add up to it, and a part of nothing is left out.

    Largest remainder; where two remainders are alike, the lower artisan id is first.
    """
    women = sorted(parts)
    found = split(minor, [parts[each] for each in women])
    return {each: part for each, part in zip(women, found, strict=True) if part}


def credit(design: Design, month: str, counted: Mapping[str, int], *, at: datetime, by: str) -> int:
    """Credit what a version earned in a month (`2026-11`) with order line -> pieces; return the paise, 0 the next time.

    The caller holds the product's versions (designs.hold) and has left out what was counted before.
    """
    pieces = sum(counted.values())
    amount = pieces * design.royalty_minor
    if amount <= 0 or _stands(design.id, month):
        return 0
    row = {"design_id": design.id, "month": month, "pieces": pieces, "amount_minor": amount, "credited_at": at}
    number = run(adding(Royalty, "id"), row).scalar_one()
    lines = [{"royalty_id": number, "line": line, "pieces": count} for line, count in sorted(counted.items())]
    run(adding(RoyaltyLine), lines)
    women = {part.artisan_id: part for part in design.parts}
    shares = divide(amount, {artisan_id: part.basis_points for artisan_id, part in women.items()})
    posting.hold([women[artisan_id].artisan.payable for artisan_id in shares])
    source = source_of(design.id, month)
    for artisan_id, minor in shares.items():
        known_as = {"reference": f"{source}:{artisan_id}", "source": source}
        earnings.credit(
            women[artisan_id].artisan, Money(minor, "INR"), **known_as, kind=EarningKind.DESIGN, at=at, by=by
        )
    return amount


def _stands(design_id: int, month: str) -> bool:
    here = select(Royalty.id).where(Royalty.design_id == design_id, Royalty.month == month)
    return db.session.scalar(here) is not None


def verify() -> Iterator[Finding]:
    """Yield royalties that are not pieces x rate, not divided as agreed, or without their version's two people."""
    yield from _parts()
    yield from _amounts()
    yield from _divided()


def _parts() -> Iterator[Finding]:
    sums = select(DesignPart.design_id, func.sum(DesignPart.basis_points).label("whole"))
    by_design = sums.group_by(DesignPart.design_id).subquery()
    whole = func.coalesce(by_design.c.whole, 0)
    query = select(Design.id, whole).outerjoin(by_design, by_design.c.design_id == Design.id).where(whole != WHOLE_BP)
    for design_id, found in streamed(query):
        yield Finding("artisans", f"design {design_id}", f"is divided into {found} of {WHOLE_BP} basis points")


def _amounts() -> Iterator[Finding]:
    counted = select(RoyaltyLine.royalty_id, func.sum(RoyaltyLine.pieces).label("pieces"))
    lines = counted.group_by(RoyaltyLine.royalty_id).subquery()
    query = (
        select(Royalty.design_id, Royalty.month, Royalty.pieces, Royalty.amount_minor, lines.c.pieces)
        .add_columns(Design.royalty_minor, Design.status)
        .join(Design, Design.id == Royalty.design_id)
        .outerjoin(lines, lines.c.royalty_id == Royalty.id)
    )
    for design_id, month, pieces, minor, of_lines, rate, status in streamed(query):
        row = f"royalty {source_of(design_id, month)}"
        if pieces != of_lines or minor != pieces * rate:
            yield Finding("artisans", row, f"says {minor} for {pieces} pieces, its lines {of_lines} at {rate}")
        if status is not DesignStatus.APPROVED:
            yield Finding("artisans", row, "was credited for a design that nobody approved")


def _divided() -> Iterator[Finding]:
    """Yield royalties whose earnings are not the parts that were agreed, and earnings without a royalty."""
    source = func.concat("design:", Royalty.design_id, ":", Royalty.month)
    query = (
        select(source.label("source"), Royalty.amount_minor, DesignPart.artisan_id, DesignPart.basis_points)
        .add_columns(func.coalesce(Earning.amount_minor, 0))
        .join(DesignPart, DesignPart.design_id == Royalty.design_id)
        .outerjoin(Earning, and_(Earning.source == source, Earning.artisan_id == DesignPart.artisan_id))
        .order_by(Royalty.id, DesignPart.artisan_id)
    )
    agreed: dict[str, tuple[int, dict[int, int], Counter[int]]] = {}
    for name, minor, artisan_id, part, earned in streamed(query):
        if name not in agreed:  # one royalty at a time is kept
            yield from _compared(agreed)
            agreed = {name: (minor, {}, Counter())}
        agreed[name][1][artisan_id] = part
        agreed[name][2][artisan_id] += int(earned)
    yield from _compared(agreed)
    yield from _uncounted()


def _compared(agreed: Mapping[str, tuple[int, dict[int, int], Counter[int]]]) -> Iterator[Finding]:
    for source, (minor, parts, earned) in agreed.items():
        if divide(minor, parts) != +earned:
            yield Finding("artisans", f"royalty {source}", f"{minor} is divided {parts}, credited {dict(earned)}")


def _uncounted() -> Iterator[Finding]:
    """Yield earnings of designs that are no part of a royalty."""
    reference = func.concat("design:", Royalty.design_id, ":", Royalty.month, ":", DesignPart.artisan_id)
    parts = select(reference.label("reference"))
    known = parts.select_from(Royalty).join(DesignPart, DesignPart.design_id == Royalty.design_id).subquery()
    query = select(Earning.reference).outerjoin(known, known.c.reference == Earning.reference)
    lost = query.where(Earning.kind == EarningKind.DESIGN, known.c.reference.is_(None)).order_by(Earning.id)
    for (reference,) in streamed(lost):
        yield Finding("artisans", f"earning {reference}", "pays a royalty that was never counted")
