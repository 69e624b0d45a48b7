"""Lead times: days to make one, plus the centre's queue; published down to the catalogue.

ready in days = the product's own finishing days + open minutes of work / minutes the centre has a day,
rounded up. Lists and pages read what was published; checkout asks afresh.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from shop.catalog import availability
from shop.catalog.models import Product, Variant
from shop.db import db
from shop.production.models import WANTED, MakingStep, Piece, ProductionOrder, TaskPiece, TaskPieceStatus
from shop.users.models import Centre


def queue_minutes() -> dict[int, int]:
    """Return centre -> minutes of work that open production orders still need."""
    needed = (
        select(ProductionOrder.centre_id, func.sum(MakingStep.minutes))
        .join(Piece, Piece.order_id == ProductionOrder.id)
        .join(MakingStep, MakingStep.making_id == ProductionOrder.making_id)
        .where(ProductionOrder.cancelled_at.is_(None), *WANTED, Piece.finished_at.is_(None))
        .group_by(ProductionOrder.centre_id)
    )
    done = (
        select(ProductionOrder.centre_id, func.sum(MakingStep.minutes))
        .join(Piece, Piece.order_id == ProductionOrder.id)
        .join(TaskPiece, TaskPiece.piece_id == Piece.id)
        .join(MakingStep, MakingStep.id == TaskPiece.step_id)
        .where(ProductionOrder.cancelled_at.is_(None), *WANTED, Piece.finished_at.is_(None))
        .where(TaskPiece.status == TaskPieceStatus.ACCEPTED)
        .group_by(ProductionOrder.centre_id)
    )
    minutes: dict[int, int] = defaultdict(int)
    for centre_id, total in db.session.execute(needed):
        minutes[centre_id] += int(total or 0)
    for centre_id, total in db.session.execute(done):
        minutes[centre_id] -= int(total or 0)
    return minutes


def ready_in_days(variant_ids: Sequence[int] | None = None) -> dict[int, int]:
    """Return variant -> days in which one more could be ready; all variants if none are named."""
    query = (
        select(Variant.id, Product.finish_days, Product.centre_id, Centre.minutes_per_day)
        .join(Product, Product.id == Variant.product_id)
        .join(Centre, Centre.id == Product.centre_id)
    )
    if variant_ids is not None:
        query = query.where(Variant.id.in_(variant_ids))
    queue = queue_minutes()
    return {
        variant_id: finish_days + -(-queue.get(centre_id, 0) // per_day)
        for variant_id, finish_days, centre_id, per_day in db.session.execute(query)
    }


def publish(*, as_of: datetime) -> None:
    """Publish every variant's lead time to the catalogue."""
    availability.publish(ready_in_days(), as_of=as_of)
