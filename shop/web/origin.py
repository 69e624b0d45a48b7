"""No other site may make a browser post here.

Cached storefront pages cannot carry a token, so every POST is refused unless the browser says that
it comes from our own pages (`Sec-Fetch-Site`, or `Origin` where that is missing) and the cookie is
SameSite=Lax. Signed-in pages carry a token as well. Webhooks are signed instead.
"""

from urllib.parse import urlsplit

from flask import Flask, abort, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect, validate_csrf
from wtforms import ValidationError

from shop.web.headers import AUDIENCES_OF_PERSONS

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
csrf = CSRFProtect()


def is_ours() -> bool:
    """Say whether the browser tells that the request comes from a page of ours."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.host


def _is_mute() -> bool:
    """Say whether an old browser says nothing of where a form was: pages without referrer make its origin "null".

    Then the token alone has to show that the form was ours.
    """
    return "Sec-Fetch-Site" not in request.headers and request.headers.get("Origin") == "null"


def init_app(app: Flask) -> None:
    """Check every request that may change something."""
    csrf.init_app(app)

    @app.before_request
    def check() -> None:
        if request.method in SAFE_METHODS or request.endpoint is None or request.blueprint == "webhooks":
            return
        if request.endpoint == "artisan.leave":  # must never fail; from elsewhere it comes without her cookie
            return
        if not is_ours() and not _is_mute():
            abort(403)
        if current_user.is_authenticated and request.blueprint in AUDIENCES_OF_PERSONS:
            try:
                validate_csrf(request.form.get("csrf_token"))
            except ValidationError as error:
                raise CSRFError(str(error)) from error
        elif not is_ours():
            abort(403)
