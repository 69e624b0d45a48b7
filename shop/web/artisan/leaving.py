"""Leaving fast on a phone that others use too: one button on every page of hers, and Shift pressed three times.

The page empties itself at once and the weather takes its place (static/js/leave.js); meanwhile her sign-ins end
here. Should that message be lost on a weak network, a cookie says at the next request that she has left: the one
cookie that a script sets, since nothing of ours is reached at that moment. It says "1" and goes with the next answer.
Without JavaScript the same button sends the same form, and the answer leads on by itself.
"""

from flask import current_app, make_response, redirect, render_template, request, session, url_for
from werkzeug.http import dump_cookie
from werkzeug.wrappers import Response

from shop.db import writing
from shop.users import sessions
from shop.web.access import public
from shop.web.artisan import blueprint
from shop.web.edge import cookie_name, now, standing

WEATHER = "https://mausam.imd.gov.in/"
LEFT = "left"
LEFT_KEPT_S = 60 * 60 * 24


@blueprint.app_template_global()
def left_cookie() -> str:
    """Return the cookie that leave.js sets, whole: the same for everyone, and in production bound to this host."""
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    return dump_cookie(
        cookie_name(LEFT), "1", max_age=LEFT_KEPT_S, secure=secure, samesite="Strict", sync_expires=False
    )


@blueprint.post("/leave")
@public
def leave() -> Response:
    """End every sign-in of hers and show a page that knows nothing and leads to the weather.

    Asked for without a token: it must never fail, and from elsewhere it comes without her cookie.
    """
    _end()
    response = make_response(render_template("artisan/weather.html", weather=WEATHER))
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    _arrived(response)
    return response


@blueprint.before_request
def finish_leaving() -> Response | None:
    """Where the message was lost: end her sign-ins before anything of hers is shown."""
    if cookie_name(LEFT) not in request.cookies or request.endpoint == "artisan.leave":
        return None
    _end()
    response = redirect(url_for("artisan.sign_in"), 303)
    _arrived(response)
    return response


def _arrived(response: Response) -> None:
    """Take the cookie away: what it stood for has been done."""
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.delete_cookie(cookie_name(LEFT), secure=secure, samesite="Strict")


def _end() -> None:
    if (row := standing()) is not None:
        user_id = row.user_id
        with writing():
            sessions.end_all(user_id, at=now())
    session.clear()
