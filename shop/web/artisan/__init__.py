"""Her pages: what she can take, what to make next. Few words, big figures, Bengali first."""

from flask import Blueprint, session

blueprint = Blueprint("artisan", __name__, url_prefix="/artisan")


@blueprint.context_processor
def hiding() -> dict[str, bool]:
    """Tell templates whether she has hidden the amounts."""
    return {"hidden": bool(session.get("hidden"))}


from shop.web.artisan import mine, money, sign_in, work  # noqa: E402, F401  they add their views to the blueprint
