"""The shop with one guard off, for negative controls in real processes: SHOP_MUTANT is not a setting of the shop."""

import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shop import create_app
from shop.payments import checkout
from shop.payments.gateways import PageRequest

Patch = Callable[[Any, str, Any], None]


def random_key(patch: Patch) -> None:
    """Ask the gateway under a new key every time, so that asking twice opens two pages."""
    asked = checkout.page_request

    def page_request(attempt: Any, *, shop_url: str) -> PageRequest:
        return replace(asked(attempt, shop_url=shop_url), key=f"{attempt.key}-{secrets.token_hex(3)}")

    patch(checkout, "page_request", page_request)


if os.environ.get("FAULTS_MUTANT") == "random-key":
    random_key(setattr)
    app = create_app()
