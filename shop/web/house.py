"""What every page may say of the house: who sells, and whether this is only a try-out."""

from flask import Flask, current_app

from shop.orders.seller import Seller


def seller() -> Seller:
    """Return who sells, as the settings say."""
    return Seller.of(current_app.config)


def init_app(app: Flask) -> None:
    """Give templates the seller's block and the demo's sentence."""
    config = app.config
    block = {
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
        return {"seller": block, "taxed": bool(config["SELLER_GSTIN"]), "demo": config["SHOP_ENV"] != "production"}
