"""Where gateways tell us things: checked on the raw bytes, stored, answered. The worker applies them."""

from flask import Blueprint, Response, abort, request

from shop.crashpoint import crashpoint
from shop.db import writing
from shop.payments import inbox
from shop.payments.gateways import BadSignature
from shop.web.access import public
from shop.web.edge import counter, now
from shop.web.logs import log
from shop.web.origin import csrf

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")
csrf.exempt(blueprint)


@blueprint.post("/<name>")
@public
def receive(name: str) -> Response:
    """Take one event: 200 once it is stored (or was before), 400 if the gateway did not sign it.

    A body that says to be longer than any form (web/limits.py) is 413; one that says nothing is read no further.
    """
    gateway = counter().gateways.get(name)
    if gateway is None:
        abort(404)
    body = request.get_data(cache=False)
    try:
        signed = gateway.check(body, dict(request.headers))
    except BadSignature:
        return Response("not signed by the gateway\n", status=400, mimetype="text/plain")
    if signed.secret > 1:
        log.warning("webhook.old_secret", gateway=name)
    try:
        notice = gateway.parse(body, signed.event_id)
    except (ValueError, KeyError, TypeError, AttributeError):
        notice = inbox.unreadable(signed.event_id, body)
    with writing():
        inbox.store(gateway, notice, body, at=now(), secret=signed.secret)
    crashpoint("inbox.committed")
    return Response("stored\n", mimetype="text/plain")
