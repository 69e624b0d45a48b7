"""Puts the sandbox together."""

from functools import partial

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from sandbox import desk
from sandbox.clock import SandboxClock
from sandbox.control import control_api
from sandbox.delivery import Courier
from sandbox.dispute_desk import dispute_desk
from sandbox.faults import FaultBoard
from sandbox.outbox import Outbox
from sandbox.pages import pay_pages
from sandbox.postbag import Postbag
from sandbox.razorpay_gateway.api import razorpay_api
from sandbox.settings import SandboxSettings
from sandbox.settlements import settlement_api
from sandbox.state import Sandbox, current_sandbox
from sandbox.store import Store
from sandbox.stripe_gateway.api import stripe_api


class _InOrder(DefaultJSONProvider):
    """Answers with keys in the order in which the gateways send them."""

    sort_keys = False


def create_sandbox(settings: SandboxSettings | None = None) -> Flask:
    """A Flask app that plays both gateways; `app.extensions["sandbox"]` holds its parts."""
    settings = settings or SandboxSettings()
    app = Flask("sandbox", root_path=__file__.rpartition("/")[0], static_folder=None)
    app.json = _InOrder(app)
    app.extensions["sandbox"] = _assembled(settings)
    app.before_request(_sweep)
    for blueprint in (stripe_api, razorpay_api, pay_pages, control_api, settlement_api, dispute_desk):
        app.register_blueprint(blueprint)
    return app


def _assembled(settings: SandboxSettings) -> Sandbox:
    store = Store(settings.store)
    outbox, clock, faults = Outbox(store, settings), SandboxClock(), FaultBoard(settings.seed)
    courier = Courier(outbox, Postbag(outbox, faults, clock), settings)
    box = Sandbox(settings, clock, store, outbox, faults, courier)
    # The courier's tick needs the whole sandbox, which needs the courier.
    box.courier.on_tick = partial(desk.sweep, box)
    return box


def _sweep() -> None:
    """No request may see a page open whose time is over."""
    desk.sweep(current_sandbox())
