"""Her answer to late money, given on her order's page: make what was sold meanwhile, or give the money back."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.db import writing
from shop.errors import Invalid
from shop.orders import lifecycle
from shop.payments import late
from shop.payments.late_models import LateAnswer
from shop.web.access import public
from shop.web.edge import now
from shop.web.storefront import blueprint

MAY_SAY = {answer.value: answer for answer in (LateAnswer.MAKE, LateAnswer.GIVE_BACK)}


@blueprint.post("/orders/<number>/<key>/late")
@public
def answer_late(number: str, key: str) -> Response:
    """Take the answer of whoever has the order's link, once."""
    wanted = MAY_SAY.get(request.form.get("answer", ""))
    if wanted is None:
        raise Invalid("form.choice")
    with writing():
        came_of_it = late.answer(lifecycle.get_for_customer(number, key), wanted, at=now(), by="customer")
    if came_of_it is LateAnswer.MAKE:
        flash(_("Thank you. We make it for you."), "good")
    elif came_of_it is wanted:
        flash(_("The money goes back the way it came."), "good")
    else:
        flash(_("We are sorry: it cannot be made any more. The money goes back the way it came."), "bad")
    return redirect(url_for("storefront.order", number=number, key=key), 303)
