"""What every page may say of the house: who sells, and whether this is only a try-out."""

from dataclasses import dataclass

from flask import Flask, current_app

from shop.orders.seller import Seller


@dataclass(frozen=True)
class House:
    """Who sells, how it is registered and who answers for it, and whether this is a try-out."""

    seller: Seller
    registration: str
    officer: str
    officer_contact: str
    demo: bool


def seller() -> Seller:
    """Return who sells, as the settings say."""
    return house().seller


def house() -> House:
    """Return the house, as the settings say."""
    config = current_app.config
    return House(
        Seller.of(config),
        config["SELLER_REGISTRATION"],
        config["GRIEVANCE_OFFICER"],
        config["GRIEVANCE_CONTACT"],
        config["SHOP_ENV"] != "production",
    )


def init_app(app: Flask) -> None:
    """Give templates who sells, how it is registered and who answers for it, and whether this is a try-out."""

    @app.context_processor
    def words() -> dict[str, object]:
        here = house()
        return {"seller": here.seller, "house": here, "taxed": bool(here.seller.gstin), "demo": here.demo}
