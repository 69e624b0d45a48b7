"""The only place that knows HTTP. A write parses, calls one verb, answers; a page reads through its
audience's `reads.py`."""

from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from shop.web import (
    access,
    assets,
    auth,
    errors,
    format,
    headers,
    health,
    house,
    invitation,
    kept,
    language,
    limits,
    logs,
    media,
    numbers,
    origin,
    parts,
    second_step,
    staying,
    tables,
    thing_words,
    webhooks,
)
from shop.web.artisan import blueprint as artisan
from shop.web.manager import blueprint as manager
from shop.web.storefront import blueprint as storefront
from shop.web.storefront.account import blueprint as account

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def init_app(app: Flask) -> None:
    """Register every part of the web on the app."""
    logs.init_app(app)
    language.init_app(app)
    format.init_app(app)
    thing_words.init_app(app)
    assets.init_app(app)
    house.init_app(app)
    limits.init_app(app)
    origin.init_app(app)
    auth.init_app(app)
    access.init_app(app)
    errors.init_app(app)
    headers.init_app(app)
    media.init_app(app)
    parts.init_app(app)
    tables.init_app(app)
    for blueprint in (
        storefront,
        account,
        manager,
        artisan,
        auth.blueprint,
        webhooks.blueprint,
        health.blueprint,
    ):
        app.register_blueprint(blueprint)
    vars(app)["wsgi_app"] = _around(app)


def _around(app: Flask) -> "WSGIApplication":
    """Return the app with what sees a request before Flask does, the outermost last."""
    answering: WSGIApplication = language.LanguagePrefix(app.wsgi_app)
    https = app.config["SHOP_ENV"] == "production"
    answering = headers.SafeAnswers(answering, https=https, testing=app.testing)
    most = app.config["KEPT_PAGES_MB"] * 1024 * 1024
    moving = numbers.Numbers(app)
    moving.when_replaced(app.extensions["parts"].clear)
    answering = kept.PageCache(answering, moving, lambda: app.extensions["counter"].clock, most_bytes=most)
    hops = app.config["PROXY_HOPS"]  # so many proxies are ours, and what they say of the client is true
    return ProxyFix(answering, x_for=hops, x_proto=hops) if hops else answering


# Views that hang themselves on the blueprint of auth.py.
__all__ = ["init_app", "invitation", "second_step", "staying"]
