"""Does each earning that was taken back, or stands in another's place, do so because two people said so?"""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import aliased

from shop.artisans.corrections import PUT, reference_of
from shop.artisans.models import Correction, CorrectionStatus, Earning
from shop.ledger.models import Entry
from shop.snapshots import streamed
from shop.verdict import Finding


def verify() -> Iterator[Finding]:
    """Yield every reversed earning without its approved correction and reversal, and the other way round."""
    query = (
        select(Earning.reference, Earning.reversed_at, Correction.reversal_id, Entry.id)
        .outerjoin(Correction, (Correction.earning_id == Earning.id) & (Correction.status == CorrectionStatus.APPROVED))
        .outerjoin(Entry, Entry.reverses_id == Earning.entry_id)
    )
    for reference, reversed_at, claimed, posted in streamed(query):
        if not (claimed == posted and (reversed_at is None) == (posted is None)):
            said = "counts as earned" if reversed_at is None else "counts as taken back"
            yield Finding("artisans", f"earning {reference}", f"{said}; correction {claimed}, reversal {posted}")
    yield from _verify_put()


def _verify_put() -> Iterator[Finding]:
    """Yield every earning in another's place that is not what its correction says, and each without a correction."""
    first, put = aliased(Earning), aliased(Earning)
    query = (
        select(put, Correction.id, Correction.right_minor, Correction.credit_artisan_id, first)
        .outerjoin(Correction, Correction.put_id == put.id)
        .outerjoin(first, first.id == Correction.earning_id)
        .where(put.reference.startswith(PUT) | Correction.id.is_not(None))
    )
    for made, correction_id, right, other, instead_of in streamed(query):
        said = (made.reference, made.amount_minor, made.artisan_id, made.source)
        row = f"earning {made.reference}"
        if instead_of is None:
            yield Finding("artisans", row, "puts right what nobody corrected")
        elif said != (reference_of(correction_id), right, other or instead_of.artisan_id, instead_of.source):
            yield Finding("artisans", row, f"is not what correction {correction_id} puts right")
        elif other is not None and (other, right) == (instead_of.artisan_id, instead_of.amount_minor):
            yield Finding("artisans", row, f"moves nothing: correction {correction_id} names the same woman")
        elif other is not None and right != instead_of.amount_minor:
            yield Finding("artisans", row, f"is {right} for another woman, {instead_of.amount_minor} were taken back")
