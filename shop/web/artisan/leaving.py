"""Leaving fast on a phone that others use too: one button on every page of hers, and Shift pressed three times.

The page empties itself at once and the weather takes its place (static/js/leave.js); meanwhile her sign-ins end
here. Should that message be lost on a weak network, a cookie says at the next request that she has left.
Without JavaScript the same button sends the same form, and the answer leads on by itself.
"""

from flask import make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.db import writing
from shop.users import sessions
from shop.web.access import public
from shop.web.artisan import blueprint
from shop.web.edge import now, standing

WEATHER = "https://mausam.imd.gov.in/"
LEFT = "left"  # leave.js sets it


@blueprint.post("/leave")
@public
def leave() -> Response:
    """End every sign-in of hers and show a page that knows nothing and leads to the weather.

    Asked for without a token: it must never fail, and from elsewhere it comes without her cookie.
    """
    _end()
    response = make_response(render_template("artisan/weather.html", weather=WEATHER))
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@blueprint.before_request
def finish_leaving() -> Response | None:
    """Where the message was lost: end her sign-ins before anything of hers is shown."""
    if LEFT not in request.cookies or request.endpoint == "artisan.leave":
        return None
    _end()
    response = redirect(url_for("artisan.sign_in"), 303)
    response.delete_cookie(LEFT)
    return response


def _end() -> None:
    if (row := standing()) is not None:
        user_id = row.user_id
        with writing():
            sessions.end_all(user_id, at=now())
    session.clear()
