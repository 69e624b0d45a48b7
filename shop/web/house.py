"""What every page may say of the house: who sells, and whether this is only a try-out."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Give templates the seller's block and the demo's sentence."""
    config = app.config
    seller = {
        "name": config["SELLER_NAME"],
        "address": config["SELLER_ADDRESS"],
        "gstin": config["SELLER_GSTIN"],
        "email": config["SELLER_EMAIL"],
        "phone": config["SELLER_PHONE"],
        "registration": config["SELLER_REGISTRATION"],
        "officer": config["GRIEVANCE_OFFICER"],
        "officer_contact": config["GRIEVANCE_CONTACT"],
    }

    @app.context_processor
    def house() -> dict[str, object]:
        return {"seller": seller, "demo": config["SHOP_ENV"] != "production"}
