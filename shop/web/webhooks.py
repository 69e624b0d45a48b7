"""Where gateways tell us things: checked on the raw bytes, stored, answered. The worker applies them."""

from flask import Blueprint, Response, abort, request

from shop.db import writing
from shop.payments import inbox
from shop.payments.gateways import BadSignature
from shop.web.access import public
from shop.web.edge import counter, now
from shop.web.origin import csrf

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")
csrf.exempt(blueprint)
LARGEST_BODY = 512 * 1024


@blueprint.post("/<name>")
@public
def receive(name: str) -> Response:
    """Take one event: 200 once it is stored (or was before), 400 if the gateway did not sign it."""
    gateway = counter().gateways.get(name)
    if gateway is None:
        abort(404)
    if (request.content_length or 0) > LARGEST_BODY:
        abort(413)
    body = request.get_data(cache=False)
    try:
        notice = gateway.read(body, dict(request.headers))
    except (BadSignature, ValueError, KeyError, TypeError, UnicodeDecodeError):
        return Response("not signed by the gateway\n", status=400, mimetype="text/plain")
    with writing():
        inbox.store(gateway, notice, body, at=now())
    return Response("stored\n", mimetype="text/plain")
