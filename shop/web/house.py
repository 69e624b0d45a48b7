"""What every page may say of the house: who sells, and whether this is only a try-out."""

from flask import Flask, current_app

from shop.orders.seller import Seller


def seller() -> Seller:
    """Return who sells, as the settings say."""
    return Seller.of(current_app.config)


def init_app(app: Flask) -> None:
    """Give templates who sells, how it is registered and who answers for it, and whether this is a try-out."""

    @app.context_processor
    def house() -> dict[str, object]:
        config = app.config
        block = vars(seller()) | {
            "registration": config["SELLER_REGISTRATION"],
            "officer": config["GRIEVANCE_OFFICER"],
            "officer_contact": config["GRIEVANCE_CONTACT"],
        }
        return {"seller": block, "taxed": bool(config["SELLER_GSTIN"]), "demo": config["SHOP_ENV"] != "production"}
