"""The shop of the Missing Bags. `create_app` puts the house together; nothing else lives here."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from dotenv import load_dotenv
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import inspect, select
from sqlalchemy.exc import DatabaseError

from shop import cli, config, web
from shop.artisans.vault import keys
from shop.artisans.vault.keys import Keyring
from shop.clock import SystemClock
from shop.config import ROOT
from shop.db import db, init_vault
from shop.demo.people import DOMAIN
from shop.engines import assert_pragmas, wire
from shop.orders.seller import Seller
from shop.payments.gateways import Gateway
from shop.payments.gateways.razorpay import RazorpayGateway
from shop.payments.gateways.stripe import StripeGateway
from shop.phases import Counter
from shop.users.models import User


class Shop(Flask):
    """Flask, told that no view of ours is a coroutine: it would ask each view and hook so at every request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return func


migrate = Migrate(directory=str(ROOT / "migrations"))


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Return the shop as a WSGI application; settings come from the environment, then from `overrides`.

    Raises UnsafeSettings if a production shop would open with anything meant for trying out, and
    RuntimeError if the SQLite library or its pragmas are not what the books need.
    """
    if overrides is None:
        load_dotenv(ROOT / ".env")
    app = Shop("shop", static_folder="static", template_folder="templates")
    settings: dict[str, Any] = {**config.from_environment(os.environ), **(overrides or {})}
    app.config.update(config.flask_config(settings))
    config.refuse_unsafe(app.config, debug=app.debug)
    db.init_app(app)
    init_vault(app)
    migrate.init_app(app, db, transaction_per_migration=True)
    with app.app_context():
        for engine in db.engines.values():
            wire(engine)
        assert_pragmas(db.engine)
        with suppress(DatabaseError):  # the shop opens without its vault: /readyz and the identity pages say so
            assert_pragmas(db.engines["identity"])
        if app.config["SHOP_ENV"] == "production":
            _refuse_demo_people()
            for name in config.unsaid(app.config):
                app.logger.warning("%s is empty: the law wants customers to read it (flask check)", name)
    app.extensions["vault_keys"] = _vault_keys(app.config["VAULT_KEY"])
    app.extensions["counter"] = Counter(_gateways(app.config), SystemClock(), Seller.of(app.config))
    web.init_app(app)
    cli.init_app(app)
    return app


def _vault_keys(text: str) -> Keyring | None:
    """Return the vault's keys, or None: then the vault stays shut and the shop sells on."""
    try:
        return keys.read(text)
    except keys.BadVaultKey:
        return None


def _refuse_demo_people() -> None:
    """Raise UnsafeSettings if the demo's people, whose passwords are public, could sign in to a real shop."""
    if not inspect(db.engine).has_table(User.__tablename__):
        return
    if db.session.scalar(select(User.id).where(User.email.endswith(f"@{DOMAIN}")).limit(1)):
        raise config.UnsafeSettings("This database holds the demo's people. Start a real shop on an empty one.")
    db.session.rollback()


def _gateways(settings: Mapping[str, Any]) -> dict[str, Gateway]:
    """Return the gateways whose keys are set; two webhook secrets may be given during a change of secret."""
    gateways: dict[str, Gateway] = {}
    if settings["RAZORPAY_KEY_ID"]:
        gateways["razorpay"] = RazorpayGateway(
            key_id=settings["RAZORPAY_KEY_ID"],
            key_secret=settings["RAZORPAY_KEY_SECRET"],
            webhook_secrets=_secrets(settings["RAZORPAY_WEBHOOK_SECRET"]),
            api_base=settings["RAZORPAY_API_BASE"],
            account=settings["RAZORPAY_ACCOUNT_ID"],
        )
    if settings["STRIPE_SECRET_KEY"]:
        gateways["stripe"] = StripeGateway(
            secret_key=settings["STRIPE_SECRET_KEY"],
            webhook_secrets=_secrets(settings["STRIPE_WEBHOOK_SECRET"]),
            api_base=settings["STRIPE_API_BASE"],
        )
    return gateways


def _secrets(text: str) -> tuple[str, ...]:
    return tuple(secret.strip() for secret in text.split(",") if secret.strip())
