"""The audit: who did what that matters for someone's safety or money. Read-only, ids and codes."""

from flask import render_template, request

from shop.users import audit as records
from shop.web.access import requires
from shop.web.edge import page_from
from shop.web.manager import blueprint
from shop.web.manager.reads.names import actors

PER_PAGE = 100


@blueprint.get("/audit")
@requires("audit.read")
def audit() -> str:
    """List the newest acts, or those of one kind."""
    act = request.args.get("act", "")[:40] or None
    found = records.newest(PER_PAGE + 1, before=page_from(), act=act)
    shown = found[:PER_PAGE]
    older = shown[-1].seq if len(found) > PER_PAGE else None
    names = actors([row.by for row in shown])
    return render_template("manager/audit.html", rows=shown, names=names, older=older, act=act)
