"""Language is the first part of the path: `/bn/…`, `/hi/…`; English is bare. Artisans read Bengali unless
they chose otherwise.

The prefix becomes SCRIPT_NAME, so url_for keeps a reader in her language without any view knowing.
"""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel
from flask_login import current_user
from markupsafe import Markup

from shop.config import ROOT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LANGUAGES = {"en": "English", "bn": "বাংলা", "hi": "हिन्दी"}
LOCALES = {"en": "en_IN", "bn": "bn_IN", "hi": "hi_IN"}
CATALOGUES = ROOT / "shop" / "translations"
PREFIXES = tuple(code for code in LANGUAGES if code != "en")


class LanguagePrefix:
    """WSGI middleware that moves a language prefix from the path to SCRIPT_NAME."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        first = path[1:3]
        if first in PREFIXES and path[3:4] in ("", "/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/" + first
            environ["PATH_INFO"] = path[3:] or "/"
            environ["shop.language"] = first
        return self.app(environ, start_response)


def language() -> str:
    """Return the language of this page."""
    if not has_request_context():
        return str(getattr(g, "language", "en"))
    asked = request.environ.get("shop.language")
    if asked is None and request.path.startswith("/artisan"):
        return str(current_user.language) if current_user.is_authenticated else "bn"
    return str(asked or "en")


def init_app(app: Flask) -> None:
    """Choose locale and time zone for every page."""
    Babel(app, locale_selector=lambda: LOCALES[language()], timezone_selector=lambda: "Asia/Kolkata")

    templates: Any = app.jinja_env
    templates.install_gettext_callables(_said, _said_of, newstyle=True)
    templates.globals["_"] = said  # the template engine's own way asks the page three times for every word

    @app.context_processor
    def words() -> dict[str, object]:
        return {"lang": language(), "languages": LANGUAGES, "tongues": tongues}


def said(text: str, **values: object) -> Markup:
    """Return a text of a template in the language of its page or mail, with values that are escaped."""
    found = _in_template(text, language())
    return found % values if "%" in found else found


@lru_cache(maxsize=10_000)
def _in_template(text: str, code: str) -> Markup:
    return Markup(_catalogue(code).ugettext(text))


def _said(text: str) -> str:
    return str(_catalogue(language()).ugettext(text))


def _said_of(singular: str, plural: str, number: int) -> str:
    return str(_catalogue(language()).ungettext(singular, plural, number))


@cache
def _catalogue(code: str) -> NullTranslations:
    return Translations.load(CATALOGUES, [LOCALES[code]])


def tongues(instead: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return (code, name, address) of this page in each other language, for the language switch.

    `instead`: where it leads in a language that has not got this page.
    """
    here = language()
    return [(code, LANGUAGES[code], instead.get(code) or _here_in(code)) for code in LANGUAGES if code != here]


def _here_in(code: str) -> str:
    prefix = "" if code == "en" else f"/{code}"
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return prefix + request.path + query
