"""Her pages: what she can take, what to make next. Few words, big figures, Bengali first."""

from flask import Blueprint, session

from shop.web.artisan import drawings

blueprint = Blueprint("artisan", __name__, url_prefix="/artisan")


@blueprint.context_processor
def at_hand() -> dict[str, object]:
    """Give templates the drawings, and whether she has hidden the amounts."""
    return {"hidden": bool(session.get("hidden")), "icon": drawings.icon, "emblem": drawings.emblem}


from shop.web.artisan import (  # they add their views
    asking,
    consents,
    deductions,
    leaving,
    mine,
    money,
    papers,
    purse,
    sign_in,
    thanks,
    work,
)
