"""The paper of a refund: a credit note of what was sold, a refund voucher of what was paid in advance, or none.

What went off an order before its parcel left has a voucher, however late its money goes. It is issued once, under the
refund's own reference, in the transaction that books the refund. What was paid twice was never the order's, so no paper
speaks of it; a seller without GSTIN gives no voucher.
"""

from datetime import datetime

from sqlalchemy import select

from shop.clock import india_date
from shop.db import db
from shop.orders import invoices
from shop.orders.invoice_models import Invoice, PaperKind
from shop.orders.models import Order
from shop.orders.paper_rows import Part
from shop.orders.return_models import Return
from shop.orders.seller import Seller
from shop.payments import given_back
from shop.payments.models import Refund, ReturnRefund

PRICE_REDUCED = "Price reduced after the sale"
TAKEN_OFF = "Taken off the order before it was sent: not supplied, and not invoiced"
REDUCED = "Price reduced before the invoice, which says the lower price"


def kind_for(order: Order, seller: Seller) -> PaperKind | None:
    """Return which paper a refund of a part of an order gets, or None where the law asks for none."""
    if order.status in given_back.SOLD:
        return PaperKind.CREDIT_NOTE
    return PaperKind.REFUND_VOUCHER if seller.when_placed(order).gstin else None


def issue(refund: Refund, seller: Seller, *, at: datetime, by: str) -> Invoice | None:
    """Issue the paper of a refund that has gone, once, or return None if it has none."""
    order = refund.capture.attempt.order
    parts = [Part(part.sku, part.quantity, part.minor) for part in refund.parts]
    reference = f"refund:{refund.id}"
    if not parts:
        return None
    if kind_for(order, seller) is PaperKind.CREDIT_NOTE and not refund.reduces:
        sale = invoices.find_of_sale(order)
        assert sale is not None  # no parcel leaves without its paper
        return invoices.issue_credit_note(sale, reference, parts, _reason(refund), at=at, by=by)
    received = (refund.capture.payment_ref, india_date(refund.capture.captured_at))
    reason = _why_not_supplied(refund)
    return invoices.issue_refund_voucher(order, reference, parts, received, reason, seller, at=at, by=by)


def _why_not_supplied(refund: Refund) -> str:
    """Return why nothing was supplied for money that was paid in advance, as the voucher says it."""
    if not refund.reduces:
        return "Nothing was supplied, and no invoice was issued"
    return TAKEN_OFF if any(part.quantity for part in refund.parts) else REDUCED


def _reason(refund: Refund) -> str:
    """Return why something is credited, as the paper says it; what the office noted for itself stays inside."""
    query = select(Return).join(ReturnRefund, ReturnRefund.return_id == Return.id)
    came = db.session.scalars(query.where(ReturnRefund.refund_id == refund.id)).one_or_none()
    return f"Sent back: {came.reason.value.replace('-', ' ')}" if came else PRICE_REDUCED
