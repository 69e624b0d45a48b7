"""Everything the shop holds of her, as a file; and closing the account for good."""

from collections.abc import Iterator

from flask import (
    Response,
    current_app,
    redirect,
    render_template,
    request,
    session,
    stream_template,
    stream_with_context,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from shop import privacy
from shop.db import writing
from shop.errors import Conflict, Invalid
from shop.orders.window import Window
from shop.web.access import fresh, public, requires
from shop.web.edge import now, signed_in
from shop.web.storefront.account import blueprint, reads


@blueprint.get("/account/data")
@requires("own.account")
def data() -> str:
    """Say what she may take with her and what closing means."""
    return render_template("account/data.html", page=reads.data(signed_in()))


@blueprint.post("/account/export")
@requires("own.account")
@fresh
def export() -> Response:
    """Give her everything the shop holds of her, for a machine or to read."""
    kind = request.form.get("kind", "json")
    if kind not in ("json", "html"):
        raise Invalid("form.choice")
    with writing():
        user = signed_in()
        privacy.record_export(privacy.of_account(user), at=now(), by=user.actor)
    body = _as_page() if kind == "html" else stream_with_context(_as_json())
    response = Response(body, mimetype="text/html" if kind == "html" else "application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="missing-bags-{now():%Y-%m-%d}.{kind}"'
    return response


def _as_json() -> Iterator[str]:
    return privacy.as_json(privacy.sections(privacy.of_account(signed_in())), at=now())


def _as_page() -> Iterator[str]:
    sections = privacy.sections(privacy.of_account(signed_in()))
    return stream_template("account/export.html", sections=sections, at=now())


@blueprint.get("/account/erase")
@requires("own.account")
@fresh
def erase() -> str:
    """Say what goes and what stays, before anything is done."""
    return render_template("account/erase.html", page=reads.data(signed_in()), again=False)


@blueprint.post("/account/erase")
@requires("own.account")
@fresh
def erase_again() -> str:
    """Ask once more."""
    page = reads.data(signed_in())
    if page.holds:
        hold = page.holds[0]
        raise Conflict(f"privacy.{hold.why.value}", number=hold.number)
    return render_template("account/erase.html", page=page, again=True)


@blueprint.post("/account/erasure")
@requires("own.account")
@fresh
def erase_now() -> BaseResponse:
    """Do it, in one unit; she is signed out everywhere."""
    if request.form.get("sure") != "yes":
        raise Invalid("form.choice")
    with writing():
        user = signed_in()
        privacy.erase(privacy.of_account(user), at=now(), by=user.actor, window=Window.of(current_app.config))
    session.clear()
    response = redirect(url_for("account.closed"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@blueprint.get("/account/closed")
@public
def closed() -> str:
    """Say that it is done."""
    return render_template("account/closed.html")
