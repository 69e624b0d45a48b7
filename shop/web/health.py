"""Is the process alive, and is the shop ready to serve? Detail only by token or from this machine."""

import hmac
import re
from datetime import datetime, timedelta

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shop import guards, identities, outbox
from shop.catalog import pictures
from shop.config import ROOT
from shop.db import db
from shop.identities import VaultClosed
from shop.ledger import sealing
from shop.payments import inbox, reviews, unknown
from shop.web.access import public
from shop.web.edge import now, vault_keys

blueprint = Blueprint("health", __name__)
UNPLAIN = re.compile(r"[^\w.]")  # what a label could break with


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """Say that the process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Say whether databases answer and stand at the newest migration.

    The shop sells on without its identity vault, and while a gateway is silent: both are told and make nothing unready.
    """
    problems: dict[str, str] = {}
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    for name, engine in db.engines.items():
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                if MigrationContext.configure(connection).get_current_revision() != head:
                    problems[name or "shop"] = "migrations are behind: run flask --app wsgi db upgrade"
        except SQLAlchemyError as error:
            problems[name or "shop"] = type(error).__name__
    problems |= {} if "identity" in problems else _vault_problem()
    problems |= {} if "shop" in problems else _payments_problem()
    sees_detail = _may_see_detail()
    shown = problems if sees_detail else dict.fromkeys(problems, "not ready")
    is_ready = not problems.keys() - {"identity", "payments"}
    answer: dict[str, object] = {"ready": is_ready, "problems": shown}
    if sees_detail and "shop" not in problems and (powers := guards.powers()):
        answer["warnings"] = {"shop": f"the role of DATABASE_URL {', '.join(powers)}: see ledger role --help"}
    return jsonify(answer), 200 if is_ready else 503


def _vault_problem() -> dict[str, str]:
    try:
        identities.on_file(vault_keys(), [])
    except VaultClosed as closed:
        return {"identity": f"the vault cannot be opened: {closed.cause}"}
    return {}


def _payments_problem() -> dict[str, str]:
    standing = unknown.too_long(at=now())
    return {"payments": "how some payments ended has not been known for too long"} if standing else {}


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Tell a scraper how long things have waited; for this machine or by token only."""
    if not _may_see_detail():
        return Response(status=404)
    oldest, standing = outbox.oldest_due(at=now()), unknown.oldest(at=now())
    unsealed, waits_since = sealing.tail()
    lines = [
        f"shop_outbox_oldest_seconds {(now() - oldest).total_seconds() if oldest else 0:.0f}",
        f"shop_ledger_unsealed_entries {unsealed}",
        f"shop_ledger_unsealed_oldest_seconds {_seconds_since(waits_since):.0f}",
        f"shop_gateway_events_held {len(inbox.held())}",
        f"shop_payments_oldest_unknown_seconds {(now() - standing.since).total_seconds() if standing else 0:.0f}",
        f"shop_payments_differences {reviews.count()}",
        *(
            f'shop_gateway_events_unused{{gateway="{each.gateway}",kind="{UNPLAIN.sub("_", each.kind)}"}} {each.count}'
            for each in inbox.unused(since=now() - timedelta(days=1))
        ),
        f"shop_pictures_waiting {pictures.waiting()}",
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def _seconds_since(moment: datetime | None) -> float:
    return max((now() - moment).total_seconds(), 0) if moment else 0


def _may_see_detail() -> bool:
    token = str(current_app.config["STATUS_TOKEN"])
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    forwarded = "X-Forwarded-For" in request.headers
    return request.remote_addr in ("127.0.0.1", "::1") and not forwarded
